//! Whether a file ends where its container says: truncated files open and play like shorter ones.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;

/// What the structure of a file says about its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// By the sizes that it stores, if any, nothing is missing.
    Whole,
    /// Bytes are missing, but perhaps none of a frame.
    Short,
    /// Frames, or their index, are missing.
    CutOff {
        /// Where the incomplete part would end, in bytes.
        announced: u64,
        /// Where the file ends, in bytes.
        found: u64,
    },
}

/// The structures of containers that store the sizes of their parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// Matroska and WebM: elements in one segment.
    Matroska,
    /// MP4 and MOV: a sequence of boxes.
    Boxes,
    /// AVI: chunks in a list.
    Riff,
    /// Any other, which may end anywhere.
    Open,
}

impl Layout {
    /// The structure of a container, by FFmpeg's name of it.
    pub(super) fn of(container: &str) -> Self {
        let is = |name: &str| container.split(',').any(|part| part == name);
        if is("matroska") {
            Self::Matroska
        } else if is("mp4") {
            Self::Boxes
        } else if is("avi") {
            Self::Riff
        } else {
            Self::Open
        }
    }
}

/// A part of a file, and where it ends if it stores its size.
struct Part {
    /// Whether it contains frames or their index.
    needed: bool,
    end: Option<u64>,
}

/// Most parts on one level that are read. Our choice: more than any file has.
const MOST_PARTS: u32 = 1 << 20;

/// Follows the sizes that the parts of a file store.
pub(super) fn ending(path: &Path, layout: Layout) -> std::io::Result<Ending> {
    let mut reader = Reader::new(File::open(path)?)?;
    let found = reader.length;
    // Where the first part begins, and where the last should end.
    let (mut at, end) = match layout {
        Layout::Open => return Ok(Ending::Whole),
        Layout::Boxes => (0, found),
        Layout::Riff => match reader.riff()? {
            Some(list) => list,
            None => return Ok(Ending::Whole),
        },
        Layout::Matroska => match reader.segment()? {
            Some(segment) => segment,
            None => return Ok(Ending::Whole),
        },
    };
    let mut has_frames = false;
    for _ in 0..MOST_PARTS {
        if at >= found.min(end) {
            break;
        }
        let part = match layout {
            Layout::Matroska => reader.element_at(at)?,
            Layout::Riff => reader.chunk_at(at)?,
            _ => reader.box_at(at)?,
        };
        match part {
            Some(Part {
                needed: true,
                end: Some(announced),
            }) if announced > found => {
                return Ok(Ending::CutOff { announced, found });
            }
            // Only the index after the frames is cut, which loses no frame.
            Some(Part {
                needed: false,
                end: Some(next),
            }) if next > found && has_frames => return Ok(Ending::Whole),
            Some(Part {
                needed,
                end: Some(next),
            }) if next > at => {
                has_frames |= needed;
                at = next;
            }
            // What follows has no size or is malformed: FFmpeg handles that.
            _ => break,
        }
    }
    Ok(if end > found {
        Ending::Short
    } else {
        Ending::Whole
    })
}

struct Reader {
    file: File,
    length: u64,
}

impl Reader {
    fn new(file: File) -> std::io::Result<Self> {
        let length = file.metadata()?.len();
        Ok(Self { file, length })
    }

    /// Bytes at an offset; those beyond the end of the file are zero.
    fn bytes_at<const N: usize>(&mut self, at: u64) -> std::io::Result<[u8; N]> {
        let mut bytes = [0; N];
        let available = self.length.saturating_sub(at).min(N as u64) as usize;
        self.file.seek(SeekFrom::Start(at))?;
        self.file.read_exact(&mut bytes[..available])?;
        Ok(bytes)
    }

    /// A box of MP4: size, type, and a 64-bit size if the first is 1. A size of 0 extends to the end.
    fn box_at(&mut self, at: u64) -> std::io::Result<Option<Part>> {
        let head: [u8; 16] = self.bytes_at(at)?;
        let [a, b, c, d, kind @ .., _, _, _, _, _, _, _, _] = head;
        let size = match u32::from_be_bytes([a, b, c, d]) {
            0 => return Ok(None),
            1 => head[8..]
                .iter()
                .fold(0, |sum, byte| sum << 8 | u64::from(*byte)),
            small => u64::from(small),
        };
        Ok((size >= 8).then(|| Part {
            needed: [*b"moov", *b"moof", *b"mdat"].contains(&kind),
            end: Some(at.saturating_add(size)),
        }))
    }

    /// The list that encloses an AVI: where its chunks begin and where it ends.
    fn riff(&mut self) -> std::io::Result<Option<(u64, u64)>> {
        let head: [u8; 8] = self.bytes_at(0)?;
        let size = self.chunk_size(&head).filter(|_| head.starts_with(b"RIFF"));
        Ok(size.map(|size| (12, 8 + size)))
    }

    /// The size of a chunk. A recorder that was switched off leaves 0, and one that cannot seek leaves all ones.
    fn chunk_size(&self, head: &[u8]) -> Option<u64> {
        let size = u32::from_le_bytes([head[4], head[5], head[6], head[7]]);
        (size != 0 && size != u32::MAX).then_some(u64::from(size))
    }

    fn chunk_at(&mut self, at: u64) -> std::io::Result<Option<Part>> {
        let head: [u8; 12] = self.bytes_at(at)?;
        Ok(self.chunk_size(&head).map(|size| Part {
            needed: head.starts_with(b"LIST") && head.ends_with(b"movi"),
            // Chunks begin at even offsets.
            end: Some(at + 8 + size + size % 2),
        }))
    }

