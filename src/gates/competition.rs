//! What only competitions check of the whole output: length and score.
//!
//! Source: `vidaio_subnet_core/competition/scoring.py` of `vidAio-subnet/vidaio-subnet` at `fea3779`.

use super::attributes::{Codes, GateClass};
use super::definition::GateDefinition;
use super::finding::Finding;
use super::input::{ClipState, GateInput};

fn duration(input: &GateInput<'_>) -> Finding {
    let seconds = |clip: &ClipState<'_>| clip.facts().and_then(|f| f.duration_seconds);
    let (Some(expected), Some(got)) = (seconds(&input.reference), seconds(&input.output)) else {
        return Finding::not_judged("a length is not known", "");
    };
    let within = (expected * 0.01).max(0.5);
    let apart = (expected - got).abs();
    Finding::either(
        apart <= within,
        format!("{got:.3} s"),
        format!("{expected:.3} s, within {within:.3} s"),
        "the duration changed",
    )
    .value(got - expected)
}

fn score_positive(input: &GateInput<'_>) -> Finding {
    match input.score {
        None => Finding::unseen(input),
        Some(score) => Finding::either(
            score > 0.0,
            format!("{score:.6}"),
            "above 0",
            "the media score is zero",
        )
        .value(score),
    }
}

pub(super) const GATES: &[GateDefinition] = &[
    GateDefinition {
        codes: Codes::competition("OUTPUT_DURATION_CHANGED"),
        fix: |_, _| Some("keep rate and number of frames: -fps_mode passthrough".into()),
        ..GateDefinition::new(
            "duration",
            "Both clips last equally long (competitions).",
            |input, _| duration(input),
        )
    },
    GateDefinition {
        codes: Codes::competition("MEDIA_SCORE_ZERO"),
        class: GateClass::Quality,
        fix: |_, _| Some("meet the threshold and shrink the file".into()),
        ..GateDefinition::new(
            "score-positive",
            "The score is above 0 (competitions).",
            |input, _| score_positive(input),
        )
    },
];
