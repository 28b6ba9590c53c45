//! What the user's own searches teach: by how much the prior was off on this machine's clips.

use serde::{Deserialize, Serialize};

use super::record::{MadeRecord, ProbePurpose, ProbeRecord};
use super::search::features::Features;
use super::search::prior::{Learnt, Prior};
use crate::assess::PairScore;
use crate::rules::VmafModel;

/// Most lessons per encoder that are used, the latest ones. Our choice.
const LATEST_LESSONS: usize = 50;
/// VMAF points from the threshold within which a single probe determines its quality. Our choice.
const NEAR_TARGET: f64 = 0.3;

/// What is kept of a finished search.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Lesson {
    /// Name of the encoder on the command line.
    pub encoder: String,
    /// VMAF threshold of the task.
    pub threshold: f64,
    /// The VMAF model that was scored.
    pub model: VmafModel,
    /// Features of the clip.
    pub features: Features,
    /// Quality at which VMAF equals the threshold, as the encoder's quality value.
    pub quality: f64,
}

impl Lesson {
    /// What a search teaches: the quality of the threshold, interpolated between the two nearest probes.
    /// Nothing if they do not enclose it and neither is close to it.
    #[must_use]
    pub fn of(made: &MadeRecord) -> Option<Self> {
        let usual = |p: &&ProbeRecord| p.variant == 0 && p.purpose == ProbePurpose::Search;
        let first = made.probes.iter().find(usual)?;
        let target = first.threshold;
        let mut near: Vec<&ProbeRecord> = made.probes.iter().filter(usual).collect();
        near.sort_by(|a, b| (a.vmaf - target).abs().total_cmp(&(b.vmaf - target).abs()));
        let quality = match near.as_slice() {
            [a, b, ..] if (a.vmaf - target) * (b.vmaf - target) <= 0.0 && a.vmaf != b.vmaf => {
                a.quality + (b.quality - a.quality) * (target - a.vmaf) / (b.vmaf - a.vmaf)
            }
            [a, ..] if (a.vmaf - target).abs() < NEAR_TARGET => a.quality,
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

/// The correction of the prior for an encoder; nothing without lessons.
#[must_use]
pub fn learnt_from(lessons: &[Lesson], encoder: &str) -> Option<Learnt> {
    let prior = Prior::embedded().ok()?;
    let errors: Vec<f64> = lessons
        .iter()
        .rev()
        .filter(|lesson| lesson.encoder == encoder)
        .take(LATEST_LESSONS)
        .filter_map(|lesson| {
            let predicted =
                prior.quality(encoder, &lesson.features, lesson.threshold, lesson.model)?;
            Some(lesson.quality - predicted)
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
