//! What the files are: readable, long enough, of the right size in pixels, bytes and frames.

use super::facts::{Facts, Side};
use super::result::Finding;
use crate::domain::{Origin, Task};
use crate::media::ClipFacts;
use crate::rules::{GateCodes, GateRules, Revision};

/// The dataset's own clip: its digests only the network has, but it has to be a video.
pub(super) fn intact(side: &Side<'_>) -> Finding {
    match side {
        Side::Video { .. } => {
            Finding::not_applicable("the dataset's own digests: only on the network")
        }
        Side::Unreadable { why, .. } => {
            Finding::either(false, *why, "a video", "the input cannot be read")
        }
    }
}

/// An output with bytes, whatever they are.
pub(super) fn has_bytes(side: &Side<'_>) -> Finding {
    match side {
        Side::Unreadable { empty: true, why } => {
            Finding::either(false, *why, "at least one byte", "the output is empty")
        }
        Side::Unreadable { .. } => Finding::either(true, "some bytes", "at least one byte", ""),
        Side::Video { facts, .. } => {
            let measured = format!("{} bytes", facts.bytes);
            Finding::either(true, measured, "at least one byte", "")
        }
    }
}

pub(super) fn readable(side: Option<&Side<'_>>, who: &str, reason: &str) -> Finding {
    match side {
        None => Finding::not_judged(format!("give the {who}"), "a video"),
        Some(Side::Unreadable { why, .. }) => Finding::either(false, *why, "a video", reason),
        Some(Side::Video { facts, .. }) => Finding::either(
            true,
            format!("{}x{} {}", facts.width, facts.height, facts.codec),
            "a video",
            reason,
        ),
    }
}

pub(super) fn enough_frames(side: &Side<'_>, who: &str, revision: &Revision) -> Finding {
    let Some(frames) = side.announced_frames() else {
        return Finding::not_judged(format!("the {who} cannot be read"), "");
    };
    let least = revision.measure.fewest_frames;
    Finding::either(
        frames >= least,
        format!("{frames} frames"),
        format!("at least {least}"),
        format!("{who} video has fewer than {least} frames"),
    )
    .value(frames as f64)
}

pub(super) fn size_cap(facts: &Facts<'_>, rules: &GateRules) -> Finding {
    if facts.task == Task::Compress {
        return Finding::not_applicable("compressions have no cap");
    }
    let Some(input) = facts.handed_out() else {
        return Finding::not_judged("give --payload, the clip that was handed out", "");
    };
    let (Some(input), Some(output)) = (input.facts(), facts.output.facts()) else {
        return Finding::not_judged("a file cannot be read", "");
    };
    let (cap, scale) = match (scale_of(facts), rules.size_cap_x2, rules.size_cap_x4) {
        (Some(4), _, Some(cap)) => (cap, 4),
        (Some(2), Some(cap), _) => (cap, 2),
        (Some(scale), Some(_), _) => {
            return Finding::not_judged(format!("no cap is known for a factor of {scale}"), "");
        }
        (None, Some(_), _) => {
            return Finding::not_judged("give --scale, the factor asked for", "");
        }
        _ => return Finding::not_applicable("these rules have no cap"),
    };
    let times = output.bytes as f64 / input.bytes.max(1) as f64;
    Finding::either(
        output.bytes as f64 <= cap * input.bytes as f64,
        format!("{} bytes, {times:.3} times the input", output.bytes),
        format!("at most {cap} times {} bytes (factor {scale})", input.bytes),
        format!("MINER FAILURE: distorted video file size exceeds {cap}x the payload"),
    )
    .value(times)
    .warn_if(times > cap * 0.9)
}

/// The factor asked for, or the one that the sizes show.
pub(super) fn scale_of(facts: &Facts<'_>) -> Option<u32> {
    if facts.request.scale.is_some() {
        return facts.request.scale;
    }
    let input = facts.handed_out()?.facts()?;
    let output = facts.output.facts()?;
    [2, 4]
        .into_iter()
        .find(|n| (wide(output.width), wide(output.height)) == scaled(input, *n))
}

fn wide(pixels: u32) -> u64 {
    u64::from(pixels)
}

fn scaled(input: &ClipFacts, scale: u32) -> (u64, u64) {
    let times = |pixels: u32| wide(pixels) * u64::from(scale);
    (times(input.width), times(input.height))
}

pub(super) fn resolution(facts: &Facts<'_>) -> Finding {
    let Some(output) = facts.output.facts() else {
        return Finding::not_judged("the output cannot be read", "");
    };
    let got = format!("{}x{}", output.width, output.height);
    if facts.task == Task::Compress {
        let Some(reference) = facts.reference.facts() else {
            return Finding::not_judged("the reference cannot be read", "");
        };
        let wanted = format!("{}x{}", reference.width, reference.height);
        let reason = format!("Resolution must be {wanted}, got {got}");
        return Finding::either(wanted == got, got, wanted, reason);
    }
    let Some(input) = facts.handed_out().and_then(Side::facts) else {
        return Finding::not_judged(
            format!("{got}; give --payload, the clip that was handed out"),
            "exactly 2 or 4 times the payload",
        );
    };
    // Without a factor the nearer of both is meant.
    let scale = scale_of(facts).unwrap_or_else(|| {
        if wide(output.width) >= wide(input.width) * 3 {
            4
        } else {
            2
        }
    });
    let (width, height) = scaled(input, scale);
    let wanted = format!("{width}x{height}");
    let reason = "MINER FAILURE: incorrect upscaling resolution";
    let limit = format!("{wanted}, {scale} times {}x{}", input.width, input.height);
    Finding::either(wanted == got, got, limit, reason)
}

pub(super) fn frame_count(facts: &Facts<'_>, tolerance: u64, codes: GateCodes) -> Finding {
    // Competitions decode to count, and `next` counts after normalisation.
    let count = |side: &Side<'_>| {
        if codes == GateCodes::Codes || facts.origin == Origin::Competition {
            side.shown_frames()
        } else {
            side.announced_frames()
        }
    };
    let (Some(wanted), Some(got)) = (count(&facts.reference), count(&facts.output)) else {
        return Finding::not_judged("a file cannot be read", "");
    };
    let tolerance = if facts.origin == Origin::Competition {
        // Of the input's frames one per cent, rounded as Python does, and at least one.
        ((wanted as f64 * 0.01).round_ties_even() as u64).max(1)
    } else {
        tolerance
    };
    let apart = wanted.abs_diff(got);
    let limit = match tolerance {
        0 => format!("exactly {wanted}"),
        n => format!("{wanted}, within {n}"),
    };
    Finding::either(
        apart <= tolerance,
        format!("{got} frames"),
        limit,
        "video length mismatch",
    )
    .value(got as f64 - wanted as f64)
    .warn_if(apart > 0)
}
