//! Whether an output arrives: time and downloads, which only the network sees.
//!
//! Source: `neurons/validator.py` and `services/scoring/server.py` of `vidAio-subnet/vidaio-subnet` at
//! `fea3779`.

use super::attributes::{Codes, GateClass, Source};
use super::definition::GateDefinition;
use super::finding::Finding;

fn elsewhere(what: &str) -> Finding {
    Finding::not_applicable(format!("{what}: only on the network"))
}

pub(super) const GATES: &[GateDefinition] = &[
    GateDefinition {
        codes: Codes::central("MINER_TIMEOUT"),
        source: Source::server("neurons/validator.py"),
        class: GateClass::Network,
        ..GateDefinition::new("answer", "The answer comes in time.", |_, _| {
            elsewhere("time to answer")
        })
    },
    GateDefinition {
        class: GateClass::Network,
        ..GateDefinition::new("download", "The answer can be fetched.", |_, _| {
            elsewhere("fetching the answer")
        })
    },
    GateDefinition {
        class: GateClass::Network,
        ..GateDefinition::new(
            "proxy",
            "An outside service is asked whether it can fetch the answer (organic tasks).",
            |_, _| elsewhere("the proxy's own try to fetch it"),
        )
    },
];
