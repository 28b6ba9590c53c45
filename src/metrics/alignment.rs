//! Whether two clips are in step: by their timestamps, and by the content of their frames.
//!
//! Validators pair frames by number or by time and never check that they belong together. A repeated or a lost
//! frame costs VMAF on every following frame, and no score names that cause.

use serde::{Deserialize, Serialize};

use crate::media::FrameView;

/// Width and height of a thumbnail. Our choice.
const THUMBNAIL: (usize, usize) = (32, 18);
/// Largest offset that is tried for the whole clip, in frames. Our choice.
const REACH: i64 = 30;
/// Frames of a window, whose offset is determined separately. Our choice.
const WINDOW: usize = 9;
/// Largest change of the offset from one window to the next, in frames. Our choice.
const WINDOW_REACH: i64 = 5;
/// Mean difference, in luma codes, by which the best offset must beat its alternatives. Our choice.
const CLEAR: f64 = 0.25;
/// Largest fraction of the distance without an offset that may remain with the best one. Our choice.
const REMAINING: f64 = 0.7;
/// Largest difference of two equal timestamps in seconds. Our choice.
const SAME_TIME: f64 = 0.002;
/// Mean difference in luma codes below which a frame repeats the previous one. Our choice.
const REPEATED: f64 = 0.05;
/// Mean difference in luma codes above which the reference moves. Our choice.
const MOVED: f64 = 0.5;

/// A downscaled frame: the mean luma of each of its cells.
#[derive(Debug, Clone, PartialEq)]
pub struct Thumbnail(Vec<f32>);

impl Thumbnail {
    /// From eight-bit luma; `None` for other depths, or for a frame smaller than a thumbnail.
    #[must_use]
    pub fn of(frame: &FrameView<'_>) -> Option<Self> {
        let (width, height) = frame.size();
        if frame.format.depth != 8 || width < THUMBNAIL.0 || height < THUMBNAIL.1 {
            return None;
        }
        let mut sums = vec![0_u64; THUMBNAIL.0 * THUMBNAIL.1];
        let mut counts = vec![0_u64; THUMBNAIL.0 * THUMBNAIL.1];
        for (row, line) in frame.luma_rows().enumerate() {
            let down = row * THUMBNAIL.1 / height * THUMBNAIL.0;
            for across in 0..THUMBNAIL.0 {
                let from = across * width / THUMBNAIL.0;
                let to = (across + 1) * width / THUMBNAIL.0;
                sums[down + across] += line[from..to].iter().map(|c| u64::from(*c)).sum::<u64>();
                counts[down + across] += (to - from) as u64;
            }
        }
        let means = sums.iter().zip(&counts);
        Some(Self(
            means
                .map(|(sum, count)| *sum as f32 / (*count).max(1) as f32)
                .collect(),
        ))
    }

    /// Mean absolute difference in luma codes. The mean of either is subtracted, so that a change of brightness
    /// does not count as motion.
    fn distance(&self, other: &Self) -> f64 {
        let mean = |frame: &Self| frame.0.iter().sum::<f32>() / frame.0.len() as f32;
        let (own, others) = (mean(self), mean(other));
        let pairs = self.0.iter().zip(&other.0);
        let sum: f32 = pairs.map(|(a, b)| ((a - own) - (b - others)).abs()).sum();
        f64::from(sum) / self.0.len() as f64
    }
}

/// The first frame whose timestamps differ.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct TimeDifference {
    /// Display index.
    pub frame: u64,
    /// Seconds after the first frame of the reference.
    pub reference: f64,
    /// Seconds after the first frame of the output.
    pub output: f64,
}

/// From a frame on, the output shows what the reference shows this many frames earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct Shift {
    /// Display index of the reference.
    pub from: u64,
    /// Frames by which the output is late; negative if it is early.
    pub late: i64,
}

/// How two clips are aligned in time.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct Alignment {
    /// First frame whose times differ by more than two milliseconds.
    pub first_time_difference: Option<TimeDifference>,
    /// Frames by which the content of the whole output is late; 0 if it is in step, absent if the clip changes
    /// too little to decide.
    pub late: Option<i64>,
    /// Where the offset changes within the clip, as after a lost or repeated frame.
    pub shifts: Vec<Shift>,
    /// Frames of the output that repeat the previous one although the reference moves.
    pub repeated: Vec<u64>,
}

/// The first frame whose time since the start of its clip differs.
#[must_use]
pub fn first_time_difference(reference: &[f64], output: &[f64]) -> Option<TimeDifference> {
    let (first, other) = (*reference.first()?, *output.first()?);
    let pairs = reference.iter().zip(output).enumerate();
    pairs
        .map(|(i, (a, b))| TimeDifference {
            frame: i as u64,
            reference: a - first,
            output: b - other,
        })
        .find(|t| (t.reference - t.output).abs() > SAME_TIME)
}

