//! Pages, graphs and batches.

use std::path::Path;

use serde_json::Value;

use super::clips;
use super::gate_clips::{good, hevc, reference};
use super::surroundings::{browser, run, scratch_root, vidaio};

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn saved(name: &str, output: &Path, rules: &str) -> std::path::PathBuf {
    let path = scratch_root().join(name);
    let reference = reference();
    let ran = run(&mut vidaio(&[
        "score",
        "compress",
        text(&reference),
        text(output),
        "--threshold",
        "85",
        "--rules",
        rules,
        "--save",
        text(&path),
        "--quiet",
    ]));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    path
}

#[test]
fn a_report_reads_back_in_a_browser_as_it_was_measured() {
    let (one, two) = (
        saved("page-good.json", &good(), "2026-08-18"),
        saved(
            "page-gamma.json",
            &hevc("gate-gamma.mp4", "-vf eq=gamma=1.06"),
            "2026-08-18",
        ),
    );
    let page = scratch_root().join("page.html");
    let ran = run(&mut vidaio(&[
        "report",
        text(&one),
        text(&two),
        "--threshold",
        "85",
        "--rules",
        "2026-08-18",
        "-o",
        text(&page),
    ]));
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{}", ran.stderr);
    let html = std::fs::read_to_string(&page).unwrap();
    for forbidden in ["<script", "http://", "https://", "<link", "@import", "url("] {
        let left = html.replace("http://www.w3.org/2000/svg", "");
        assert!(!left.contains(forbidden), "{forbidden}");
    }
    // Five worst frames of each, three pictures a frame; two graphs of each.
    assert_eq!(html.matches("data:image/png;base64,").count(), 30);
    assert_eq!(html.matches("<svg ").count(), 4);
    let Some(seen) = browser("a_report_reads_back_in_a_browser_as_it_was_measured", &page) else {
        return;
    };
    for (i, path) in [&one, &two].into_iter().enumerate() {
        let measured: Value =
            serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let scored = run(&mut vidaio(&[
            "score",
            "--from",
            text(path),
            "--threshold",
            "85",
            "--rules",
            "2026-08-18",
            "--format",
            "json",
            "--quiet",
        ]));
        let scored: Value = serde_json::from_str(&scored.stdout).unwrap();
        let number = |key: &str| seen.value(&format!("{i}.{key}")).parse::<f64>().unwrap();
        for key in [
            "s_f",
            "s_f_metrics",
            "vmaf",
            "compression_rate",
            "ratio",
            "threshold",
        ] {
            assert_eq!(number(key), scored[key].as_f64().unwrap(), "{key}");
        }
        let next = scored["also"]
            .as_array()
            .unwrap()
            .iter()
            .find(|a| a["rules"] == "next")
            .unwrap();
        assert_eq!(
            number("rules.next.s_f_metrics"),
            next["s_f_metrics"].as_f64().unwrap()
        );
        // The worst frame by the NEG model, found here anew.
        let neg: Vec<f64> = measured["vmaf"]["neg"]["per_frame"]
            .as_array()
            .unwrap()
            .iter()
            .map(|v| v.as_f64().unwrap())
            .collect();
        let least = neg.iter().copied().fold(f64::INFINITY, f64::min);
        assert_eq!(number("worst.0.neg"), least);
        assert_eq!(neg[number("worst.0.frame") as usize], least);
    }
    assert_eq!(seen.value("rules"), "2026-08-18");
    assert!(
        seen.text().contains("Tone manipulation detected"),
        "what the validator would log"
    );
}

#[test]
fn a_report_without_the_videos_says_so_and_is_whole_otherwise() {
    let saved = saved("page-gone.json", &good(), "next");
    let mut measurement: Value =
        serde_json::from_str(&std::fs::read_to_string(&saved).unwrap()).unwrap();
    measurement["distorted"]["path"] = "gone.mp4".into();
    std::fs::write(&saved, measurement.to_string()).unwrap();
    let page = scratch_root().join("page-gone.html");
    let ran = run(&mut vidaio(&[
        "report",
        text(&saved),
        "--rules",
        "next",
        "-o",
        text(&page),
    ]));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stderr
            .contains("no pictures: gone.mp4: there is no such file"),
        "{}",
        ran.stderr
    );
    let html = std::fs::read_to_string(&page).unwrap();
    assert!(html.contains("No pictures: gone.mp4") && !html.contains("data:image/png"));
    // Names are shown, never taken as part of the page.
    measurement["reference"]["path"] = "<script>alert(1)</script>.mp4".into();
    std::fs::write(&saved, measurement.to_string()).unwrap();
    run(&mut vidaio(&[
        "report",
        text(&saved),
        "--no-pictures",
        "-o",
        text(&page),
    ]));
    assert!(!std::fs::read_to_string(&page).unwrap().contains("<script>"));
    let refused = run(&mut vidaio(&["report", text(&saved)]));
    assert_eq!(refused.code, 2);
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    assert_eq!(
        run(&mut vidaio(&["report", text(&readme), "-o", text(&page)])).code,
        3
    );
}

