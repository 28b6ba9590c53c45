//! The list of a stream's frames in display order, made from packets without decoding.

use std::path::{Path, PathBuf};

use super::ending::{Ending, Layout, ending};
use super::error::MediaError;
use super::ffi::{Input, StreamFacts, error_text};
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
    input.read_all_streams();
    let mut entries = Vec::new();
    let (mut order, mut stream_bytes, mut hidden) = (0_u64, 0_u64, false);
    // FFmpeg counts counter-clockwise; people turn pictures clockwise. Adding zero removes its sign.
    let rotation = input.rotation().map_or(0.0, |angle| -angle + 0.0);
    let mut nameable = true;
    let (mut corrupt, mut skipped) = (None, None);
    let is_matroska = Layout::of(&stream.container) == Layout::Matroska;
    let broken = |frame, reason| MediaError::Broken {
        path: path.to_path_buf(),
        frame,
        reason,
    };
    while let Some(packet) = input
        .next_packet()
        .map_err(|code| broken(order, error_text(code)))?
    {
        // Matroska's reader passes over what makes no sense and goes on behind it, without a word but this.
        if is_matroska && input.has_complained() {
            skipped.get_or_insert(order);
        }
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
    refuse_cut_off(path, &stream, &input)?;
    if let Some(frame) = corrupt {
        return Err(broken(
            frame,
            "the container marks a packet as damaged".into(),
        ));
    }
    // What makes no sense behind the last picture costs none.
    if let Some(frame) = skipped {
        return Err(broken(
            frame,
            "the container's structure is damaged there".into(),
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

/// Seconds by which what fragments announce may differ from what is there.
const SLACK: f64 = 0.5;
/// The same in frames, for slow streams; where bytes are missing as well, half of it is too much.
const SLACK_FRAMES: f64 = 3.0;

/// Refuses a file that ends before its container says. An MP4 that counts its frames was judged by these.
fn refuse_cut_off(path: &Path, stream: &StreamFacts, input: &Input) -> Result<(), MediaError> {
    let layout = Layout::of(&stream.container);
    let counted = layout == Layout::Boxes && stream.announced_frames.is_some();
    if layout == Layout::Open || counted {
        return Ok(());
    }
    // A file that cannot be read again here would not have been read until now.
    let ending = ending(path, layout).unwrap_or(Ending::Whole);
    let (num, den) = stream.average_rate;
    let frame = if num > 0 {
        f64::from(den) / f64::from(num)
    } else {
        0.0
    };
    // A length alone proves nothing: a last picture may be held for long, and pictures may be left out at
    // the end, which neither Matroska nor AVI writes down with the picture. Fragments have every length.
    let slack = match ending {
        Ending::Whole if layout == Layout::Boxes => SLACK.max(SLACK_FRAMES * frame),
        Ending::Whole => return Ok(()),
        Ending::Short | Ending::CutOff { .. } => SLACK_FRAMES / 2.0 * frame,
    };
    // Some count from the first picture on and some from zero: only what is too short both ways is.
    let end = input.end().max(input.end() - input.start());
    let too_short = input.announced_seconds().filter(|told| *told > end + slack);
    let cut = |promise: String, found: String| MediaError::CutOff {
        path: path.to_path_buf(),
        promise,
        found,
    };
    match (too_short, ending) {
        (Some(told), _) => Err(cut(
            format!("the container announces {told:.2} s"),
            format!("only {end:.2} s are there"),
        )),
        (None, Ending::CutOff { announced, found }) => Err(cut(
            format!("the container announces at least {announced} bytes"),
            format!("only {found} are there"),
        )),
        (None, Ending::Whole | Ending::Short) => Ok(()),
    }
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
