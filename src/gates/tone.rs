//! The tone check: was brightness, contrast or colour changed as a whole?
//!
//! Source: `services/scoring/server.py` 89-224 and 531-767 of `vidAio-subnet/vidaio-subnet` at
//! `fea3779`; for `next` `vidaio/scoring/perceptual_cpu.py` at `688b6716`.

use std::collections::BTreeSet;

use super::attributes::{Codes, Evidence, GateClass, Records, Source};
use super::definition::GateDefinition;
use super::draw::tone_frames;
use super::finding::Finding;
use super::input::GateInput;
use crate::metrics::sampled::Sampled;
use crate::metrics::tone::{ToneFit, ToneFrame};
use crate::rules::{GateRules, ToneFitRule, ToneLimits, ToneRule};

/// Fewest usable pixels of a frame.
const FEWEST_PIXELS: u64 = 500;
/// Least standard deviation of the reference's luma.
const LEAST_DEVIATION: f64 = 1.0;
/// Least correlation, and the slopes between which a line is believed.
const LEAST_CORRELATION: f64 = 0.9;
const BELIEVED_SLOPES: (f64, f64) = (0.5, 1.6);
/// Colour energy of the reference from which on saturation and hue are judged.
const LEAST_ENERGY: f64 = 4.0;

/// Degree of alert of one frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ToneAlert {
    /// Nothing.
    Quiet,
    /// No line can be believed: too dark, too flat, or too different.
    Unreliable,
    /// Changed.
    Alert,
    /// Changed strongly.
    Strong,
}

/// Names of the measures of a believable frame that exceed the limits.
fn over(frame: &ToneFrame, fit: &ToneFit, limits: &ToneLimits) -> Vec<&'static str> {
    let colorful = frame.color_energy >= LEAST_ENERGY;
    let saturation = frame.saturation.map_or(0.0, |s| (s - 1.0).abs());
    let hue = frame.hue.unwrap_or(0.0);
    [
        ("slope", (fit.slope - 1.0).abs() >= limits.slope),
        ("offset", fit.offset.abs() >= limits.offset),
        ("residual", fit.residual >= limits.residual),
        ("curve", fit.curve >= limits.curve),
        ("tiles", fit.tiles >= limits.tiles),
        ("saturation", colorful && saturation >= limits.saturation),
        ("hue", colorful && hue >= limits.hue),
        ("shift", frame.shift >= limits.shift),
    ]
    .into_iter()
    .filter(|(_, over)| *over)
    .map(|(name, _)| name)
    .collect()
}

/// The line of a frame, if it can be believed.
fn believable(frame: &ToneFrame) -> Option<&ToneFit> {
    frame.fit.as_ref().filter(|fit| {
        frame.pixels >= FEWEST_PIXELS
            && frame.deviation >= LEAST_DEVIATION
            && fit.correlation >= LEAST_CORRELATION
            && fit.slope > BELIEVED_SLOPES.0
            && fit.slope < BELIEVED_SLOPES.1
    })
}

/// Judges one frame.
#[must_use]
pub fn tone_alert(frame: &ToneFrame, alert: &ToneLimits, strong: &ToneLimits) -> ToneAlert {
    let Some(fit) = believable(frame) else {
        return ToneAlert::Unreliable;
    };
    if !over(frame, fit, strong).is_empty() {
        ToneAlert::Strong
    } else if !over(frame, fit, alert).is_empty() {
        ToneAlert::Alert
    } else {
        ToneAlert::Quiet
    }
}

fn tone(input: &GateInput<'_>, rules: &GateRules) -> Finding {
    match &rules.tone {
        None => Finding::not_applicable("these rules have no tone check"),
        Some(ToneRule::Moments { mean, deviation }) => match input.sampled {
            Some(sampled) => moments(sampled, *mean, *deviation),
            None => Finding::unseen(input),
        },
        Some(ToneRule::Fit(rule)) => fitted(input, rule),
    }
}

