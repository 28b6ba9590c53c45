//! FFmpeg's standard error: its last lines, and which failures they report.

use std::time::Instant;

use crate::disk::DiskTrouble;

/// Bytes that are kept, from the end. Our choice: a few dozen lines.
const KEPT_BYTES: usize = 4000;

/// Lines that are quoted in an error. Our choice.
const QUOTED_LINES: usize = 3;

/// Beginnings of the messages with which FFmpeg 4 to 9 report that the output cannot be written.
const OUTPUT_FAILED: [&str; 9] = [
    "Could not write header",
    "av_interleaved_write_frame()",
    "Error writing trailer",
    "Error muxing a packet",
    "Error submitting a packet to the muxer",
    "Error closing file",
    "Error opening output",
    "Unable to re-open",
    "Error writing output",
];

/// Messages with which FFmpeg, its encoders and the system report that memory ran out.
const NO_MEMORY: [&str; 7] = [
    "Cannot allocate memory",
    "Out of memory",
    "out of memory",
    "malloc of size",
    "bad_alloc",
    "insufficient resources",
    "allocate memory failed",
];

/// Whether a line is about writing the output. Only its beginning is compared: file names, which may contain
/// any text, come later.
fn is_about_output(line: &str) -> bool {
    let message = match line.strip_prefix('[') {
        Some(tagged) => tagged.split_once("] ").map_or(line, |(_, message)| message),
        None => line,
    };
    OUTPUT_FAILED.iter().any(|known| message.starts_with(known))
}

/// The reason at the end of a line, without the file name before it, which may contain any text.
fn reason(line: &str) -> &str {
    line.rsplit_once(": ").map_or(line, |(_, reason)| reason)
}

/// The end of a run's standard error, and the failures found in it so far.
#[derive(Debug, Default)]
pub(super) struct StderrTail {
    kept: Vec<u8>,
    /// Offset in `kept` behind the last complete line.
    line: usize,
    output_failed: Option<Instant>,
    trouble: Option<DiskTrouble>,
    /// Bytes received altogether.
    bytes: u64,
}

impl StderrTail {
    /// Appends output of the run.
    pub(super) fn push(&mut self, text: &[u8]) {
        self.bytes += text.len() as u64;
        self.kept.extend_from_slice(text);
        while let Some(end) = self.kept[self.line..].iter().position(|b| *b == b'\n') {
            let line = String::from_utf8_lossy(&self.kept[self.line..self.line + end]).into_owned();
            self.line += end + 1;
            self.classify(&line);
        }
        let surplus = self.kept.len().saturating_sub(KEPT_BYTES);
        self.kept.drain(..surplus);
        self.line = self.line.saturating_sub(surplus);
    }

    fn classify(&mut self, line: &str) {
        let trouble = DiskTrouble::in_message(reason(line));
        if is_about_output(line) {
            self.output_failed.get_or_insert_with(Instant::now);
            self.trouble = self.trouble.or(trouble);
        } else if trouble.is_some_and(|t| t != DiskTrouble::Failing) {
            // Only writing fails for lack of space; a read error is reported by the reader of the input.
            self.trouble = self.trouble.or(trouble);
        }
    }

    /// When it was first reported that the output cannot be written.
    pub(super) fn output_failed(&self) -> Option<Instant> {
        self.output_failed
    }

    /// Why the disk refused to write, if that was reported.
    pub(super) fn disk_trouble(&self) -> Option<DiskTrouble> {
        self.trouble
    }

    /// Bytes received altogether.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Whether it was reported that memory ran out.
    pub(super) fn no_memory(&self) -> bool {
        let text = String::from_utf8_lossy(&self.kept);
        let mut reasons = text.lines().map(reason);
        reasons.any(|reason| NO_MEMORY.iter().any(|known| reason.contains(known)))
    }

    /// The last lines that are not noise, joined by ` | `.
    pub(super) fn last_lines(&self) -> String {
        let text = String::from_utf8_lossy(&self.kept);
        let lines: Vec<&str> = text
            .lines()
            .map(str::trim)
            .filter(|l| !is_noise(l))
            .collect();
        lines[lines.len().saturating_sub(QUOTED_LINES)..].join(" | ")
    }
}

/// Messages that SVT-AV1 prints in every run.
fn is_noise(line: &str) -> bool {
    line.is_empty() || line.starts_with("Svt[info]") || line.starts_with("Svt[warn]: Failed to set")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tail_of(text: &str) -> StderrTail {
        let mut tail = StderrTail::default();
        for piece in text.as_bytes().chunks(7) {
            tail.push(piece);
        }
        tail
    }

    #[test]
    fn every_version_is_understood_when_its_disk_is_full() {
        for text in [
            "av_interleaved_write_frame(): No space left on device\n",
            "Error writing trailer of file:out.mp4: No space left on device\n",
            "[vost#0:0/libx264 @ 0x5] Error submitting a packet to the muxer: No space left on device\n",
            "[out#0/mp4 @ 0x5] Error muxing a packet\n[out#0/mp4 @ 0x5] Task finished with error code: -28 (No space left on device)\n",
        ] {
            let tail = tail_of(text);
            assert!(tail.output_failed().is_some(), "{text}");
            assert_eq!(tail.disk_trouble(), Some(DiskTrouble::Full), "{text}");
        }
        let tail = tail_of("file:in.mp4: Input/output error\n");
        assert_eq!(tail.disk_trouble(), None);
        let tail = tail_of("av_interleaved_write_frame(): Input/output error\n");
        assert_eq!(tail.disk_trouble(), Some(DiskTrouble::Failing));
    }

    #[test]
    fn only_the_end_is_kept_and_lines_are_found_in_it() {
        let text = format!(
            "{}\nCould not write header for output file #0\nSvt[info]: bye\n",
            "x".repeat(9000)
        );
        let tail = tail_of(&text);
        assert!(tail.output_failed().is_some());
        assert!(
            tail.last_lines()
                .ends_with("Could not write header for output file #0")
        );
        assert_eq!(tail.bytes(), text.len() as u64);
        assert!(tail_of("x265 [error]: malloc of size 9 failed\n").no_memory());
        assert!(!tail_of("all is well\n").no_memory());
    }
}