    /// The segment of a Matroska file after the header: where its elements begin and where it ends.
    fn segment(&mut self) -> std::io::Result<Option<(u64, u64)>> {
        const HEADER: u64 = 0x1A45_DFA3;
        const SEGMENT: u64 = 0x1853_8067;
        let Some((HEADER, body, Some(size))) = self.element(0)? else {
            return Ok(None);
        };
        let at = body.saturating_add(size);
        Ok(match self.element(at)? {
            Some((SEGMENT, body, Some(size))) => Some((body, body.saturating_add(size))),
            _ => None,
        })
    }

    fn element_at(&mut self, at: u64) -> std::io::Result<Option<Part>> {
        const CLUSTER: u64 = 0x1F43_B675;
        let found = self.element(at)?;
        Ok(found.map(|(id, body, size)| Part {
            needed: id == CLUSTER,
            end: size.map(|size| body.saturating_add(size)),
        }))
    }

    /// An element: its ID, where its body begins, and the body's size. A size of all ones is unknown, as in a
    /// live stream.
    fn element(&mut self, at: u64) -> std::io::Result<Option<(u64, u64, Option<u64>)>> {
        let head: [u8; 12] = self.bytes_at(at)?;
        let Some((id, id_bytes)) = number(&head, 4) else {
            return Ok(None);
        };
        let Some((size, size_bytes)) = number(&head[id_bytes..], 8) else {
            return Ok(None);
        };
        let ones = (1_u64 << (7 * size_bytes)) - 1;
        let size = size & ones;
        let body = at + (id_bytes + size_bytes) as u64;
        Ok(Some((id, body, (size != ones).then_some(size))))
    }
}

/// A variable-length number of Matroska, whose first byte determines its length, with the marker bit; and
/// that length.
fn number(bytes: &[u8], most: usize) -> Option<(u64, usize)> {
    let length = bytes.first()?.leading_zeros() as usize + 1;
    let bytes = bytes.get(..length).filter(|_| length <= most)?;
    let value = bytes
        .iter()
        .fold(0, |sum, byte| sum << 8 | u64::from(*byte));
    Some((value, length))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;
    use std::io::Write as _;

    fn ends(bytes: &[u8], layout: Layout) -> Ending {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(bytes).unwrap();
        ending(file.path(), layout).unwrap()
    }

    fn boxed(kind: &[u8; 4], body: u32) -> Vec<u8> {
        let mut bytes = (body + 8).to_be_bytes().to_vec();
        bytes.extend(kind);
        bytes.resize(body as usize + 8, 0);
        bytes
    }

    #[test]
    fn a_box_that_runs_past_the_end_is_missed_if_it_holds_frames() {
        let file = [boxed(b"ftyp", 16), boxed(b"moov", 40), boxed(b"mdat", 100)].concat();
        assert_eq!(ends(&file, Layout::Boxes), Ending::Whole);
        let (announced, found) = (file.len() as u64, file.len() as u64 - 1);
        let cut = &file[..file.len() - 1];
        assert_eq!(
            ends(cut, Layout::Boxes),
            Ending::CutOff { announced, found }
        );
        let more = [file, boxed(b"free", 50)].concat();
        assert_eq!(ends(&more[..more.len() - 10], Layout::Boxes), Ending::Whole);
    }

    #[test]
    fn a_segment_ends_in_a_cluster_or_behind_the_last() {
        let header = [0x1A, 0x45, 0xDF, 0xA3, 0x82, 7, 7, 0x18, 0x53, 0x80, 0x67];
        let cluster = [&[0x1F, 0x43, 0xB6, 0x75, 0x84][..], &[1; 4]].concat();
        let cues = [&[0x1C, 0x53, 0xBB, 0x6B, 0x84][..], &[1; 4]].concat();
        let known = [&header[..], &[0x40, 18], &cluster, &cues].concat();
        assert_eq!(ends(&known, Layout::Matroska), Ending::Whole);
        // Only the cues are cut; between two clusters the loss cannot be detected.
        assert_eq!(
            ends(&known[..known.len() - 2], Layout::Matroska),
            Ending::Whole
        );
        assert_eq!(
            ends(&known[..known.len() - 9], Layout::Matroska),
            Ending::Short
        );
        let in_cluster = &known[..known.len() - 10];
        let (announced, found) = (22, in_cluster.len() as u64);
        assert_eq!(
            ends(in_cluster, Layout::Matroska),
            Ending::CutOff { announced, found }
        );
        let live = [&header[..], &[0xFF], &cluster[..7]].concat();
        assert_eq!(ends(&live, Layout::Matroska), Ending::Whole);
        assert_eq!(ends(&[0; 20], Layout::Matroska), Ending::Whole);
    }

    #[test]
    fn an_avi_that_was_never_closed_announces_nothing() {
        let list = |size: u32, rest: &[u8]| [&b"RIFF"[..], &size.to_le_bytes(), rest].concat();
        let movi = [&b"AVI LIST"[..], &10_u32.to_le_bytes(), b"movi", &[1; 6]].concat();
        let whole = list(22, &movi);
        assert_eq!(ends(&whole, Layout::Riff), Ending::Whole);
        let (announced, found) = (30, 29);
        assert_eq!(
            ends(&whole[..29], Layout::Riff),
            Ending::CutOff { announced, found }
        );
        for unknown in [0, u32::MAX] {
            assert_eq!(
                ends(&list(unknown, &movi[..20]), Layout::Riff),
                Ending::Whole
            );
        }
    }
}
