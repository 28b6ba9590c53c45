//! The requested bitrate limit of a compression.
//!
//! Source: `services/scoring/server.py` of `vidAio-subnet/vidaio-subnet`, 1918-2172 at `fea3779`;
//! `vidaio_subnet_core/competition/scoring.py` for competitions.

use super::attributes::{Codes, GateClass, Logged};
use super::definition::GateDefinition;
use super::finding::Finding;
use super::input::GateInput;
use crate::domain::{Origin, RateMode, Task};
use crate::rules::GateRules;

fn bitrate(input: &GateInput<'_>, rules: &GateRules) -> Finding {
    let Some(output) = input.output.facts() else {
        return Finding::unreadable();
    };
    let Some(factor) = rules.bitrate_factor else {
        return Finding::not_applicable("these rules check no bitrate");
    };
    if input.task == Task::Upscale {
        return Finding::not_applicable("upscaling is asked for without a bitrate");
    }
    match input.request.mode {
        Some(RateMode::Vbr) => {}
        // A competition knows no other mode than CRF and VBR.
        Some(RateMode::Cbr) if input.origin != Origin::Competition => {}
        _ => return Finding::not_applicable("no bitrate is asked for (CRF)"),
    }
    let Some(target) = input.request.bitrate else {
        return Finding::not_judged("give --bitrate, the target in Mbit/s", "");
    };
    // A competition compares whole bits with the product cut to a whole number.
    let most = if input.origin == Origin::Competition {
        (target * 1e6 * factor).trunc() / 1e6
    } else {
        target * factor
    };
    let limit = format!("at most {most:.3} Mbit/s ({factor:.2} x {target})");
    let Some(bits) = output.bit_rate.or(output.container_bit_rate) else {
        let reason = "the bitrate is not known";
        return Finding::either(false, "not known", limit, reason);
    };
    let measured = bits as f64 / 1e6;
    Finding::either(
        measured <= most,
        format!("{measured:.3} Mbit/s"),
        limit,
        format!("Bitrate {measured:.2} Mbps exceeds the target {target} Mbps (±10%)"),
    )
    .value(measured)
    .warn_if(measured > most * 0.98)
}

fn fix(input: &GateInput<'_>, _: &GateRules) -> Option<String> {
    Some(match input.request.bitrate {
        Some(target) => format!(
            "-b:v {target}M -maxrate {target}M -bufsize {}M",
            target * 2.0
        ),
        None => "-b:v the target -maxrate the same".into(),
    })
}

pub(super) const GATES: &[GateDefinition] = &[GateDefinition {
    codes: Codes::competition("OUTPUT_BITRATE_EXCEEDS_TARGET"),
    class: GateClass::Size,
    logged: Logged::WithEncoding,
    fix,
    ..GateDefinition::new(
        "bitrate",
        "The stream keeps to the bitrate asked for.",
        |input, revision| bitrate(input, &revision.gates),
    )
}];
