//! Formulas against figures that the network's own code gave; sources stand in the files.

use serde::Deserialize;
use vidaio::rules::{BelowFloor, Catalogue, CompressionConstants, CompressionFormula, Pooling};
use vidaio::scoring::{
    CompressionInput, CompressionReason, aggregate_pieapp, as_printed, compression_score,
    harmonic_mean_libvmaf, harmonic_mean_plain, length_score, pool, quality_score, upscale_score,
};

fn fixture(name: &str) -> String {
    let path = format!("{}/fixtures/vectors/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap()
}

/// Powers and logarithms may differ in the last bits between mathematical libraries.
fn near(got: f64, want: f64) -> bool {
    got.to_bits() == want.to_bits() || (got - want).abs() <= 1e-12 * want.abs().max(1e-3)
}

fn value(text: &str) -> f64 {
    match text {
        "NaN" => f64::NAN,
        "Infinity" => f64::INFINITY,
        "-Infinity" => f64::NEG_INFINITY,
        other => other.parse().unwrap(),
    }
}

#[derive(Deserialize)]
struct CompressionRow {
    formula: CompressionFormula,
    commit: String,
    vmaf: String,
    rate: String,
    threshold: String,
    weight_rate: f64,
    weight_quality: f64,
    soft_margin: f64,
    s_f: String,
    compression: String,
    quality: String,
    reason: Option<CompressionReason>,
    upstream_error: String,
}

#[test]
fn compression_scores_equal_the_networks() {
    let text = fixture("compression.csv");
    let mut seen = std::collections::BTreeMap::<String, (u32, u32)>::new();
    for row in csv::Reader::from_reader(text.as_bytes()).deserialize::<CompressionRow>() {
        let row = row.unwrap();
        let input = CompressionInput {
            vmaf: value(&row.vmaf),
            rate: value(&row.rate),
            threshold: value(&row.threshold),
        };
        let constants = CompressionConstants {
            rate: row.weight_rate,
            quality: row.weight_quality,
            soft_margin: row.soft_margin,
        };
        let got = compression_score(row.formula, constants, input);
        let place = format!("{} at {}: {input:?}", row.upstream_error, row.commit);
        let counts = seen.entry(row.commit).or_default();
        // Upstream gives numbers, even full scores, for values that are not finite, and divides by
        // a rate of zero unless another test comes first. We refuse both.
        let refused = ![input.vmaf, input.rate, input.threshold]
            .iter()
            .all(|v| v.is_finite())
            || input.rate <= 0.0;
        if refused || !row.upstream_error.is_empty() {
            assert!(got.is_err(), "{place}: {got:?}");
            counts.1 += 1;
            continue;
        }
        let got = got.unwrap_or_else(|e| panic!("{place}: {e}"));
        assert!(
            near(got.s_f, value(&row.s_f)),
            "{place}: {got:?}, wanted {}",
            row.s_f
        );
        assert_eq!(Some(got.reason), row.reason, "{place}");
        if !row.compression.is_empty() {
            assert!(
                near(got.compression_component, value(&row.compression)),
                "{place}: {got:?}"
            );
            assert!(
                near(got.quality_component, value(&row.quality)),
                "{place}: {got:?}"
            );
        }
        counts.0 += 1;
    }
    assert_eq!(seen.len(), 6, "{seen:?}");
    assert!(
        seen.values()
            .all(|(scored, refused)| *scored > 300 && *refused > 0),
        "{seen:?}"
    );
}

#[derive(Deserialize)]
struct UpscalingRow {
    pieapp: Option<f64>,
    length: Option<f64>,
    s_pre_in: Option<f64>,
    s_q: Option<f64>,
    s_l: Option<f64>,
    s_pre: Option<f64>,
    s_f: Option<f64>,
    s_q_oct: Option<f64>,
    s_f_oct: Option<f64>,
}

#[test]
fn upscaling_scores_equal_the_networks() {
    let catalogue = Catalogue::embedded().unwrap();
    let formula = catalogue.find("2026-08-18").unwrap().upscaling.formula;
    let (mut whole, mut parts) = (0, 0);
    for row in csv::Reader::from_reader(fixture("upscaling.csv").as_bytes()).deserialize() {
        let row: UpscalingRow = row.unwrap();
        if let (Some(p), Some(l)) = (row.pieapp, row.length) {
            let got = upscale_score(&formula, p, 90.0, l).unwrap();
            assert!(near(got.s_q, row.s_q.unwrap()), "{p} {l}: {got:?}");
            assert!(near(got.s_l, row.s_l.unwrap()), "{p} {l}: {got:?}");
            assert!(near(got.s_pre, row.s_pre.unwrap()), "{p} {l}: {got:?}");
            assert!(near(got.s_f, row.s_f.unwrap()), "{p} {l}: {got:?}");
            assert!(near(got.s_q, row.s_q_oct.unwrap()) && near(got.s_f, row.s_f_oct.unwrap()));
            whole += 1;
            continue;
        }
        parts += 1;
        if let Some(p) = row.pieapp {
            assert!(
                near(quality_score(formula.quality, p).unwrap(), row.s_q.unwrap()),
                "{p}"
            );
        }
        if let Some(l) = row.length {
            assert!(
                near(length_score(formula.length, l).unwrap(), row.s_l.unwrap()),
                "{l}"
            );
        }
        if let Some(s_pre) = row.s_pre_in {
            let got = 0.1 * (6.979 * (s_pre - 0.5)).exp();
            assert!(near(got, row.s_f.unwrap()), "{s_pre}");
        }
    }
    assert!(whole > 80 && parts > 5, "{whole} {parts}");
}

#[derive(Deserialize)]
struct Rows<T> {
    rows: Vec<T>,
}

#[derive(Deserialize)]
struct PieappRow {
    values: Vec<f64>,
    reference_frames: u32,
    pieapp: f64,
    s_q: Option<f64>,
}

#[test]
fn pieapp_is_aggregated_as_the_network_does() {
    let catalogue = Catalogue::embedded().unwrap();
    let rules = &catalogue.find("2026-08-18").unwrap().upscaling;
    let rows: Rows<PieappRow> = serde_json::from_str(&fixture("pieapp_aggregation.json")).unwrap();
    let mut checked = 0;
    // Without a reference frame upstream records -100, a fault of the validator; a file without
    // frames never gets that far here.
    for row in rows.rows.iter().filter(|r| r.reference_frames > 0) {
        let counted = &row.values[..row.values.len().min(row.reference_frames as usize)];
        let got = aggregate_pieapp(&rules.pieapp.aggregation, counted).unwrap();
        assert_eq!(got.to_bits(), row.pieapp.to_bits(), "{:?}", row.values);
        if let Some(s_q) = row.s_q {
            assert!(near(
                quality_score(rules.formula.quality, got).unwrap(),
                s_q
            ));
        }
        checked += 1;
    }
    assert!(checked > 20, "{checked}");
}

#[derive(Deserialize)]
struct PoolingRow {
    frames: Vec<f64>,
    plain: Option<f64>,
    libvmaf: Option<f64>,
    printed: Option<f64>,
}

#[test]
fn frames_are_pooled_as_validators_do() {
    let rows: Rows<PoolingRow> = serde_json::from_str(&fixture("vmaf_pooling.json")).unwrap();
    let (mut plain, mut libvmaf) = (0, 0);
    for row in rows.rows {
        match row.plain {
            Some(want) => {
                assert_eq!(
                    harmonic_mean_plain(&row.frames).unwrap().to_bits(),
                    want.to_bits()
                );
                assert!(near(
                    pool(Pooling::HarmonicPositiveJson, &row.frames).unwrap(),
                    want
                ));
                plain += 1;
            }
            None => assert!(
                harmonic_mean_plain(&row.frames).is_err(),
                "{:?}",
                row.frames
            ),
        }
        if let (Some(want), Some(printed)) = (row.libvmaf, row.printed) {
            let got = harmonic_mean_libvmaf(&row.frames).unwrap();
            assert!(near(got, want), "{got} {want}");
            assert_eq!(as_printed(got).to_bits(), printed.to_bits());
            let pooled = pool(Pooling::HarmonicLibvmafXml, &row.frames).unwrap();
            assert_eq!(pooled.to_bits(), printed.to_bits());
            libvmaf += 1;
        }
    }
    assert!(plain > 15 && libvmaf > 15, "{plain} {libvmaf}");
}

#[derive(Deserialize)]
struct ScriptRow {
    task: String,
    vmaf: f64,
    rate: Option<f64>,
    threshold: Option<f64>,
    pieapp: Option<f64>,
    length: Option<f64>,
    s_f: f64,
    second: f64,
    third: f64,
}

#[test]
fn the_script_revision_computes_what_the_published_script_did() {
    let catalogue = Catalogue::embedded().unwrap();
    let script = catalogue.find("script").unwrap();
    let compression = script.compression.as_ref().unwrap();
    let mut counts = (0, 0);
    for row in csv::Reader::from_reader(fixture("script_scores.csv").as_bytes()).deserialize() {
        let row: ScriptRow = row.unwrap();
        let got = if row.task == "compress" {
            let (rate, threshold) = (row.rate.unwrap(), row.threshold.unwrap());
            let input = CompressionInput {
                vmaf: row.vmaf,
                rate,
                threshold,
            };
            let got = compression_score(compression.formula, compression.constants, input).unwrap();
            counts.0 += 1;
            [got.s_f, got.compression_component, got.quality_component]
        } else {
            let formula = &script.upscaling.formula;
            let (p, l) = (row.pieapp.unwrap(), row.length.unwrap());
            let got = upscale_score(formula, p, row.vmaf, l).unwrap();
            counts.1 += 1;
            [got.s_f, got.s_q, got.s_l]
        };
        for (got, want) in got.into_iter().zip([row.s_f, row.second, row.third]) {
            assert!(near(got, want), "{}: {got} {want}", row.task);
        }
    }
    assert!(counts.0 > 20 && counts.1 > 20, "{counts:?}");
}

#[test]
fn a_failed_gate_gives_zero_to_validators_and_a_formula_to_the_document() {
    let catalogue = Catalogue::embedded().unwrap();
    let code = catalogue.find("2025-10-20").unwrap().upscaling.formula;
    let document = catalogue.find("documented").unwrap().upscaling.formula;
    assert_eq!(code.below_floor, BelowFloor::ZeroAll);
    let got = upscale_score(&code, 0.1, 49.999, 10.0).unwrap();
    assert_eq!((got.s_q, got.s_l, got.s_f), (0.0, 0.0, 0.0));
    let got = upscale_score(&document, 0.1, 49.999, 10.0).unwrap();
    assert!(
        got.s_q == 0.0 && (got.s_f - 0.013_007).abs() < 1e-6,
        "{got:?}"
    );
    assert!(upscale_score(&code, 0.1, 50.0, 10.0).unwrap().vmaf_passed);
}

#[test]
fn next_has_a_cliff_and_a_linear_score() {
    let catalogue = Catalogue::embedded().unwrap();
    let rules = catalogue.find("latest").unwrap();
    let compression = rules.compression.as_ref().unwrap();
    let score = |vmaf, rate| {
        let input = CompressionInput {
            vmaf,
            rate,
            threshold: 90.0,
        };
        compression_score(compression.formula, compression.constants, input).unwrap()
    };
    assert!((score(100.0, 1e-12).s_f - 1.0 / 1.12).abs() < 1e-9);
    assert!((score(90.0, 0.1).s_f - (0.7 * 0.9 + 0.3 * 0.9) / 1.12).abs() < 1e-15);
    for (vmaf, rate, reason) in [
        (89.999, 0.1, CompressionReason::BelowThreshold),
        (84.999, 0.1, CompressionReason::BelowSoftZone),
        (95.0, 0.8, CompressionReason::RateTooHigh),
    ] {
        let got = score(vmaf, rate);
        assert_eq!((got.s_f, got.reason), (0.0, reason));
    }
    let upscaling = &rules.upscaling;
    // Neither absolute value nor cap: a negative mean counts as no error at all.
    let mean = aggregate_pieapp(&upscaling.pieapp.aggregation, &[-0.4, 0.2, 5.0, 7.2]).unwrap();
    assert_eq!(mean, 3.0);
    assert_eq!(
        quality_score(upscaling.formula.quality, mean).unwrap(),
        0.25
    );
    assert_eq!(quality_score(upscaling.formula.quality, -0.5).unwrap(), 1.0);
    assert_eq!(
        upscale_score(&upscaling.formula, 0.0, 99.0, 1e6)
            .unwrap()
            .s_f,
        1.0
    );
    // The exact sum does not lose the small value between two large ones.
    let exact = aggregate_pieapp(&upscaling.pieapp.aggregation, &[1e16, 1.0, -1e16]).unwrap();
    assert_eq!(exact, 1.0 / 3.0);
}
