//! `vidaio score` as a person uses it.

use serde_json::Value;

use super::clips;
use super::surroundings::{compressed, compressed_json, json, run, scratch_root, stand_in, vidaio};

fn text(path: &std::path::Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn compress_gives_every_field_of_the_contract() {
    let (reference, output) = (clips::reference(), clips::compressed());
    let args = [
        "score",
        "compress",
        text(&reference),
        text(&output),
        "--threshold",
        "60",
        "--format",
        "json",
    ];
    let got = json(&args);
    let sizes = [&reference, &output].map(|p| std::fs::metadata(p).unwrap().len() as f64);
    assert_eq!(got["rules"], "documented");
    assert_eq!(
        got["compression_rate"].as_f64().unwrap(),
        sizes[1] / sizes[0]
    );
    assert_eq!(got["ratio"].as_f64().unwrap(), 1.0 / (sizes[1] / sizes[0]));
    assert_eq!(got["reason"], "success");
    let measurement = &got["measurement"];
    for model in ["base", "neg"] {
        let vmaf = &measurement["vmaf"][model];
        for key in [
            "mean",
            "min",
            "harmonic_mean_libvmaf",
            "harmonic_mean_plain",
        ] {
            assert!(vmaf[key].is_f64(), "{model} {key}");
        }
        assert_eq!(vmaf["per_frame"].as_array().unwrap().len(), 5);
    }
    let backend = &measurement["backend"];
    assert_eq!(backend["libvmaf"], "3.2.0");
    assert_eq!(backend["models"][1], "vmaf_v0.6.1neg");
    assert!(backend["ffmpeg"]["ffmpeg"].is_string() && backend["threads"].is_u64());
    assert_eq!(
        (backend["seed"].as_u64(), &backend["device"]),
        (Some(0), &Value::Null)
    );
    // The formula of the document, by hand.
    let (c, v) = (sizes[1] / sizes[0], got["vmaf"].as_f64().unwrap());
    let want = 0.8 * (1.0 - c.powf(1.5)) + 0.2 * (v - 60.0) / 40.0;
    assert!((got["s_f"].as_f64().unwrap() - want).abs() < 1e-12);
    let also: Vec<&str> = got["also"]
        .as_array()
        .unwrap()
        .iter()
        .map(|a| a["rules"].as_str().unwrap())
        .collect();
    assert_eq!(also, ["2025-10-20", "2026-02-18", "2026-08-18", "next"]);
}

#[test]
fn a_stored_measurement_scores_as_the_direct_run_bit_for_bit() {
    let (reference, output) = (clips::reference(), clips::compressed());
    let saved = scratch_root().join("saved.json");
    for rules in [
        "documented",
        "2025-10-20",
        "2026-02-18",
        "2026-08-18",
        "next",
        "script",
    ] {
        let mut args = vec![
            "score",
            "compress",
            text(&reference),
            text(&output),
            "--threshold",
            "60",
        ];
        args.extend(["--rules", rules, "--format", "json", "--save", text(&saved)]);
        let direct = json(&args);
        let again = json(&[
            "score",
            "--from",
            text(&saved),
            "--threshold",
            "60",
            "--rules",
            rules,
            "--format",
            "json",
        ]);
        assert_eq!(direct, again, "{rules}");
    }
}

#[test]
fn the_same_seed_gives_the_same_and_another_seed_other_frames() {
    let with = |seed: &str| {
        let mut got = compressed_json(&["--seed", seed]);
        got["measurement"]["vmaf"].take()
    };
    assert_eq!(with("7"), with("7"));
    assert_ne!(with("7")["frames"], with("8")["frames"]);
}

#[test]
fn each_revision_measures_its_own_frames() {
    for (rules, path, frames, exact) in [
        ("documented", "cut", 5, true),
        ("2025-10-20", "cut", 10, true),
        ("2026-08-18", "all", 50, true),
        ("next", "all", 50, true),
    ] {
        let got = compressed_json(&["--rules", rules]);
        let vmaf = &got["measurement"]["vmaf"];
        assert_eq!(
            (
                vmaf["path"].as_str().unwrap(),
                vmaf["frames"].as_array().unwrap().len()
            ),
            (path, frames)
        );
        assert_eq!(got["exact"], exact, "{rules}");
    }
    // Asked for other frames, the score is no longer what that revision would have measured.
    let got = compressed_json(&["--frames", "0-9", "--rules", "next"]);
    assert_eq!(got["exact"], false);
    assert_eq!(
        got["measurement"]["vmaf"]["frames"]
            .as_array()
            .unwrap()
            .len(),
        10
    );
}

#[test]
fn all_rules_are_scored_exactly_from_one_run() {
    let got = compressed_json(&["--rules", "all"]);
    let also = got["also"].as_array().unwrap();
    assert!(also.len() > 50, "{}", also.len());
    for rules in ["2025-10-20", "2026-08-18", "next"] {
        let beside = also.iter().find(|a| a["rules"] == rules).unwrap();
        let alone = compressed_json(&["--rules", rules]);
        assert_eq!(
            (&beside["s_f"], &beside["exact"]),
            (&alone["s_f"], &Value::Bool(true)),
            "{rules}"
        );
    }
    // Before 2025-08-14 there was no compression task.
    let early = also.iter().find(|a| a["rules"] == "2025-06-06").unwrap();
    assert!(early["s_f"].is_null() && early["note"].as_str().unwrap().contains("2025-08-14"));
}

#[test]
fn a_distribution_shows_what_chance_does() {
    let with = |rules: &str| compressed_json(&["--rules", rules, "--distribution", "20"]);
    let got = with("2025-10-20");
    let d = &got["distribution"];
    let of = |key: &str| d[key].as_f64().unwrap();
    assert_eq!(d["draws"], 20);
    assert!(of("min") <= of("p5") && of("p5") <= of("median"));
    assert!(of("median") <= of("p95") && of("p95") <= of("max") && of("min") < of("max"));
    // The first draw is the score itself, by the metrics alone.
    let first = got["s_f_metrics"].as_f64().unwrap();
    assert!(first >= of("min") && first <= of("max"));
    // Where every frame counts nothing is drawn, so one measurement is exact.
    let fixed = with("next");
    assert_eq!(
        (
            &fixed["distribution"]["draws"],
            &fixed["distribution"]["min"]
        ),
        (&Value::from(1), &fixed["s_f"])
    );
}

/// A file that the stand-in takes for weights, written once: tests run side by side.
fn stand_in_weights() -> &'static std::path::Path {
    static WRITTEN: std::sync::OnceLock<std::path::PathBuf> = std::sync::OnceLock::new();
    WRITTEN.get_or_init(|| {
        let path = scratch_root().join("weights.stand-in");
        std::fs::write(&path, "not empty").unwrap();
        path
    })
}

