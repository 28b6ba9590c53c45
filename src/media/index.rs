//! The index of a stream's frames in display order, from packets without decoding.

use std::path::{Path, PathBuf};

use super::cut_off::refuse_cut_off;
use super::ending::Layout;
use super::error::MediaError;
use super::facts::{ClipFacts, FrameRateKind, clip_facts};
use super::ffi::{Input, Packet, StreamFacts, error_text};
use super::open::open;

/// One shown frame, as its packet describes it.
#[derive(Debug, Clone, Copy)]
pub(super) struct IndexEntry {
    pub(super) pts: i64,
    pub(super) dts: i64,
    /// Position in decode order.
    pub(super) order: u64,
    pub(super) key: bool,
    /// Bytes of the packet.
    pub(super) bytes: u32,
}

/// Frames of a clip by display index, with the clip's facts.
#[derive(Debug, Clone)]
pub struct FrameIndex {
    /// Facts of the clip.
    pub facts: ClipFacts,
    /// Number of shown frames, counted from packets.
    pub frames: u64,
    /// Bytes of the video stream alone.
    pub stream_bytes: u64,
    pub(super) path: PathBuf,
    /// Presentation time of every frame in seconds; empty if the file has none.
    pub times: Vec<f64>,
    /// Entries in display order; empty if timestamps do not identify frames, so that only decoding from the
    /// start finds them.
    pub(super) entries: Vec<IndexEntry>,
    /// Key frames in decode order.
    pub(super) keys: Vec<IndexEntry>,
}

/// Reads every packet of a file.
///
/// # Errors
/// Whatever prevents the file from being opened, and a file that ends before its container says.
pub fn index_frames(path: &Path) -> Result<FrameIndex, MediaError> {
    let (mut input, stream, bytes) = open(path)?;
    input.read_all_streams();
    // FFmpeg's angle is counter-clockwise, ours is clockwise. Adding zero turns -0 into 0.
    let rotation = input.rotation().map_or(0.0, |angle| -angle + 0.0);
    let packets = PacketScan::read(path, &mut input, &stream)?;
    packets.refuse_damaged(path, &stream, &input)?;
    Ok(packets.into_index(path, bytes, stream, rotation))
}

/// What the packets of a file show.
struct PacketScan {
    /// Shown frames in decode order.
    entries: Vec<IndexEntry>,
    /// Number of packets.
    packets: u64,
    stream_bytes: u64,
    /// Whether every entry has a timestamp of its own.
    timestamped: bool,
    /// Whether an edit list hides frames.
    hidden: bool,
    /// First packet that the container marks as damaged.
    corrupt: Option<u64>,
    /// First packet after bytes that the demuxer skipped.
    skipped: Option<u64>,
}

impl PacketScan {
    fn read(path: &Path, input: &mut Input, stream: &StreamFacts) -> Result<Self, MediaError> {
        let mut scan = Self {
            entries: Vec::new(),
            packets: 0,
            stream_bytes: 0,
            timestamped: true,
            hidden: false,
            corrupt: None,
            skipped: None,
        };
        let is_matroska = Layout::of(&stream.container) == Layout::Matroska;
        while let Some(packet) = input
            .next_packet()
            .map_err(|code| broken(path, scan.packets, &error_text(code)))?
        {
            // The Matroska demuxer skips what it cannot parse; its log is the only sign of that.
            if is_matroska && input.has_complained() {
                scan.skipped.get_or_insert(scan.packets);
            }
            scan.add(&packet, &stream.codec);
        }
        Ok(scan)
    }

    fn add(&mut self, packet: &Packet, codec: &str) {
        let order = self.packets;
        self.packets += 1;
        if packet.is_corrupt() {
            self.corrupt.get_or_insert(order);
        }
        self.stream_bytes += packet.bytes();
        // VP8's alternative reference frames are decoded, but never shown.
        if codec == "vp8" && packet.first_byte().is_some_and(|b| b & 0x10 == 0) {
            return;
        }
        if packet.is_discarded() {
            self.hidden = true;
            return;
        }
        // Raw streams may have no timestamps: the packet still counts as a frame.
        self.timestamped &= packet.pts().is_some();
        let pts = packet.pts().unwrap_or(order as i64);
        let dts = packet.pts().and_then(|_| packet.dts()).unwrap_or(pts);
        self.entries.push(IndexEntry {
            pts,
            dts,
            order,
            key: packet.is_key(),
            bytes: u32::try_from(packet.bytes()).unwrap_or(u32::MAX),
        });
    }

