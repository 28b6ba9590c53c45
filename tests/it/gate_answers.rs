//! Gates of whole answers: unreadable files, competitions, duplicates, and how scores tell of gates.

use std::path::Path;

use serde_json::Value;

use super::clips;
use super::gate_clips::{bytes, encoded, good, hevc, padded, reference};
use super::linting::{HEAD, compress, files, lint, text};
use super::surroundings::{run, scratch_root, vidaio};

#[test]
fn unreadable_files_are_verdicts() {
    let empty = scratch_root().join("gate-empty.mp4");
    std::fs::write(&empty, []).unwrap();
    let failed = compress(&empty, HEAD, &[]).trips(&["output-readable"]);
    assert_eq!(failed.json["score"], 0.0);
    assert!(failed.of("vmaf-floor")["outcome"] == "not-judged");
    let swapped = lint(
        &clips::sound(),
        &good(),
        "compress",
        HEAD,
        &["--threshold", "60"],
    );
    assert_eq!(swapped.json["decided_by"], "reference-readable");
    // The validator's own fault: the standing is left alone.
    assert_eq!(swapped.json["score"], -100.0);
    assert!(swapped.json["ledger"].is_null());
    let short = encoded(
        "gate-nine-out.mp4",
        &clips::nine_frames(),
        "-c:v libx265 -x265-params log-level=error",
    );
    let failed = lint(
        &clips::nine_frames(),
        &short,
        "compress",
        HEAD,
        &["--threshold", "60"],
    );
    assert_eq!(
        (
            failed.json["decided_by"].as_str(),
            failed.json["score"].as_f64()
        ),
        (Some("reference-frames"), Some(-100.0))
    );
    // A competition tells a file without bytes from one that is no video, and needs its own input.
    let competition = |reference: &Path, output: &Path| {
        let args = ["--threshold", "60", "--origin", "competition"];
        lint(reference, output, "compress", HEAD, &args)
    };
    let code = |found: &super::linting::Lint| {
        let gate = found.json["decided_by"].as_str().unwrap().to_owned();
        found.of(&gate)["code"].clone()
    };
    assert_eq!(code(&competition(&reference(), &empty)), "OUTPUT_EMPTY");
    assert_eq!(
        code(&competition(&reference(), &clips::sound())),
        "OUTPUT_MEDIA_INVALID"
    );
    assert_eq!(
        competition(&clips::sound(), &good()).json["decided_by"],
        "input-intact"
    );
    // Where a revision has no gates of a kind, nothing is passed in silence.
    for (rules, origin) in [
        ("next", "competition"),
        ("2025-10-14", "organic"),
        ("2026-07-19", "competition"),
    ] {
        let (reference, good) = (reference(), good());
        let args = [
            "lint",
            text(&reference),
            text(&good),
            "--task",
            "compress",
            "--rules",
            rules,
            "--origin",
            origin,
        ];
        let ran = run(&mut vidaio(&args));
        assert_eq!(ran.code, 3, "{rules} {origin}: {}", ran.stdout);
    }
    // A payload or an original of no use keeps nothing else from being measured.
    let odd = lint(
        &reference(),
        &good(),
        "compress",
        "next",
        &["--threshold", "60", "--original", text(&clips::half_size())],
    )
    .passes();
    assert_eq!(odd.warnings(), ["original"]);
    let odd = lint(
        &reference(),
        &good(),
        "upscale",
        "next",
        &["--payload", text(&empty)],
    )
    .trips(&["payload-readable"]);
    assert_eq!(odd.of("vmaf-floor")["outcome"], "pass");
    assert!(
        odd.json["score"].is_null(),
        "what cannot be measured is recorded as nothing"
    );
    let organic = lint(
        &clips::sound(),
        &good(),
        "compress",
        HEAD,
        &["--no-metrics", "--origin", "organic"],
    );
    assert_eq!(organic.json["score"], -1.0);
}

#[test]
fn competitions_have_gates_of_their_own() {
    let sine = "sine=frequency=440:duration=2";
    let picture = reference();
    let with_sound = |name: &str, options: &[&str]| {
        let head = [
            "-i",
            text(&picture),
            "-f",
            "lavfi",
            "-i",
            sine,
            "-map",
            "0:v",
            "-map",
            "1:a",
        ];
        clips::make(name, &[&head[..], options].concat())
    };
    let input = with_sound(
        "gate-sound.mp4",
        &["-c:v", "copy", "-c:a", "aac", "-b:a", "64k"],
    );
    let kept = clips::make(
        "gate-sound-kept.mp4",
        &[
            "-i",
            text(&input),
            "-c:v",
            "libsvtav1",
            "-preset",
            "10",
            "-crf",
            "30",
            "-c:a",
            "copy",
        ],
    );
    let again = clips::make(
        "gate-sound-again.mp4",
        &[
            "-i",
            text(&input),
            "-c:v",
            "libsvtav1",
            "-preset",
            "10",
            "-crf",
            "30",
            "-c:a",
            "aac",
            "-b:a",
            "32k",
        ],
    );
    let without = clips::make(
        "gate-sound-none.mp4",
        &[
            "-i",
            text(&input),
            "-c:v",
            "libsvtav1",
            "-preset",
            "10",
            "-crf",
            "30",
            "-an",
        ],
    );
    let judge = |output: &Path, extra: &[&str]| {
        let mut args = vec!["--threshold", "60", "--origin", "competition"];
        args.extend(extra);
        lint(&input, output, "compress", HEAD, &args)
    };
    judge(&kept, &[]).passes();
    for lost in [&again, &without] {
        let failed = judge(lost, &[]).trips(&["audio"]);
        assert_eq!(failed.of("audio")["code"], "OUTPUT_AUDIO_NOT_PRESERVED");
    }
    let size = bytes(&input);
    // 1.25 and just under.
    judge(&padded("gate-ratio.mp4", &kept, size * 4 / 5), &[]).passes();
    let low = judge(&padded("gate-ratio-low.mp4", &kept, size * 4 / 5 + 1), &[]);
    assert_eq!(low.of("minimum-ratio")["code"], "COMPRESSION_RATIO_TOO_LOW");
    assert!(low.failed().contains(&"minimum-ratio"));
    let same = judge(&padded("gate-same.mp4", &kept, size), &[]);
    assert_eq!(same.of("smaller")["code"], "OUTPUT_NOT_SMALLER");
    // Ten bits are allowed here; the bitrate counts from 2026-08-18 on.
    let ten = clips::make(
        "gate-sound-ten.mp4",
        &[
            "-i",
            text(&input),
            "-c:v",
            "libsvtav1",
            "-preset",
            "10",
            "-crf",
            "30",
            "-pix_fmt",
            "yuv420p10le",
            "-c:a",
            "copy",
        ],
    );
    judge(&ten, &[]).passes();
    let failed = judge(&kept, &["--mode", "vbr", "--bitrate", "0.01"]).trips(&["bitrate"]);
    assert_eq!(
        failed.of("bitrate")["code"],
        "OUTPUT_BITRATE_EXCEEDS_TARGET"
    );
    let hevc = clips::make(
        "gate-sound-hevc.mp4",
        &[
            "-i",
            text(&input),
            "-c:v",
            "libx265",
            "-x265-params",
            "log-level=error",
            "-c:a",
            "copy",
        ],
    );
    assert_eq!(
        judge(&hevc, &[]).trips(&["codec"]).of("codec")["code"],
        "OUTPUT_CODEC_INVALID"
    );
}

