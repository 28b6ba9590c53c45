//! The picture-quality network that judges organic upscalings.
//!
//! Source: `services/scoring/server.py` of `vidAio-subnet/vidaio-subnet` at `fea3779`.

use super::attributes::GateClass;
use super::definition::GateDefinition;
use super::finding::Finding;

pub(super) const GATES: &[GateDefinition] = &[GateDefinition {
    class: GateClass::Quality,
    ..GateDefinition::new(
        "quality-model",
        "A picture-quality network prefers the output to a plain enlargement (organic upscaling).",
        |_, _| {
            Finding::not_judged(
                "needs ResNet-50 features of three random frames, which this program does not compute",
                "better than a plain enlargement",
            )
        },
    )
}];