/// Lines through the luma of drawn frames.
fn fitted(input: &GateInput<'_>, rule: &ToneFitRule) -> Finding {
    let seen: Vec<&ToneFrame> = input
        .frames
        .iter()
        .filter_map(|f| f.tone.as_ref())
        .collect();
    let reference = input.reference.facts().filter(|_| !seen.is_empty());
    let Some(reference) = reference else {
        return Finding::unseen(input);
    };
    let rate = reference.average_frame_rate.per_second();
    let drawn = tone_frames(input.seed, rule.frames, seen.len() as u64, rate);
    let judged: Vec<&ToneFrame> = drawn
        .iter()
        .filter_map(|i| seen.get(*i as usize).copied())
        .collect();
    let verdicts: Vec<ToneAlert> = judged
        .iter()
        .map(|frame| tone_alert(frame, &rule.alert, &rule.strong))
        .collect();
    let count = |wanted: ToneAlert| verdicts.iter().filter(|v| **v == wanted).count() as u32;
    let (strongly, lost) = (count(ToneAlert::Strong), count(ToneAlert::Unreliable));
    let alarmed = count(ToneAlert::Alert) + strongly;
    let passed = alarmed < rule.alerts && strongly < rule.strong_alerts && lost < rule.unreliable;
    let over_what: BTreeSet<&str> = judged
        .iter()
        .filter_map(|frame| Some(over(frame, believable(frame)?, &rule.alert)))
        .flatten()
        .collect();
    let by = if over_what.is_empty() {
        String::new()
    } else {
        format!(" by {}", Vec::from_iter(over_what).join(", "))
    };
    let worst = judged
        .iter()
        .filter_map(|frame| frame.fit)
        .max_by(|a, b| (a.slope - 1.0).abs().total_cmp(&(b.slope - 1.0).abs()));
    let line = worst.map_or_else(
        || "no line can be drawn".to_owned(),
        |fit| format!("worst line {:.4} x {:+.2}", fit.slope, fit.offset),
    );
    let numbers: Vec<String> = drawn.iter().map(u64::to_string).collect();
    let measured = format!(
        "{alarmed} of {} frames alarmed{by}, {strongly} strongly, {lost} unreliable; {line}; \
         frames {}",
        verdicts.len(),
        numbers.join(", ")
    );
    let limit = format!(
        "under {} alarms, under {} strong, under {} unreliable",
        rule.alerts, rule.strong_alerts, rule.unreliable
    );
    let why = if lost >= rule.unreliable {
        "too many unreliable frames"
    } else {
        "brightness, contrast or colour changed"
    };
    let reason = format!("Tone manipulation detected: {why}");
    Finding::either(passed, measured, limit, reason)
        .value(f64::from(alarmed))
        .warn_if(alarmed + lost > 0)
}

fn moments(sampled: &Sampled, mean: f64, deviation: f64) -> Finding {
    let by = |pair: [f64; 2]| (pair[1] - pair[0]).abs();
    let (means, deviations) = (by(sampled.luma_mean), by(sampled.luma_deviation));
    let worst = (means / mean).max(deviations / deviation);
    Finding::either(
        worst <= 1.0,
        format!("mean off by {means:.6}, deviation by {deviations:.6}"),
        format!("at most {mean} and {deviation}"),
        format!("CPU tone check: normalized deviation {worst:.6}"),
    )
    .value(worst)
    .warn_if(worst > 0.7)
}

pub(super) const GATES: &[GateDefinition] = &[GateDefinition {
    codes: Codes::central("TONE_MANIPULATION"),
    source: Source::central("vidaio/scoring/perceptual_cpu.py"),
    class: GateClass::Quality,
    records: Records::VmafAndRate,
    evidence: |rules| match rules.tone {
        None => Evidence::None,
        Some(ToneRule::Fit(_)) => Evidence::ToneLines,
        Some(ToneRule::Moments { .. }) => Evidence::SampledGrid,
    },
    fix: |_, _| {
        let fix = "leave brightness, contrast and colour alone, and tag colours as the reference does; \
                   dark or flat clips cannot pass";
        Some(fix.into())
    },
    ..GateDefinition::new(
        "tone",
        "Brightness and contrast were not manipulated.",
        |input, revision| tone(input, &revision.gates),
    )
}];
