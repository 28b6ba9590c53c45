//! One case: what is scored, what is expected, what came out.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::assess::PairScore;
use crate::domain::{Origin, RateMode, Task};
use crate::gates::Gate;
use crate::verdict::GateVerdict;

/// Whether the output passes the gates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// No gate fails.
    Pass,
    /// A gate fails.
    Fail,
}

/// What is expected of a case. Whatever is absent is not looked at.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Expectation {
    /// The score.
    pub score: Option<f64>,
    /// Difference from it that still passes.
    pub tolerance: Option<f64>,
    /// Least score.
    pub min: Option<f64>,
    /// Largest score.
    pub max: Option<f64>,
    /// VMAF that is scored.
    pub vmaf: Option<f64>,
    /// Difference from it that still passes.
    pub vmaf_tolerance: Option<f64>,
    /// Whether the output passes the gates.
    pub verdict: Option<Verdict>,
    /// The gate that decides.
    pub gate: Option<Gate>,
}

/// Difference of scores that passes where a manifest names none.
pub const TOLERANCE: f64 = 0.001;
/// Difference of VMAF that passes where a manifest names none.
pub const VMAF_TOLERANCE: f64 = 0.05;

/// A case with everything settled.
#[derive(Debug, Clone)]
pub struct Case {
    /// Unique name.
    pub name: String,
    /// The manifest it stands in, and its place there.
    pub manifest: PathBuf,
    /// Position among the cases of that manifest.
    pub position: usize,
    /// The task.
    pub task: Task,
    /// What the output is compared with.
    pub reference: PathBuf,
    /// The output.
    pub output: PathBuf,
    /// The clip that the miner received.
    pub payload: Option<PathBuf>,
    /// Program and arguments that make the output; run in the manifest's folder.
    pub command: Vec<String>,
    /// Cases that have to be done before.
    pub needs: Vec<String>,
    /// Revision of the rules.
    pub rules: String,
    /// Seed of everything drawn.
    pub seed: u64,
    /// Threshold of a compression.
    pub threshold: Option<f64>,
    /// Content length of an upscaling in seconds.
    pub length: Option<f64>,
    /// Codec family asked for.
    pub codec: Option<String>,
    /// Steering of the bitrate.
    pub mode: Option<RateMode>,
    /// Bitrate asked for in megabits a second.
    pub bitrate: Option<f64>,
    /// Factor of an upscaling.
    pub scale: Option<u32>,
    /// Where the task comes from.
    pub origin: Origin,
    /// What is expected.
    pub expect: Expectation,
}

/// How a case ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CaseState {
    /// Everything is as expected.
    Passed,
    /// Something is not.
    Regressed,
    /// It could not be scored.
    Error,
}

/// What came out of a case.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct CaseResult {
    /// Its name.
    pub name: String,
    /// The task.
    pub task: Task,
    /// Revision of the rules.
    pub rules: String,
    /// Source commit of the revision.
    pub rules_commit: String,
    /// Seed of everything drawn.
    pub seed: u64,
    /// How it ended.
    pub state: CaseState,
    /// The score, where there is one.
    pub score: Option<f64>,
    /// What the metrics alone give.
    pub score_metrics: Option<f64>,
    /// VMAF that is scored.
    pub vmaf: Option<f64>,
    /// Whether the output passes the gates.
    pub verdict: Option<Verdict>,
    /// The gate that decides.
    pub gate: Option<Gate>,
    /// What was expected.
    pub expected: Expectation,
    /// What is not as expected, or what went wrong, in sentences.
    pub problems: Vec<String>,
    /// Whether the measurement was found in the cache.
    pub cached: bool,
    /// Where PIE-APP ran, where it did.
    pub device: Option<String>,
    /// Seconds it took.
    pub seconds: f64,
}

