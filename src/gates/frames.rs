//! How many frames there are, and how many a second.
//!
//! Source: `services/scoring/server.py` of `vidAio-subnet/vidaio-subnet` from `c5870e9` to `fea3779`;
//! `vidaio/scoring/gates.py` of `vidAio-subnet/validator-vidaio` at `688b6716`;
//! `vidaio_subnet_core/competition/scoring.py` for competitions.

use super::attributes::{Codes, GateClass, Logged};
use super::definition::GateDefinition;
use super::finding::Finding;
use super::input::{ClipState, GateInput};
use super::readable;
use crate::domain::Origin;
use crate::media::ClipFacts;
use crate::rules::{FrameCountBy, FrameRateRule, GateRules, Revision};

fn enough_frames(clip: &ClipState<'_>, who: &str, revision: &Revision) -> Finding {
    let Some(frames) = clip.announced_frames() else {
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

fn frame_count(input: &GateInput<'_>, tolerance: u64, by: FrameCountBy) -> Finding {
    // Competitions decode to count.
    let count = |clip: &ClipState<'_>| match (by, input.origin) {
        (_, Origin::Competition) | (FrameCountBy::Frames, _) => clip.shown_frames(),
        (FrameCountBy::Container, _) => clip.announced_frames(),
    };
    let (Some(expected), Some(got)) = (count(&input.reference), count(&input.output)) else {
        return Finding::unreadable();
    };
    let tolerance = if input.origin == Origin::Competition {
        // Of the input's frames one per cent, rounded as Python does, and at least one.
        ((expected as f64 * 0.01).round_ties_even() as u64).max(1)
    } else {
        tolerance
    };
    let apart = expected.abs_diff(got);
    let limit = match tolerance {
        0 => format!("exactly {expected}"),
        n => format!("{expected}, within {n}"),
    };
    Finding::either(
        apart <= tolerance,
        format!("{got} frames"),
        limit,
        "video length mismatch",
    )
    .value(got as f64 - expected as f64)
    .warn_if(apart > 0)
}

fn frame_rate(input: &GateInput<'_>, rules: &GateRules) -> Finding {
    let Some((reference, output)) = input.both() else {
        return Finding::unreadable();
    };
    match rules.frame_rate {
        None => Finding::not_applicable("these rules check no frame rate"),
        Some(FrameRateRule::SameText) => {
            let text =
                |facts: &ClipFacts| format!("{}/{}", facts.frame_rate.num, facts.frame_rate.den);
            let (expected, got) = (text(reference), text(output));
            let reason = format!("FPS must be {expected}, got {got}");
            Finding::either(
                expected == got,
                format!("r_frame_rate {got}"),
                format!("exactly {expected}"),
                reason,
            )
        }
        Some(FrameRateRule::Average { within }) => {
            let (expected, got) = (
                reference.average_frame_rate.per_second(),
                output.average_frame_rate.per_second(),
            );
            let limit = format!("{expected:.3} fps, within {within}");
            if expected == 0.0 {
                let reason = "Validation error: the reference's rate cannot be read";
                return Finding::either(false, format!("{got:.3} fps"), limit, reason);
            }
            let apart = (expected - got).abs();
            Finding::either(
                apart <= within,
                format!("{got:.3} fps"),
                limit,
                format!("FPS must be {expected:.3}, got {got:.3}"),
            )
            .value(apart)
            .warn_if(apart > within * 0.5)
        }
    }
}

fn keep_every_frame(_: &GateInput<'_>, _: &GateRules) -> Option<String> {
    Some("keep every frame: -fps_mode passthrough (-vsync 0 before FFmpeg 5.1)".into())
}

fn keep_rate(input: &GateInput<'_>, rules: &GateRules) -> Option<String> {
    let Some(reference) = input.reference.facts() else {
        return Some("keep the reference's rate".into());
    };
    let rate = match rules.frame_rate {
        Some(FrameRateRule::Average { .. }) => reference.average_frame_rate,
        _ => reference.frame_rate,
    };
    Some(format!(
        "keep the rate: -fps_mode passthrough, or -r {}/{}",
        rate.num, rate.den
    ))
}

pub(super) const GATES: &[GateDefinition] = &[
    GateDefinition {
        class: GateClass::Validator,
        fix: readable::fix_of_validator,
        ..GateDefinition::new(
            "reference-frames",
            "The reference has enough frames.",
            |input, revision| enough_frames(&input.reference, "reference", revision),
        )
    },
    GateDefinition {
        fix: |_, _| Some("keep every frame: -fps_mode passthrough".into()),
        ..GateDefinition::new(
            "output-frames",
            "The output has enough frames (organic upscaling).",
            |input, revision| enough_frames(&input.output, "output", revision),
        )
    },
    GateDefinition {
        codes: Codes {
            central: Some("FRAME_COUNT_MISMATCH"),
            competition: Some("OUTPUT_FRAME_COUNT_CHANGED"),
        },
        fix: keep_every_frame,
        ..GateDefinition::new(
            "frame-count",
            "Both clips have the same number of frames, within a tolerance.",
            |input, revision| {
                let rules = &revision.gates;
                frame_count(input, rules.frame_tolerance, rules.frame_count_by)
            },
        )
    },
    GateDefinition {
        fix: keep_every_frame,
        ..GateDefinition::new(
            "frame-count-exact",
            "The same without a tolerance (organic upscaling).",
            |input, revision| frame_count(input, 0, revision.gates.frame_count_by),
        )
    },
    GateDefinition {
        logged: Logged::WithEncoding,
        fix: keep_rate,
        ..GateDefinition::new(
            "frame-rate",
            "Both clips have one frame rate.",
            |input, revision| frame_rate(input, &revision.gates),
        )
    },
];
