//! Files that end before the time or the size that their container announces.

use std::path::Path;

use super::ending::{Ending, Layout, ending};
use super::error::MediaError;
use super::ffi::{Input, StreamFacts};

/// Seconds by which the duration that a fragmented MP4 announces may exceed its contents. Our choice.
const SLACK_SECONDS: f64 = 0.5;
/// The same in frames, for low frame rates. Our choice.
const SLACK_FRAMES: f64 = 3.0;
/// The same in frames if bytes are missing, too. Our choice.
const SLACK_FRAMES_OF_SHORT_FILE: f64 = 1.5;

/// Rejects a file that ends before its container says. An MP4 that announces its number of frames is judged by
/// that number instead.
pub(super) fn refuse_cut_off(
    path: &Path,
    stream: &StreamFacts,
    input: &Input,
) -> Result<(), MediaError> {
    let layout = Layout::of(&stream.container);
    let counted = layout == Layout::Boxes && stream.announced_frames.is_some();
    if layout == Layout::Open || counted {
        return Ok(());
    }
    // The file was read until here, so an error of reading it again proves nothing.
    let ending = ending(path, layout).unwrap_or(Ending::Whole);
    let (num, den) = stream.average_rate;
    let frame = if num > 0 {
        f64::from(den) / f64::from(num)
    } else {
        0.0
    };
    // A duration alone proves nothing: the last frame may be shown for long, and frames may be dropped at the
    // end, which neither Matroska nor AVI stores with the frame. Fragments store every duration.
    let slack = match ending {
        Ending::Whole if layout == Layout::Boxes => SLACK_SECONDS.max(SLACK_FRAMES * frame),
        Ending::Whole => return Ok(()),
        Ending::Short | Ending::CutOff { .. } => SLACK_FRAMES_OF_SHORT_FILE * frame,
    };
    // Some containers count from the first frame and some from zero: a file must be too short by both.
    let end = input.end().max(input.end() - input.start());
    let too_short = input
        .announced_seconds()
        .filter(|announced| *announced > end + slack);
    let cut = |promise: String, found: String| MediaError::CutOff {
        path: path.to_path_buf(),
        promise,
        found,
    };
    match (too_short, ending) {
        (Some(announced), _) => Err(cut(
            format!("the container announces {announced:.2} s"),
            format!("only {end:.2} s are there"),
        )),
        (None, Ending::CutOff { announced, found }) => Err(cut(
            format!("the container announces at least {announced} bytes"),
            format!("only {found} are there"),
        )),
        (None, Ending::Whole | Ending::Short) => Ok(()),
    }
}
