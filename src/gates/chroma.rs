//! Outputs whose colour planes have less in them than the reference's.
//!
//! Source: `services/scoring/server.py` of `vidAio-subnet/vidaio-subnet` at `a2a80a2` (2025-10-28), 1108-1600 at
//! `fea3779`; `vidaio/scoring/perceptual_cpu.py` of `vidAio-subnet/validator-vidaio` at `688b6716`.

use super::attributes::{Codes, Evidence, GateClass, Records, Source};
use super::color::{FIX_COLOR, frames_text, judged_frames};
use super::definition::GateDefinition;
use super::finding::Finding;
use super::input::GateInput;
use crate::measure::FrameEvidence;
use crate::metrics::color::{Channels, Signal};
use crate::rules::{ChromaRule, ColorSource, GateRules};

/// Mean ratio of energies, output by reference, over the pairs that count; none if none does.
#[must_use]
pub fn chroma_ratio(pairs: &[(f64, f64)], least_reference: f64) -> Option<f64> {
    let ratios: Vec<f64> = pairs
        .iter()
        .filter(|(reference, _)| *reference > 0.0 && *reference >= least_reference)
        .map(|(reference, output)| output / reference)
        .collect();
    (!ratios.is_empty()).then(|| ratios.iter().sum::<f64>() / ratios.len() as f64)
}

fn chroma(input: &GateInput<'_>, rules: &GateRules) -> Finding {
    match rules.chroma {
        None => Finding::not_applicable("these rules have no chroma check"),
        Some(ChromaRule::Energy {
            source,
            reference,
            least,
            nothing_fails,
        }) => {
            let frames = judged_frames(input, source);
            if frames.is_empty() {
                return Finding::unseen(input);
            }
            let limit = format!("at least {least} of the reference's");
            let Some(ratio) = energy_ratio(&frames, source, reference) else {
                let measured = "no frame of the reference has colour";
                let reason = "Chroma validation failed: Could not calculate chroma ratios";
                return Finding::either(!nothing_fails, measured, limit, reason);
            };
            let reason =
                format!("Chroma validation failed: Chroma quality too low: {ratio:.3} < {least}");
            let measured = format!("{ratio:.4} of the energy ({})", frames_text(&frames));
            Finding::either(ratio >= least, measured, limit, reason)
                .value(ratio)
                .warn_if(ratio < least * 1.15)
        }
        Some(ChromaRule::DifferenceAndEnergy {
            difference,
            reference,
            least,
            most,
        }) => {
            let Some(sampled) = input.sampled else {
                return Finding::unseen(input);
            };
            let [input, output] = sampled.color_energy;
            let ratio = if input >= reference {
                output / input
            } else {
                1.0
            };
            let worst = (sampled.color_difference / difference).max(excess(ratio, least, most));
            Finding::either(
                worst <= 1.0,
                format!(
                    "difference {:.6}, energy ratio {ratio:.4}",
                    sampled.color_difference
                ),
                format!("at most {difference}, from {least} to {most}"),
                format!("CPU chroma check: normalized deviation {worst:.6}"),
            )
            .value(worst)
            .warn_if(sampled.color_difference > difference * 0.7)
        }
    }
}

/// Mean ratio of energies, output by reference, over frames whose reference has at least so much colour.
fn energy_ratio(frames: &[&FrameEvidence], source: ColorSource, least: f64) -> Option<f64> {
    match source {
        ColorSource::Channels => {
            let energy = |[one, other]: &[Channels; 2]| (one.energy, other.energy);
            let pairs: Vec<_> = frames
                .iter()
                .filter_map(|f| f.channels.as_ref().map(energy))
                .collect();
            chroma_ratio(&pairs, least)
        }
        ColorSource::Saturation => {
            // Saturations are counted from the limit on, and squared to compare energies.
            let squared = |[one, other]: &[Signal; 2]| {
                (
                    one.saturation * one.saturation,
                    other.saturation * other.saturation,
                )
            };
            let pairs: Vec<_> = frames
                .iter()
                .filter_map(|f| f.signal.as_ref().map(squared))
                .collect();
            chroma_ratio(&pairs, least * least)
        }
    }
}

/// How far a ratio is outside its bounds, as a factor; 1 inside.
fn excess(ratio: f64, least: f64, most: f64) -> f64 {
    if ratio < least {
        least / ratio.max(1e-12)
    } else if ratio > most {
        ratio / most
    } else {
        1.0
    }
}

pub(super) const GATES: &[GateDefinition] = &[GateDefinition {
    codes: Codes::central("CHROMA_UV_MANIPULATION"),
    source: Source::central("vidaio/scoring/perceptual_cpu.py"),
    class: GateClass::Quality,
    records: Records::Vmaf,
    evidence: |rules| match rules.chroma {
        None => Evidence::None,
        Some(ChromaRule::Energy { source, .. }) => Evidence::of_color(source),
        Some(ChromaRule::DifferenceAndEnergy { .. }) => Evidence::SampledGrid,
    },
    fix: |_, _| Some(FIX_COLOR.into()),
    ..GateDefinition::new(
        "chroma",
        "The colour planes keep their energy.",
        |input, revision| chroma(input, &revision.gates),
    )
}];
