//! Whether two clips run side by side: by their timestamps, and by what their frames show.
//!
//! Validators pair frames by number or by time and never look whether they belong together. A
//! repeated or a lost frame costs VMAF on every frame behind it, which no score names as the cause.

use serde::{Deserialize, Serialize};

use crate::media::FrameView;

/// Size of the small picture that stands for a frame.
const SMALL: (usize, usize) = (32, 18);
/// Furthest offset that is tried, in frames.
const REACH: i64 = 30;
/// Frames of a stretch that is looked at on its own.
const STRETCH: usize = 9;
/// Furthest offset of a stretch.
const STRETCH_REACH: i64 = 5;
/// Codes by which the best offset must beat none.
const CLEAR: f64 = 0.25;
/// Part of the distance without an offset that the best one may leave.
const REMAINS: f64 = 0.7;
/// Timestamps that differ by more, in seconds, are another time.
const SAME_TIME: f64 = 0.002;
/// Mean difference in codes under which a frame is the one before it again.
const REPEATED: f64 = 0.05;
/// Mean difference in codes above which the reference moved.
const MOVED: f64 = 0.5;

/// A frame in small: mean luma of each of its fields.
#[derive(Debug, Clone, PartialEq)]
pub struct Small(Vec<f32>);

impl Small {
    /// Makes it from a picture's eight-bit luma; `None` for other depths or pictures too small.
    #[must_use]
    pub fn of(picture: &FrameView<'_>) -> Option<Self> {
        let (width, height) = picture.size();
        if picture.format.depth != 8 || width < SMALL.0 || height < SMALL.1 {
            return None;
        }
        let mut sums = vec![0_u64; SMALL.0 * SMALL.1];
        let mut counts = vec![0_u64; SMALL.0 * SMALL.1];
        for (row, line) in picture.luma_rows().enumerate() {
            let down = row * SMALL.1 / height * SMALL.0;
            for across in 0..SMALL.0 {
                let (from, to) = (across * width / SMALL.0, (across + 1) * width / SMALL.0);
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

    /// Mean absolute difference in codes. The mean of either is taken out, so that a change of
    /// brightness does not look like a change of place.
    fn distance(&self, other: &Self) -> f64 {
        let mean = |small: &Self| small.0.iter().sum::<f32>() / small.0.len() as f32;
        let (own, others) = (mean(self), mean(other));
        let pairs = self.0.iter().zip(&other.0);
        let sum: f32 = pairs.map(|(a, b)| ((a - own) - (b - others)).abs()).sum();
        f64::from(sum) / self.0.len() as f64
    }
}

/// Where timestamps part.
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

/// From a frame on, the output shows what the reference showed this many frames before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct Shift {
    /// Display index of the reference.
    pub from: u64,
    /// Frames by which the output is late; negative if it is early.
    pub late: i64,
}

/// How two clips run side by side.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct Alignment {
    /// First frame whose times differ by more than two milliseconds.
    pub first_time_difference: Option<TimeDifference>,
    /// Frames by which the whole output is late, by what it shows; 0 where it is in step, absent
    /// where the clip stands still or changes too little to tell.
    pub late: Option<i64>,
    /// Where the offset changes inside the clip, as after a lost or repeated frame.
    pub shifts: Vec<Shift>,
    /// Frames of the output that repeat the one before although the reference moves.
    pub repeated: Vec<u64>,
}

/// First frame whose time since the first frame differs.
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

/// Aligns frames that are given in order, those of the reference first.
#[must_use]
pub fn align(reference: &[Small], output: &[Small]) -> Alignment {
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
            // What the reference did where the output shows it.
            let shown = usize::try_from(*i as i64 - late).unwrap_or(0);
            let moved = (1..common).contains(&shown)
                && reference[shown].distance(&reference[shown - 1]) > MOVED;
            moved && output[*i].distance(&output[i - 1]) < REPEATED
        })
        .map(|i| i as u64)
        .collect();
    let mut now = found.late.unwrap_or(0);
    if common < 2 * STRETCH {
        return found;
    }
    // A stretch that cannot tell, or tells what is known, changes nothing.
    let mut pending: Option<Shift> = None;
    for from in (0..=common - STRETCH).step_by(STRETCH / 3) {
        let Some(late) = best(reference, output, from..from + STRETCH, now, STRETCH_REACH) else {
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
            // Two stretches in a row must agree before a shift is believed.
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
        // With shifts inside, one number for the whole would mislead.
        found.late = best(reference, output, 0..STRETCH, 0, reach);
    }
    begin_in_step(reference, output, &mut found);
    found
}

/// An offset that does not hold for the very first frames is a shift behind them.
fn begin_in_step(reference: &[Small], output: &[Small], found: &mut Alignment) {
    let Some(late) = found.late.filter(|late| *late != 0) else {
        return;
    };
    // A late output is asked where it shows a frame of the reference, an early one what of the
    // reference it shows: so there is something to compare with from the first frame on.
    let (asked, other) = if late > 0 {
        (reference, output)
    } else {
        (output, reference)
    };
    let fits_better = |i: usize| {
        let aside = usize::try_from(late.unsigned_abs())
            .ok()
            .and_then(|n| other.get(i + n));
        aside.is_some_and(|aside| asked[i].distance(&other[i]) + CLEAR < asked[i].distance(aside))
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

/// The offset around another under which a stretch fits clearly best, or `None` where none does.
fn best(
    reference: &[Small],
    output: &[Small],
    stretch: std::ops::Range<usize>,
    around: i64,
    reach: i64,
) -> Option<i64> {
    let distance = |late: i64| {
        let (mut sum, mut count) = (0.0, 0_usize);
        for i in stretch.clone() {
            let Some(shown) = usize::try_from(i as i64 + late)
                .ok()
                .and_then(|j| output.get(j))
            else {
                continue;
            };
            sum += reference[i].distance(shown);
            count += 1;
        }
        (count * 2 >= stretch.len()).then(|| sum / count as f64)
    };
    let all: Vec<(i64, f64)> = (around - reach..=around + reach)
        .filter_map(|late| Some((late, distance(late)?)))
        .collect();
    let (late, least) = all.iter().copied().min_by(|a, b| a.1.total_cmp(&b.1))?;
    let neighbours = all.iter().filter(|(other, _)| (other - late).abs() == 1);
    let nearest = neighbours.map(|(_, d)| *d).fold(f64::INFINITY, f64::min);
    let here = distance(around)?;
    if late == around {
        // In step, provided that a step aside would show.
        return (nearest - least > CLEAR).then_some(late);
    }
    (here - least > CLEAR && least < here * REMAINS && nearest - least > CLEAR / 4.0)
        .then_some(late)
}