fn upscale(extra: &[&str]) -> std::process::Command {
    let weights = stand_in_weights();
    let mut command = vidaio(&["score", "upscale"]);
    command
        .arg(clips::reference())
        .arg(clips::upscaled())
        .args(["--length", "10", "--format", "json"]);
    command
        .args(extra)
        .env("VIDAIO_WORKER", stand_in())
        .env("VIDAIO_PIEAPP_WEIGHTS", weights);
    command
}

#[test]
fn upscale_puts_vmaf_and_pieapp_together() {
    let ran = run(&mut upscale(&["--rules", "2025-10-20"]));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("not the published PIE-APP weights"),
        "{}",
        ran.stderr
    );
    let got: Value = serde_json::from_str(&ran.stdout).unwrap();
    let of = |key: &str| {
        got[key]
            .as_f64()
            .unwrap_or_else(|| panic!("{key}: {}", ran.stdout))
    };
    let frames = got["measurement"]["pieapp"]["per_frame"]
        .as_array()
        .unwrap();
    let mean = frames
        .iter()
        .map(|v| v.as_f64().unwrap().abs())
        .sum::<f64>()
        / 4.0;
    assert_eq!(frames.len(), 4);
    assert!(
        frames.iter().all(|v| v.as_f64().unwrap() < 0.0),
        "the stand-in gives negative values"
    );
    assert_eq!(of("pieapp"), mean.min(2.0));
    assert!((of("s_pre") - 0.5 * (of("s_q") + of("s_l"))).abs() < 1e-15);
    assert!((of("s_f_metrics") - 0.1 * (6.979 * (of("s_pre") - 0.5)).exp()).abs() < 1e-15);
    assert_eq!(got["vmaf_passed"], true);
    // The clip is H.264, which these rules do not take.
    assert_eq!(
        (of("s_f"), &got["gates"]["decided_by"]),
        (0.0, &"codec".into())
    );
    let backend = &got["measurement"]["backend"];
    assert_eq!(
        (&backend["device"], &backend["weights"]["published"]),
        (&"cpu".into(), &false.into())
    );
}

