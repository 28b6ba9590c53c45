//! All gates, found by name.

use serde::{Deserialize, Serialize};

use super::definition::GateDefinition;
use super::{
    audio, bitrate, chroma, codec, color_tags, competition, container, delivery, duplicates,
    frames, grayscale, pieapp, pixels, proximity, quality_model, rate, readable, resolution,
    size_cap, stream, tone, vmaf, vmaf_delta,
};
use crate::domain::{Origin, Task};
use crate::rules::{GateName, Revision};

/// Gates by the file that defines them.
const FAMILIES: [&[GateDefinition]; 23] = [
    delivery::GATES,
    duplicates::GATES,
    readable::GATES,
    frames::GATES,
    size_cap::GATES,
    resolution::GATES,
    bitrate::GATES,
    codec::GATES,
    container::GATES,
    pixels::GATES,
    color_tags::GATES,
    vmaf::GATES,
    vmaf_delta::GATES,
    tone::GATES,
    grayscale::GATES,
    chroma::GATES,
    rate::GATES,
    pieapp::GATES,
    quality_model::GATES,
    competition::GATES,
    audio::GATES,
    stream::GATES,
    proximity::GATES,
];

/// A gate: a reference to its definition.
#[derive(Clone, Copy)]
pub struct Gate(&'static GateDefinition);

/// A name that no gate has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no gate `{0}`")]
pub struct UnknownGate(pub String);

impl Gate {
    /// Every gate, by family.
    pub fn all() -> impl Iterator<Item = Self> {
        FAMILIES.into_iter().flatten().map(Self)
    }

    /// Finds a gate by its name.
    ///
    /// # Errors
    /// A name that no gate has.
    pub fn named(name: &str) -> Result<Self, UnknownGate> {
        Self::all()
            .find(|gate| gate.id == name)
            .ok_or_else(|| UnknownGate(name.to_owned()))
    }

    fn of_rules(name: &GateName) -> Self {
        Self::named(&name.0).expect("a test finds a definition for every name in the rules")
    }
}

/// Gates that a revision has for a task, in the order in which it applies them.
#[must_use]
pub fn judged_gates(revision: &Revision, task: Task, origin: Origin) -> Vec<Gate> {
    let names = revision.gates.of(task, origin);
    names.iter().map(Gate::of_rules).collect()
}

impl std::ops::Deref for Gate {
    type Target = GateDefinition;

    fn deref(&self) -> &GateDefinition {
        self.0
    }
}

impl std::fmt::Debug for Gate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Gate({})", self.id)
    }
}

impl std::fmt::Display for Gate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.id)
    }
}

impl PartialEq for Gate {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Gate {}

impl Serialize for Gate {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id)
    }
}

impl<'de> Deserialize<'de> for Gate {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = std::borrow::Cow::<str>::deserialize(deserializer)?;
        Self::named(&name).map_err(serde::de::Error::custom)
    }
}

impl schemars::JsonSchema for Gate {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Gate".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let gates: Vec<_> = Self::all()
            .map(|gate| {
                serde_json::json!({
                    "description": gate.about,
                    "type": "string",
                    "const": gate.id,
                })
            })
            .collect();
        schemars::json_schema!({
            "description": "One check between an output and its score.",
            "oneOf": gates,
        })
    }
}
