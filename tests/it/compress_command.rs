//! `vidaio compress` from end to end on small clips.

use serde_json::Value;

use super::clips;
use super::making::{compress, compressed, folder, grainy, names, six_scenes};
use super::surroundings::{json, run, vidaio};

#[test]
fn the_file_that_is_delivered_is_the_best_that_was_measured_and_scores_what_is_said() {
    let folder = folder("compress-best");
    let (input, output, log) = (
        grainy(),
        folder.join("out.mp4"),
        folder.join("probes.jsonl"),
    );
    let made = compressed(
        &input,
        &output,
        &["--threshold", "88", "--log", log.to_str().unwrap()],
    );
    let probes = made["probes"].as_array().unwrap();
    assert!(probes.len() >= 2 && probes.len() <= 8);
    let chosen = &probes[made["chosen"].as_u64().unwrap() as usize - 1];
    let score = |p: &Value| p["score"].as_f64().unwrap();
    let passing: Vec<&Value> = probes
        .iter()
        .filter(|p| p["standing"] == "passes")
        .collect();
    assert!(passing.iter().all(|p| score(p) <= score(chosen)));
    assert_eq!(made["verdict"]["rules"], "next");
    assert_eq!(made["verdict"]["gates"]["passed"], true);
    // The log has the same probes, written as they came.
    let lines: Vec<Value> = std::fs::read_to_string(&log)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(&lines, probes);
    // Another command, from the file alone, says the same.
    let args = [
        "score",
        "compress",
        "--threshold",
        "88",
        "--rules",
        "next",
        "--format",
        "json",
    ];
    let paths = [input.to_str().unwrap(), output.to_str().unwrap()];
    let again = json(&[&args[..], &paths].concat());
    assert_eq!(again["s_f"], chosen["score"]);
    assert_eq!(again["vmaf"], chosen["vmaf"]);
    assert_eq!(again["output_bytes"], chosen["bytes"]);
    assert_eq!(names(&folder), ["out.mp4", "probes.jsonl"]);
}

#[test]
fn what_is_made_passes_lint_of_every_main_date() {
    let folder = folder("compress-lint");
    let input = clips::reference();
    for (codec, encoder, rules) in [
        ("av1", "svtav1", "2025-10-16"),
        ("av1", "svtav1", "2026-08-18"),
        ("hevc", "x265", "2026-08-18"),
        ("h264", "x264", "next"),
    ] {
        let output = folder.join(format!("{encoder}-{rules}.mp4"));
        let args = [
            "--threshold",
            "85",
            "--codec",
            codec,
            "--encoder",
            encoder,
            "--rules",
            rules,
            "--max-probes",
            "4",
        ];
        compressed(&input, &output, &args);
        let args = [
            "lint",
            "--task",
            "compress",
            "--threshold",
            "85",
            "--rules",
            rules,
        ];
        let asked = ["--codec", codec, "--mode", "crf"];
        let ran = run(vidaio(&[&args[..], &asked].concat())
            .arg(&input)
            .arg(&output));
        assert_eq!(
            ran.code, 0,
            "{encoder} {rules}: {}{}",
            ran.stdout, ran.stderr
        );
    }
}

#[test]
fn five_hard_cuts_are_found_to_the_frame() {
    let folder = folder("compress-shots");
    let made = compressed(
        &six_scenes(),
        &folder.join("out.mp4"),
        &["--threshold", "90", "--dry-run"],
    );
    let starts: Vec<u64> = made["shots"]
        .as_array()
        .unwrap()
        .iter()
        .map(|shot| shot["start"].as_u64().unwrap())
        .collect();
    assert_eq!(starts, [0, 20, 40, 60, 80, 100]);
    assert_eq!(names(&folder), [""; 0], "a dry run makes nothing");
}

