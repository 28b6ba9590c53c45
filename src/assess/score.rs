//! A pair scored from end to end.

use crate::domain::{MiB, Origin, Seconds, Task};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::evidence::evidence_for;
use super::plan::{FrameChoice, MeasureRequest, plan};
use crate::gates::{ClipState, Fault, TaskRequest, Unmeasured};
use crate::measure::{
    EvidenceRequest, MeasureError, Measured, Measurement, Models, PieappBackend, Plan, Progress,
    measure, measure_against,
};
use crate::media::{FrameIndex, HeldFrames, index_frames};
use crate::rules::Revision;
use crate::scoring::{ScoringError, compression_rules};
use crate::verdict::{
    CompressionVerdict, GateVerdict, TaskContext, UpscaleVerdict, judge_compression, judge_files,
    judge_upscaling,
};

/// A pair with all that is asked of it.
#[derive(Debug, Clone)]
pub struct ScoreRequest {
    pub task: Task,
    /// What the output is compared with.
    pub reference: PathBuf,
    pub output: PathBuf,
    /// The clip that the miner received, where it is not the reference.
    pub payload: Option<PathBuf>,
    /// The original behind the reference.
    pub original: Option<PathBuf>,
    pub origin: Origin,
    /// What was asked for; a compression needs the threshold.
    pub request: TaskRequest,
    /// Content length of an upscaling; without, that of the reference.
    pub length: Option<Seconds>,
    pub frames: FrameChoice,
    /// Whether pixels are measured as decoded.
    pub native: bool,
    pub models: Models,
    /// Draws for a distribution; 1 for a plain score.
    pub draws: u64,
    /// Seed of everything drawn.
    pub seed: u64,
    pub threads: u32,
    /// Memory that decoding and VMAF may take.
    pub memory: MiB,
}

/// A score of either task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(untagged)]
#[non_exhaustive]
pub enum PairScore {
    /// Of a compression.
    Compress(Box<CompressionVerdict>),
    /// Of an upscaling.
    Upscale(Box<UpscaleVerdict>),
}

impl PairScore {
    /// The final score, where there is one.
    #[must_use]
    pub fn s_f(&self) -> Option<f64> {
        match self {
            Self::Compress(v) => Some(v.s_f),
            Self::Upscale(v) => v.s_f,
        }
    }

    /// What the metrics alone give.
    #[must_use]
    pub fn s_f_metrics(&self) -> Option<f64> {
        match self {
            Self::Compress(v) => Some(v.s_f_metrics),
            Self::Upscale(v) => v.s_f_metrics,
        }
    }

    /// VMAF that is scored.
    #[must_use]
    pub fn vmaf(&self) -> f64 {
        match self {
            Self::Compress(v) => v.vmaf,
            Self::Upscale(v) => v.vmaf,
        }
    }

    /// The gates.
    #[must_use]
    pub fn gates(&self) -> &GateVerdict {
        match self {
            Self::Compress(v) => &v.gates,
            Self::Upscale(v) => &v.gates,
        }
    }

    /// What was measured.
    #[must_use]
    pub fn measurement(&self) -> &Measurement {
        match self {
            Self::Compress(v) => &v.measurement,
            Self::Upscale(v) => &v.measurement,
        }
    }
}

impl ScoreRequest {
    /// A pair of which nothing special is asked: every model, the validator's frames, one thread.
    #[must_use]
    pub fn new(task: Task, reference: &Path, output: &Path) -> Self {
        Self {
            task,
            reference: reference.to_path_buf(),
            output: output.to_path_buf(),
            payload: None,
            original: None,
            origin: Origin::default(),
            request: TaskRequest::default(),
            length: None,
            frames: FrameChoice::Validator,
            native: false,
            models: Models::Both,
            draws: 1,
            seed: 0,
            threads: 1,
            memory: MiB(1400),
        }
    }

