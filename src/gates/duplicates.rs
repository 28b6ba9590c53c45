//! Outputs that count as one: the same size in bytes, or nearly the same metrics.
//!
//! Source: `services/scoring/server.py` 907-997 and `services/scoring/compression_score_cache.py` of
//! `vidAio-subnet/vidaio-subnet` at `fea3779`.

use super::attributes::{Codes, GateClass, Source};
use super::claim::Claim;
use super::definition::GateDefinition;
use super::finding::Finding;
use super::input::GateInput;
use crate::rules::{GateRules, MetricDuplicates};

/// Whether two outputs count as one within the tolerances.
fn alike(one: &Claim, other: &Claim, rule: &MetricDuplicates) -> bool {
    // Differences of decimal numbers miss their limit by the last bit; the network allows for that.
    let within = |a: f64, b: f64, most: f64| (a - b).abs() <= most + 1e-9;
    let bases = match (one.base, other.base) {
        (None, None) => true,
        (Some(a), Some(b)) => within(a, b, rule.base),
        _ => false,
    };
    // The network's key of a threshold has two decimals.
    let hundredths = |threshold: Option<f64>| threshold.map(|t| format!("{t:.2}"));
    !one.clip.is_empty()
        && one.clip == other.clip
        && hundredths(one.threshold) == hundredths(other.threshold)
        && within(one.vmaf, other.vmaf, rule.vmaf)
        && bases
        && within(one.rate, other.rate, rule.rate)
}

/// For each output the position of the earlier one that it duplicates. An output that is not a
/// duplicate claims its metrics; whoever comes later within the tolerances gets nothing.
#[must_use]
pub fn metric_duplicates(outputs: &[Claim], rule: &MetricDuplicates) -> Vec<Option<usize>> {
    let mut claims: Vec<usize> = Vec::new();
    outputs
        .iter()
        .enumerate()
        .map(|(i, output)| {
            if output.score <= 0.0 || output.score.is_nan() {
                return None;
            }
            let found = claims
                .iter()
                .copied()
                .find(|j| outputs[*j].who != output.who && alike(&outputs[*j], output, rule));
            if found.is_none() {
                claims.push(i);
            }
            found
        })
        .collect()
}

/// Groups of outputs with the same number of bytes: positions, each group of two or more.
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

fn same_batch(input: &GateInput<'_>) -> Finding {
    if input.bundle.is_empty() {
        return Finding::not_judged(
            "give the other answers of the bundle: --bundle a.mp4 b.mp4",
            "no other answer of the batch with the same URL or byte size",
        );
    }
    let Some(own) = input.output.facts() else {
        return Finding::not_judged("the output cannot be read", "");
    };
    let same: Vec<&str> = input
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

fn near_equal(input: &GateInput<'_>, rules: &GateRules) -> Finding {
    let Some(rule) = &rules.metric_duplicates else {
        return Finding::not_applicable("these rules compare no metrics");
    };
    let limit = format!(
        "no richer miner within {} VMAF, {} base and {} rate",
        rule.vmaf, rule.base, rule.rate
    );
    if input.against.is_empty() {
        let why = "give measurements of other answers: --against FILE";
        return Finding::not_judged(why, limit);
    }
    let (Some(vmaf), Some(rate)) = (input.vmaf, input.rate) else {
        return Finding::not_judged("the output was not measured", limit);
    };
    let own = |clip: &str| Claim {
        who: String::new(),
        clip: clip.to_owned(),
        vmaf,
        base: input.base,
        threshold: input.request.threshold,
        rate,
        score: 1.0,
    };
    let near: Vec<&str> = input
        .against
        .iter()
        .filter(|other| other.score > 0.0 && alike(&own(&other.clip), other, rule))
        .map(|other| other.who.as_str())
        .collect();
    let measured = if near.is_empty() {
        format!("none of {} others is near", input.against.len())
    } else {
        format!("nearly the same as {}", near.join(", "))
    };
    let reason = "MINER FAILURE: duplicate synthetic compression score metrics";
    Finding::either(near.is_empty(), measured, limit, reason)
}

/// Name of the gate that compares the outputs of one batch.
pub const BATCH_DUPLICATE: &str = "duplicate";

pub(super) const GATES: &[GateDefinition] = &[
    GateDefinition {
        class: GateClass::Network,
        fix: |_, _| {
            let fix = "make each answer of a bundle from its own clip; pad one by a byte if two sizes meet \
                       by chance";
            Some(fix.into())
        },
        ..GateDefinition::new(
            BATCH_DUPLICATE,
            "No two answers of a batch share a URL or a byte size.",
            |input, _| same_batch(input),
        )
    },
    GateDefinition {
        source: Source::server("services/scoring/compression_score_cache.py"),
        class: GateClass::Network,
        fix: |_, _| {
            Some("leave the stock settings: another preset or CRF moves VMAF or size away".into())
        },
        ..GateDefinition::new(
            "metric-duplicate",
            "No other miner's answer has nearly the same metrics.",
            |input, revision| near_equal(input, &revision.gates),
        )
    },
    GateDefinition {
        codes: Codes::central("REPLAY_DUPLICATE"),
        source: Source::central("vidaio/scoring/dedup.py"),
        class: GateClass::Network,
        ..GateDefinition::new("replay", "An answer seen before (`next`).", |_, _| {
            Finding::not_judged("needs the answers of earlier rounds", "never seen")
        })
    },
    GateDefinition {
        codes: Codes::central("DUPLICATE_CONTENT"),
        source: Source::central("vidaio/scoring/dedup.py"),
        class: GateClass::Network,
        ..GateDefinition::new(
            "duplicate-content",
            "The same bytes as another miner's answer (`next`).",
            |_, _| {
                Finding::not_judged(
                    "needs the answers of other miners",
                    "other bytes than theirs",
                )
            },
        )
    },
];
