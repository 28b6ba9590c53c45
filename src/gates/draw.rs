//! What validators draw at random for their gates, from a seed instead.
//!
//! Source: `services/scoring/server.py` 531-767 (tone) and 1335-1530 (colour) at `fea3779`.

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

/// A generator for one purpose: drawing more for one never changes what another draws.
fn generator(seed: u64, stream: u64) -> ChaCha8Rng {
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    generator.set_stream(stream);
    generator
}

/// Frames of the tone check: one random moment from the middle seven tenths of each of `parts`
/// equal parts of the clip, and of it the first frame that is shown then or later.
#[must_use]
pub fn tone_frames(seed: u64, parts: u32, frames: u64, rate: f64) -> Vec<u64> {
    if frames == 0 || rate <= 0.0 {
        return Vec::new();
    }
    let mut generator = generator(seed, 3);
    let duration = (frames - 1) as f64 / rate;
    (0..parts)
        .map(|part| {
            let within: f64 = generator.random_range(0.15..0.85);
            let time = (f64::from(part) + within) / f64::from(parts) * duration;
            // A seek never asks for the very end.
            let time = time.min(duration - 1.0 / 30.0).max(0.0);
            // The decoder gives the first frame that is not shown before the time asked for.
            let frame = (time * rate - 1e-6).ceil().max(0.0) as u64;
            frame.min(frames - 1)
        })
        .collect()
}

/// First frame and number of frames of the colour window: a random stretch of `seconds`, of at most
/// thirty frames.
#[must_use]
pub fn color_window(seed: u64, frames: u64, rate: f64, seconds: f64) -> (u64, u64) {
    let count = ((rate * seconds).trunc().max(1.0) as u64)
        .min(30)
        .min(frames);
    let start = generator(seed, 4).random_range(0..=frames - count);
    (start, count)
}
