//! The ways in which the quality is found: the safe file, the search, the grid, the published table.

use super::catalogue::{Encoder, Preset};
use super::compress::{CompressAsk, Grid};
use super::error::EncodeError;
use super::record::{ProbeRecord, Purpose};
use super::search::{Limits, Point, Proposal, Search, Seed, Standing, Why};
use super::session::{Champion, Extra, Made, Session, Wanted};
use super::table::table_quality;

/// Probes that are made to have a safe file.
const SAFE_TRIES: usize = 3;
/// Caution of a safe file, in standard errors of the seed.
pub(super) const SAFE_CAUTION: f64 = 2.0;
/// Caution of a first probe where nothing presses.
pub(super) const CAUTION: f64 = 0.4;
/// Share of the time left that whole passes may be planned into.
const PLANNED: f64 = 0.85;
/// Gain in score, as a share, that is worth another probe.
const GAIN: f64 = 0.000_5;

pub(super) fn by_table(
    session: &mut Session<'_>,
    preset: &'static Preset,
    ask: &CompressAsk<'_>,
) -> Result<Why, EncodeError> {
    let axis = session.bench.axis;
    let wanted = Wanted {
        purpose: Purpose::Table,
        preset,
        variant: 0,
        level: axis.level(table_quality(session.bench.encoder, ask.threshold)),
    };
    match session.make(wanted)? {
        Made::Probe(_) => Ok(Why::Best),
        Made::Stopped => Ok(Why::Time),
        Made::Failed(reason) => Err(broken(session, &reason)),
    }
}

pub(super) fn by_grid(
    session: &mut Session<'_>,
    preset: &'static Preset,
    grid: Grid,
) -> Result<Why, EncodeError> {
    let axis = session.bench.axis;
    let every = ((grid.step / axis.step).round() as usize).max(1);
    for level in (axis.level(grid.from)..=axis.level(grid.to)).step_by(every) {
        let wanted = Wanted {
            purpose: Purpose::Grid,
            preset,
            variant: 0,
            level,
        };
        let made = match session.make(wanted) {
            // What is in place already is worth more than the rest of the grid.
            Err(e) if session.champion.is_some() => {
                session.trouble = Some(e.to_string());
                return Ok(Why::Failures);
            }
            made => made?,
        };
        match made {
            Made::Probe(_) => {}
            Made::Stopped => return Ok(Why::Time),
            Made::Failed(reason) => return Err(broken(session, &reason)),
        }
    }
    Ok(Why::Best)
}

fn broken(session: &Session<'_>, reason: &str) -> EncodeError {
    EncodeError::Encoder {
        input: session.bench.source.index.facts.path.clone(),
        encoder: session.bench.encoder.name.into(),
        reason: reason.to_owned(),
    }
}

pub(super) fn by_search(
    session: &mut Session<'_>,
    seed: Seed,
    preset: &'static Preset,
    ask: &CompressAsk<'_>,
    earlier: Vec<(ProbeRecord, Option<Champion>)>,
    extras: usize,
) -> Result<Why, EncodeError> {
    let aim = session.bench.aim;
    let worth = move |vmaf: f64, bytes: f64| aim.worth(vmaf, bytes);
    let limits = Limits {
        levels: session.bench.axis.levels(),
        probes: ask.probes,
        target: aim.target,
        gain: GAIN,
        caution: CAUTION,
    };
    let mut search = Search::new(seed, limits, &worth);
    for _ in 0..extras {
        search.add_variant();
    }
    for (probe, champion) in earlier {
        search.observe(point_of(&probe));
        session.probes.push(probe);
        if champion.is_some() {
            session.champion = champion;
        }
    }
    let mut preset = preset;
    if session.bench.clock.seconds().is_some() && session.champion.is_none() {
        match safe_file(session, &mut search, seed, ask)? {
            Some(faster) => preset = faster,
            None => return Ok(Why::Time),
        }
    }
    let mut last_failure = None;
    let ended = loop {
        let (variant, level) = match search.propose() {
            Proposal::Done(why) => break why,
            Proposal::Probe { variant, level } => (variant, level),
        };
        if !affordable(session, preset) {
            break Why::Time;
        }
        let purpose = match session.bench.extra(variant) {
            None => Purpose::Search,
            Some(Extra::Shots) => Purpose::Shots,
            Some(Extra::Parameters(..)) => Purpose::Variant,
        };
        let wanted = Wanted {
            purpose,
            preset,
            variant,
            level,
        };
        let made = match session.make(wanted) {
            // What is in place already is worth more than the rest of the search.
            Err(e) if session.champion.is_some() => {
                session.trouble = Some(e.to_string());
                break Why::Failures;
            }
            made => made?,
        };
        match made {
            Made::Probe(point) => search.observe(point),
            Made::Stopped => break Why::Time,
            Made::Failed(reason) => {
                search.observe_failure(variant, level);
                last_failure = Some(reason);
            }
        }
    };
    match last_failure {
        Some(reason) if session.probes.is_empty() => Err(broken(session, &reason)),
        _ => Ok(ended),
    }
}

