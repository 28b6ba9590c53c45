//! Grey outputs, and colour planes with less in them than the reference's.
//!
//! Source: `services/scoring/server.py` at `a2a80a2` (2025-10-28), 1108-1600 at `fea3779`; for `next`
//! `vidaio/scoring/perceptual_cpu.py` at `688b6716`.

use super::draw::color_window;
use super::facts::Facts;
use super::result::Finding;
use super::tone::unseen;
use crate::domain::Origin;
use crate::measure::FrameEvidence;
use crate::metrics::color::{Channels, Signal};
use crate::rules::{ChromaRule, ColorSource, GateRules, GrayscaleRule};

/// Frames that the colour gates look at: those of the window, or those that VMAF saw.
fn looked_at<'a>(facts: &Facts<'a>, source: ColorSource) -> Vec<&'a FrameEvidence> {
    match source {
        ColorSource::Channels => facts
            .frames
            .iter()
            .filter(|f| f.channels.is_some())
            .filter(|f| facts.vmaf_frames.binary_search(&f.frame).is_ok())
            .collect(),
        ColorSource::Saturation => {
            let seen: Vec<&FrameEvidence> =
                facts.frames.iter().filter(|f| f.signal.is_some()).collect();
            let rate = facts
                .reference
                .facts()
                .map_or(0.0, |f| f.average_frame_rate.per_second());
            if seen.is_empty() {
                return seen;
            }
            let seconds = if facts.origin == Origin::Organic {
                0.5
            } else {
                1.0
            };
            let (start, count) = color_window(facts.seed, seen.len() as u64, rate, seconds);
            seen[start as usize..(start + count) as usize].to_vec()
        }
    }
}

/// Brightness of the reference, and colour of reference and output, of one frame.
fn colors(frame: &FrameEvidence, source: ColorSource) -> Option<(f64, f64, f64)> {
    let most = |c: &Channels| c.differences.iter().copied().fold(0.0, f64::max);
    match source {
        ColorSource::Channels => {
            let [reference, output] = frame.channels.as_ref()?;
            Some((reference.brightness, most(reference), most(output)))
        }
        ColorSource::Saturation => {
            let [reference, output] = frame.signal.as_ref()?;
            Some((reference.luma, reference.saturation, output.saturation))
        }
    }
}

/// Of `(brightness, reference, output)` the frames that count, and those among them that are grey.
#[must_use]
pub fn gray_share(
    frames: &[(f64, f64, f64)],
    dark: f64,
    least_reference: f64,
    least_output: f64,
) -> (usize, usize) {
    let counted = frames
        .iter()
        .filter(|(brightness, reference, _)| *brightness >= dark && *reference >= least_reference);
    let grey = counted
        .clone()
        .filter(|(_, _, output)| *output < least_output);
    (counted.count(), grey.count())
}

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

fn frames_text(frames: &[&FrameEvidence]) -> String {
    match (frames.first(), frames.last()) {
        (Some(first), Some(last)) if last.frame - first.frame + 1 == frames.len() as u64 => {
            format!("frames {} to {}", first.frame, last.frame)
        }
        _ => format!("{} frames", frames.len()),
    }
}

pub(super) fn grayscale(facts: &Facts<'_>, rules: &GateRules) -> Finding {
    match rules.grayscale {
        None => Finding::not_applicable("these rules have no grey-scale check"),
        Some(GrayscaleRule::AnyFrame { difference }) => any_frame(facts, difference),
        Some(GrayscaleRule::MostFrames {
            source,
            dark,
            reference,
            output,
            share,
        }) => {
            let frames = looked_at(facts, source);
            if frames.is_empty() {
                return unseen(facts);
            }
            let found: Vec<_> = frames.iter().filter_map(|f| colors(f, source)).collect();
            let (counted, grey) = gray_share(&found, dark, reference, output);
            let measured = format!(
                "{grey} of {counted} bright and colourful frames are grey ({})",
                frames_text(&frames)
            );
            let limit = format!("at most {:.0} % of them", share * 100.0);
            if counted == 0 {
                return Finding::either(true, "no bright and colourful frame", limit, "");
            }
            let part = grey as f64 / counted as f64;
            let reason =
                format!("Color validation failed: {grey} of {counted} frames are grayscale");
            Finding::either(part <= share, measured, limit, reason)
                .value(part)
                .warn_if(grey > 0)
        }
        Some(GrayscaleRule::EnergyRatio { reference, least }) => {
            let Some(sampled) = facts.sampled else {
                return unseen(facts);
            };
            let [input, output] = sampled.color_energy;
            let limit = format!("at least {least} of the input's colour energy");
            if input < reference {
                let measured = format!("the input has hardly any colour ({input:.4})");
                return Finding::either(true, measured, limit, "");
            }
            let ratio = output / input;
            let reason = format!("CPU grayscale check: chroma-energy ratio {ratio:.6}");
            Finding::either(ratio >= least, format!("{ratio:.6}"), limit, reason)
                .value(ratio)
                .warn_if(ratio < least * 1.5)
        }
    }
}

fn any_frame(facts: &Facts<'_>, difference: f64) -> Finding {
    let frames = looked_at(facts, ColorSource::Channels);
    if frames.is_empty() {
        return unseen(facts);
    }
    let grey = frames.iter().enumerate().find(|(_, frame)| {
        frame
            .channels
            .as_ref()
            .is_some_and(|[_, output]| output.differences.iter().all(|d| *d < difference))
    });
    let limit = format!("no frame whose channels all lie nearer than {difference} codes");
    match grey {
        None => Finding::either(
            true,
            format!("{} frames have colour", frames.len()),
            limit,
            "",
        ),
        Some((position, frame)) => Finding::either(
            false,
            format!("frame {} is grey", frame.frame),
            limit,
            format!(
                "Color validation failed: Video has no color information (grayscale). UV channels \
                 required. Frame {position} detected as grayscale."
            ),
        ),
    }
}

pub(super) fn chroma(facts: &Facts<'_>, rules: &GateRules) -> Finding {
    match rules.chroma {
        None => Finding::not_applicable("these rules have no chroma check"),
        Some(ChromaRule::Energy {
            source,
            reference,
            least,
            nothing_fails,
        }) => {
            let frames = looked_at(facts, source);
            if frames.is_empty() {
                return unseen(facts);
            }
            let ratio = match source {
                ColorSource::Channels => {
                    let energy = |[one, other]: &[Channels; 2]| (one.energy, other.energy);
                    let pairs: Vec<_> = frames
                        .iter()
                        .filter_map(|f| f.channels.as_ref().map(energy))
                        .collect();
                    chroma_ratio(&pairs, reference)
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
                    chroma_ratio(&pairs, reference * reference)
                }
            };
            let limit = format!("at least {least} of the reference's");
            let Some(ratio) = ratio else {
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
            let Some(sampled) = facts.sampled else {
                return unseen(facts);
            };
            let [input, output] = sampled.color_energy;
            let ratio = if input >= reference {
                output / input
            } else {
                1.0
            };
            let by_ratio = if ratio < least {
                least / ratio.max(1e-12)
            } else if ratio > most {
                ratio / most
            } else {
                1.0
            };
            let worst = (sampled.color_difference / difference).max(by_ratio);
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