#[test]
fn shots_get_a_quality_of_their_own_inside_one_run_or_joined() {
    let folder = folder("compress-by-shot");
    for (codec, encoder, preset) in [("h264", "x264", "superfast"), ("av1", "svtav1", "12")] {
        let output = folder.join(format!("{encoder}.mp4"));
        let args = [
            "--threshold",
            "90",
            "--codec",
            codec,
            "--encoder",
            encoder,
            "--preset",
            preset,
            "--max-probes",
            "14",
        ];
        let made = compressed(&six_scenes(), &output, &args);
        let probes = made["probes"].as_array().unwrap();
        let shared: Vec<&Value> = probes.iter().filter(|p| p["purpose"] == "shots").collect();
        assert!(!shared.is_empty(), "{encoder}: {probes:#?}");
        for probe in &shared {
            let offsets: Vec<f64> = probe["zones"]
                .as_array()
                .unwrap()
                .iter()
                .map(|zone| zone["offset"].as_f64().unwrap())
                .collect();
            assert_eq!(offsets.len(), 6);
            assert!(offsets.iter().any(|o| *o > 0.2) && offsets.iter().any(|o| *o < -0.2));
            assert!(offsets.iter().all(|o| o.abs() <= 3.0));
            // Joined or not, it is a whole file: every frame was measured.
            let frames: u64 = probe["shots"]
                .as_array()
                .unwrap()
                .iter()
                .map(|s| s["end"].as_u64().unwrap() - s["start"].as_u64().unwrap())
                .sum();
            assert_eq!(frames, 120);
        }
        // It is delivered only where it scores best.
        let best = probes
            .iter()
            .filter(|p| p["standing"] == "passes")
            .map(|p| p["score"].as_f64().unwrap())
            .fold(0.0, f64::max);
        let chosen = &probes[made["chosen"].as_u64().unwrap() as usize - 1];
        assert_eq!(chosen["score"].as_f64().unwrap(), best);
        // Frame times are those of the input.
        let args = [
            "lint",
            "--task",
            "compress",
            "--threshold",
            "90",
            "--rules",
            "next",
        ];
        let ran = run(vidaio(&args).arg(six_scenes()).arg(&output));
        assert_eq!(ran.code, 0, "{encoder}: {}", ran.stdout);
    }
}

#[test]
fn a_bitrate_asked_for_is_a_ceiling() {
    let folder = folder("compress-vbr");
    let output = folder.join("out.mp4");
    let args = [
        "--threshold",
        "60",
        "--mode",
        "vbr",
        "--bitrate",
        "0.5",
        "--rules",
        "next",
    ];
    let made = compressed(
        &grainy(),
        &output,
        &[
            &args[..],
            &[
                "--codec",
                "hevc",
                "--encoder",
                "x265",
                "--preset",
                "superfast",
            ],
        ]
        .concat(),
    );
    let bits = made["verdict"]["output_bytes"].as_f64().unwrap() * 8.0 / 1.2;
    assert!(bits <= 0.525e6, "{bits}");
    let without = compress(&grainy(), &output, &["--threshold", "60", "--mode", "vbr"]);
    assert_eq!(without.code, 2);
    assert!(
        without.stderr.contains("needs --bitrate"),
        "{}",
        without.stderr
    );
}

#[test]
fn objectives_differ_as_they_say() {
    let folder = folder("compress-objective");
    let by = |objective: &str| {
        let output = folder.join(format!("{objective}.mp4"));
        let made = compressed(
            &grainy(),
            &output,
            &[
                "--threshold",
                "80",
                "--objective",
                objective,
                "--max-probes",
                "10",
            ],
        );
        let bytes = made["verdict"]["output_bytes"].as_u64().unwrap();
        (bytes, made["verdict"]["vmaf"].as_f64().unwrap())
    };
    let (smallest, near) = (by("size"), by("threshold"));
    assert!(near.1 >= 80.02 && near.1 < 80.5, "{near:?}");
    assert!(smallest.1 >= 80.02, "{smallest:?}");
    assert!(smallest.0 <= near.0 * 101 / 100, "{smallest:?} {near:?}");
}

#[test]
fn the_published_table_is_one_encode_that_is_judged_all_the_same() {
    let folder = folder("compress-table");
    let output = folder.join("out.mp4");
    let made = compressed(
        &grainy(),
        &output,
        &["--threshold", "60", "--strategy", "table"],
    );
    let probes = made["probes"].as_array().unwrap();
    assert_eq!(probes.len(), 1);
    assert_eq!(probes[0]["purpose"], "table");
    // A threshold under 89 is quality 40 of NVENC, for which the network's line has 26 of x264.
    assert_eq!(probes[0]["quality"], 26.0);
}

#[test]
fn hardware_that_is_not_there_is_replaced_aloud_or_refused() {
    let folder = folder("compress-gpu");
    let output = folder.join("out.mp4");
    let asked = [
        "--threshold",
        "60",
        "--codec",
        "hevc",
        "--encoder",
        "hevc_nvenc",
        "--max-probes",
        "2",
    ];
    let ran = compress(
        &grainy(),
        &output,
        &[&asked[..], &["--format", "json"]].concat(),
    );
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let made: Value = serde_json::from_str(&ran.stdout).unwrap();
    if made["fallback"].is_null() {
        // A machine with NVENC: nothing to replace.
        assert_eq!(made["device"], "gpu");
        return;
    }
    assert_eq!(
        (&made["encoder"], &made["device"]),
        (&"x265".into(), &"cpu".into())
    );
    assert_eq!(made["fallback"]["asked"], "hevc_nvenc");
    assert!(
        ran.stderr
            .contains("warning: hevc_nvenc does not work here, so x265 on the processor")
    );
    let refused = compress(
        &grainy(),
        &folder.join("no.mp4"),
        &[&asked[..], &["--require-gpu"]].concat(),
    );
    assert_eq!(refused.code, 4);
    assert!(
        refused
            .stderr
            .starts_with("error: hevc_nvenc does not work here"),
        "{}",
        refused.stderr
    );
    assert_eq!(names(&folder), ["out.mp4"]);
}

