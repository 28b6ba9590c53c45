//! Outputs whose colour was taken away.
//!
//! Source: `services/scoring/server.py` of `vidAio-subnet/vidaio-subnet` at `a2a80a2` (2025-10-28), 1108-1600 at
//! `fea3779`; `vidaio/scoring/perceptual_cpu.py` of `vidAio-subnet/validator-vidaio` at `688b6716`.

use super::attributes::{Codes, Evidence, GateClass, Records, Source};
use super::color::{ColorFrame, FIX_COLOR, frames_text, judged_frames};
use super::definition::GateDefinition;
use super::finding::Finding;
use super::input::GateInput;
use crate::rules::{ColorSource, GateRules, GrayscaleRule};

/// Which frames count, and which of them are gray.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GrayLimits {
    /// Darker frames are left out.
    pub dark: f64,
    /// Frames whose reference has less colour are left out.
    pub reference: f64,
    /// Frames whose output has less colour are gray.
    pub output: f64,
}

/// Number of frames that count, and of those among them that are gray.
#[must_use]
pub fn gray_share(frames: &[ColorFrame], limits: GrayLimits) -> (usize, usize) {
    let counted = frames
        .iter()
        .filter(|f| f.brightness >= limits.dark && f.reference >= limits.reference);
    let gray = counted.clone().filter(|f| f.output < limits.output);
    (counted.count(), gray.count())
}

fn grayscale(input: &GateInput<'_>, rules: &GateRules) -> Finding {
    match rules.grayscale {
        None => Finding::not_applicable("these rules have no grey-scale check"),
        Some(GrayscaleRule::AnyFrame { difference }) => any_frame(input, difference),
        Some(GrayscaleRule::MostFrames {
            source,
            dark,
            reference,
            output,
            share,
        }) => {
            let frames = judged_frames(input, source);
            if frames.is_empty() {
                return Finding::unseen(input);
            }
            let found: Vec<_> = frames
                .iter()
                .filter_map(|f| ColorFrame::of(f, source))
                .collect();
            let limits = GrayLimits {
                dark,
                reference,
                output,
            };
            let (counted, gray) = gray_share(&found, limits);
            let measured = format!(
                "{gray} of {counted} bright and colourful frames are grey ({})",
                frames_text(&frames)
            );
            let limit = format!("at most {:.0} % of them", share * 100.0);
            if counted == 0 {
                return Finding::either(true, "no bright and colourful frame", limit, "");
            }
            let part = gray as f64 / counted as f64;
            let reason =
                format!("Color validation failed: {gray} of {counted} frames are grayscale");
            Finding::either(part <= share, measured, limit, reason)
                .value(part)
                .warn_if(gray > 0)
        }
        Some(GrayscaleRule::EnergyRatio { reference, least }) => {
            let Some(sampled) = input.sampled else {
                return Finding::unseen(input);
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

fn any_frame(input: &GateInput<'_>, difference: f64) -> Finding {
    let frames = judged_frames(input, ColorSource::Channels);
    if frames.is_empty() {
        return Finding::unseen(input);
    }
    let gray = frames.iter().enumerate().find(|(_, frame)| {
        frame
            .channels
            .as_ref()
            .is_some_and(|[_, output]| output.differences.iter().all(|d| *d < difference))
    });
    let limit = format!("no frame whose channels all lie nearer than {difference} codes");
    match gray {
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

pub(super) const GATES: &[GateDefinition] = &[GateDefinition {
    codes: Codes::central("COLOR_GRAYSCALE"),
    source: Source::central("vidaio/scoring/perceptual_cpu.py"),
    class: GateClass::Quality,
    records: Records::Vmaf,
    evidence: |rules| match rules.grayscale {
        None => Evidence::None,
        Some(GrayscaleRule::AnyFrame { .. }) => Evidence::Channels,
        Some(GrayscaleRule::MostFrames { source, .. }) => Evidence::of_color(source),
        Some(GrayscaleRule::EnergyRatio { .. }) => Evidence::SampledGrid,
    },
    fix: |_, _| Some(FIX_COLOR.into()),
    ..GateDefinition::new(
        "grayscale",
        "The colour was not taken away.",
        |input, revision| grayscale(input, &revision.gates),
    )
}];
