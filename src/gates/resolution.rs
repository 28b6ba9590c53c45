//! The resolution of the output: that of the reference, or a multiple of the payload's.
//!
//! Source: `services/scoring/server.py` of `vidAio-subnet/vidaio-subnet` at `4267e25` (2025-10-16, compressions),
//! `0203fc3` (2025-10-22, upscalings) and `fea3779`.

use super::attributes::{Codes, Logged};
use super::definition::GateDefinition;
use super::finding::Finding;
use super::input::{ClipState, GateInput};
use super::scale::{scale_of, scaled, wide};
use crate::domain::Task;
use crate::rules::GateRules;

fn resolution(input: &GateInput<'_>) -> Finding {
    let Some(output) = input.output.facts() else {
        return Finding::not_judged("the output cannot be read", "");
    };
    let got = format!("{}x{}", output.width, output.height);
    if input.task == Task::Compress {
        let Some(reference) = input.reference.facts() else {
            return Finding::not_judged("the reference cannot be read", "");
        };
        let expected = format!("{}x{}", reference.width, reference.height);
        let reason = format!("Resolution must be {expected}, got {got}");
        return Finding::either(expected == got, got, expected, reason);
    }
    let Some(payload) = input.handed_out().and_then(ClipState::facts) else {
        return Finding::not_judged(
            format!("{got}; give --payload, the clip that was handed out"),
            "exactly 2 or 4 times the payload",
        );
    };
    // Without a factor the nearer of both is meant.
    let scale = scale_of(input).unwrap_or_else(|| {
        if wide(output.width) >= wide(payload.width) * 3 {
            4
        } else {
            2
        }
    });
    let (width, height) = scaled(payload, scale);
    let expected = format!("{width}x{height}");
    let reason = "MINER FAILURE: incorrect upscaling resolution";
    let limit = format!(
        "{expected}, {scale} times {}x{}",
        payload.width, payload.height
    );
    Finding::either(expected == got, got, limit, reason)
}

/// How to give the output the right dimensions.
pub(super) fn fix(input: &GateInput<'_>, _: &GateRules) -> Option<String> {
    let fix = match input.task {
        Task::Upscale => "scale to exactly 2 or 4 times what was handed out: -vf scale=iw*2:ih*2",
        Task::Compress => {
            "keep the size: no scale or crop filter, and encoders that pad or crop odd sizes avoided"
        }
    };
    Some(fix.into())
}

pub(super) const GATES: &[GateDefinition] = &[GateDefinition {
    codes: Codes::competition("OUTPUT_DIMENSIONS_CHANGED"),
    logged: Logged::WithEncodingOfCompression,
    fix,
    ..GateDefinition::new(
        "resolution",
        "The picture has the size asked for.",
        |input, _| resolution(input),
    )
}];
