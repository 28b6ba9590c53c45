//! Answers that count as one: the same size in bytes, or nearly the same metrics.
//!
//! Source: `services/scoring/server.py` 907-997 and `services/scoring/compression_score_cache.py` of
//! `vidAio-subnet/vidaio-subnet` at `fea3779`.

use super::facts::Facts;
use super::result::Finding;
use crate::rules::{GateRules, MetricDuplicates};

/// One scored answer, in the order in which a validator visits them: the best miner's first.
#[derive(Debug, Clone, PartialEq)]
pub struct Claim {
    /// Whose answer it is: a name or a uid.
    pub who: String,
    /// The clip it answers; answers to different clips are never compared, an empty name never counts.
    pub clip: String,
    /// VMAF that was scored.
    pub vmaf: f64,
    /// VMAF of the base model, where it was measured.
    pub base: Option<f64>,
    /// Threshold of the task.
    pub threshold: f64,
    /// Compression rate.
    pub rate: f64,
    /// Score; an answer without one claims nothing and is never a duplicate.
    pub score: f64,
}

/// Whether two answers are one within the tolerances.
fn alike(one: &Claim, other: &Claim, rule: &MetricDuplicates) -> bool {
    // Differences of decimal numbers miss their limit by the last bit; the network allows for that.
    let within = |a: f64, b: f64, most: f64| (a - b).abs() <= most + 1e-9;
    let bases = match (one.base, other.base) {
        (None, None) => true,
        (Some(a), Some(b)) => within(a, b, rule.base),
        _ => false,
    };
    !one.clip.is_empty()
        && one.clip == other.clip
        && format!("{:.2}", one.threshold) == format!("{:.2}", other.threshold)
        && within(one.vmaf, other.vmaf, rule.vmaf)
        && bases
        && within(one.rate, other.rate, rule.rate)
}

/// For each answer the position of the earlier one that it duplicates. An answer that is not a
/// duplicate claims its metrics; whoever comes later within the tolerances gets nothing.
#[must_use]
pub fn metric_duplicates(answers: &[Claim], rule: &MetricDuplicates) -> Vec<Option<usize>> {
    let mut claims: Vec<usize> = Vec::new();
    answers
        .iter()
        .enumerate()
        .map(|(i, answer)| {
            if answer.score <= 0.0 || answer.score.is_nan() {
                return None;
            }
            let found = claims
                .iter()
                .copied()
                .find(|j| answers[*j].who != answer.who && alike(&answers[*j], answer, rule));
            if found.is_none() {
                claims.push(i);
            }
            found
        })
        .collect()
}

/// Groups of answers with the same number of bytes: positions, each group of two or more.
#[must_use]
pub fn duplicate_sizes(bytes: &[u64]) -> Vec<Vec<usize>> {
    let mut groups: std::collections::BTreeMap<u64, Vec<usize>> = Default::default();
    for (i, size) in bytes.iter().enumerate() {
        groups.entry(*size).or_default().push(i);
    }
    groups
        .into_values()
        .filter(|group| group.len() > 1)
        .collect()
}

pub(super) fn same_batch(facts: &Facts<'_>) -> Finding {
    if facts.bundle.is_empty() {
        return Finding::not_judged(
            "give the other answers of the bundle: --bundle a.mp4 b.mp4",
            "no other answer of the batch with the same URL or byte size",
        );
    }
    let Some(own) = facts.output.facts() else {
        return Finding::not_judged("the output cannot be read", "");
    };
    let same: Vec<&str> = facts
        .bundle
        .iter()
        .filter(|(_, bytes)| *bytes == own.bytes)
        .map(|(name, _)| name.as_str())
        .collect();
    Finding::either(
        same.is_empty(),
        if same.is_empty() {
            format!("{} bytes, no other answer has as many", own.bytes)
        } else {
            format!("{} bytes, as many as {}", own.bytes, same.join(", "))
        },
        "no other answer of the batch with as many bytes",
        "MINER FAILURE: duplicate miner response by file size",
    )
}

pub(super) fn near_equal(facts: &Facts<'_>, rules: &GateRules) -> Finding {
    let Some(rule) = &rules.metric_duplicates else {
        return Finding::not_applicable("these rules compare no metrics");
    };
    let limit = format!(
        "no richer miner within {} VMAF, {} base and {} rate",
        rule.vmaf, rule.base, rule.rate
    );
    if facts.against.is_empty() {
        let why = "give measurements of other answers: --against FILE";
        return Finding::not_judged(why, limit);
    }
    let (Some(vmaf), Some(rate)) = (facts.vmaf, facts.rate) else {
        return Finding::not_judged("the output was not measured", limit);
    };
    let own = |clip: &str| Claim {
        who: String::new(),
        clip: clip.to_owned(),
        vmaf,
        base: facts.base,
        threshold: facts.request.threshold.unwrap_or(0.0),
        rate,
        score: 1.0,
    };
    let near: Vec<&str> = facts
        .against
        .iter()
        .filter(|other| other.score > 0.0 && alike(&own(&other.clip), other, rule))
        .map(|other| other.who.as_str())
        .collect();
    let measured = if near.is_empty() {
        format!("none of {} others is near", facts.against.len())
    } else {
        format!("nearly the same as {}", near.join(", "))
    };
    let reason = "MINER FAILURE: duplicate synthetic compression score metrics";
    Finding::either(near.is_empty(), measured, limit, reason)
}