pub(super) fn point_of(probe: &ProbeRecord) -> Point {
    Point {
        variant: probe.variant,
        level: probe.level,
        vmaf: probe.vmaf,
        bytes: probe.bytes,
        worth: probe.worth,
        standing: probe.standing,
        on_curve: probe.purpose != Purpose::Safe,
    }
}

/// Makes a file that passes with the fastest preset, and chooses the preset that the time left allows.
/// Nothing if no file was ready in time.
fn safe_file(
    session: &mut Session<'_>,
    search: &mut Search<'_>,
    seed: Seed,
    ask: &CompressAsk<'_>,
) -> Result<Option<&'static Preset>, EncodeError> {
    let encoder = session.bench.encoder;
    let fastest = encoder.fastest_preset();
    let mut caution = SAFE_CAUTION;
    for attempt in 1..=SAFE_TRIES {
        let wanted = Wanted {
            purpose: Purpose::Safe,
            preset: fastest,
            variant: 0,
            level: seed.cautious(caution).min(session.bench.axis.levels() - 1),
        };
        match session.make(wanted)? {
            Made::Probe(point) => {
                search.observe(point);
                if point.standing == Standing::Passes {
                    break;
                }
                // A file that is too big is mended by going the other way, half as far.
                caution += match point.standing {
                    Standing::TooBig => -1.5 * SAFE_CAUTION,
                    _ => SAFE_CAUTION * attempt as f64,
                };
            }
            Made::Stopped => return Ok(None),
            Made::Failed(reason) if attempt == SAFE_TRIES => return Err(broken(session, &reason)),
            Made::Failed(_) => {}
        }
    }
    if let Some(name) = ask.preset.as_deref() {
        return encoder.preset_or_usual(Some(name)).map(Some);
    }
    Ok(Some(paced(session, encoder)))
}

/// The slowest preset, no slower than the usual one, that leaves time for two whole passes.
fn paced(session: &Session<'_>, encoder: &'static Encoder) -> &'static Preset {
    let fastest = encoder.fastest_preset();
    let usual = encoder.usual_preset();
    let (Some(left), Some(seen)) = (session.bench.clock.left(), session.probes.last()) else {
        return usual;
    };
    let fits = |preset: &&Preset| {
        let encode = seen.encode_seconds * preset.time / fastest.time;
        2.0 * (encode + seen.measure_seconds) <= left * PLANNED
    };
    encoder.presets.iter().find(fits).unwrap_or(fastest)
}

/// Whether another probe is likely to be over in time; the first of a preset is tried in any case.
fn affordable(session: &Session<'_>, preset: &Preset) -> bool {
    let Some(left) = session.bench.clock.left() else {
        return true;
    };
    let of_preset = session.probes.iter().filter(|p| p.preset == preset.name);
    let cost = of_preset
        .map(|p| p.encode_seconds + p.measure_seconds)
        .fold(0.0, f64::max);
    left > cost
}
