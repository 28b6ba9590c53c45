//! What FFmpeg says on standard error, and what that means.

use std::time::Instant;

use crate::disk::DiskTrouble;

/// Bytes that are kept of what a run says.
const KEPT: usize = 4000;

/// How FFmpeg 4 to 9 begin to say that the output cannot be written.
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

/// How FFmpeg, its encoders and the system say that memory ran out.
const NO_MEMORY: [&str; 7] = [
    "Cannot allocate memory",
    "Out of memory",
    "out of memory",
    "malloc of size",
    "bad_alloc",
    "insufficient resources",
    "allocate memory failed",
];

/// Whether a line is about writing. Names of files, which may spell anything, stand further behind.
fn is_about_output(line: &str) -> bool {
    let said = match line.strip_prefix('[') {
        Some(tagged) => tagged.split_once("] ").map_or(line, |(_, said)| said),
        None => line,
    };
    OUTPUT_FAILED.iter().any(|known| said.starts_with(known))
}

/// A line without the name of a file before its reason, which may spell anything.
fn reason(line: &str) -> &str {
    line.rsplit_once(": ").map_or(line, |(_, reason)| reason)
}

/// The end of what a run said, and whether it said that it cannot write.
#[derive(Debug, Default)]
pub(super) struct Words {
    kept: Vec<u8>,
    /// Where the last whole line ended in what is kept.
    line: usize,
    output_failed: Option<Instant>,
    trouble: Option<DiskTrouble>,
    /// Bytes altogether.
    bytes: u64,
}

impl Words {
    /// Takes in what was said.
    pub(super) fn hear(&mut self, said: &[u8]) {
        self.bytes += said.len() as u64;
        self.kept.extend_from_slice(said);
        while let Some(end) = self.kept[self.line..].iter().position(|b| *b == b'\n') {
            let line = String::from_utf8_lossy(&self.kept[self.line..self.line + end]).into_owned();
            self.line += end + 1;
            self.weigh(&line);
        }
        let surplus = self.kept.len().saturating_sub(KEPT);
        self.kept.drain(..surplus);
        self.line = self.line.saturating_sub(surplus);
    }

    fn weigh(&mut self, line: &str) {
        let trouble = DiskTrouble::in_words(reason(line));
        if is_about_output(line) {
            self.output_failed.get_or_insert_with(Instant::now);
            self.trouble = self.trouble.or(trouble);
        } else if trouble.is_some_and(|t| t != DiskTrouble::Failing) {
            // Only writing fails for want of room; what fails to be read is told by whoever reads it.
            self.trouble = self.trouble.or(trouble);
        }
    }

    /// Since when it is known that the output cannot be written.
    pub(super) fn output_failed(&self) -> Option<Instant> {
        self.output_failed
    }

    /// What the disk refused, where that was said.
    pub(super) fn disk_trouble(&self) -> Option<DiskTrouble> {
        self.trouble
    }

    /// Bytes that were said altogether.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Whether it said that memory ran out.
    pub(super) fn no_memory(&self) -> bool {
        let text = String::from_utf8_lossy(&self.kept);
        let mut reasons = text.lines().map(reason);
        reasons.any(|reason| NO_MEMORY.iter().any(|known| reason.contains(known)))
    }

    /// The lines that tell why it failed.
    pub(super) fn last_lines(&self) -> String {
        let text = String::from_utf8_lossy(&self.kept);
        let lines: Vec<&str> = text
            .lines()
            .map(str::trim)
            .filter(|l| !is_noise(l))
            .collect();
        lines[lines.len().saturating_sub(3)..].join(" | ")
    }
}

/// What SVT-AV1 says of itself in any case.
fn is_noise(line: &str) -> bool {
    line.is_empty() || line.starts_with("Svt[info]") || line.starts_with("Svt[warn]: Failed to set")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(text: &str) -> Words {
        let mut words = Words::default();
        for piece in text.as_bytes().chunks(7) {
            words.hear(piece);
        }
        words
    }

    #[test]
    fn every_version_is_understood_when_its_disk_is_full() {
        for text in [
            "av_interleaved_write_frame(): No space left on device\n",
            "Error writing trailer of file:out.mp4: No space left on device\n",
            "[vost#0:0/libx264 @ 0x5] Error submitting a packet to the muxer: No space left on device\n",
            "[out#0/mp4 @ 0x5] Error muxing a packet\n[out#0/mp4 @ 0x5] Task finished with error code: -28 (No space left on device)\n",
        ] {
            let words = heard(text);
            assert!(words.output_failed().is_some(), "{text}");
            assert_eq!(words.disk_trouble(), Some(DiskTrouble::Full), "{text}");
        }
        let words = heard("file:in.mp4: Input/output error\n");
        assert_eq!(words.disk_trouble(), None);
        let words = heard("av_interleaved_write_frame(): Input/output error\n");
        assert_eq!(words.disk_trouble(), Some(DiskTrouble::Failing));
    }

    #[test]
    fn only_the_end_is_kept_and_lines_are_found_in_it() {
        let text = format!(
            "{}\nCould not write header for output file #0\nSvt[info]: bye\n",
            "x".repeat(9000)
        );
        let words = heard(&text);
        assert!(words.output_failed().is_some());
        assert!(
            words
                .last_lines()
                .ends_with("Could not write header for output file #0")
        );
        assert_eq!(words.bytes(), text.len() as u64);
        assert!(heard("x265 [error]: malloc of size 9 failed\n").no_memory());
        assert!(!heard("all is well\n").no_memory());
    }
}
