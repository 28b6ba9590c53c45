//! Gates that VMAF, PIE-APP and sizes decide.

use super::facts::{Facts, Fault, Unmeasured};
use super::result::Finding;
use super::tone::unseen;
use crate::domain::{Origin, Task};
use crate::rules::{Gate, GateCodes, Revision};

/// Least ratio of a competition's output.
const LEAST_RATIO: f64 = 1.25;

pub(super) fn vmaf_measured(facts: &Facts<'_>, revision: &Revision) -> Finding {
    if facts.both().is_none() {
        return Finding::not_judged("a file cannot be read", "a number");
    }
    match (facts.vmaf, facts.unmeasured) {
        (Some(vmaf), _) => Finding::either(true, format!("{vmaf:.6}"), "a number", ""),
        (None, None) => Finding::not_judged("VMAF was not measured", "a number"),
        // FFmpeg conceals what it cannot decode and goes on, so a validator has a number all the same; but
        // what it makes up may differ from run to run.
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
            // Until 2025-10-22 nothing looked at an upscaling's size before VMAF refused it.
            let refused_late = facts.task == Task::Upscale
                && !revision.gates.upscaling.contains(&Gate::Resolution);
            let reason = if revision.gates.codes == GateCodes::Codes {
                "primary VMAF was not measured"
            } else if refused_late {
                "VMAF score is too low, current VMAF score: 0.0"
            } else {
                "failed to calculate VMAF score due to video dimension mismatch"
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

pub(super) fn vmaf_floor(facts: &Facts<'_>, revision: &Revision) -> Finding {
    let Some(vmaf) = facts.vmaf else {
        return unseen(facts);
    };
    match facts.task {
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
            let Some(threshold) = facts.request.threshold else {
                return Finding::not_judged("give --threshold", "");
            };
            let floor = compression_floor(threshold, revision);
            let in_soft_zone = vmaf < threshold && revision.gates.codes == GateCodes::Sentences;
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

pub(super) fn vmaf_threshold(facts: &Facts<'_>, revision: &Revision) -> Finding {
    let Some(vmaf) = facts.vmaf else {
        return unseen(facts);
    };
    let Some(threshold) = facts.request.threshold else {
        return Finding::not_judged("give --threshold", "");
    };
    let floor = compression_floor(threshold, revision);
    if revision.gates.compression.contains(&Gate::VmafFloor) && vmaf < floor {
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

pub(super) fn vmaf_delta(facts: &Facts<'_>, revision: &Revision) -> Finding {
    let Some(most) = revision.gates.vmaf_model_delta else {
        return Finding::not_applicable("these rules do not compare the models");
    };
    let limit = format!("at most {most}");
    let (Some(base), Some(neg)) = (facts.base, facts.neg) else {
        let why = facts.unmeasured.map_or(
            "one of both models was not measured against what this gate looks at",
            |u| u.why,
        );
        return Finding::not_judged(why, limit);
    };
    let delta = (base - neg).abs();
    Finding::either(
        delta <= most,
        format!("{delta:.4} (base {base:.4}, NEG {neg:.4})"),
        limit,
        format!("VMAF model delta {delta:.4} exceeds maximum {most:.4}"),
    )
    .value(delta)
    .warn_if(delta > most * 0.75)
}

pub(super) fn rate(facts: &Facts<'_>, revision: &Revision) -> Finding {
    let Some(most) = revision.gates.rate_limit else {
        return Finding::not_applicable("these rules have no limit");
    };
    if facts.task == Task::Upscale {
        return Finding::not_applicable("upscalings have no compression rate");
    }
    let Some(rate) = facts.rate else {
        return Finding::not_judged("a file cannot be read", "");
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

pub(super) fn pieapp_measured(facts: &Facts<'_>) -> Finding {
    match facts.pieapp {
        Some(value) => Finding::either(true, format!("{value:.6}"), "a number", ""),
        None => Finding::not_judged("PIE-APP is measured by `vidaio score upscale`", "a number"),
    }
}

pub(super) fn smaller(facts: &Facts<'_>) -> Finding {
    let Some((input, output)) = facts.both() else {
        return Finding::not_judged("a file cannot be read", "");
    };
    Finding::either(
        output.bytes < input.bytes,
        format!("{} bytes", output.bytes),
        format!("under {} bytes", input.bytes),
        "the output is not smaller than the input",
    )
}

pub(super) fn minimum_ratio(facts: &Facts<'_>) -> Finding {
    let Some((input, output)) = facts.both() else {
        return Finding::not_judged("a file cannot be read", "");
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

pub(super) fn score_positive(facts: &Facts<'_>) -> Finding {
    match facts.score {
        None => unseen(facts),
        Some(score) => Finding::either(
            score > 0.0,
            format!("{score:.6}"),
            "above 0",
            "the media score is zero",
        )
        .value(score),
    }
}

pub(super) fn source_proximity(facts: &Facts<'_>, revision: &Revision) -> Finding {
    let Some(rule) = revision.gates.proximity else {
        return Finding::not_applicable("these rules have no such check");
    };
    if facts.task == Task::Upscale || facts.origin == Origin::Competition {
        return Finding::not_applicable("only compressions of a round are compared");
    }
    let limit = format!(
        "not both {} VMAF and {} dB above the medians of a round of at least {} answers, with a VMAF \
         residual above {}",
        rule.vmaf, rule.chroma, rule.roster, rule.above
    );
    let Some(original) = facts.original else {
        return Finding::not_judged(
            "only the whole round can tell; --original FILE shows the residuals",
            limit,
        );
    };
    let (vmaf, chroma) = (
        original.vmaf - original.vmaf_received,
        original.chroma_psnr - original.chroma_psnr_received,
    );
    Finding::not_judged(
        format!(
            "residuals {vmaf:+.4} VMAF and {chroma:+.4} dB; only the whole round can tell{}",
            if vmaf > rule.above {
                ", and they are high"
            } else {
                ""
            }
        ),
        limit,
    )
    .value(vmaf)
}
