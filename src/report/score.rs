//! Scores as tables.

use crate::gates::Outcome;
use crate::measure::{VmafMeasurement, VmafPath};
use crate::rules::{VmafModel, spelled};
use crate::scoring::PooledVmaf;
use crate::verdict::{Also, CompressionVerdict, Distribution, GateVerdict, UpscaleVerdict};

use super::table::{key_values, rules};

fn number(value: f64) -> String {
    format!("{value:.6}")
}

fn bytes(value: u64) -> String {
    format!("{value} bytes")
}

fn model_name(model: VmafModel) -> &'static str {
    match model {
        VmafModel::Base => "base model",
        VmafModel::Neg => "NEG model",
    }
}

fn summary(pooled: Option<&PooledVmaf>) -> String {
    let Some(pooled) = pooled else {
        return "not measured".into();
    };
    format!(
        "mean {:.4}  harmonic {:.4}  min {:.4}  p5 {:.4}",
        pooled.mean, pooled.harmonic_mean_libvmaf, pooled.min, pooled.p5
    )
}

fn also_line(also: &[Also]) -> String {
    let parts: Vec<String> = also
        .iter()
        .map(|a| match a.s_f {
            // A tilde marks what that revision would have measured otherwise.
            Some(s_f) => {
                let about = if a.exact { "" } else { "~" };
                match (a.zeroed_by, a.s_f_metrics) {
                    (Some(gate), Some(metrics)) => {
                        let gate = spelled(&gate);
                        format!("{} {s_f} ({gate}; metrics {about}{metrics:.4})", a.rules)
                    }
                    (Some(gate), None) => format!("{} {s_f} ({})", a.rules, spelled(&gate)),
                    _ => format!("{} {about}{s_f:.4}", a.rules),
                }
            }
            None => format!("{} -", a.rules),
        })
        .collect();
    format!("other rules: {}\n", parts.join(", "))
}

/// How many gates pass, and which do not.
fn gates(verdict: &GateVerdict) -> String {
    let of = |outcome: Outcome| {
        let names: Vec<String> = verdict
            .results
            .iter()
            .filter(|r| r.outcome == outcome)
            .map(|r| spelled(&r.gate))
            .collect();
        names
    };
    let mut parts = Vec::new();
    for (outcome, word) in [
        (Outcome::Fail, "FAILED"),
        (Outcome::Warn, "narrow"),
        (Outcome::NotJudged, "not judged"),
    ] {
        let names = of(outcome);
        if !names.is_empty() {
            parts.push(format!("{word}: {}", names.join(", ")));
        }
    }
    parts.insert(0, format!("{} passed", of(Outcome::Pass).len()));
    parts.join("; ")
}

fn spread(distribution: Option<&Distribution>) -> Option<(&'static str, String)> {
    distribution.map(|d| {
        let text = format!(
            "median {:.6}, 5 % {:.6}, 95 % {:.6} over {} draws",
            d.median, d.p5, d.p95, d.draws
        );
        ("spread", text)
    })
}

fn frames(run: &VmafMeasurement) -> String {
    let count = run.frames.len();
    match run.path {
        VmafPath::All => format!("all {count} frames"),
        VmafPath::Subsample => format!("{count} frames, every n-th scored, motion over all"),
        VmafPath::FallbackCut => {
            format!("{count} frames, cut out because the sub-sample has none, as validators do")
        }
        VmafPath::Listed => format!("{count} named frames, compared as if consecutive"),
        _ => format!("{count} frames, cut out and compared as if consecutive"),
    }
}

/// A compression score.
#[must_use]
pub fn compression_table(v: &CompressionVerdict, distribution: Option<&Distribution>) -> String {
    let m = &v.measurement;
    let mut rows = vec![
        ("rules", rules(&v.rules, &v.rules_commit)),
        (
            "reference",
            format!(
                "{}, {}",
                m.reference.path.display(),
                bytes(v.reference_bytes)
            ),
        ),
        (
            "output",
            format!("{}, {}", m.distorted.path.display(), bytes(v.output_bytes)),
        ),
        (
            "compression rate",
            format!("{} (ratio {:.4})", number(v.compression_rate), v.ratio),
        ),
        ("frames", frames(&m.vmaf)),
        ("VMAF base", summary(m.vmaf.base.as_ref())),
        ("VMAF NEG", summary(m.vmaf.neg.as_ref())),
        (
            "VMAF scored",
            format!(
                "{} ({}, {}), threshold {}",
                number(v.vmaf),
                model_name(v.vmaf_model),
                v.vmaf_pooling,
                v.threshold
            ),
        ),
        ("compression component", number(v.compression_component)),
        ("quality component", number(v.quality_component)),
        ("S_f", format!("{} - {}", number(v.s_f), v.reason_text)),
    ];
    if v.s_f.to_bits() != v.s_f_metrics.to_bits() {
        rows.push(("metrics alone", number(v.s_f_metrics)));
    }
    rows.push(("gates", gates(&v.gates)));
    rows.extend(spread(distribution));
    key_values(&rows) + &also_line(&v.also)
}

/// An upscaling score.
#[must_use]
pub fn upscaling_table(v: &UpscaleVerdict, distribution: Option<&Distribution>) -> String {
    let m = &v.measurement;
    let missing = || "not measured".to_owned();
    let gate = if v.vmaf_passed { "passed" } else { "FAILED" };
    let mut rows = vec![
        ("rules", rules(&v.rules, &v.rules_commit)),
        ("reference", crate::shown::path(&m.reference.path)),
        ("output", crate::shown::path(&m.distorted.path)),
        ("frames", frames(&m.vmaf)),
        ("VMAF base", summary(m.vmaf.base.as_ref())),
        ("VMAF NEG", summary(m.vmaf.neg.as_ref())),
        (
            "VMAF gate",
            format!(
                "{gate}: {} ({}, {}), floor {}",
                number(v.vmaf),
                model_name(v.vmaf_model),
                v.vmaf_pooling,
                v.vmaf_floor
            ),
        ),
        ("PIE-APP", v.pieapp.map_or_else(missing, number)),
        ("S_Q", v.s_q.map_or_else(missing, number)),
        ("S_L", format!("{} ({} s)", number(v.s_l), v.length)),
        ("S_pre", v.s_pre.map_or_else(missing, number)),
    ];
    rows.push((
        "S_F",
        match (v.s_f, v.s_f_range) {
            (Some(s_f), _) => match &v.gates.reason {
                Some(reason) if v.gates.score.is_some() => format!("{} - {reason}", number(s_f)),
                _ => number(s_f),
            },
            (None, Some((low, high))) => {
                format!("between {low:.6} and {high:.6}, depending on PIE-APP")
            }
            (None, None) => missing(),
        },
    ));
    if v.gates.score.is_some() {
        let alone = v.s_f_metrics.map_or_else(missing, number);
        rows.push(("metrics alone", alone));
    }
    rows.push(("gates", gates(&v.gates)));
    if let Some(tier) = &v.tier {
        rows.push(("tier", tier.clone()));
    }
    if let Some(device) = &m.backend.device {
        let weights = match &m.backend.weights {
            Some(w) if w.published => "published weights",
            _ => "OTHER WEIGHTS: no validator uses these",
        };
        rows.push(("PIE-APP ran on", format!("{device}, {weights}")));
    }
    rows.extend(spread(distribution));
    key_values(&rows) + &also_line(&v.also)
}
