//! Whether files are videos, and have bytes at all.
//!
//! Source: `services/scoring/server.py` of `vidAio-subnet/vidaio-subnet` from `c5870e9` to `fea3779`, and
//! `vidaio_subnet_core/competition/scoring.py` for competitions.

use super::attributes::{Codes, GateClass};
use super::definition::GateDefinition;
use super::finding::Finding;
use super::input::{ClipState, GateInput};
use crate::rules::GateRules;

/// The dataset's own clip: its digests only the network has, but it has to be a video.
fn intact(clip: &ClipState<'_>) -> Finding {
    match clip {
        ClipState::Video { .. } => {
            Finding::not_applicable("the dataset's own digests: only on the network")
        }
        ClipState::Unreadable { why, .. } => {
            Finding::either(false, *why, "a video", "the input cannot be read")
        }
    }
}

/// An output with bytes, whatever they are.
fn has_bytes(clip: &ClipState<'_>) -> Finding {
    match clip {
        ClipState::Unreadable { empty: true, why } => {
            Finding::either(false, *why, "at least one byte", "the output is empty")
        }
        ClipState::Unreadable { .. } => {
            Finding::either(true, "some bytes", "at least one byte", "")
        }
        ClipState::Video { facts, .. } => {
            let measured = format!("{} bytes", facts.bytes);
            Finding::either(true, measured, "at least one byte", "")
        }
    }
}

fn readable(clip: Option<&ClipState<'_>>, who: &str, reason: &str) -> Finding {
    match clip {
        None => Finding::not_judged(format!("give the {who}"), "a video"),
        Some(ClipState::Unreadable { why, .. }) => Finding::either(false, *why, "a video", reason),
        Some(ClipState::Video { facts, .. }) => Finding::either(
            true,
            format!("{}x{} {}", facts.width, facts.height, facts.codec),
            "a video",
            reason,
        ),
    }
}

/// What to do about a file that the validator provides.
pub(super) fn fix_of_validator(_: &GateInput<'_>, _: &GateRules) -> Option<String> {
    Some("this is the validator's file: fetch it again".into())
}

fn fix_of_output(_: &GateInput<'_>, _: &GateRules) -> Option<String> {
    let fix = "encode again and look at the encoder's messages; write the file to its end before it is sent";
    Some(fix.into())
}

pub(super) const GATES: &[GateDefinition] = &[
    GateDefinition {
        class: GateClass::Validator,
        fix: fix_of_validator,
        ..GateDefinition::new(
            "reference-readable",
            "The reference is a video.",
            |input, _| {
                let reason = "error opening reference video file";
                readable(Some(&input.reference), "reference", reason)
            },
        )
    },
    GateDefinition {
        class: GateClass::Validator,
        fix: fix_of_validator,
        ..GateDefinition::new(
            "payload-readable",
            "The clip that the miner received is a video.",
            |input, _| {
                readable(
                    input.payload.as_ref(),
                    "clip that was handed out (--payload)",
                    "failed to download video file from url",
                )
            },
        )
    },
    GateDefinition {
        codes: Codes::competition("OUTPUT_MEDIA_INVALID"),
        fix: fix_of_output,
        ..GateDefinition::new("output-readable", "The output is a video.", |input, _| {
            let reason = "error opening distorted video file";
            readable(Some(&input.output), "output", reason)
        })
    },
    GateDefinition {
        class: GateClass::Validator,
        fix: fix_of_validator,
        ..GateDefinition::new(
            "input-intact",
            "The dataset's clip is as announced (competitions).",
            |input, _| intact(&input.reference),
        )
    },
    GateDefinition {
        codes: Codes::competition("OUTPUT_EMPTY"),
        fix: fix_of_output,
        ..GateDefinition::new(
            "output-empty",
            "The output has bytes (competitions).",
            |input, _| has_bytes(&input.output),
        )
    },
];
