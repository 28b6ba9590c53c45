//! Whether the base and the NEG model of VMAF agree: a large difference shows an enhancement that only the base
//! model rewards.
//!
//! Source: `services/scoring/server.py` of `vidAio-subnet/vidaio-subnet` at `dbae470` (2026-06-29) and `fea3779`;
//! `vidaio/scoring/gates.py` of `vidAio-subnet/validator-vidaio` at `688b6716`.

use super::attributes::{Codes, Evidence, GateClass, Records, ScoreReason};
use super::definition::GateDefinition;
use super::finding::Finding;
use super::input::GateInput;
use crate::rules::Revision;
use crate::scoring::CompressionReason;

fn vmaf_delta(input: &GateInput<'_>, revision: &Revision) -> Finding {
    let Some(most) = revision.gates.vmaf_model_delta else {
        return Finding::not_applicable("these rules do not compare the models");
    };
    let limit = format!("at most {most}");
    let (Some(base), Some(neg)) = (input.base, input.neg) else {
        let why = input.unmeasured.map_or(
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

pub(super) const GATES: &[GateDefinition] = &[GateDefinition {
    codes: Codes::central("VMAF_MODEL_DELTA_EXCEEDED"),
    class: GateClass::Quality,
    records: Records::VmafAndRate,
    score_reason: ScoreReason::Gate(CompressionReason::VmafModelDelta),
    evidence: |_| Evidence::BothModels,
    fix: |_, _| {
        let fix = "encode the clip as it is: no sharpening, contrast or other filter that lifts only \
                   the base model";
        Some(fix.into())
    },
    ..GateDefinition::new("vmaf-delta", "The two VMAF models agree.", vmaf_delta)
}];
