//! The size cap of upscaled files, and the factors that have one.
//!
//! Source: `services/scoring/server.py` of `vidAio-subnet/vidaio-subnet` at `c706cc9` (2026-06-08) and
//! `fea3779`; `vidaio/scoring/gates.py` of `vidAio-subnet/validator-vidaio` at `688b6716`.

use super::attributes::{Codes, GateClass};
use super::definition::GateDefinition;
use super::finding::Finding;
use super::input::GateInput;
use super::scale::scale_of;
use crate::domain::Task;
use crate::rules::GateRules;

fn size_cap(input: &GateInput<'_>, rules: &GateRules) -> Finding {
    if input.task == Task::Compress {
        return Finding::not_applicable("compressions have no cap");
    }
    let Some(payload) = input.handed_out() else {
        return Finding::not_judged("give --payload, the clip that was handed out", "");
    };
    let (Some(payload), Some(output)) = (payload.facts(), input.output.facts()) else {
        return Finding::unreadable();
    };
    let (cap, scale) = match (scale_of(input), rules.size_cap_x2, rules.size_cap_x4) {
        (Some(4), _, Some(cap)) => (cap, 4),
        (Some(2), Some(cap), _) => (cap, 2),
        (Some(scale), Some(_), _) => {
            return Finding::not_judged(format!("no cap is known for a factor of {scale}"), "");
        }
        (None, Some(_), _) => {
            return Finding::not_judged("give --scale, the factor asked for", "");
        }
        _ => return Finding::not_applicable("these rules have no cap"),
    };
    let times = output.bytes as f64 / payload.bytes.max(1) as f64;
    Finding::either(
        output.bytes as f64 <= cap * payload.bytes as f64,
        format!("{} bytes, {times:.3} times the input", output.bytes),
        format!(
            "at most {cap} times {} bytes (factor {scale})",
            payload.bytes
        ),
        format!("MINER FAILURE: distorted video file size exceeds {cap}x the payload"),
    )
    .value(times)
    .warn_if(times > cap * 0.9)
}

fn scale_factor(input: &GateInput<'_>, rules: &GateRules) -> Finding {
    let known = [(2, rules.size_cap_x2), (4, rules.size_cap_x4)];
    let supported: Vec<u32> = known
        .iter()
        .filter(|(_, cap)| cap.is_some())
        .map(|(n, _)| *n)
        .collect();
    let limit = supported
        .iter()
        .map(u32::to_string)
        .collect::<Vec<_>>()
        .join(" or ");
    let Some(scale) = scale_of(input) else {
        return Finding::not_judged("give --scale or --payload", limit);
    };
    let reason = format!("upscale factor {scale} not in supported factors");
    Finding::either(supported.contains(&scale), scale.to_string(), limit, reason)
        .value(f64::from(scale))
}

pub(super) const GATES: &[GateDefinition] = &[
    GateDefinition {
        codes: Codes::central("FILE_SIZE_CAP_EXCEEDED"),
        class: GateClass::Size,
        fix: |_, _| Some("raise -crf, or cap the rate: -maxrate and -bufsize".into()),
        ..GateDefinition::new(
            "size-cap",
            "The output is not too large for what it was made from.",
            |input, revision| size_cap(input, &revision.gates),
        )
    },
    GateDefinition {
        codes: Codes::central("UNSUPPORTED_SCALE_FACTOR"),
        fix: |_, _| Some("scale by 2 or by 4".into()),
        ..GateDefinition::new(
            "scale-factor",
            "The scale factor is one that has a size cap (`next`).",
            |input, revision| scale_factor(input, &revision.gates),
        )
    },
];
