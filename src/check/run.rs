//! Running cases side by side, each after those that it needs.

use crate::domain::{MiB, Seconds, Task};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::ffi::OsString;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use serde::Serialize;

use super::cache::Cache;
use super::case::{Case, CaseResult, CaseState, Scored};
use super::command;
use super::manifest::Manifest;
use crate::assess::{FrameChoice, ScoreRequest};
use crate::gates::TaskRequest;
use crate::measure::{MeasureError, Measurement, Models, PieappBackend, SilentProgress, measure};
use crate::rules::{Catalogue, Revision};
use crate::worker::WorkerError;

/// Value of the `schema` field.
pub const CHECK_SCHEMA: &str = "vidaio.check/1";

/// What all cases share.
pub struct Checker<'a> {
    /// The rules.
    pub catalogue: &'a Catalogue,
    /// Measurements that were kept.
    pub cache: &'a Cache,
    /// PIE-APP, where it is there; one network serves all cases, one after another.
    pub pieapp: Mutex<Option<Box<PieappBackend>>>,
    /// Cases side by side.
    pub jobs: u32,
    /// Threads of all together.
    pub threads: u32,
    /// MiB of all together.
    pub memory: u64,
    /// Whether commands are run although they made the same file before.
    pub rerun: bool,
    /// Outputs that are being made, and those that this run made already.
    making: Mutex<HashMap<PathBuf, Arc<Mutex<()>>>>,
    made: Mutex<HashSet<PathBuf>>,
}

impl<'a> Checker<'a> {
    /// Checks one case at a time, unless the public fields say otherwise.
    #[must_use]
    pub fn new(catalogue: &'a Catalogue, cache: &'a Cache) -> Self {
        Self {
            catalogue,
            cache,
            pieapp: Mutex::new(None),
            jobs: 1,
            threads: 1,
            memory: 1024,
            rerun: false,
            making: Mutex::default(),
            made: Mutex::default(),
        }
    }
}

/// What came out of a manifest.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct CheckReport {
    /// [`CHECK_SCHEMA`].
    pub schema: String,
    /// Version of this program.
    pub vidaio: String,
    /// The manifest as it was named.
    pub manifest: String,
    /// Cases that are as expected.
    pub passed: usize,
    /// Cases that are not.
    pub regressed: usize,
    /// Cases that could not be scored.
    pub errors: usize,
    /// Seconds it all took.
    pub seconds: f64,
    /// The cases, in the manifest's order.
    pub cases: Vec<CaseResult>,
}

/// Why a pair has no measurement.
#[derive(Debug, thiserror::Error)]
enum Unscored {
    #[error(transparent)]
    Measuring(#[from] MeasureError),
    #[error(transparent)]
    Worker(#[from] WorkerError),
}

struct State {
    waiting: Vec<usize>,
    ended: BTreeMap<String, CaseState>,
    results: Vec<Option<CaseResult>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Results are replaced whole, so a panic elsewhere leaves nothing half done.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs the commands under `prepare`, then the cases; `on_case` is called with each result.
///
/// # Errors
/// A sentence where a command that prepares failed: nothing was checked then.
pub fn run_cases(
    manifest: &Manifest,
    name: &str,
    checker: &Checker<'_>,
    on_case: &(dyn Fn(&CaseResult) + Sync),
) -> Result<CheckReport, String> {
    let begun = Instant::now();
    for (folder, line) in &manifest.prepare {
        command::run(folder, &line.iter().map(OsString::from).collect::<Vec<_>>())?;
    }
    let cases = &manifest.cases;
    let state = Mutex::new(State {
        waiting: (0..cases.len()).rev().collect(),
        ended: BTreeMap::new(),
        results: vec![None; cases.len()],
    });
    let changed = Condvar::new();
    let jobs = checker
        .jobs
        .min(u32::try_from(cases.len()).unwrap_or(u32::MAX))
        .max(1);
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                while let Some(i) = next(cases, &state, &changed) {
                    let result = checker.case(&cases[i], jobs, &state);
                    on_case(&result);
                    let mut state = lock(&state);
                    state.ended.insert(result.name.clone(), result.state);
                    state.results[i] = Some(result);
                    changed.notify_all();
                }
            });
        }
    });
    let mut results = state
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner)
        .results;
    let mut in_order: Vec<usize> = (0..cases.len()).collect();
    in_order.sort_by_key(|i| (&cases[*i].manifest, cases[*i].position));
    let cases: Vec<CaseResult> = in_order
        .into_iter()
        .filter_map(|i| results[i].take())
        .collect();
    let count = |state: CaseState| cases.iter().filter(|c| c.state == state).count();
    Ok(CheckReport {
        schema: CHECK_SCHEMA.into(),
        vidaio: env!("CARGO_PKG_VERSION").into(),
        manifest: name.to_owned(),
        passed: count(CaseState::Passed),
        regressed: count(CaseState::Regressed),
        errors: count(CaseState::Error),
        seconds: begun.elapsed().as_secs_f64(),
        cases,
    })
}