/// Aligns two clips by the thumbnails of their frames in order.
#[must_use]
pub fn align(reference: &[Thumbnail], output: &[Thumbnail]) -> Alignment {
    let mut found = Alignment::default();
    let common = reference.len().min(output.len());
    if common < 2 {
        return found;
    }
    let reach = REACH.min(common as i64 / 3).max(1);
    found.late = best(reference, output, 0..common, 0, reach);
    let late = found.late.unwrap_or(0);
    found.repeated = (1..common)
        .filter(|i| {
            // The frame of the reference that the output shows here.
            let shown = usize::try_from(*i as i64 - late).unwrap_or(0);
            let moved = (1..common).contains(&shown)
                && reference[shown].distance(&reference[shown - 1]) > MOVED;
            moved && output[*i].distance(&output[i - 1]) < REPEATED
        })
        .map(|i| i as u64)
        .collect();
    let mut now = found.late.unwrap_or(0);
    if common < 2 * WINDOW {
        return found;
    }
    // A window without a clear offset, or with the current one, changes nothing.
    let mut pending: Option<Shift> = None;
    for from in (0..=common - WINDOW).step_by(WINDOW / 3) {
        let Some(late) = best(reference, output, from..from + WINDOW, now, WINDOW_REACH) else {
            continue;
        };
        if from == 0 {
            now = late;
            continue;
        }
        if late == now {
            pending = None;
            continue;
        }
        match pending {
            // Two consecutive windows must agree on a shift.
            Some(shift) if shift.late == late => {
                found.shifts.push(shift);
                now = late;
                pending = None;
            }
            _ => {
                pending = Some(Shift {
                    from: from as u64,
                    late,
                });
            }
        }
    }
    if !found.shifts.is_empty() {
        // With shifts, one offset for the whole clip would mislead, so the first window's is reported.
        found.late = best(reference, output, 0..WINDOW, 0, reach);
    }
    begin_in_step(reference, output, &mut found);
    found
}

/// An offset that does not hold for the very first frames is a shift after them.
fn begin_in_step(reference: &[Thumbnail], output: &[Thumbnail], found: &mut Alignment) {
    let Some(late) = found.late.filter(|late| *late != 0) else {
        return;
    };
    // For a late output each frame of the reference is compared with the output, for an early one the other
    // way round: so there is a counterpart from the first frame on.
    let (own, other) = if late > 0 {
        (reference, output)
    } else {
        (output, reference)
    };
    let fits_better = |i: usize| {
        let shifted = usize::try_from(late.unsigned_abs())
            .ok()
            .and_then(|n| other.get(i + n));
        shifted.is_some_and(|shifted| own[i].distance(&other[i]) + CLEAR < own[i].distance(shifted))
    };
    let in_step = (0..reference.len().min(output.len()))
        .take_while(|i| fits_better(*i))
        .count();
    if in_step > 0 {
        found.late = Some(0);
        found.shifts.insert(
            0,
            Shift {
                from: in_step as u64,
                late,
            },
        );
    }
}

/// The offset, within `reach` of `around`, at which a window fits clearly best; `None` if no offset does.
fn best(
    reference: &[Thumbnail],
    output: &[Thumbnail],
    window: std::ops::Range<usize>,
    around: i64,
    reach: i64,
) -> Option<i64> {
    let distance = |late: i64| {
        let (mut sum, mut count) = (0.0, 0_usize);
        for i in window.clone() {
            let Some(shown) = usize::try_from(i as i64 + late)
                .ok()
                .and_then(|j| output.get(j))
            else {
                continue;
            };
            sum += reference[i].distance(shown);
            count += 1;
        }
        (count * 2 >= window.len()).then(|| sum / count as f64)
    };
    let all: Vec<(i64, f64)> = (around - reach..=around + reach)
        .filter_map(|late| Some((late, distance(late)?)))
        .collect();
    let (late, least) = all.iter().copied().min_by(|a, b| a.1.total_cmp(&b.1))?;
    let adjacent = all.iter().filter(|(other, _)| (other - late).abs() == 1);
    let nearest = adjacent.map(|(_, d)| *d).fold(f64::INFINITY, f64::min);
    let here = distance(around)?;
    if late == around {
        // In step, provided that an offset of one frame would be visible.
        return (nearest - least > CLEAR).then_some(late);
    }
    (here - least > CLEAR && least < here * REMAINING && nearest - least > CLEAR / 4.0)
        .then_some(late)
}