#[test]
fn duplicates_inside_a_bundle_and_between_miners() {
    let twin = scratch_root().join("gate-twin.mp4");
    std::fs::copy(good(), &twin).unwrap();
    let other = hevc("gate-45.mp4", "-frames:v 45");
    let bundle = |files: &[&Path]| {
        let mut args = vec!["lint", "--bundle"];
        args.extend(files.iter().map(|f| text(f)));
        run(&mut vidaio(&args))
    };
    let found = bundle(&[&good(), &other, &twin]);
    assert_eq!(found.code, 1, "{}{}", found.stdout, found.stderr);
    assert_eq!(
        found.stdout.matches("FAIL: as many bytes as").count(),
        2,
        "{}",
        found.stdout
    );
    assert_eq!(bundle(&[&good(), &other]).code, 0);
    files(&good(), HEAD, &["--bundle", text(&good()), text(&other)]).passes();
    files(&good(), HEAD, &["--bundle", text(&good()), text(&twin)]).trips(&["duplicate"]);

    let saved = scratch_root().join("gate-against.json");
    compress(&twin, HEAD, &["--save", text(&saved)]).passes();
    compress(&good(), HEAD, &["--against", text(&saved)]).trips(&["metric-duplicate"]);
    // What scores nothing claims nothing.
    let mut zeroed: Value =
        serde_json::from_str(&std::fs::read_to_string(&saved).unwrap()).unwrap();
    zeroed["distorted"]["codec"] = "mpeg4".into();
    let worthless = scratch_root().join("gate-worthless.json");
    std::fs::write(&worthless, zeroed.to_string()).unwrap();
    compress(&good(), HEAD, &["--against", text(&worthless)]).passes();
    // A difference of 0.2 VMAF, 0.2 base or 0.01 rate is none.
    let harder = encoded(
        "gate-harder.mp4",
        &reference(),
        "-c:v libx265 -preset fast -x265-params log-level=error -crf 16",
    );
    compress(&harder, HEAD, &["--against", text(&saved)]).passes();
}

#[test]
fn the_document_says_which_live_gates_it_does_not_have() {
    let got = files(&good(), "documented", &[]);
    let live: Vec<&str> = got.json["live_gates_not_judged"]
        .as_array()
        .unwrap()
        .iter()
        .map(|g| g.as_str().unwrap())
        .collect();
    for gate in [
        "codec",
        "tone",
        "frame-count",
        "vmaf-delta",
        "source-proximity",
    ] {
        assert!(live.contains(&gate), "{live:?}");
    }
    assert_eq!(
        files(&good(), "next", &[]).json["live_gates_not_judged"],
        serde_json::json!([])
    );
    let table = run(&mut vidaio(&[
        "lint",
        text(&reference()),
        text(&good()),
        "--task",
        "compress",
        "--no-metrics",
    ]));
    assert!(
        table.stdout.contains("`--rules latest` judges them"),
        "{}",
        table.stdout
    );
}

#[test]
fn a_score_zeroed_by_a_gate_says_so_and_shows_the_metrics() {
    let output = clips::compressed();
    let reference = reference();
    let mut args = vec![
        "score",
        "compress",
        text(&reference),
        text(&output),
        "--threshold",
        "60",
        "--rules",
        HEAD,
    ];
    let table = run(&mut vidaio(&args)).stdout;
    assert!(
        table.contains("metrics alone") && table.contains("invalid encoding settings: Codec"),
        "{table}"
    );
    args.extend(["--format", "json"]);
    let got: Value = serde_json::from_str(&run(&mut vidaio(&args)).stdout).unwrap();
    assert_eq!(
        (&got["s_f"], &got["gates"]["decided_by"]),
        (&0.0.into(), &"codec".into())
    );
    assert!(got["s_f_metrics"].as_f64().unwrap() > 0.1);
    let next = got["also"]
        .as_array()
        .unwrap()
        .iter()
        .find(|a| a["rules"] == "next")
        .unwrap();
    assert_eq!(next["s_f"], next["s_f_metrics"]);
}
