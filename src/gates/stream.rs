//! The checks of `next` on both clips after normalisation.
//!
//! Source: `vidaio/scoring/canonicalize.py` of `vidAio-subnet/validator-vidaio` at `688b6716`. The
//! normalisation brings both sides to yuv420p at a constant rate, so pixel formats cannot differ any
//! more, and times follow from frames and rate.

use super::facts::{Facts, Side};
use super::result::Finding;
use super::shape::scale_of;
use crate::media::{ClipFacts, FrameRateKind};
use crate::rules::GateRules;

/// Part by which lengths may differ.
const TOLERANCE: f64 = 0.05;

pub(super) fn dimensions(facts: &Facts<'_>) -> Finding {
    let Some((reference, output)) = facts.both() else {
        return Finding::not_judged("a file cannot be read", "");
    };
    let text = |f: &ClipFacts| format!("{}x{}", f.width, f.height);
    let (wanted, got) = (text(reference), text(output));
    let reason = format!("candidate {got} vs reference {wanted}");
    Finding::either(wanted == got, got, wanted, reason)
}

pub(super) fn pixel_format(facts: &Facts<'_>) -> Finding {
    let Some((_, output)) = facts.both() else {
        return Finding::not_judged("a file cannot be read", "");
    };
    let measured = format!("{}, normalised to yuv420p", output.pixel_format);
    Finding::either(true, measured, "yuv420p", "").warn_if(output.pixel_format != "yuv420p")
}

/// Length after normalisation, in seconds.
fn length(side: &Side<'_>) -> Option<f64> {
    let facts = side.facts()?;
    let rate = match facts.timing {
        // A constant rate is kept; an uneven one becomes the lowest that fits all times.
        FrameRateKind::Variable => facts.duration_seconds,
        _ => None,
    };
    rate.or_else(|| {
        let rate = facts.average_frame_rate.per_second();
        (rate > 0.0).then(|| side.shown_frames().unwrap_or(0) as f64 / rate)
    })
}

pub(super) fn duration(facts: &Facts<'_>) -> Finding {
    let (Some(wanted), Some(got)) = (length(&facts.reference), length(&facts.output)) else {
        return Finding::not_judged("a length is not known", "");
    };
    let apart = (got - wanted).abs() / wanted.max(f64::MIN_POSITIVE);
    Finding::either(
        apart <= TOLERANCE,
        format!("{got:.3} s"),
        format!("{wanted:.3} s, within 5 %"),
        "candidate duration deviates from reference",
    )
    .value(apart)
    .warn_if(apart > TOLERANCE / 2.0)
}

pub(super) fn times(facts: &Facts<'_>) -> Finding {
    let (Some(output), Some(seconds)) = (facts.output.facts(), length(&facts.output)) else {
        return Finding::not_judged("a length is not known", "");
    };
    let rate = if output.timing == FrameRateKind::Variable {
        output.frame_rate.per_second()
    } else {
        output.average_frame_rate.per_second()
    };
    let frames = facts.output.shown_frames().unwrap_or(0) as f64;
    if rate <= 0.0 || seconds <= 0.0 {
        return Finding::not_judged("a rate is not known", "");
    }
    // At a constant rate frames are repeated or dropped until count, rate and length agree.
    let uneven = output.timing == FrameRateKind::Variable;
    let implied = frames / rate;
    let apart = (implied - seconds).abs() / seconds;
    let measured =
        format!("{frames} frames at {rate:.3} fps make {implied:.3} s of {seconds:.3} s");
    Finding::either(
        apart <= TOLERANCE || uneven,
        measured,
        "within 5 %",
        "frame_count/fps disagrees with container duration",
    )
    .value(apart)
    .warn_if(uneven)
}

pub(super) fn scale_factor(facts: &Facts<'_>, rules: &GateRules) -> Finding {
    let known = [(2, rules.size_cap_x2), (4, rules.size_cap_x4)];
    let supported: Vec<u32> = known
        .iter()
        .filter(|(_, cap)| cap.is_some())
        .map(|(n, _)| *n)
        .collect();
    let limit = supported
        .iter()
        .map(u32::to_string)
        .collect::<Vec<_>>()
        .join(" or ");
    let Some(scale) = scale_of(facts) else {
        return Finding::not_judged("give --scale or --payload", limit);
    };
    let reason = format!("upscale factor {scale} not in supported factors");
    Finding::either(supported.contains(&scale), scale.to_string(), limit, reason)
        .value(f64::from(scale))
}