#[test]
fn graphs_are_drawn_from_the_rules_as_they_stand() {
    for kind in [
        "sigmoid",
        "quality",
        "length",
        "final",
        "compression",
        "multipliers",
    ] {
        for rules in ["documented", "2026-08-18", "next"] {
            let ran = run(&mut vidaio(&["plot", kind, "--rules", rules]));
            if (kind, rules) == ("multipliers", "next") {
                assert_eq!(ran.code, 3);
                assert!(
                    ran.stderr.contains("next has no multipliers"),
                    "{}",
                    ran.stderr
                );
                continue;
            }
            assert_eq!(ran.code, 0, "{kind} {rules}: {}", ran.stderr);
            assert!(ran.stdout.starts_with("<svg ") && ran.stdout.trim_end().ends_with("</svg>"));
            assert!(ran.stdout.contains(rules), "the graph names its rules");
        }
    }
    // Another revision, another line: the data is what is drawn.
    let drawn = |rules: &str| {
        run(&mut vidaio(&[
            "plot",
            "compression",
            "--rules",
            rules,
            "--threshold",
            "85",
        ]))
        .stdout
    };
    assert_ne!(
        drawn("2025-10-20").replace("2025-10-20 (db6c817)", ""),
        drawn("2026-02-18").replace("2026-02-18 (5561a27)", "")
    );
    let saved = saved("plot-frames.json", &good(), "next");
    let frames = run(&mut vidaio(&["plot", "frames", text(&saved)]));
    assert_eq!(
        (frames.code, frames.stdout.matches("<polyline").count() >= 2),
        (0, true)
    );
    assert_eq!(run(&mut vidaio(&["plot", "pieapp", text(&saved)])).code, 3);
    assert_eq!(run(&mut vidaio(&["plot", "frames"])).code, 2);
}

#[test]
fn the_graph_of_the_final_score_is_the_formula() {
    let catalogue = vidaio::rules::Catalogue::embedded().unwrap();
    let graph = |which, rules: &str| {
        vidaio::report::plot(which, catalogue.find(rules).unwrap(), 85.0).unwrap()
    };
    for (x, y) in &graph(vidaio::report::Plot::Final, "2026-08-18").lines[0].points {
        let want = 0.1 * (6.979 * (x - 0.5)).exp();
        assert!(
            (y - want).abs() < 1e-9 * want.max(1.0),
            "{x}: {y}, not {want}"
        );
    }
    let quality = &graph(vidaio::report::Plot::Quality, "next").lines[0].points;
    assert!(
        quality
            .iter()
            .all(|(p, s)| (s - 1.0 / (1.0 + p)).abs() < 1e-12)
    );
    let bonus = &graph(vidaio::report::Plot::Multipliers, "2026-08-18").lines[0].points;
    assert_eq!((bonus[0], bonus[10]), ((0.0, 1.0), (10.0, 1.15)));
}

