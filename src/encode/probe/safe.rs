//! With a deadline: a safe file first, and the preset that the remaining time allows.

use super::context::ProbeSpec;
use super::runner::{ProbeOutcome, ProbeRunner};
use crate::encode::encoders::catalogue::{Encoder, Preset};
use crate::encode::error::EncodeError;
use crate::encode::record::ProbePurpose;
use crate::encode::search::{Feasibility, Search, Seed};

/// Most probes for a safe file. Our choice.
const MOST_SAFE_PROBES: usize = 3;
/// How many standard errors of the seed a safe file is finer than expected. Our choice: about 98 of 100 pass
/// if the errors are normally distributed.
pub(crate) const SAFE_CAUTION: f64 = 2.0;
/// Change of that caution after a safe file that is too big, in units of [`SAFE_CAUTION`]. Our choice: half as
/// far to the other side.
const TOO_BIG_CORRECTION: f64 = -1.5;
/// Whole passes that the chosen preset must leave time for. Our choice.
const PASSES: f64 = 2.0;
/// Fraction of the remaining time that those passes may take. Our choice.
const PLANNED_FRACTION: f64 = 0.85;

/// Encodes a file that passes with the fastest preset, and chooses the preset that the remaining time allows.
/// Nothing if no file was ready in time.
pub(super) fn safe_file(
    runner: &mut ProbeRunner<'_>,
    search: &mut Search<'_>,
    seed: Seed,
    preset: Option<&str>,
) -> Result<Option<&'static Preset>, EncodeError> {
    let encoder = runner.context.encoder;
    let mut caution = SAFE_CAUTION;
    for attempt in 1..=MOST_SAFE_PROBES {
        let spec = ProbeSpec {
            purpose: ProbePurpose::Safe,
            preset: encoder.fastest_preset(),
            variant: 0,
            level: seed.cautious(caution).min(runner.context.axis.levels() - 1),
        };
        match runner.run(spec)? {
            ProbeOutcome::Measured(point) => {
                search.observe(point);
                if point.feasibility == Feasibility::Passes {
                    break;
                }
                caution += match point.feasibility {
                    Feasibility::TooBig => TOO_BIG_CORRECTION * SAFE_CAUTION,
                    _ => SAFE_CAUTION * attempt as f64,
                };
            }
            ProbeOutcome::Stopped => return Ok(None),
            ProbeOutcome::Failed(reason) if attempt == MOST_SAFE_PROBES => {
                return Err(runner.encoder_failed(reason));
            }
            ProbeOutcome::Failed(_) => {}
        }
    }
    if preset.is_some() {
        return encoder.preset_or_default(preset).map(Some);
    }
    Ok(Some(fitting_preset(runner, encoder)))
}

/// The slowest preset that leaves time for [`PASSES`] whole passes, by the time that the latest probe took.
fn fitting_preset(runner: &ProbeRunner<'_>, encoder: &'static Encoder) -> &'static Preset {
    let fastest = encoder.fastest_preset();
    let (Some(left), Some(seen)) = (runner.context.clock.left(), runner.probes.last()) else {
        return encoder.default_preset();
    };
    let fits = |preset: &&Preset| {
        let encode = seen.encode_seconds * preset.time / fastest.time;
        PASSES * (encode + seen.measure_seconds) <= left * PLANNED_FRACTION
    };
    encoder.presets.iter().find(fits).unwrap_or(fastest)
}

/// Whether another probe is likely to finish in time; the first one of a preset is always tried.
pub(super) fn affordable(runner: &ProbeRunner<'_>, preset: &Preset) -> bool {
    let Some(left) = runner.context.clock.left() else {
        return true;
    };
    let of_preset = runner.probes.iter().filter(|p| p.preset == preset.name);
    let cost = of_preset
        .map(|p| p.encode_seconds + p.measure_seconds)
        .fold(0.0, f64::max);
    left > cost
}