#[test]
fn sound_is_left_out_or_copied_bit_by_bit() {
    let folder = folder("compress-sound");
    let input = clips::make(
        "grainy-with-sound.mp4",
        &[
            "-i",
            grainy().to_str().unwrap(),
            "-f",
            "lavfi",
            "-i",
            "sine=duration=1.2",
            "-c:v",
            "copy",
            "-c:a",
            "aac",
            "-shortest",
        ],
    );
    let streams = |output: &std::path::Path| {
        let args = ["score", "compress", "--threshold", "60", "--format", "json"];
        let paths = [input.to_str().unwrap(), output.to_str().unwrap()];
        json(&[&args[..], &paths].concat())["measurement"]["distorted"]["audio_streams"].clone()
    };
    let (without, with) = (folder.join("a.mp4"), folder.join("b.mp4"));
    let ran = compress(
        &input,
        &without,
        &["--threshold", "60", "--max-probes", "2"],
    );
    assert!(
        ran.stderr.contains("warning: the sound was left out"),
        "{}",
        ran.stderr
    );
    compressed(
        &input,
        &with,
        &["--threshold", "60", "--max-probes", "2", "--keep-audio"],
    );
    assert_eq!(streams(&without), 0);
    assert_eq!(streams(&with), 1);
    let args = [
        "lint",
        "--task",
        "compress",
        "--threshold",
        "60",
        "--origin",
        "competition",
        "--rules",
        "2026-08-18",
        "--format",
        "json",
    ];
    let lint = run(vidaio(&args).arg(&input).arg(&with));
    let lint: Value = serde_json::from_str(&lint.stdout).unwrap();
    let gates = lint["gates"].as_array().unwrap();
    let audio = gates.iter().find(|g| g["gate"] == "audio").unwrap();
    assert_eq!(audio["outcome"], "pass", "{audio}");
}

#[test]
fn results_keep_to_their_schemas() {
    let folder = folder("compress-schema");
    let made = compressed(
        &grainy(),
        &folder.join("out.mp4"),
        &["--threshold", "60", "--max-probes", "2"],
    );
    for (record, value) in [("made", &made), ("probe", &made["probes"][0])] {
        let schema = run(&mut vidaio(&["schema", record])).stdout;
        let schema: Value = serde_json::from_str(&schema).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(value)
            .map(|e| e.to_string())
            .collect();
        assert!(errors.is_empty(), "{record}: {errors:?}");
        let mut wrong = value.clone();
        wrong["schema"] = 7.into();
        assert!(!validator.is_valid(&wrong));
    }
}

#[test]
fn earlier_searches_are_learnt_from_where_that_is_allowed() {
    let folder = folder("compress-learn");
    let data = folder.join("data");
    let once = |learn: &str| {
        let args = [
            "compress",
            "--threshold",
            "80",
            "--codec",
            "h264",
            "--encoder",
            "x264",
            "--preset",
            "superfast",
            "--format",
            "json",
        ];
        let mut command = vidaio(&args);
        command
            .env("XDG_DATA_HOME", &data)
            .env("VIDAIO_LEARN", learn);
        let ran = run(command.arg(grainy()).arg(folder.join("out.mp4")));
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        serde_json::from_str::<Value>(&ran.stdout).unwrap()
    };
    assert_eq!(once("no")["seed"]["learnt"], Value::Null);
    assert!(!data.join("vidaio/searches.jsonl").exists());
    let first = once("yes");
    let second = once("yes");
    assert_eq!(first["seed"]["learnt"], Value::Null);
    assert_eq!(second["seed"]["learnt"]["runs"], 1);
    // One run counts a fifth: the seed moves so far towards where the threshold was found.
    let quality = |made: &Value| made["seed"]["quality"].as_f64().unwrap();
    let kept = std::fs::read_to_string(data.join("vidaio/searches.jsonl")).unwrap();
    let lesson: Value = serde_json::from_str(kept.lines().next().unwrap()).unwrap();
    let found = lesson["quality"].as_f64().unwrap();
    let moved = quality(&second) - quality(&first);
    let expected = (found - quality(&first)) / 5.0;
    // The margin of the target moves both by a trifle.
    assert!((moved - expected).abs() < 0.02, "{moved} {expected}");
    assert!(
        expected.abs() > 0.01,
        "the first guess was right by luck: {found}"
    );
}