#[test]
fn a_batch_keeps_failures_and_goes_on_where_it_was() {
    let pairs = scratch_root().join("batch.csv");
    let gamma = hevc("gate-gamma.mp4", "-vf eq=gamma=1.06");
    let row = |output: &Path, threshold: &str| {
        format!(
            "compress,{},{},{threshold}\n",
            reference().display(),
            output.display()
        )
    };
    let late = scratch_root().join("batch-late.mp4");
    let _not_there = std::fs::remove_file(&late);
    let body = "task,reference,output,threshold\n".to_owned()
        + &row(&good(), "85")
        + &row(&late, "85")
        + &row(&gamma, "");
    std::fs::write(&pairs, body).unwrap();
    let results = scratch_root().join("batch.jsonl");
    let _not_there = std::fs::remove_file(&results);
    let batch = |extra: &[&str]| {
        let mut args = vec![
            "score",
            "batch",
            text(&pairs),
            "-o",
            text(&results),
            "--rules",
            "2026-08-18",
            "--threshold",
            "80",
        ];
        args.extend(extra);
        run(&mut vidaio(&args))
    };
    let lines = || -> Vec<Value> {
        std::fs::read_to_string(&results)
            .unwrap()
            .lines()
            .map(|l| serde_json::from_str(l).unwrap())
            .collect()
    };
    let ran = batch(&["--jobs", "2"]);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert!(ran.stderr.contains("1 of 3 rows failed"), "{}", ran.stderr);
    let got = lines();
    assert_eq!(
        got.iter().map(|l| l["ok"].clone()).collect::<Vec<_>>(),
        [true, false, true]
    );
    assert!(
        got[1]["error"]
            .as_str()
            .unwrap()
            .contains("there is no such file")
    );
    assert_eq!(
        (&got[2]["s_f"], &got[2]["zeroed_by"]),
        (&0.0.into(), &"tone".into())
    );
    // The same command does only what is left, also behind a line that was cut off.
    std::fs::copy(good(), &late).unwrap();
    let mut torn = std::fs::read_to_string(&results).unwrap();
    torn.push_str("{\"schema\":\"vidaio.ba");
    std::fs::write(&results, torn).unwrap();
    let ran = batch(&[]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("2 of 3 rows are there already"),
        "{}",
        ran.stderr
    );
    let now = lines();
    assert_eq!((&now[0], &now[2]), (&got[0], &got[2]));
    assert_eq!(now[1]["s_f"], now[0]["s_f"]);
    // A single score says the same.
    let (reference, good) = (reference(), good());
    let single = run(&mut vidaio(&[
        "score",
        "compress",
        text(&reference),
        text(&good),
        "--threshold",
        "85",
        "--rules",
        "2026-08-18",
        "--format",
        "json",
        "--quiet",
    ]));
    let single: Value = serde_json::from_str(&single.stdout).unwrap();
    assert_eq!(
        (&now[0]["s_f"], &now[0]["vmaf"]),
        (&single["s_f"], &single["vmaf"])
    );
    // Other rules are another result; a file that is none of ours is not touched.
    let other = batch(&["--fresh"]);
    assert!(!other.stderr.contains("there already"));
    std::fs::write(&results, "my notes\nsecond line\n").unwrap();
    let refused = batch(&[]);
    assert_eq!(refused.code, 7, "{}", refused.stderr);
    assert_eq!(
        std::fs::read_to_string(&results).unwrap(),
        "my notes\nsecond line\n"
    );
}

#[test]
fn rows_whose_keys_an_earlier_version_made_are_scored_again() {
    let pairs = scratch_root().join("batch-old-key.csv");
    let row = format!("compress,{},{}\n", reference().display(), good().display());
    std::fs::write(&pairs, "task,reference,output\n".to_owned() + &row).unwrap();
    let results = scratch_root().join("batch-old-key.jsonl");
    let _not_there = std::fs::remove_file(&results);
    let batch = || {
        let ran = run(&mut vidaio(&[
            "score",
            "batch",
            text(&pairs),
            "-o",
            text(&results),
            "--rules",
            "2026-08-18",
            "--threshold",
            "85",
        ]));
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let line = std::fs::read_to_string(&results).unwrap();
        (ran.stderr, serde_json::from_str::<Value>(&line).unwrap())
    };
    let (_, first) = batch();
    let key = first["key"].as_str().unwrap();
    assert!(key.starts_with("2-") && key.len() == 66, "{key}");
    // Such keys had no mark of their version.
    let mut old = first.clone();
    old["key"] = "0123456789abcdef0123456789abcdef".into();
    old["s_f"] = 0.125.into();
    std::fs::write(&results, old.to_string() + "\n").unwrap();
    let (said, again) = batch();
    assert!(
        said.contains("results of an earlier version of vidaio"),
        "{said}"
    );
    assert!(!said.contains("there already"), "{said}");
    assert_eq!(again, first);
    let (said, _) = batch();
    assert!(said.contains("1 of 1 rows are there already"), "{said}");
}

#[test]
fn bad_batches_are_refused_before_anything_is_measured() {
    let file = scratch_root().join("batch-bad.csv");
    let told = |body: &str| {
        std::fs::write(&file, body).unwrap();
        let ran = run(&mut vidaio(&["score", "batch", text(&file)]));
        assert!(
            ran.code == 3 && ran.stdout.is_empty(),
            "{}: {}",
            ran.code,
            ran.stderr
        );
        ran.stderr
    };
    assert!(told("").contains("it has no rows"));
    assert!(told("task,reference,output\n").contains("it has no rows"));
    assert!(told("task,reference\ncompress,a\n").contains("missing field `output`"));
    assert!(
        told("task,reference,output,treshold\ncompress,a,b,85\n")
            .contains("unknown field `treshold`")
    );
    assert!(told("task,reference,output\nshrink,a,b\n").contains("row 1: `shrink` is no task"));
    assert!(
        told("task,reference,output,threshold\ncompress,a,b,850\n")
            .contains("a threshold of 850 is none")
    );
    assert!(told("task,reference,output\ncompress,a,b\n").contains("needs a threshold"));
    let clip = clips::compressed();
    let ran = run(&mut vidaio(&["score", "batch", text(&clip)]));
    assert_eq!(ran.code, 3, "{}", ran.stderr);
}
