//! What lint is asked, and its verdict.

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::domain::{MiB, Origin, Task};
use crate::gates::{Gate, GateResult, Warning};
use crate::measure::Measurement;
use crate::verdict::TaskContext;

/// Value of the `schema` field.
pub const LINT_SCHEMA: &str = "vidaio.lint/1";

/// What is linted, and how.
#[derive(Debug, Clone)]
pub struct LintRequest<'a> {
    pub task: Task,
    /// What the output is compared with.
    pub reference: &'a Path,
    pub output: &'a Path,
    /// The clip that the miner received, where it is not the reference.
    pub payload: Option<&'a Path>,
    /// The original behind the reference.
    pub original: Option<&'a Path>,
    /// What is known of the task beside the files.
    pub context: TaskContext<'a>,
    /// Whether metrics are measured; without, only the files themselves are judged.
    pub measured: bool,
    /// Draws of everything random.
    pub draws: u32,
    pub threads: u32,
    /// Memory that decoding and VMAF may take.
    pub memory: MiB,
}

/// How one gate fares over all draws.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct SpreadGate {
    pub gate: Gate,
    /// Share of draws in which it fails.
    pub failed: f64,
}

/// How an output fares over many draws of what validators draw at random.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct Spread {
    pub draws: u32,
    /// Share of draws in which a gate fails.
    pub failed: f64,
    /// Seed of the worst draw, which is the one that is shown.
    pub worst_seed: u64,
    /// Gates that fail in some draw.
    pub gates: Vec<SpreadGate>,
}

/// The verdict of all gates on one output.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct LintVerdict {
    /// [`LINT_SCHEMA`].
    pub schema: String,
    pub vidaio: String,
    pub rules: String,
    pub rules_commit: String,
    pub task: Task,
    pub origin: Origin,
    /// The reference as it was named.
    #[serde(serialize_with = "crate::shown::serialize")]
    pub reference: PathBuf,
    /// The output as it was named.
    #[serde(serialize_with = "crate::shown::serialize")]
    pub output: PathBuf,
    /// Seed of what is drawn.
    pub seed: u64,
    pub passed: bool,
    /// The gate that decides: the first that fails.
    pub decided_by: Option<Gate>,
    /// What the validator would log.
    pub reason: Option<String>,
    /// Score that is recorded because of it.
    pub score: Option<f64>,
    /// What enters the standing because of it.
    pub ledger: Option<f64>,
    /// S_f of a compression by the metrics alone, where a threshold was given.
    pub s_f_metrics: Option<f64>,
    /// Every gate, in the validator's order.
    pub gates: Vec<GateResult>,
    /// What no validator checks but what lowers a score.
    pub warnings: Vec<Warning>,
    /// Many draws instead of one.
    pub spread: Option<Spread>,
    /// Gates of the live network that these rules do not have.
    pub live_gates_not_judged: Vec<Gate>,
    pub measurement: Option<Measurement>,
}
