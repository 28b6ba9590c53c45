//! The work that the parameters of a task ask for.
//!
//! Source: `vidaio/miner/encoding.py` and `backends.py` of the network's reference miner. Synthetic tasks
//! carry none of the parameters of a compression; those of customers do.

use super::metadata::{TaskMetadata, Track};
use crate::domain::{Codec, RateControl};
use crate::miner::tasks::{Scale, Work, WorkError, printable, threshold};

/// The work of a task.
///
/// # Errors
/// Parameters that are missing, malformed or not supported.
pub fn work_of(track: Track, task: &TaskMetadata) -> Result<Work, WorkError> {
    match track {
        Track::Compression => Ok(Work::Compress {
            threshold: threshold_of(task)?,
            codec: match task.text("target_codec").filter(|t| !t.trim().is_empty()) {
                Some(name) => Codec::by_name(&name)?,
                // Without a name any codec is allowed, and AV1 makes the smallest files.
                None => Codec::Av1,
            },
            mode: RateControl::by_name(
                &task.text("codec_mode").unwrap_or_default(),
                // The parameter is in bits a second.
                number(task, "target_bitrate").map(|bits| bits / 1e6),
            )?,
        }),
        Track::Upscaling => {
            let factor = number(task, "upscale_factor")
                .ok_or_else(|| WorkError::Scale(raw(task, "upscale_factor")))?;
            Ok(Work::Upscale {
                scale: Scale::of(factor)?,
                size: size_of(task)?,
            })
        }
    }
}

/// Width and height of the original, which need not be those of the input times the factor.
fn size_of(task: &TaskMetadata) -> Result<Option<(u32, u32)>, WorkError> {
    let side = |name| {
        let given = task.params.contains_key(name).then(|| number(task, name));
        given.map(|side| side.filter(|s| (1.0..=16384.0).contains(s) && s.fract() == 0.0))
    };
    match (side("target_width"), side("target_height")) {
        (None, None) => Ok(None),
        (Some(Some(width)), Some(Some(height))) => Ok(Some((width as u32, height as u32))),
        _ => Err(WorkError::Size(format!(
            "{} and {}",
            raw(task, "target_width"),
            raw(task, "target_height")
        ))),
    }
}

/// A parameter that is a number, or text that reads as one.
fn number(task: &TaskMetadata, name: &str) -> Option<f64> {
    let text = || task.text(name)?.trim().parse().ok();
    task.number(name).or_else(text)
}

fn raw(task: &TaskMetadata, name: &str) -> String {
    task.params
        .get(name)
        .map_or_else(|| "absent".to_owned(), |v| printable(v))
}

/// The VMAF threshold: a number, or one of the three names of tiers that customers use.
fn threshold_of(task: &TaskMetadata) -> Result<Option<f64>, WorkError> {
    if let Some(value) = number(task, "vmaf_threshold") {
        return threshold(value).map(Some);
    }
    let Some(tier) = task.text("compression_type") else {
        return Ok(None);
    };
    match tier.trim().to_ascii_lowercase().as_str() {
        "" => Ok(None),
        "high" => Ok(Some(93.0)),
        "medium" => Ok(Some(89.0)),
        "low" => Ok(Some(85.0)),
        _ => Err(WorkError::Tier(printable(&tier))),
    }
}
