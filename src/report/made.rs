//! Results of `compress` and `upscale` as tables.

use super::table::{key_values, rows};
use crate::assess::PairScore;
use crate::encode::{CompressPlan, MadeRecord, ProbePurpose, ProbeRecord};
use crate::gates::Outcome;
use crate::rules::short_commit;
use crate::upscale::UpscaledRecord;

fn seconds(value: f64) -> String {
    format!("{value:.1} s")
}

fn purpose(probe: &ProbeRecord) -> String {
    match (probe.purpose, &probe.variant_name) {
        (_, Some(name)) => name.clone(),
        (ProbePurpose::Safe, None) => "safe file".into(),
        (ProbePurpose::Table, None) => "published table".into(),
        (ProbePurpose::Grid, None) => "grid".into(),
        _ => "search".into(),
    }
}

/// A run with its probes.
#[must_use]
pub fn made_table(made: &MadeRecord) -> String {
    let PairScore::Compress(verdict) = &made.verdict else {
        return String::new();
    };
    let mut pairs = vec![
        ("made", made.output.clone()),
        ("score", format!("{:.6}", verdict.s_f)),
        (
            "rules",
            format!(
                "{} ({})",
                verdict.rules,
                short_commit(&verdict.rules_commit)
            ),
        ),
        (
            "VMAF",
            format!(
                "{:.4} for a threshold of {} ({})",
                verdict.vmaf, verdict.threshold, verdict.vmaf_pooling
            ),
        ),
        (
            "size",
            format!(
                "{} of {} bytes, rate {:.4}, {:.2} times smaller",
                verdict.output_bytes,
                verdict.reference_bytes,
                verdict.compression_rate,
                verdict.ratio
            ),
        ),
        (
            "encoder",
            format!(
                "{} ({}) on the {}, preset {}, FFmpeg {}",
                made.encoder, made.library, made.device, made.preset, made.ffmpeg
            ),
        ),
        (
            "gates",
            if verdict.gates.passed {
                "every gate passes".to_owned()
            } else {
                "FAILED".to_owned()
            },
        ),
        (
            "search",
            format!(
                "{} of {} probes chosen, {}, ended: {}",
                made.chosen,
                made.probes.len(),
                seconds(made.seconds),
                crate::rules::spelled(&made.ended)
            ),
        ),
    ];
    if let Some(fallback) = &made.fallback {
        pairs.push(("fallback", format!("{} does not work here", fallback.asked)));
    }
    format!("{}\n{}", key_values(&pairs), probe_rows(made))
}

fn probe_rows(made: &MadeRecord) -> String {
    let lines: Vec<Vec<String>> = made
        .probes
        .iter()
        .map(|p| {
            vec![
                format!(
                    "{}{}",
                    p.number,
                    if p.number == made.chosen { "*" } else { "" }
                ),
                purpose(p),
                p.preset.clone(),
                format!("{}", p.quality),
                p.bytes.to_string(),
                format!("{:.4}", p.vmaf),
                format!("{:.6}", p.score),
                crate::rules::spelled(&p.feasibility),
                seconds(p.encode_seconds),
                seconds(p.measure_seconds),
            ]
        })
        .collect();
    let header = [
        "probe", "for", "preset", "quality", "bytes", "VMAF", "score", "gates", "encode", "measure",
    ];
    rows(&header, &lines)
}

/// What would be done.
#[must_use]
pub fn plan_table(plan: &CompressPlan) -> String {
    let held = if plan.reference_held {
        "decoded once and held in memory"
    } else {
        "decoded anew for every probe: it does not fit into memory"
    };
    key_values(&[
        (
            "encoder",
            format!("{}, preset {}", plan.encoder, plan.preset),
        ),
        (
            "fallback",
            plan.fallback
                .as_ref()
                .map_or_else(|| "none".into(), |f| format!("{}: {}", f.asked, f.why)),
        ),
        (
            "expected quality",
            format!("{:.2} ± {:.2}", plan.seed.quality, plan.seed.error),
        ),
        ("first quality", format!("{}", plan.first_quality)),
        ("step", format!("{}", plan.step)),
        ("shots", plan.shots.len().to_string()),
        ("pieces", plan.pieces.to_string()),
        ("input", held.to_owned()),
    ])
}

/// An upscaling.
#[must_use]
pub fn upscaled_table(made: &UpscaledRecord) -> String {
    let passed = made
        .gates
        .results
        .iter()
        .filter(|r| r.outcome == Outcome::Pass)
        .count();
    let open = made
        .gates
        .results
        .iter()
        .filter(|r| r.outcome == Outcome::NotJudged)
        .count();
    let mut pairs = vec![
        ("made", made.output.clone()),
        (
            "size",
            format!(
                "{}x{}, {} times the input, {} frames",
                made.size.0, made.size.1, made.scale, made.frames
            ),
        ),
        (
            "enlarged by",
            format!(
                "{} on the {}{}",
                made.engine,
                made.device,
                if made.half { ", half precision" } else { "" }
            ),
        ),
        (
            "encoder",
            format!(
                "{}, preset {}, quality {}, FFmpeg {}",
                made.encoder, made.preset, made.quality, made.ffmpeg
            ),
        ),
        (
            "bytes",
            match made.most_bytes {
                Some(most) => format!(
                    "{} from {} ({most} are allowed)",
                    made.output_bytes, made.input_bytes
                ),
                None => format!("{} from {}", made.output_bytes, made.input_bytes),
            },
        ),
        (
            "gates",
            format!(
                "{passed} pass under {}; {open} need the original and are not judged",
                made.rules
            ),
        ),
        (
            "time",
            format!(
                "{}, {:.2} frames a second",
                seconds(made.seconds),
                made.frames_per_second
            ),
        ),
    ];
    if let Some(why) = &made.why {
        pairs.push(("why", why.clone()));
    }
    key_values(&pairs)
}
