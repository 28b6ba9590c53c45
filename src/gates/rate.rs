//! How much smaller the output is.
//!
//! Source: `services/scoring/scoring_function.py` of `vidAio-subnet/vidaio-subnet` at `94a32d8` (2025-10-31) and
//! `fea3779`; `vidaio/scoring/gates.py` of `vidAio-subnet/validator-vidaio` at `688b6716`;
//! `vidaio_subnet_core/competition/scoring.py` for competitions.

use super::attributes::{Codes, GateClass, Records, ScoreReason, Source};
use super::definition::GateDefinition;
use super::finding::Finding;
use super::input::GateInput;
use crate::domain::Task;
use crate::rules::{GateRules, Revision};

/// Least ratio of input to output bytes in a competition (`competition/scoring.py`).
const LEAST_RATIO: f64 = 1.25;

fn rate(input: &GateInput<'_>, revision: &Revision) -> Finding {
    let Some(most) = revision.gates.rate_limit else {
        return Finding::not_applicable("these rules have no limit");
    };
    if input.task == Task::Upscale {
        return Finding::not_applicable("upscalings have no compression rate");
    }
    let Some(rate) = input.rate else {
        return Finding::unreadable();
    };
    Finding::either(
        rate < most,
        format!("{rate:.6}"),
        format!("under {most:.2}"),
        format!("compression rate {rate:.4} is at or above {most:.2}"),
    )
    .value(rate)
    .warn_if(rate > most * 0.95)
}

fn smaller(input: &GateInput<'_>) -> Finding {
    let Some((input, output)) = input.both() else {
        return Finding::unreadable();
    };
    Finding::either(
        output.bytes < input.bytes,
        format!("{} bytes", output.bytes),
        format!("under {} bytes", input.bytes),
        "the output is not smaller than the input",
    )
}

fn minimum_ratio(input: &GateInput<'_>) -> Finding {
    let Some((input, output)) = input.both() else {
        return Finding::unreadable();
    };
    let ratio = input.bytes as f64 / output.bytes.max(1) as f64;
    Finding::either(
        ratio >= LEAST_RATIO,
        format!("{ratio:.4}"),
        format!("at least {LEAST_RATIO}"),
        format!("compression ratio {ratio:.4} is below {LEAST_RATIO}"),
    )
    .value(ratio)
}

fn fix(_: &GateInput<'_>, _: &GateRules) -> Option<String> {
    let fix = "raise -crf or take a slower preset: the file is too large for what it was made from";
    Some(fix.into())
}

pub(super) const GATES: &[GateDefinition] = &[
    GateDefinition {
        codes: Codes::central("COMPRESSION_RATE_TOO_HIGH"),
        source: Source::server("services/scoring/scoring_function.py"),
        class: GateClass::Size,
        records: Records::VmafAndRate,
        score_reason: ScoreReason::Formula,
        fix,
        ..GateDefinition::new("rate", "The output is usefully smaller.", rate)
    },
    GateDefinition {
        codes: Codes::competition("OUTPUT_NOT_SMALLER"),
        class: GateClass::Size,
        fix,
        ..GateDefinition::new(
            "smaller",
            "The output has fewer bytes than the input (competitions).",
            |input, _| smaller(input),
        )
    },
    GateDefinition {
        codes: Codes::competition("COMPRESSION_RATIO_TOO_LOW"),
        class: GateClass::Size,
        fix,
        ..GateDefinition::new(
            "minimum-ratio",
            "The ratio is worth scoring (competitions).",
            |input, _| minimum_ratio(input),
        )
    },
];
