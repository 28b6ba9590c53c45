//! Whether PIE-APP was measured.
//!
//! Source: `services/scoring/server.py` of `vidAio-subnet/vidaio-subnet` at `fea3779`;
//! `vidaio/scoring/gates.py` of `vidAio-subnet/validator-vidaio` at `688b6716`.

use super::attributes::{Codes, GateClass};
use super::definition::GateDefinition;
use super::finding::Finding;
use super::input::GateInput;

fn pieapp_measured(input: &GateInput<'_>) -> Finding {
    match input.pieapp {
        Some(value) => Finding::either(true, format!("{value:.6}"), "a number", ""),
        None => Finding::not_judged("PIE-APP is measured by `vidaio score upscale`", "a number"),
    }
}

pub(super) const GATES: &[GateDefinition] = &[GateDefinition {
    codes: Codes::central("METRIC_MISSING"),
    class: GateClass::Validator,
    ..GateDefinition::new("pieapp-measured", "PIE-APP can be measured.", |input, _| {
        pieapp_measured(input)
    })
}];
