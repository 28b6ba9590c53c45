//! The strategies that choose which probes to run: the published table, a grid, or the search.

use super::context::{ProbeSpec, VariantKind};
use super::runner::{BestFile, ProbeOutcome, ProbeRunner};
use super::safe::{affordable, safe_file};
use crate::encode::encoders::catalogue::Preset;
use crate::encode::encoders::table::table_quality;
use crate::encode::error::EncodeError;
use crate::encode::record::{ProbePurpose, ProbeRecord};
use crate::encode::request::{CompressRequest, Grid};
use crate::encode::search::{Proposal, Search, SearchLimits, Seed, StopReason};

/// How many standard errors of the seed the first probe is finer than expected, without a deadline. Our
/// choice.
pub(crate) const CAUTION: f64 = 0.4;
/// Smallest relative gain of the objective that justifies another probe. Our choice.
const GAIN: f64 = 0.000_5;

/// One probe at the quality of the published table.
pub(crate) fn by_table(
    runner: &mut ProbeRunner<'_>,
    preset: &'static Preset,
    threshold: f64,
) -> Result<StopReason, EncodeError> {
    let quality = table_quality(runner.context.encoder, threshold);
    let spec = ProbeSpec {
        purpose: ProbePurpose::Table,
        preset,
        variant: 0,
        level: runner.context.axis.level(quality),
    };
    match runner.run(spec)? {
        ProbeOutcome::Measured(_) => Ok(StopReason::Best),
        ProbeOutcome::Stopped => Ok(StopReason::Time),
        ProbeOutcome::Failed(reason) => Err(runner.encoder_failed(reason)),
    }
}

/// A probe at every step of a grid.
pub(crate) fn by_grid(
    runner: &mut ProbeRunner<'_>,
    preset: &'static Preset,
    grid: Grid,
) -> Result<StopReason, EncodeError> {
    let axis = runner.context.axis;
    let every = ((grid.step / axis.step).round() as usize).max(1);
    for level in (axis.level(grid.from)..=axis.level(grid.to)).step_by(every) {
        let spec = ProbeSpec {
            purpose: ProbePurpose::Grid,
            preset,
            variant: 0,
            level,
        };
        match run_after_delivery(runner, spec)? {
            None => return Ok(StopReason::Failures),
            Some(ProbeOutcome::Measured(_)) => {}
            Some(ProbeOutcome::Stopped) => return Ok(StopReason::Time),
            Some(ProbeOutcome::Failed(reason)) => return Err(runner.encoder_failed(reason)),
        }
    }
    Ok(StopReason::Best)
}

/// Runs a probe. An error after a file was delivered is recorded as trouble and ends the run without
/// failing it: then there is nothing.
fn run_after_delivery(
    runner: &mut ProbeRunner<'_>,
    spec: ProbeSpec,
) -> Result<Option<ProbeOutcome>, EncodeError> {
    match runner.run(spec) {
        Err(e) if runner.best.is_some() => {
            runner.trouble = Some(e.to_string());
            Ok(None)
        }
        outcome => outcome.map(Some),
    }
}

/// What a search starts from.
pub(crate) struct SearchStart {
    pub(crate) seed: Seed,
    pub(crate) preset: &'static Preset,
    /// Probes of an interrupted run; at most one of them with the file that it delivered.
    pub(crate) earlier: Vec<(ProbeRecord, Option<BestFile>)>,
}

/// The search; with a deadline, a safe file first.
pub(crate) fn by_search(
    runner: &mut ProbeRunner<'_>,
    request: &CompressRequest<'_>,
    start: SearchStart,
) -> Result<StopReason, EncodeError> {
    let target = runner.context.target;
    let objective = move |vmaf, bytes| target.predict(vmaf, bytes);
    let limits = SearchLimits {
        levels: runner.context.axis.levels(),
        probes: request.probes,
        target: target.vmaf,
        gain: GAIN,
        caution: CAUTION,
    };
    let mut search = Search::new(start.seed, limits, &objective);
    for _ in runner.context.variants {
        search.add_variant();
    }
    for (probe, best) in start.earlier {
        search.observe(probe.point());
        runner.probes.push(probe);
        if best.is_some() {
            runner.best = best;
        }
    }
    let mut preset = start.preset;
    if runner.context.clock.seconds().is_some() && runner.best.is_none() {
        match safe_file(runner, &mut search, start.seed, request.preset.as_deref())? {
            Some(faster) => preset = faster,
            None => return Ok(StopReason::Time),
        }
    }
    run_search(runner, &mut search, preset)
}

/// Runs what the search proposes until it stops.
fn run_search(
    runner: &mut ProbeRunner<'_>,
    search: &mut Search<'_>,
    preset: &'static Preset,
) -> Result<StopReason, EncodeError> {
    let mut last_failure = None;
    let stopped = loop {
        let (variant, level) = match search.propose() {
            Proposal::Done(why) => break why,
            Proposal::Probe { variant, level } => (variant, level),
        };
        if !affordable(runner, preset) {
            break StopReason::Time;
        }
        let purpose = match runner.context.variant_kind(variant) {
            None => ProbePurpose::Search,
            Some(VariantKind::Shots) => ProbePurpose::Shots,
            Some(VariantKind::Parameters(..)) => ProbePurpose::Variant,
        };
        let spec = ProbeSpec {
            purpose,
            preset,
            variant,
            level,
        };
        match run_after_delivery(runner, spec)? {
            None => break StopReason::Failures,
            Some(ProbeOutcome::Measured(point)) => search.observe(point),
            Some(ProbeOutcome::Stopped) => break StopReason::Time,
            Some(ProbeOutcome::Failed(reason)) => {
                search.observe_failure(variant, level);
                last_failure = Some(reason);
            }
        }
    };
    match last_failure {
        Some(reason) if runner.probes.is_empty() => Err(runner.encoder_failed(reason)),
        _ => Ok(stopped),
    }
}
