//! What a failed gate leaves in the history, and scores that need a threshold.

use serde_json::Value;

use vidaio::assess::ScoreRequest;
use vidaio::domain::Task;
use vidaio::measure::Measurement;
use vidaio::rules::Catalogue;
use vidaio::scoring::ScoringError;

use super::gate_clips::{encoded, good, reference};
use super::linting::{HEAD, text};
use super::surroundings::{run, scratch_root, vidaio};

/// The round that `score --history` stores.
fn stored(name: &str, output: &std::path::Path, extra: &[&str]) -> Value {
    let folder = tempfile::Builder::new()
        .prefix(name)
        .tempdir_in(scratch_root())
        .unwrap();
    let reference = reference();
    let mut args = vec!["score", "compress", text(&reference), text(output)];
    args.extend(["--rules", HEAD, "--history", text(folder.path()), "--quiet"]);
    args.extend(extra);
    let ran = run(&mut vidaio(&args));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let mut files = std::fs::read_dir(folder.path()).unwrap();
    let file = files
        .find_map(|f| {
            let path = f.unwrap().path();
            path.extension()
                .is_some_and(|e| e == "json")
                .then_some(path)
        })
        .unwrap();
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

#[test]
fn a_failed_gate_is_recorded_with_what_the_network_keeps() {
    let passed = stored("kept-", &good(), &["--threshold", "89"]);
    assert!(passed["vmaf_score"].as_f64().unwrap() > 89.0, "{passed}");
    assert!(
        passed["compression_rate"].as_f64().unwrap() < 0.8,
        "{passed}"
    );
    // The codec is judged before any metric, so neither VMAF nor the rate is kept, also where the metrics
    // alone would give 0.
    let poor = "-c:v libx265 -preset fast -x265-params log-level=error -crf 45";
    let poor = encoded("gate-records-poor.mp4", &reference(), poor);
    for output in [good(), poor.clone()] {
        let failed = stored("codec-", &output, &["--threshold", "89", "--codec", "av1"]);
        assert_eq!(failed["s_f"], 0.0);
        assert_eq!(failed["vmaf_score"], 0.0, "{failed}");
        assert_eq!(failed["compression_rate"], 0.9999, "{failed}");
    }
    // Under the floor both are kept.
    let low = stored("floor-", &poor, &["--threshold", "89"]);
    assert_eq!(low["s_f"], 0.0);
    let vmaf = low["vmaf_score"].as_f64().unwrap();
    assert!(vmaf > 0.0 && vmaf < 84.0, "{low}");
    assert!(low["compression_rate"].as_f64().unwrap() < 0.8, "{low}");
}

#[test]
fn a_compression_without_a_threshold_is_an_error_where_there_are_several() {
    let (reference, output) = (reference(), good());
    let saved = scratch_root().join("gate-records.json");
    let ran = run(&mut vidaio(&[
        "score",
        "compress",
        text(&reference),
        text(&output),
        "--rules",
        "next",
        "--threshold",
        "90",
        "--save",
        text(&saved),
        "--quiet",
    ]));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let measured: Measurement =
        serde_json::from_str(&std::fs::read_to_string(saved).unwrap()).unwrap();
    let catalogue = Catalogue::embedded().unwrap();
    let request = ScoreRequest::new(Task::Compress, &reference, &output);
    let several = catalogue.find(HEAD).unwrap();
    let error = request.judge(measured.clone(), several, &[]).unwrap_err();
    assert!(matches!(error, ScoringError::NoThreshold { .. }), "{error}");
    assert!(error.to_string().contains("85, 89, 93"), "{error}");
    // Where there is one threshold it is taken, by the formula and by the gates.
    let one = catalogue.find("next").unwrap();
    let score = request.judge(measured, one, &[]).unwrap();
    assert!(score.s_f().unwrap() > 0.0);
    let gates = &score.gates().results;
    let limit = gates
        .iter()
        .find(|r| r.gate.id == "vmaf-threshold")
        .unwrap();
    assert_eq!(limit.limit, "at least 90");
}
