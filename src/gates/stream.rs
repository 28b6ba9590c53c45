//! The checks of the central scorer on both clips after normalisation.
//!
//! Source: `vidaio/scoring/canonicalize.py` of `vidAio-subnet/validator-vidaio` at `688b6716`. The
//! normalisation brings both sides to yuv420p at a constant rate, so pixel formats cannot differ any
//! more, and times follow from frames and rate.

use super::attributes::{Codes, Source};
use super::definition::GateDefinition;
use super::finding::Finding;
use super::input::{ClipState, GateInput};
use super::resolution;
use crate::media::{ClipFacts, FrameRateKind};
use crate::rules::GateRules;

/// Part by which lengths may differ (`canonicalize.py`).
const TOLERANCE: f64 = 0.05;

fn dimensions(input: &GateInput<'_>) -> Finding {
    let Some((reference, output)) = input.both() else {
        return Finding::unreadable();
    };
    let text = |f: &ClipFacts| format!("{}x{}", f.width, f.height);
    let (expected, got) = (text(reference), text(output));
    let reason = format!("candidate {got} vs reference {expected}");
    Finding::either(expected == got, got, expected, reason)
}

fn pixel_format(input: &GateInput<'_>) -> Finding {
    let Some((_, output)) = input.both() else {
        return Finding::unreadable();
    };
    let measured = format!("{}, normalised to yuv420p", output.pixel_format);
    Finding::either(true, measured, "yuv420p", "").warn_if(output.pixel_format != "yuv420p")
}

/// Length after normalisation, in seconds.
fn length(clip: &ClipState<'_>) -> Option<f64> {
    let facts = clip.facts()?;
    let rate = match facts.timing {
        // A constant rate is kept; an uneven one becomes the lowest that fits all times.
        FrameRateKind::Variable => facts.duration_seconds,
        _ => None,
    };
    rate.or_else(|| {
        let rate = facts.average_frame_rate.per_second();
        (rate > 0.0).then(|| clip.shown_frames().unwrap_or(0) as f64 / rate)
    })
}

fn duration(input: &GateInput<'_>) -> Finding {
    let (Some(expected), Some(got)) = (length(&input.reference), length(&input.output)) else {
        return Finding::not_judged("a length is not known", "");
    };
    let apart = (got - expected).abs() / expected.max(f64::MIN_POSITIVE);
    Finding::either(
        apart <= TOLERANCE,
        format!("{got:.3} s"),
        format!("{expected:.3} s, within 5 %"),
        "candidate duration deviates from reference",
    )
    .value(apart)
    .warn_if(apart > TOLERANCE / 2.0)
}

fn times(input: &GateInput<'_>) -> Finding {
    let (Some(output), Some(seconds)) = (input.output.facts(), length(&input.output)) else {
        return Finding::not_judged("a length is not known", "");
    };
    let rate = if output.timing == FrameRateKind::Variable {
        output.frame_rate.per_second()
    } else {
        output.average_frame_rate.per_second()
    };
    let frames = input.output.shown_frames().unwrap_or(0) as f64;
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

fn keep_frames(_: &GateInput<'_>, _: &GateRules) -> Option<String> {
    Some("keep rate and number of frames: -fps_mode passthrough".into())
}

const SOURCE: Source = Source::central("vidaio/scoring/canonicalize.py");

pub(super) const GATES: &[GateDefinition] = &[
    GateDefinition {
        codes: Codes::central("STREAM_DIMENSIONS_MISMATCH"),
        source: SOURCE,
        fix: resolution::fix,
        ..GateDefinition::new(
            "stream-dimensions",
            "Picture sizes agree after normalisation (`next`).",
            |input, _| dimensions(input),
        )
    },
    GateDefinition {
        codes: Codes::central("STREAM_PIX_FMT_MISMATCH"),
        source: SOURCE,
        fix: |_, _| Some("-pix_fmt yuv420p".into()),
        ..GateDefinition::new(
            "stream-pixel-format",
            "Pixel formats agree after normalisation (`next`).",
            |input, _| pixel_format(input),
        )
    },
    GateDefinition {
        codes: Codes::central("STREAM_DURATION_MISMATCH"),
        source: SOURCE,
        fix: keep_frames,
        ..GateDefinition::new(
            "stream-duration",
            "Lengths agree after normalisation (`next`).",
            |input, _| duration(input),
        )
    },
    GateDefinition {
        codes: Codes::central("STREAM_PTS_INCONSISTENT"),
        source: SOURCE,
        fix: keep_frames,
        ..GateDefinition::new(
            "stream-times",
            "Frames, rate and length of the output agree with each other (`next`).",
            |input, _| times(input),
        )
    },
];