    /// Rejects a file that is cut off or damaged.
    fn refuse_damaged(
        &self,
        path: &Path,
        stream: &StreamFacts,
        input: &Input,
    ) -> Result<(), MediaError> {
        // Only MP4 announces frames; AVI also counts its empty chunks.
        if let Some(announced) = stream
            .announced_frames
            .filter(|_| stream.container.contains("mp4"))
            && (self.corrupt.is_some() || self.packets < announced)
        {
            return Err(MediaError::Truncated {
                path: path.to_path_buf(),
                announced,
                found: self.corrupt.unwrap_or(self.packets),
            });
        }
        refuse_cut_off(path, stream, input)?;
        if let Some(frame) = self.corrupt {
            return Err(broken(
                path,
                frame,
                "the container marks a packet as damaged",
            ));
        }
        // Damage after the last frame costs none, and is never followed by a packet.
        match self.skipped {
            Some(frame) => Err(broken(
                path,
                frame,
                "the container's structure is damaged there",
            )),
            None => Ok(()),
        }
    }

    fn into_index(self, path: &Path, bytes: u64, stream: StreamFacts, rotation: f64) -> FrameIndex {
        let mut entries = self.entries;
        let keys: Vec<IndexEntry> = entries.iter().filter(|e| e.key).copied().collect();
        entries.sort_by_key(|e| e.pts);
        let unique = entries.windows(2).all(|pair| pair[0].pts != pair[1].pts);
        let timestamped = self.timestamped && unique;
        let timing = if timestamped {
            timing(&entries)
        } else {
            FrameRateKind::Unknown
        };
        let frames = entries.len() as u64;
        let (num, den) = stream.time_base;
        let tick = if den == 0 {
            0.0
        } else {
            f64::from(num) / f64::from(den)
        };
        let reorder_seconds = entries
            .first()
            // The difference of two 64-bit numbers needs 65 bits.
            .map(|e| (i128::from(e.pts) - i128::from(e.dts)) as f64 * tick)
            .filter(|delay| timestamped && *delay != 0.0);
        let times = if timestamped {
            entries.iter().map(|e| e.pts as f64 * tick).collect()
        } else {
            Vec::new()
        };
        // Hidden frames make seeking in display order ambiguous; such files are decoded from the start.
        if !timestamped || self.hidden {
            entries.clear();
        }
        let mut facts = clip_facts(path, bytes, stream, timing, self.hidden, rotation);
        facts.reorder_seconds = reorder_seconds;
        FrameIndex {
            facts,
            frames,
            stream_bytes: self.stream_bytes,
            path: path.to_path_buf(),
            times,
            entries,
            keys,
        }
    }
}

fn broken(path: &Path, frame: u64, reason: &str) -> MediaError {
    MediaError::Broken {
        path: path.to_path_buf(),
        frame,
        reason: reason.to_owned(),
    }
}

impl FrameIndex {
    /// Bytes of every frame in display order; empty if timestamps do not identify frames.
    #[must_use]
    pub fn frame_bytes(&self) -> Vec<u64> {
        self.entries.iter().map(|e| u64::from(e.bytes)).collect()
    }

    /// Display indices of key frames, ascending; empty if timestamps do not identify frames.
    #[must_use]
    pub fn key_frames(&self) -> Vec<u64> {
        let keys = self.entries.iter().enumerate().filter(|(_, e)| e.key);
        keys.map(|(i, _)| i as u64).collect()
    }
}

/// Constant if all intervals are equal to within one tick of rounding.
fn timing(entries: &[IndexEntry]) -> FrameRateKind {
    let intervals = entries
        .windows(2)
        .map(|pair| pair[1].pts.abs_diff(pair[0].pts));
    let (Some(least), Some(most)) = (intervals.clone().min(), intervals.max()) else {
        return FrameRateKind::Unknown;
    };
    if most - least <= 1 {
        FrameRateKind::Constant
    } else {
        FrameRateKind::Variable
    }
}