    /// Files that are read.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        [self.reference.as_path(), self.output.as_path()]
            .into_iter()
            .chain(self.payload.as_deref())
            .chain(self.original.as_deref())
    }

    /// What has to be measured for `revision` and, beside it, for each of `measured`.
    #[must_use]
    pub fn plan(&self, revision: &Revision, measured: &[&Revision]) -> Plan {
        let mut evidence = EvidenceRequest::default();
        for revision in std::iter::once(&revision).chain(measured) {
            evidence.join(evidence_for(
                revision,
                self.task,
                self.origin,
                self.payload.as_deref(),
                self.original.as_deref(),
            ));
        }
        let measure = MeasureRequest {
            task: self.task,
            reference: &self.reference,
            distorted: &self.output,
            frames: &self.frames,
            native: self.native,
            models: self.models,
            draws: self.draws,
            threads: self.threads,
            memory: self.memory,
            seed: self.seed,
            evidence,
        };
        plan(&measure, revision, measured)
    }

    /// Measures the pair.
    ///
    /// # Errors
    /// As [`measure`].
    pub fn measure(
        &self,
        revision: &Revision,
        measured: &[&Revision],
        pieapp: Option<&mut PieappBackend>,
        progress: &dyn Progress,
    ) -> Result<Measured, MeasureError> {
        measure(&self.plan(revision, measured), pieapp, progress)
    }

    /// Measures an output of a reference that was read before, and perhaps held in memory.
    ///
    /// # Errors
    /// As [`measure`].
    pub fn measure_against(
        &self,
        reference: &FrameIndex,
        held: Option<&HeldFrames>,
        revision: &Revision,
        measured: &[&Revision],
        progress: &dyn Progress,
    ) -> Result<Measurement, MeasureError> {
        let plan = self.plan(revision, measured);
        Ok(measure_against(&plan, reference, held, None, progress)?.measurement)
    }

    /// Content length that an upscaling is scored for.
    #[must_use]
    pub fn length_of(&self, measurement: &Measurement) -> Seconds {
        let own = measurement.reference.duration_seconds.unwrap_or(0.0);
        self.length.unwrap_or_else(|| Seconds(own.round()))
    }

    /// What gates say of a pair that could not be measured because it does not fit together: sizes
    /// or frames that differ, too few of them. Other failures are no verdict.
    #[must_use]
    pub fn judge_unmeasured(
        &self,
        revision: &Revision,
        error: &MeasureError,
    ) -> Option<GateVerdict> {
        if !matches!(
            error,
            MeasureError::SizesDiffer { .. }
                | MeasureError::FrameCountsDiffer { .. }
                | MeasureError::TooFewFrames { .. }
        ) {
            return None;
        }
        let (reference, output) = (
            index_frames(&self.reference).ok()?,
            index_frames(&self.output).ok()?,
        );
        let payload = self
            .payload
            .as_deref()
            .and_then(|path| index_frames(path).ok());
        let context = TaskContext::alone(self.origin, &self.request, self.seed);
        let verdict = judge_files(
            self.task,
            [clip_state(&reference), clip_state(&output)],
            payload.as_ref().map(clip_state),
            Some(Unmeasured {
                why: &error.to_string(),
                fault: Fault::Pair,
            }),
            revision,
            &context,
        );
        (!verdict.passed).then_some(verdict)
    }

    /// Scores a measurement of the pair.
    ///
    /// # Errors
    /// A revision without the task, or values that have no score.
    pub fn judge(
        &self,
        measurement: Measurement,
        revision: &Revision,
        others: &[&Revision],
    ) -> Result<PairScore, ScoringError> {
        let seed = measurement.backend.seed;
        Ok(match self.task {
            Task::Compress => {
                let threshold = threshold(self.request.threshold, revision)?;
                // The gates are judged by the threshold that the formula is given.
                let request = TaskRequest {
                    threshold: Some(threshold),
                    ..self.request.clone()
                };
                let context = TaskContext::alone(self.origin, &request, seed);
                let verdict =
                    judge_compression(measurement, revision, threshold, &context, others)?;
                PairScore::Compress(Box::new(verdict))
            }
            Task::Upscale => {
                let length = self.length_of(&measurement);
                let context = TaskContext::alone(self.origin, &self.request, seed);
                let verdict = judge_upscaling(measurement, revision, length, &context, others)?;
                PairScore::Upscale(Box::new(verdict))
            }
        })
    }
}

/// The threshold that was asked for, or the only one of a revision.
fn threshold(given: Option<f64>, revision: &Revision) -> Result<f64, ScoringError> {
    let rules = compression_rules(revision)?;
    given.or(rules.only_threshold()).ok_or_else(|| {
        let list: Vec<String> = rules.thresholds.iter().map(f64::to_string).collect();
        ScoringError::NoThreshold {
            rules: revision.name.clone(),
            thresholds: list.join(", "),
        }
    })
}

/// A file as gates see it.
pub(super) fn clip_state(index: &FrameIndex) -> ClipState<'_> {
    ClipState::Video {
        facts: &index.facts,
        frames: index.frames,
    }
}
