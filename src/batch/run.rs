//! Pairs scored on several threads, each to its line.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::journal::{BATCH_SCHEMA, BatchLine};
use super::row::BatchRow;
use crate::assess::{PairScore, ScoreRequest};
use crate::domain::Task;
use crate::measure::{MeasureError, PieappBackend, SilentProgress};
use crate::rules::Revision;
use crate::scoring::ScoringError;
use crate::verdict::GateVerdict;
use crate::worker::WorkerError;

/// A row that is to be scored.
#[derive(Debug)]
pub struct BatchJob<'a> {
    /// Counted from 0.
    pub index: usize,
    pub row: &'a BatchRow,
    pub request: ScoreRequest,
    /// The resume key.
    pub key: String,
}

/// What became of a pair.
#[derive(Debug)]
pub enum PairOutcome {
    Scored(Box<PairScore>),
    /// Nothing could be measured, which is a gate's verdict: the pair does not fit together.
    Zeroed(Box<GateVerdict>),
}

/// Why a pair has no score.
#[derive(Debug)]
#[non_exhaustive]
pub enum PairError {
    Measure(MeasureError),
    /// The worker failed at PIE-APP.
    Pieapp(WorkerError),
    Scoring(ScoringError),
    /// An upscaling without PIE-APP.
    NoPieapp,
}

/// What all rows share.
pub struct Batch<'a> {
    pub revision: &'a Revision,
    /// Pairs that are measured side by side.
    pub threads: u32,
    /// One network serves all rows, one after another.
    pub backend: Option<Box<PieappBackend>>,
    /// The text of a line's `error`.
    pub explain: &'a (dyn Fn(PairError) -> String + Sync),
}

impl Batch<'_> {
    /// Scores every job and calls `on_line` with its line as soon as it is done, in no order.
    pub fn run(self, jobs: &[BatchJob<'_>], on_line: &(dyn Fn(usize, BatchLine) + Sync)) {
        let next = AtomicUsize::new(0);
        let backend = Mutex::new(self.backend);
        let worker = Worker {
            revision: self.revision,
            backend: &backend,
            explain: self.explain,
        };
        std::thread::scope(|scope| {
            for _ in 0..self.threads {
                scope.spawn(|| {
                    while let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                        on_line(job.index, worker.line(job));
                    }
                });
            }
        });
    }
}

struct Worker<'a> {
    revision: &'a Revision,
    backend: &'a Mutex<Option<Box<PieappBackend>>>,
    explain: &'a (dyn Fn(PairError) -> String + Sync),
}

impl Worker<'_> {
    fn line(&self, job: &BatchJob<'_>) -> BatchLine {
        let mut line = BatchLine {
            schema: BATCH_SCHEMA.into(),
            row: job.index + 1,
            task: crate::rules::spelled(&job.request.task),
            reference: job.row.reference.clone(),
            output: job.row.output.clone(),
            rules: self.revision.name.clone(),
            rules_commit: self.revision.commit.clone(),
            seed: job.request.seed,
            key: job.key.clone(),
            ..BatchLine::default()
        };
        match self.score(&job.request) {
            Ok(PairOutcome::Scored(score)) => line.fill(&score),
            Ok(PairOutcome::Zeroed(gates)) => {
                line.ok = true;
                line.s_f = gates.score;
                line.zeroed_by = gates.decided_by;
                line.reason = gates.reason;
            }
            Err(error) => line.error = Some((self.explain)(error)),
        }
        line
    }

    fn score(&self, request: &ScoreRequest) -> Result<PairOutcome, PairError> {
        let measured = if request.task == Task::Upscale {
            let mut backend = lock(self.backend);
            request.measure(self.revision, &[], backend.as_deref_mut(), &SilentProgress)
        } else {
            request.measure(self.revision, &[], None, &SilentProgress)
        };
        let measured = match measured {
            Ok(measured) => measured,
            Err(error) => {
                return match request.judge_unmeasured(self.revision, &error) {
                    Some(gates) => Ok(PairOutcome::Zeroed(Box::new(gates))),
                    None => Err(PairError::Measure(error)),
                };
            }
        };
        if let Some(failure) = measured.pieapp_failure {
            return Err(PairError::Pieapp(failure));
        }
        let score = request
            .judge(measured.measurement, self.revision, &[])
            .map_err(PairError::Scoring)?;
        if score.s_f().is_none() {
            return Err(PairError::NoPieapp);
        }
        Ok(PairOutcome::Scored(Box::new(score)))
    }
}

impl BatchLine {
    fn fill(&mut self, score: &PairScore) {
        self.ok = true;
        self.s_f = score.s_f();
        self.s_f_metrics = score.s_f_metrics();
        self.vmaf = Some(score.vmaf());
        let gates = score.gates();
        self.zeroed_by = gates.decided_by.filter(|_| gates.score.is_some());
        self.reason = gates.reason.clone();
        let backend = &score.measurement().backend;
        self.libvmaf = Some(backend.libvmaf.clone());
        self.device = backend.device.clone();
        match score {
            PairScore::Compress(verdict) => {
                self.compression_rate = Some(verdict.compression_rate);
                self.exact = Some(verdict.exact);
                let reason = || Some(verdict.reason_text.clone());
                self.reason = self.reason.take().or_else(reason);
            }
            PairScore::Upscale(verdict) => {
                self.pieapp = verdict.pieapp;
                self.exact = Some(verdict.exact);
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic cannot leave the backend inside a pair that another thread goes on with: each pair starts from scratch.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
