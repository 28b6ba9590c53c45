//! The measurement behind lint, or why there is none.

use super::files::LintFiles;
use super::record::LintRequest;
use crate::assess::evidence::evidence_for;
use crate::assess::plan::{FrameChoice, MeasureRequest, plan};
use crate::domain::Origin;
use crate::gates::{Fault, Unmeasured};
use crate::measure::{
    FrameSelection, MeasureError, Measurement, Models, Progress, VmafRequest, measure,
};
use crate::rules::{FramePath, Revision};
use crate::scoring::ScoringError;

/// What became of measuring.
pub(super) enum Attempt {
    Measured(Box<Measurement>),
    Unmeasured {
        why: String,
        fault: Fault,
    },
    /// Only the files themselves are judged.
    NotRequested,
}

impl Attempt {
    /// Measures a pair as far as its files and the request allow.
    ///
    /// # Errors
    /// Measuring that fails for a reason that no gate names.
    pub(super) fn of(
        request: &LintRequest<'_>,
        files: &LintFiles,
        revision: &Revision,
        progress: &dyn Progress,
    ) -> Result<Self, MeasureError> {
        if !request.measured {
            return Ok(Self::NotRequested);
        }
        if !files.are_readable() {
            return Ok(Self::Unmeasured {
                why: "a file cannot be read".into(),
                fault: Fault::Pair,
            });
        }
        // A payload or an original that is of no use keeps nothing else from being measured.
        let usable_payload = files.payload.as_ref().is_some_and(|f| f.is_readable());
        let usable_original = matches!(files.original, Some(Ok(())));
        let usable = LintRequest {
            payload: request.payload.filter(|_| usable_payload),
            original: request.original.filter(|_| usable_original),
            ..request.clone()
        };
        measure_pair(&usable, revision, progress)
    }

    pub(super) fn measurement(&self) -> Option<&Measurement> {
        match self {
            Self::Measured(measurement) => Some(measurement),
            Self::Unmeasured { .. } | Self::NotRequested => None,
        }
    }

    /// Why metrics are missing that were asked for.
    pub(super) fn unmeasured(&self) -> Option<Unmeasured<'_>> {
        match self {
            Self::Unmeasured { why, fault } => Some(Unmeasured { why, fault: *fault }),
            Self::Measured(_) | Self::NotRequested => None,
        }
    }
}

/// Measures what can be measured; what a gate names is no error.
fn measure_pair(
    request: &LintRequest<'_>,
    revision: &Revision,
    progress: &dyn Progress,
) -> Result<Attempt, MeasureError> {
    let mut evidence = evidence_for(
        revision,
        request.task,
        request.context.origin,
        request.payload,
        request.original,
    );
    evidence.alignment = true;
    let measured = MeasureRequest {
        task: request.task,
        reference: request.reference,
        distorted: request.output,
        frames: &FrameChoice::Validator,
        native: false,
        models: Models::Both,
        draws: u64::from(request.draws.max(1)),
        threads: request.threads,
        memory: request.memory,
        seed: request.context.seed,
        evidence,
    };
    let mut plan = plan(&measured, revision, &[]);
    // The gates count frames; what can be compared is compared.
    plan.frame_tolerance = u64::MAX;
    plan.fewest_frames = 1;
    plan.pieapp.clear();
    // A task that the revision does not have, or a competition, has every frame measured.
    if plan.vmaf.is_empty() || request.context.origin == Origin::Competition {
        plan.vmaf = vec![VmafRequest {
            frames: FrameSelection::Path(FramePath::All),
            seed: request.context.seed,
        }];
    }
    match measure(&plan, None, progress) {
        Ok(measured) => Ok(Attempt::Measured(Box::new(measured.measurement))),
        Err(e) if e.is_out_of_memory() => Err(e),
        Err(MeasureError::Media(e)) => {
            let fault = match e.damaged() {
                Some(path) if path == request.output => Fault::DamagedOutput,
                Some(_) => Fault::DamagedSource,
                None => Fault::Pair,
            };
            Ok(Attempt::Unmeasured {
                why: e.to_string(),
                fault,
            })
        }
        Err(
            e @ (MeasureError::Vmaf(_)
            | MeasureError::SizesDiffer { .. }
            | MeasureError::TooFewFrames { .. }
            | MeasureError::FrameCountsDiffer { .. }
            | MeasureError::Scoring(ScoringError::NoFrames)),
        ) => Ok(Attempt::Unmeasured {
            why: e.to_string(),
            fault: Fault::Pair,
        }),
        Err(e) => Err(e),
    }
}
