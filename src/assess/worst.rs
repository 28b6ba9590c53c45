//! The frames with the lowest VMAF, as images.

use crate::measure::Measurement;
use crate::media::{
    Filter, FrameIndex, FrameSource as _, MediaError, PickedFrames, RgbConverter, RgbFrame,
    index_frames,
};

/// Largest width of an image in pixels; three of them fit beside each other on a page.
const WIDTH: u32 = 426;

/// A frame with its VMAF.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct WorstFrame {
    /// Display index.
    pub frame: u64,
    pub base: Option<f64>,
    pub neg: Option<f64>,
}

/// The frames with the lowest VMAF, worst first; the NEG model decides where it was measured.
#[must_use]
pub fn worst_frames(m: &Measurement, count: usize) -> Vec<WorstFrame> {
    let of = |model: &Option<crate::scoring::PooledVmaf>, i: usize| {
        model.as_ref().and_then(|m| m.per_frame.get(i).copied())
    };
    let mut all: Vec<WorstFrame> = m
        .vmaf
        .frames
        .iter()
        .enumerate()
        .map(|(i, frame)| WorstFrame {
            frame: *frame,
            base: of(&m.vmaf.base, i),
            neg: of(&m.vmaf.neg, i),
        })
        .collect();
    let vmaf = |f: &WorstFrame| f.neg.or(f.base).unwrap_or(f64::INFINITY);
    all.sort_by(|a, b| vmaf(a).total_cmp(&vmaf(b)).then(a.frame.cmp(&b.frame)));
    all.truncate(count);
    all
}

/// Reference, output and their difference, fourfold and around gray, of some frames.
///
/// # Errors
/// Files that cannot be read any more.
pub fn pictures(m: &Measurement, frames: &[u64]) -> Result<Vec<(u64, [RgbFrame; 3])>, MediaError> {
    let mut wanted = frames.to_vec();
    wanted.sort_unstable();
    let indexes = [&m.reference.path, &m.distorted.path].map(|path| index_frames(path));
    let [reference, output] = indexes;
    let (reference, output) = (reference?, output?);
    for (now, then) in [(&reference, &m.reference), (&output, &m.distorted)] {
        if now.facts.bytes != then.bytes || now.facts.codec != then.codec {
            return Err(MediaError::NotAVideo {
                path: then.path.clone(),
                reason: "it is not the file that was measured: its size or codec is another".into(),
            });
        }
    }
    let mut sides = [pick(&reference, &wanted)?, pick(&output, &wanted)?];
    let mut found = Vec::new();
    for frame in wanted {
        let [one, other] = &mut sides;
        let (Some((_, a)), Some((_, b))) = (one.0.next_frame()?, other.0.next_frame()?) else {
            break;
        };
        let pair = [one.1.convert(&a)?, other.1.convert(&b)?];
        if pair[0].dim() != pair[1].dim() {
            break;
        }
        let difference = ndarray::Zip::from(&pair[0])
            .and(&pair[1])
            .map_collect(|a, b| {
                let apart = i16::from(*b) - i16::from(*a);
                u8::try_from((128 + 4 * apart).clamp(0, 255)).unwrap_or(128)
            });
        let [a, b] = pair;
        found.push((frame, [a, b, difference]));
    }
    Ok(found)
}

fn pick(index: &FrameIndex, frames: &[u64]) -> Result<(PickedFrames, RgbConverter), MediaError> {
    let facts = &index.facts;
    let width = facts.width.clamp(2, WIDTH);
    let height =
        (u64::from(facts.height) * u64::from(width) / u64::from(facts.width.max(1))).max(2);
    let size = (width, u32::try_from(height).unwrap_or(2));
    Ok((
        PickedFrames::open(index, frames, 1)?,
        RgbConverter::to_size(&facts.path, size, Filter::Bicubic),
    ))
}