impl CaseResult {
    /// A case that could not be scored.
    #[must_use]
    pub fn error(case: &Case, commit: &str, problem: String, seconds: f64) -> Self {
        Self {
            name: case.name.clone(),
            task: case.task,
            rules: case.rules.clone(),
            rules_commit: commit.to_owned(),
            seed: case.seed,
            state: CaseState::Error,
            score: None,
            score_metrics: None,
            vmaf: None,
            verdict: None,
            gate: None,
            expected: case.expect.clone(),
            problems: vec![problem],
            cached: false,
            device: None,
            seconds,
        }
    }

    /// A scored case, compared with what is expected of it.
    #[must_use]
    pub fn scored(case: &Case, commit: &str, scored: &Scored, seconds: f64) -> Self {
        let blank = Self::error(case, commit, String::new(), seconds);
        let verdict = |gates: &GateVerdict| {
            Some(if gates.passed {
                Verdict::Pass
            } else {
                Verdict::Fail
            })
        };
        let mut result = match scored {
            Scored::Measured { score, cached } => Self {
                score: score.s_f(),
                score_metrics: score.s_f_metrics(),
                vmaf: Some(score.vmaf()),
                verdict: verdict(score.gates()),
                gate: score.gates().decided_by,
                cached: *cached,
                device: score.measurement().backend.device.clone(),
                ..blank
            },
            Scored::Unmeasured(gates) => Self {
                score: gates.score,
                verdict: verdict(gates),
                gate: gates.decided_by,
                ..blank
            },
        };
        result.problems = differences(&case.expect, &result);
        result.state = if result.problems.is_empty() {
            CaseState::Passed
        } else {
            CaseState::Regressed
        };
        result
    }
}

/// What became of a pair.
#[derive(Debug)]
pub enum Scored {
    /// It was measured.
    Measured {
        /// Its score.
        score: Box<PairScore>,
        /// Whether the measurement was found in the cache.
        cached: bool,
    },
    /// It does not fit together, so that gates decide without a measurement.
    Unmeasured(Box<GateVerdict>),
}

/// Everything that is not as expected.
fn differences(expect: &Expectation, got: &CaseResult) -> Vec<String> {
    let mut problems = Vec::new();
    let wants_score = expect.score.is_some() || expect.min.is_some() || expect.max.is_some();
    match got.score {
        None if wants_score => problems.push("there is no score: was PIE-APP measured?".into()),
        None => {}
        Some(score) => {
            if let Some(want) = expect.score {
                let within = expect.tolerance.unwrap_or(TOLERANCE);
                if (score - want).abs() > within {
                    problems.push(format!(
                        "score {score:.6}, expected {want:.6} within {within} ({:+.6})",
                        score - want
                    ));
                }
            }
            if let Some(min) = expect.min.filter(|min| score < *min) {
                problems.push(format!("score {score:.6}, expected at least {min}"));
            }
            if let Some(max) = expect.max.filter(|max| score > *max) {
                problems.push(format!("score {score:.6}, expected at most {max}"));
            }
        }
    }
    if expect.vmaf.is_some() && got.vmaf.is_none() {
        problems.push("VMAF could not be measured".into());
    }
    if let (Some(want), Some(vmaf)) = (expect.vmaf, got.vmaf) {
        let within = expect.vmaf_tolerance.unwrap_or(VMAF_TOLERANCE);
        if (vmaf - want).abs() > within {
            problems.push(format!(
                "VMAF {vmaf:.4}, expected {want:.4} within {within} ({:+.4})",
                vmaf - want
            ));
        }
    }
    let gate = got
        .gate
        .map_or_else(|| "no gate fails".to_owned(), |g| crate::rules::spelled(&g));
    match expect.verdict {
        Some(Verdict::Pass) if got.verdict != Some(Verdict::Pass) => {
            problems.push(format!("gate {gate} fails, expected none to"));
        }
        Some(Verdict::Fail) if got.verdict != Some(Verdict::Fail) => {
            problems.push("no gate fails, expected one to".into());
        }
        _ => {}
    }
    if let Some(want) = expect.gate.filter(|want| Some(*want) != got.gate) {
        let want = crate::rules::spelled(&want);
        problems.push(format!("{gate} decides, expected {want}"));
    }
    problems
}
