//! The two tasks that validators send.

use serde::{Deserialize, Serialize};

/// What an output was made for.
// Our records say `upscale` and `compress`; the network's say `upscaling` and `compression`, which is what
// `RecordedTask` writes. Either spelling is read everywhere.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Task {
    /// More pixels, judged by PIE-APP behind a VMAF gate.
    #[serde(alias = "upscaling")]
    Upscale,
    /// Fewer bytes, judged by VMAF and size.
    #[serde(alias = "compression")]
    Compress,
}

/// A name that is neither task.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown task `{0}`: expected compress or upscale")]
pub struct UnknownTask(pub String);

impl Task {
    /// Both, in the order in which results show them.
    pub const ALL: [Self; 2] = [Self::Upscale, Self::Compress];

    /// The name of commands and of this program's own records.
    #[must_use]
    pub const fn verb(self) -> &'static str {
        match self {
            Self::Upscale => "upscale",
            Self::Compress => "compress",
        }
    }

    /// The name in the network's own records.
    #[must_use]
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Upscale => "upscaling",
            Self::Compress => "compression",
        }
    }

    /// What the final score is called.
    #[must_use]
    pub const fn score_name(self) -> &'static str {
        match self {
            Self::Upscale => "S_F",
            Self::Compress => "S_f",
        }
    }
}

impl std::str::FromStr for Task {
    type Err = UnknownTask;

    fn from_str(name: &str) -> Result<Self, UnknownTask> {
        Self::ALL
            .into_iter()
            .find(|task| name == task.verb() || name == task.noun())
            .ok_or_else(|| UnknownTask(name.to_owned()))
    }
}

/// A task in a record that keeps the network's spelling: `upscaling` or `compression`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordedTask(pub Task);

impl From<Task> for RecordedTask {
    fn from(task: Task) -> Self {
        Self(task)
    }
}

impl Serialize for RecordedTask {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.noun())
    }
}

impl<'de> Deserialize<'de> for RecordedTask {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Task::deserialize(deserializer).map(Self)
    }
}

impl schemars::JsonSchema for RecordedTask {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "TaskType".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "The task, as the network's records name it.",
            "type": "string",
            "enum": Task::ALL.map(Task::noun),
        })
    }
}
