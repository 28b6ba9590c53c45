//! The list of a stream's frames in display order, made from packets without decoding.

use std::path::{Path, PathBuf};

use super::error::MediaError;
use super::ffi::error_text;
use super::probe::{ClipFacts, FrameRateKind, clip_facts, open};

/// One shown picture as its packet tells.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
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
    /// Shown frames, as counted from packets.
    pub frames: u64,
    /// Bytes of the video stream alone.
    pub stream_bytes: u64,
    pub(super) path: PathBuf,
    /// Showing time of every frame in seconds; empty where the file gives none.
    pub times: Vec<f64>,
    /// Entries in display order; empty where timestamps cannot name frames, so that only decoding
    /// from the start finds them.
    pub(super) entries: Vec<Entry>,
    /// Decode-order list of key frames as `(order, pts, dts)`.
    pub(super) keys: Vec<Entry>,
}

/// Reads every packet of a file.
///
/// # Errors
/// Whatever keeps the file from being opened, and a file that ends before its container says.
pub fn index_frames(path: &Path) -> Result<FrameIndex, MediaError> {
    let (mut input, stream, bytes) = open(path)?;
    let mut entries = Vec::new();
    let (mut order, mut stream_bytes, mut hidden) = (0_u64, 0_u64, false);
    // FFmpeg counts counter-clockwise; people turn pictures clockwise. Adding zero removes its sign.
    let rotation = input.rotation().map_or(0.0, |angle| -angle + 0.0);
    let mut nameable = true;
    let mut corrupt = None;
    let broken = |frame, reason| MediaError::Broken {
        path: path.to_path_buf(),
        frame,
        reason,
    };
    while let Some(packet) = input
        .next_packet()
        .map_err(|code| broken(order, error_text(code)))?
    {
        if packet.is_corrupt() && corrupt.is_none() {
            corrupt = Some(order);
        }
        stream_bytes += packet.bytes();
        let unseen = stream.codec == "vp8" && packet.first_byte().is_some_and(|b| b & 0x10 == 0);
        if unseen {
            // An alternative reference picture: decoded, but never shown and not a frame.
        } else if packet.is_discarded() {
            hidden = true;
        } else if let (Some(pts), dts) = (packet.pts(), packet.dts()) {
            entries.push(Entry {
                pts,
                dts: dts.unwrap_or(pts),
                order,
                key: packet.is_key(),
                bytes: u32::try_from(packet.bytes()).unwrap_or(u32::MAX),
            });
        } else {
            // Raw streams may have no times: the packet still counts as a frame.
            nameable = false;
            entries.push(Entry {
                pts: order as i64,
                dts: order as i64,
                order,
                key: packet.is_key(),
                bytes: u32::try_from(packet.bytes()).unwrap_or(u32::MAX),
            });
        }
        order += 1;
    }
    // Other containers count packets of their own kind, such as the empty chunks of AVI.
    if let Some(announced) = stream
        .announced_frames
        .filter(|_| stream.container.contains("mp4"))
        && (corrupt.is_some() || order < announced)
    {
        return Err(MediaError::Truncated {
            path: path.to_path_buf(),
            announced,
            found: corrupt.unwrap_or(order),
        });
    }
    if let Some(frame) = corrupt {
        return Err(broken(
            frame,
            "the container marks a packet as damaged".into(),
        ));
    }
    let keys: Vec<Entry> = entries.iter().filter(|e| e.key).copied().collect();
    entries.sort_by_key(|e| e.pts);
    nameable &= entries.windows(2).all(|pair| pair[0].pts != pair[1].pts);
    let timing = if nameable {
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
    let reorder = entries
        .first()
        // A file may name any two numbers of 64 bits, whose difference has one bit more.
        .map(|e| (i128::from(e.pts) - i128::from(e.dts)) as f64 * tick)
        .filter(|delay| nameable && *delay != 0.0);
    let times = if nameable {
        entries.iter().map(|e| e.pts as f64 * tick).collect()
    } else {
        Vec::new()
    };
    // Hidden frames make seeking in display order ambiguous; such files are decoded from the start.
    if !nameable || hidden {
        entries.clear();
    }
    let mut facts = clip_facts(path, bytes, stream, timing, hidden, rotation);
    facts.reorder_seconds = reorder;
    Ok(FrameIndex {
        facts,
        frames,
        stream_bytes,
        path: path.to_path_buf(),
        times,
        entries,
        keys,
    })
}

impl FrameIndex {
    /// Bytes of every frame in display order; empty where timestamps cannot name frames.
    #[must_use]
    pub fn frame_bytes(&self) -> Vec<u64> {
        self.entries.iter().map(|e| u64::from(e.bytes)).collect()
    }

    /// Display indices of key frames, ascending; empty where timestamps cannot name frames.
    #[must_use]
    pub fn key_frames(&self) -> Vec<u64> {
        let keys = self.entries.iter().enumerate().filter(|(_, e)| e.key);
        keys.map(|(i, _)| i as u64).collect()
    }
}

/// Constant if every step is the same to within one tick of rounding.
fn timing(entries: &[Entry]) -> FrameRateKind {
    let steps = entries
        .windows(2)
        .map(|pair| pair[1].pts.abs_diff(pair[0].pts));
    let (Some(least), Some(most)) = (steps.clone().min(), steps.max()) else {
        return FrameRateKind::Unknown;
    };
    if most - least <= 1 {
        FrameRateKind::Constant
    } else {
        FrameRateKind::Variable
    }
}
