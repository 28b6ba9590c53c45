//! What the user's own runs teach: how far the map of qualities was off on this machine's clips.

use serde::{Deserialize, Serialize};

use super::features::Features;
use super::prior::{Learnt, Prior};
use super::record::{MadeRecord, ProbeRecord, Purpose};
use crate::assess::PairScore;
use crate::rules::VmafModel;

/// The latest lessons that count.
const LESSONS: usize = 50;

/// One finished run, as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Lesson {
    /// Our name of the encoder.
    pub encoder: String,
    /// Threshold that was aimed at.
    pub threshold: f64,
    /// The VMAF model that was scored.
    pub model: VmafModel,
    /// Features of the clip.
    pub features: Features,
    /// Quality at which the threshold was met.
    pub quality: f64,
}

impl Lesson {
    /// What a run teaches: where its two nearest probes say that the threshold lies. Nothing if they do
    /// not enclose it closely.
    #[must_use]
    pub fn of(made: &MadeRecord) -> Option<Self> {
        let usual = |p: &&ProbeRecord| p.variant == 0 && p.purpose == Purpose::Search;
        let first = made.probes.iter().find(usual)?;
        let target = first.threshold;
        let mut near: Vec<&ProbeRecord> = made.probes.iter().filter(usual).collect();
        near.sort_by(|a, b| (a.vmaf - target).abs().total_cmp(&(b.vmaf - target).abs()));
        let quality = match near.as_slice() {
            [a, b, ..] if (a.vmaf - target) * (b.vmaf - target) <= 0.0 && a.vmaf != b.vmaf => {
                a.quality + (b.quality - a.quality) * (target - a.vmaf) / (b.vmaf - a.vmaf)
            }
            [a, ..] if (a.vmaf - target).abs() < 0.3 => a.quality,
            _ => return None,
        };
        Some(Self {
            encoder: made.encoder.clone(),
            threshold: target,
            model: match &made.verdict {
                PairScore::Compress(verdict) => verdict.vmaf_model,
                PairScore::Upscale(_) => return None,
            },
            features: first.features,
            quality,
        })
    }
}

/// What lessons add to the map for an encoder; nothing without any.
#[must_use]
pub fn learnt_from(lessons: &[Lesson], encoder: &str) -> Option<Learnt> {
    let prior = Prior::embedded().ok()?;
    let errors: Vec<f64> = lessons
        .iter()
        .rev()
        .filter(|lesson| lesson.encoder == encoder)
        .take(LESSONS)
        .filter_map(|lesson| {
            let guess = prior.quality(encoder, &lesson.features, lesson.threshold, lesson.model)?;
            Some(lesson.quality - guess)
        })
        .collect();
    let count = errors.len() as f64;
    if errors.is_empty() {
        return None;
    }
    let bias = errors.iter().sum::<f64>() / count;
    let spread = (errors.iter().map(|e| (e - bias).powi(2)).sum::<f64>() / count).sqrt();
    Some(Learnt {
        runs: errors.len() as u32,
        bias,
        spread,
    })
}
