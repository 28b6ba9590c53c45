//! The container of the output.
//!
//! Source: `services/scoring/server.py` of `vidAio-subnet/vidaio-subnet`, 568-722 at `c5870e9`, 1918-2172 at
//! `fea3779`.

use super::attributes::{Codes, Logged};
use super::definition::GateDefinition;
use super::finding::Finding;
use super::input::GateInput;

/// Format names that pass as MP4; only the first ever occurs.
const MP4: [&str; 3] = ["mov,mp4,m4a,3gp,3g2,mj2", "mp4", "isom"];

fn container(input: &GateInput<'_>) -> Finding {
    let Some(output) = input.output.facts() else {
        return Finding::unreadable();
    };
    let name = &output.container;
    let reason = if name.to_lowercase().contains("ivf") {
        "Container must be MP4, got IVF (incompatible for concatenation)".to_owned()
    } else {
        format!("Container must be proper MP4, got {name}")
    };
    let passed = MP4.contains(&name.as_str());
    Finding::either(passed, name.clone(), "MP4 (mov,mp4,... by content)", reason)
}

pub(super) const GATES: &[GateDefinition] = &[GateDefinition {
    codes: Codes::competition("OUTPUT_CONTAINER_INVALID"),
    logged: Logged::WithEncoding,
    fix: |_, _| {
        let fix =
            "write MP4: name the output .mp4 and give no -f; -c copy rewraps without encoding";
        Some(fix.into())
    },
    ..GateDefinition::new("container", "The container is MP4.", |input, _| {
        container(input)
    })
}];
