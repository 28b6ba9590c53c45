//! What validators draw at random, from a seed instead.
//!
//! Sources: `services/scoring/vmaf_metric.py` and `services/scoring/server.py` of
//! `vidAio-subnet/vidaio-subnet` at `fea3779`. Their generators are unseeded, so only the
//! distributions can be the same, never the draws.

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::plan::{FrameSelection, PieappRequest, VmafRequest};
use crate::rules::{FramePath, PieappStart};

/// Frames of one VMAF run, drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VmafFrames {
    /// Every frame.
    All,
    /// These, ascending, as if consecutive.
    Cut(Vec<u64>),
    /// Every `every`-th frame from `first` on; motion sees all from `first` on.
    Subsample {
        /// First frame that is decoded.
        first: u64,
        /// Distance of scored frames.
        every: u32,
    },
}

fn generator(seed: u64, stream: u64) -> ChaCha8Rng {
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    // Each purpose draws from its own stream: asking for more never changes what was drawn before.
    generator.set_stream(stream);
    generator
}

/// Draws the frames of a VMAF run for a clip of `frames` frames at `rate` frames a second.
#[must_use]
pub fn draw_vmaf(request: &VmafRequest, frames: u64, rate: f64) -> VmafFrames {
    let mut generator = generator(request.seed, 1);
    match &request.frames {
        FrameSelection::Listed(list) => VmafFrames::Cut(list.clone()),
        FrameSelection::Path(FramePath::All) => VmafFrames::All,
        FrameSelection::Path(FramePath::Cut { frames: n }) => {
            VmafFrames::Cut(distinct(&mut generator, *n, frames))
        }
        FrameSelection::Path(FramePath::Second) => {
            let n = (rate.trunc().max(1.0) as u64).min(frames);
            let start = generator.random_range(0..=frames - n);
            VmafFrames::Cut((start..start + n).collect())
        }
        FrameSelection::Path(FramePath::SkipSubsample) => {
            let most = (rate.trunc().max(1.0) as u64) - 1;
            let skip = generator.random_range(0..=most);
            // `select=gt(n,skip)` drops skip + 1 frames; without a skip there is no such filter.
            let first = if skip == 0 { 0 } else { skip + 1 };
            VmafFrames::Subsample {
                first,
                every: generator.random_range(20..30),
            }
        }
    }
}

/// Draws the frames of a PIE-APP run.
#[must_use]
pub fn draw_pieapp(request: &PieappRequest, frames: u64) -> Vec<u64> {
    let n = request.frames.min(frames);
    let last = frames - n;
    let last = match request.start {
        PieappStart::RandomShortOfLast => last.saturating_sub(1),
        PieappStart::Random | PieappStart::HashOfChallenge => last,
    };
    let start = generator(request.seed, 2).random_range(0..=last);
    (start..start + n).collect()
}

/// `n` distinct numbers below `below`, ascending: Floyd's way, uniform over all such sets.
fn distinct(generator: &mut ChaCha8Rng, n: u64, below: u64) -> Vec<u64> {
    let n = n.min(below);
    let mut chosen = std::collections::BTreeSet::new();
    for last in below - n..below {
        let candidate = generator.random_range(0..=last);
        if !chosen.insert(candidate) {
            chosen.insert(last);
        }
    }
    chosen.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::NetworkChannels;

    fn cut(seed: u64, n: u64, frames: u64) -> Vec<u64> {
        let request = VmafRequest {
            frames: FrameSelection::Path(FramePath::Cut { frames: n }),
            seed,
        };
        match draw_vmaf(&request, frames, 25.0) {
            VmafFrames::Cut(list) => list,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn cut_frames_are_distinct_ascending_and_repeatable() {
        for seed in 0..200 {
            let list = cut(seed, 10, 37);
            assert_eq!(list.len(), 10);
            assert!(list.windows(2).all(|w| w[0] < w[1]) && list[9] < 37);
            assert_eq!(list, cut(seed, 10, 37));
        }
        assert_eq!(cut(3, 10, 10), (0..10).collect::<Vec<_>>());
    }

    #[test]
    fn every_frame_is_drawn_about_equally_often() {
        let mut seen = [0_u32; 20];
        for seed in 0..4000 {
            for frame in cut(seed, 5, 20) {
                seen[frame as usize] += 1;
            }
        }
        // Expected 1000 each, standard deviation about 27.
        assert!(seen.iter().all(|n| (850..1150).contains(n)), "{seen:?}");
    }

    #[test]
    fn pieapp_starts_reach_both_ends_and_stop_short_where_told() {
        let starts = |start| -> std::collections::BTreeSet<u64> {
            (0..500)
                .map(|seed| PieappRequest {
                    frames: 4,
                    start,
                    channels: NetworkChannels::Bgr,
                    seed,
                })
                .map(|request| draw_pieapp(&request, 12)[0])
                .collect()
        };
        assert_eq!(starts(PieappStart::Random), (0..=8).collect());
        assert_eq!(starts(PieappStart::RandomShortOfLast), (0..=7).collect());
    }

    #[test]
    fn a_skip_drops_one_frame_more_and_zero_drops_none() {
        for seed in 0..300 {
            let request = VmafRequest {
                frames: FrameSelection::Path(FramePath::SkipSubsample),
                seed,
            };
            let VmafFrames::Subsample { first, every } = draw_vmaf(&request, 300, 29.97) else {
                panic!("not a sub-sample")
            };
            assert!(first != 1 && first <= 29 && (20..30).contains(&every));
        }
    }
}