/// The next case whose needs are done; waits while another case may become ready.
fn next(cases: &[Case], state: &Mutex<State>, changed: &Condvar) -> Option<usize> {
    let mut state = lock(state);
    loop {
        // Cases are ordered by their needs, so the first that waits can nearly always go.
        let ready = (0..state.waiting.len()).rev().find(|at| {
            let needs = &cases[state.waiting[*at]].needs;
            needs.iter().all(|need| state.ended.contains_key(need))
        });
        match ready {
            Some(at) => return Some(state.waiting.remove(at)),
            None if state.waiting.is_empty() => return None,
            None => state = changed.wait(state).unwrap_or_else(PoisonError::into_inner),
        }
    }
}

impl Checker<'_> {
    fn case(&self, case: &Case, jobs: u32, state: &Mutex<State>) -> CaseResult {
        let begun = Instant::now();
        let commit = self
            .catalogue
            .find(&case.rules)
            .map_or(String::new(), |r| r.commit.clone());
        let failed = {
            let state = lock(state);
            let failed = |need: &&String| state.ended.get(*need) == Some(&CaseState::Error);
            case.needs.iter().find(failed).cloned()
        };
        let outcome = match failed {
            Some(need) => Err(format!("it needs `{need}`, which could not be scored")),
            // A defect in one case must not leave those that wait for it waiting.
            None => std::panic::catch_unwind(AssertUnwindSafe(|| self.score(case, jobs)))
                .unwrap_or_else(|_| {
                    Err("this program has a defect: it stopped in the middle".into())
                }),
        };
        let seconds = begun.elapsed().as_secs_f64();
        match outcome {
            Ok(scored) => CaseResult::scored(case, &commit, &scored, seconds),
            Err(problem) => CaseResult::error(case, &commit, problem, seconds),
        }
    }

    fn score(&self, case: &Case, jobs: u32) -> Result<Scored, String> {
        {
            // Cases that share an output wait for the one that makes it.
            let one_at_a_time = {
                let mut making = lock(&self.making);
                Arc::clone(making.entry(case.output.clone()).or_default())
            };
            let _held = lock(&one_at_a_time);
            command::make(
                case,
                self.cache,
                self.rerun && lock(&self.made).insert(case.output.clone()),
            )?;
        }
        let revision = self
            .catalogue
            .find(&case.rules)
            .map_err(|e| e.to_string())?;
        let request = ScoreRequest {
            task: case.task,
            reference: case.reference.clone(),
            output: case.output.clone(),
            payload: case.payload.clone(),
            original: None,
            origin: case.origin,
            request: TaskRequest {
                threshold: case.threshold,
                codec: case.codec.clone(),
                mode: case.mode,
                bitrate: case.bitrate,
                scale: case.scale,
            },
            length: case.length.map(Seconds),
            frames: FrameChoice::Validator,
            native: false,
            models: Models::Both,
            draws: 1,
            seed: case.seed,
            threads: (self.threads / jobs).max(1),
            memory: MiB((self.memory / u64::from(jobs)).max(64)),
        };
        let (measurement, cached) = match self.measure(&request, revision) {
            Ok(measured) => measured,
            Err(error) => {
                let judged = match &error {
                    Unscored::Measuring(e) => request.judge_unmeasured(revision, e),
                    Unscored::Worker(_) => None,
                };
                return match judged {
                    Some(gates) => Ok(Scored::Unmeasured(Box::new(gates))),
                    None => Err(error.to_string()),
                };
            }
        };
        let score = request
            .judge(measurement, revision, &[])
            .map_err(|e| e.to_string())?;
        Ok(Scored::Measured {
            score: Box::new(score),
            cached,
        })
    }

    fn measure(
        &self,
        request: &ScoreRequest,
        revision: &Revision,
    ) -> Result<(Measurement, bool), Unscored> {
        let plan = request.plan(revision, &[]);
        let upscale = request.task == Task::Upscale;
        let mut pieapp = upscale.then(|| lock(&self.pieapp));
        let weights = pieapp.as_ref().and_then(|p| {
            p.as_ref()
                .map(|p| format!("{} {}", p.weights.sha256, p.device))
        });
        // A file that cannot be read has no key; measuring says what is wrong with it.
        let key = self.cache.key(&plan, weights.as_deref()).ok();
        if let Some(found) = key.as_deref().and_then(|key| self.cache.get(key, &plan)) {
            return Ok((found, true));
        }
        let backend = pieapp.as_mut().and_then(|p| p.as_deref_mut());
        let measured = measure(&plan, backend, &SilentProgress)?;
        if let Some(failure) = measured.pieapp_failure {
            return Err(failure.into());
        }
        if let Some(key) = key {
            self.cache.put(&key, &measured.measurement);
        }
        Ok((measured.measurement, false))
    }
}
