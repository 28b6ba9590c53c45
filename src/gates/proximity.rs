//! Nearness to the sealed original: was the output made from it instead of the clip handed out?
//!
//! Source: `vidaio/scoring/source_proximity_evidence.py` of `vidAio-subnet/validator-vidaio` at `688b6716`.

use super::attributes::{Codes, GateClass, Source};
use super::definition::GateDefinition;
use super::finding::Finding;
use super::input::GateInput;
use crate::domain::{Origin, Task};
use crate::rules::Revision;

fn source_proximity(input: &GateInput<'_>, revision: &Revision) -> Finding {
    let Some(rule) = revision.gates.proximity else {
        return Finding::not_applicable("these rules have no such check");
    };
    if input.task == Task::Upscale || input.origin == Origin::Competition {
        return Finding::not_applicable("only compressions of a round are compared");
    }
    let limit = format!(
        "not both {} VMAF and {} dB above the medians of a round of at least {} answers, with a VMAF \
         residual above {}",
        rule.vmaf, rule.chroma, rule.roster, rule.above
    );
    let Some(original) = input.original else {
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

pub(super) const GATES: &[GateDefinition] = &[GateDefinition {
    codes: Codes::central("SOURCE_PROXIMITY"),
    source: Source::central("vidaio/scoring/source_proximity_evidence.py"),
    class: GateClass::Network,
    fix: |_, _| {
        Some("make the output from the clip that was handed out, and from nothing else".into())
    },
    ..GateDefinition::new(
        "source-proximity",
        "Nearer the sealed original than the clip that was handed out (`next`).",
        source_proximity,
    )
}];
