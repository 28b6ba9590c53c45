//! VMAF: measured at all, above the floor, above the threshold.
//!
//! Source: `services/scoring/server.py` and `scoring_function.py` of `vidAio-subnet/vidaio-subnet` from `c5870e9`
//! to `fea3779`; `vidaio/scoring/gates.py` and `compression.py` of `vidAio-subnet/validator-vidaio` at `688b6716`.

use super::attributes::{Codes, GateClass, Records, ScoreReason, Source};
use super::definition::GateDefinition;
use super::finding::Finding;
use super::input::{Fault, GateInput, Unmeasured};
use crate::domain::Task;
use crate::rules::{BelowThreshold, GateRules, Revision, VmafFailure};

/// Name of the floor, under which nothing counts.
pub(super) const FLOOR: &str = "vmaf-floor";
/// Name of the threshold of a compression.
const THRESHOLD: &str = "vmaf-threshold";
/// Names of the gates whose value is the scored VMAF.
pub const VMAF_LIMITS: [&str; 2] = [FLOOR, THRESHOLD];

fn vmaf_measured(input: &GateInput<'_>, revision: &Revision) -> Finding {
    if input.both().is_none() {
        return Finding::not_judged("a file cannot be read", "a number");
    }
    match (input.vmaf, input.unmeasured) {
        (Some(vmaf), _) => Finding::either(true, format!("{vmaf:.6}"), "a number", ""),
        (None, None) => Finding::not_judged("VMAF was not measured", "a number"),
        // FFmpeg conceals what it cannot decode and goes on, so a validator has a number; but the
        // concealed frames may differ from run to run.
        (
            None,
            Some(Unmeasured {
                why,
                fault: Fault::DamagedOutput | Fault::DamagedSource,
            }),
        ) => {
            let reason = "the stream is damaged, so its score depends on how the decoder conceals the damage";
            Finding::either(false, why, "a number", reason)
        }
        (None, Some(Unmeasured { why, .. })) => {
            let reason = match (revision.gates.vmaf_failure, input.task) {
                (VmafFailure::MetricMissing, _) => "primary VMAF was not measured",
                // Until 2025-10-22 nothing checked an upscaling's dimensions before VMAF refused it.
                (VmafFailure::ZeroForUpscaling, Task::Upscale) => {
                    "VMAF score is too low, current VMAF score: 0.0"
                }
                (VmafFailure::ZeroForUpscaling | VmafFailure::SizesDiffer, _) => {
                    "failed to calculate VMAF score due to video dimension mismatch"
                }
            };
            Finding::either(false, why, "a number", reason)
        }
    }
}

/// VMAF under which a compression scores nothing: the threshold less the soft margin, if there is one.
fn compression_floor(threshold: f64, revision: &Revision) -> f64 {
    let rules = revision.compression.as_ref();
    threshold - rules.map_or(0.0, |c| c.constants.soft_margin)
}

fn vmaf_floor(input: &GateInput<'_>, revision: &Revision) -> Finding {
    let Some(vmaf) = input.vmaf else {
        return Finding::unseen(input);
    };
    match input.task {
        Task::Upscale => {
            let floor = revision.upscaling.formula.vmaf_floor;
            Finding::either(
                vmaf / 100.0 >= floor / 100.0,
                format!("{vmaf:.6}"),
                format!("at least {floor}"),
                format!("VMAF score is too low, current VMAF score: {vmaf}"),
            )
            .value(vmaf)
            .warn_if(vmaf < floor + 2.0)
        }
        Task::Compress => {
            let Some(threshold) = input.request.threshold else {
                return Finding::not_judged("give --threshold", "");
            };
            let floor = compression_floor(threshold, revision);
            let in_soft_zone =
                vmaf < threshold && revision.gates.below_threshold == BelowThreshold::SoftZone;
            let limit = if in_soft_zone {
                format!("at least {floor}; under {threshold} only a little is scored")
            } else {
                format!("at least {floor}")
            };
            Finding::either(
                vmaf >= floor,
                format!("{vmaf:.6}"),
                limit,
                format!("VMAF score {vmaf:.2} is below the cutoff {floor:.2}"),
            )
            .value(vmaf)
            .warn_if(in_soft_zone)
        }
    }
}

fn vmaf_threshold(input: &GateInput<'_>, revision: &Revision) -> Finding {
    let Some(vmaf) = input.vmaf else {
        return Finding::unseen(input);
    };
    let Some(threshold) = input.request.threshold else {
        return Finding::not_judged("give --threshold", "");
    };
    let floor = compression_floor(threshold, revision);
    let mut names = revision.gates.of(input.task, input.origin).iter();
    if names.any(|name| name == FLOOR) && vmaf < floor {
        return Finding::not_applicable("it lies under the floor already");
    }
    Finding::either(
        vmaf >= threshold,
        format!("{vmaf:.6}"),
        format!("at least {threshold}"),
        format!("VMAF {vmaf:.4} is below the threshold {threshold}"),
    )
    .value(vmaf)
    .warn_if(vmaf < threshold + 0.5)
}

fn fix_unmeasured(input: &GateInput<'_>, _: &GateRules) -> Option<String> {
    let fix = match input.unmeasured.map(|unmeasured| unmeasured.fault) {
        Some(Fault::DamagedOutput) => {
            "the output is damaged: encode it again, and compare digests after it was moved"
        }
        Some(Fault::DamagedSource) => "the validator's file is damaged: fetch it again",
        _ => "give both clips one size and a pixel format that VMAF reads",
    };
    Some(fix.into())
}

fn fix_low(input: &GateInput<'_>, _: &GateRules) -> Option<String> {
    let fix = match input.task {
        Task::Upscale => "use a model that keeps to its input, and check that frames are in step",
        Task::Compress => "lower -crf until VMAF meets the threshold",
    };
    Some(fix.into())
}

pub(super) const GATES: &[GateDefinition] = &[
    GateDefinition {
        codes: Codes {
            central: Some("METRIC_MISSING"),
            competition: Some("EVALUATION_INFRASTRUCTURE_ERROR"),
        },
        fix: fix_unmeasured,
        ..GateDefinition::new(
            "vmaf-measured",
            "VMAF can be measured at all.",
            vmaf_measured,
        )
    },
    GateDefinition {
        codes: Codes::central("VMAF_BELOW_FLOOR"),
        source: Source {
            server_compression: Some("services/scoring/scoring_function.py"),
            ..Source::USUAL
        },
        class: GateClass::Quality,
        records: Records::VmafAndRate,
        score_reason: ScoreReason::Formula,
        fix: fix_low,
        ..GateDefinition::new(
            FLOOR,
            "VMAF reaches the floor under which nothing counts.",
            vmaf_floor,
        )
    },
    GateDefinition {
        codes: Codes::central("VMAF_BELOW_THRESHOLD"),
        source: Source {
            server: "services/scoring/scoring_function.py",
            server_compression: None,
            central: "vidaio/scoring/compression.py",
        },
        class: GateClass::Quality,
        records: Records::VmafAndRate,
        score_reason: ScoreReason::Formula,
        fix: fix_low,
        ..GateDefinition::new(
            THRESHOLD,
            "VMAF reaches the threshold of the task.",
            vmaf_threshold,
        )
    },
];