#[test]
fn pieapp_frames_are_consecutive_and_the_order_belongs_to_the_revision() {
    for (rules, order) in [("documented", "bgr"), ("next", "rgb")] {
        let ran = run(&mut upscale(&["--rules", rules]));
        let got: Value = serde_json::from_str(&ran.stdout).unwrap();
        let pieapp = &got["measurement"]["pieapp"];
        let frames: Vec<u64> = pieapp["frames"]
            .as_array()
            .unwrap()
            .iter()
            .map(|v| v.as_u64().unwrap())
            .collect();
        assert!(
            frames.len() == 4 && frames.windows(2).all(|w| w[1] == w[0] + 1),
            "{frames:?}"
        );
        assert_eq!(pieapp["channels"], order, "{rules}");
    }
    let all: Value = serde_json::from_str(&run(&mut upscale(&["--rules", "all"])).stdout).unwrap();
    let next = all["also"]
        .as_array()
        .unwrap()
        .iter()
        .find(|a| a["rules"] == "next")
        .unwrap();
    assert!(next["s_f"].is_f64() && next["exact"] == true, "{next}");
}

#[test]
fn an_upscaling_distribution_draws_both_metrics() {
    let ran = run(&mut upscale(&[
        "--rules",
        "2025-10-20",
        "--distribution",
        "12",
    ]));
    let got: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(got["distribution"]["draws"], 12, "{}", ran.stderr);
    assert!(
        got["distribution"]["min"].as_f64().unwrap() < got["distribution"]["max"].as_f64().unwrap()
    );
}

#[test]
fn a_worker_that_dies_once_is_started_again() {
    let mark = scratch_root().join("died-once");
    let _not_there = std::fs::remove_file(&mark);
    let ran = run(upscale(&[])
        .env("STAND_IN", "die-once")
        .env("STAND_IN_MARK", &mark));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(mark.exists(), "the stand-in never died");
    let calm = run(&mut upscale(&[]));
    let pieapp = |text: &str| serde_json::from_str::<Value>(text).unwrap()["pieapp"].clone();
    assert_eq!(pieapp(&ran.stdout), pieapp(&calm.stdout));
}

#[test]
fn a_worker_that_keeps_dying_costs_pieapp_and_nothing_else() {
    let ran = run(upscale(&[]).env("STAND_IN", "die"));
    assert_eq!(ran.code, 4);
    assert!(
        ran.stderr.contains("the worker died") && ran.stderr.contains("going down"),
        "{}",
        ran.stderr
    );
    let got: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert!(got["s_f"].is_null() && got["vmaf"].is_f64());
    let range: Vec<f64> = got["s_f_range"]
        .as_array()
        .unwrap()
        .iter()
        .map(|v| v.as_f64().unwrap())
        .collect();
    assert!(
        (range[0] - 0.013_007).abs() < 1e-6 && (range[1] - 0.426_228).abs() < 1e-6,
        "{range:?}"
    );
}

#[test]
fn a_worker_that_talks_nonsense_is_told_from_one_that_is_old() {
    for (manner, words) in [("chatter", "makes no sense"), ("old", "protocol 0")] {
        let ran = run(upscale(&[]).env("STAND_IN", manner));
        assert_eq!(ran.code, 4, "{}", ran.stderr);
        assert!(
            ran.stderr.contains(words) && ran.stderr.contains("hint:"),
            "{}",
            ran.stderr
        );
        assert!(ran.stdout.contains("s_f_range"));
    }
}

#[test]
fn without_weights_the_rest_is_measured_and_the_range_is_told() {
    let mut command = vidaio(&["score", "upscale"]);
    command
        .arg(clips::reference())
        .arg(clips::upscaled())
        .env("VIDAIO_WORKER", stand_in());
    let ran = run(&mut command);
    assert_eq!(ran.code, 4);
    assert!(
        ran.stdout.contains("S_F") && ran.stdout.contains("between "),
        "{}",
        ran.stdout
    );
    assert!(
        ran.stderr.contains("vidaio models pull pieapp"),
        "{}",
        ran.stderr
    );
}

#[test]
fn results_go_to_a_file_whole_and_lines_and_columns_are_offered() {
    let target = scratch_root().join("result.csv");
    let ran = run(&mut compressed(&["--format", "csv", "-o", text(&target)]));
    assert_eq!((ran.code, ran.stdout.as_str()), (0, ""), "{}", ran.stderr);
    let csv = std::fs::read_to_string(&target).unwrap();
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let header = reader.headers().unwrap().clone();
    let record = reader.records().next().unwrap().unwrap();
    let of = |name: &str| record[header.iter().position(|h| h == name).unwrap()].to_owned();
    assert_eq!(
        (of("rules").as_str(), of("reason").as_str()),
        ("documented", "success")
    );
    assert!(of("s_f").parse::<f64>().unwrap() > 0.0);
}
