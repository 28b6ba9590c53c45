//! `vidaio upscale` on small clips: filters of the real FFmpeg, networks through a stand-in worker, and the
//! real worker where it is here.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::clips::{half_size, make, picture, sound};
use super::making::{ffmpeg_that, folder, names};
use super::surroundings::{Ran, real_worker, run, shared, skip, stand_in, vidaio};

fn upscale(input: &Path, output: &Path, extra: &[&str]) -> Ran {
    let mut command = vidaio(&["upscale", "--preset", "superfast"]);
    if extra.contains(&"--encoder") || extra.contains(&"--codec") {
        command = vidaio(&["upscale"]);
    }
    run(command
        .args(extra)
        .arg(input)
        .arg(output)
        .env("VIDAIO_WORKER", stand_in()))
}

fn made(input: &Path, output: &Path, extra: &[&str]) -> Value {
    let ran = upscale(input, output, &[extra, &["--format", "json"]].concat());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    serde_json::from_str(&ran.stdout).unwrap()
}

/// Any file does for weights: the stand-in does not read them.
fn weights(folder: &Path) -> PathBuf {
    let path = folder.join("net.safetensors");
    std::fs::write(&path, "weights").unwrap();
    path
}

/// What `vidaio lint` says of the output as an answer to the original, without metrics.
fn lint(original: &Path, input: &Path, output: &Path, rules: &str) -> Ran {
    let args = [
        "lint",
        "--task",
        "upscale",
        "--no-metrics",
        "--rules",
        rules,
    ];
    let mut command = vidaio(&args);
    command
        .arg(original)
        .arg(output)
        .arg("--payload")
        .arg(input);
    run(&mut command)
}

#[test]
fn filters_enlarge_by_the_factor_and_pass_the_gates_of_both_dates() {
    let folder = folder("upscale-filters");
    let original = super::clips::reference();
    let small = make(
        "reference-small.mp4",
        &[
            "-i",
            original.to_str().unwrap(),
            "-vf",
            "scale=160:90",
            "-c:v",
            "libx264",
            "-crf",
            "10",
            "-pix_fmt",
            "yuv420p",
        ],
    );
    for (rules, codec, filter) in [
        ("2025-10-20", "hevc", "lanczos"),
        ("2026-08-18", "hevc", "bicubic"),
        ("next", "av1", "spline"),
    ] {
        let output = folder.join(format!("{filter}.mp4"));
        let mut extra = vec![
            "--task", "SD2HD", "--model", filter, "--rules", rules, "--codec", codec,
        ];
        extra.extend(["--preset", if codec == "av1" { "12" } else { "superfast" }]);
        let record = made(&small, &output, &extra);
        assert_eq!(record["size"], serde_json::json!([320, 180]));
        assert_eq!(record["frames"], 50);
        assert_eq!(
            (&record["engine"], &record["device"]),
            (&filter.into(), &"cpu".into())
        );
        assert_eq!(record["gates"]["passed"], true);
        let most = record["most_bytes"].as_u64();
        assert!(most.is_none_or(|most| record["output_bytes"].as_u64().unwrap() <= most));
        let ran = lint(&original, &small, &output, rules);
        assert_eq!(ran.code, 0, "{rules}: {}", ran.stdout);
        // Enlarged, it resembles what it was before it was made small.
        let args = ["score", "upscale", "--rules", "next", "--format", "json"];
        let paths = [original.to_str().unwrap(), output.to_str().unwrap()];
        let score = run(&mut vidaio(&[&args[..], &paths].concat()));
        let score: Value = serde_json::from_str(&score.stdout).unwrap();
        assert!(
            score["vmaf"].as_f64().unwrap() > 50.0,
            "{filter}: {}",
            score["vmaf"]
        );
    }
    assert_eq!(names(&folder), ["bicubic.mp4", "lanczos.mp4", "spline.mp4"]);
}

#[test]
fn a_network_sees_every_frame_once_in_order_and_in_the_right_colours() {
    let folder = folder("upscale-network");
    let weights = weights(&folder);
    let input = half_size();
    let by = |name: &str, extra: &[&str]| {
        let output = folder.join(name);
        let usual = ["--scale", "2", "--model", weights.to_str().unwrap()];
        (made(&input, &output, &[&usual[..], extra].concat()), output)
    };
    let (record, one) = by("one.mp4", &[]);
    assert_eq!(
        (&record["engine"], &record["frames"]),
        (&"net".into(), &50.into())
    );
    assert_eq!(record["device"], "cpu");
    assert_eq!(record["weights"].as_str().unwrap().len(), 64);
    // Batches and the queue change nothing.
    let (_, many) = by("many.mp4", &["--batch-size", "7", "--prefetch-frames", "2"]);
    assert_eq!(std::fs::read(&one).unwrap(), std::fs::read(&many).unwrap());
    // Pixels made square and looked at from afar are the picture again: no frame is late, no colour off.
    let nearest = make(
        "half-nearest.mp4",
        &[
            "-i",
            input.to_str().unwrap(),
            "-vf",
            "scale=320:180:flags=neighbor",
            "-c:v",
            "libx264",
            "-qp",
            "4",
            "-pix_fmt",
            "yuv420p",
        ],
    );
    let args = [
        "score",
        "upscale",
        "--rules",
        "2026-08-18",
        "--format",
        "json",
        "--length",
        "5",
    ];
    let paths = [nearest.to_str().unwrap(), one.to_str().unwrap()];
    let score = run(&mut vidaio(&[&args[..], &paths].concat()));
    let score: Value = serde_json::from_str(&score.stdout).unwrap();
    assert!(score["vmaf"].as_f64().unwrap() > 90.0, "{}", score["vmaf"]);
    let gates = score["gates"]["results"].as_array().unwrap();
    let failed: Vec<&Value> = gates.iter().filter(|g| g["outcome"] == "fail").collect();
    assert!(failed.is_empty(), "{failed:?}");
}

#[test]
fn the_environment_sets_batches_and_wrong_numbers_are_refused() {
    let folder = folder("upscale-environment");
    let weights = weights(&folder);
    let output = folder.join("out.mp4");
    let with = |value: &str| {
        let mut command = vidaio(&[
            "upscale",
            "--scale",
            "2",
            "--preset",
            "superfast",
            "--model",
        ]);
        command.arg(&weights).arg(half_size()).arg(&output);
        run(command
            .env("BATCH_SIZE", value)
            .env("VIDAIO_WORKER", stand_in()))
    };
    assert_eq!(with("4").code, 0);
    let wrong = with("many");
    assert_eq!(wrong.code, 2);
    assert!(
        wrong.stderr.contains(
            "`batch_size` is `many` (environment BATCH_SIZE), but must be a number from 1 to 64"
        ),
        "{}",
        wrong.stderr
    );
    // A file of settings counts as well.
    let settings = folder.join("vidaio.toml");
    std::fs::write(&settings, "batch_size = 65\n").unwrap();
    let mut command = vidaio(&["upscale", "--scale", "2", "--model"]);
    command.arg(&weights).arg(half_size()).arg(&output);
    let wrong = run(command
        .current_dir(&folder)
        .env("VIDAIO_WORKER", stand_in()));
    assert_eq!(wrong.code, 2);
    assert!(
        wrong
            .stderr
            .contains("vidaio.toml), but must be a number from 1 to 64"),
        "{}",
        wrong.stderr
    );
    // Other programs know the variable, too: where no network runs it is nobody's business.
    let mut score = vidaio(&["rules", "list"]);
    assert_eq!(run(score.env("BATCH_SIZE", "many")).code, 0);
}

#[test]
fn a_stride_repeats_frames_and_says_what_it_costs() {
    let folder = folder("upscale-stride");
    let weights = weights(&folder);
    for (name, model) in [
        ("filter", "lanczos"),
        ("network", weights.to_str().unwrap()),
    ] {
        let output = folder.join(format!("{name}.mp4"));
        let ran = upscale(
            &half_size(),
            &output,
            &[
                "--scale",
                "2",
                "--model",
                model,
                "--frame-stride",
                "3",
                "--format",
                "json",
            ],
        );
        assert_eq!(ran.code, 0, "{name}: {}", ran.stderr);
        let record: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(record["frames"], 50, "{name}");
        assert!(
            ran.stderr.contains("only every 3th frame was enlarged"),
            "{}",
            ran.stderr
        );
    }
}

#[test]
fn files_over_the_size_allowed_are_encoded_coarser() {
    let folder = folder("upscale-cap");
    let output = folder.join("out.mp4");
    // So little was spent on the input that a nearly lossless output has no room.
    let input = make(
        "poor.mp4",
        &[
            "-f",
            "lavfi",
            "-i",
            "testsrc2=size=160x90:rate=25:duration=2,noise=alls=40:allf=t",
            "-c:v",
            "libx264",
            "-crf",
            "44",
            "-pix_fmt",
            "yuv420p",
        ],
    );
    let made = made(&input, &output, &["--scale", "2", "--rules", "2026-08-18"]);
    let (bytes, most) = (
        made["output_bytes"].as_u64().unwrap(),
        made["most_bytes"].as_u64().unwrap(),
    );
    assert_eq!(most, made["input_bytes"].as_u64().unwrap() * 8);
    assert!(bytes <= most, "{bytes} of {most}");
}

#[test]
fn what_cannot_be_is_refused_with_a_hint_and_leaves_nothing() {
    let folder = folder("upscale-refused");
    let output = folder.join("out.mp4");
    let weights = folder.join("net.safetensors");
    std::fs::write(&weights, "weights").unwrap();
    let net = weights.to_str().unwrap();
    let dead = ffmpeg_that("dead-upscaler", "echo 'no more room' >&2; exit 9");
    let dead = dead.to_str().unwrap();
    let good = half_size();
    let cases: [(&Path, &[&str], i32, &str); 11] = [
        (&good, &["--scale", "3"], 2, "validators ask for 2 or 4"),
        (&good, &[], 2, "required arguments"),
        (&good, &["--task", "8K"], 2, "tasks are SD2HD"),
        (
            &good,
            &["--scale", "2", "--model", "nothing"],
            3,
            "neither a model nor a file of weights",
        ),
        (
            &good,
            &["--scale", "2", "--model", "realesr-animevideov3"],
            4,
            "models pull realesr-animevideov3",
        ),
        (
            &good,
            &["--scale", "2", "--model", net, "--device", "cuda"],
            4,
            "no CUDA device",
        ),
        (
            &good,
            &[
                "--scale",
                "2",
                "--model",
                net,
                "--require-gpu",
                "--encoder",
                "x265",
            ],
            4,
            "--require-gpu",
        ),
        (
            &good,
            &["--scale", "2", "--ffmpeg", dead],
            4,
            "no more room",
        ),
        (&sound(), &["--scale", "2"], 3, "no video stream"),
        (&picture(), &["--scale", "2"], 3, "a still picture"),
        (&folder, &["--scale", "2"], 3, "this is a folder"),
    ];
    for (input, extra, code, word) in cases {
        let ran = upscale(input, &output, extra);
        assert_eq!(ran.code, code, "{extra:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(word), "{word}: {}", ran.stderr);
        assert!(!output.exists());
    }
    let same = upscale(&good, &good, &["--scale", "2"]);
    assert_eq!(same.code, 2);
    assert_eq!(names(&folder), ["net.safetensors"]);
}

#[test]
fn a_worker_that_dies_for_good_is_an_error_and_one_that_dies_once_is_not() {
    let folder = folder("upscale-dying");
    let weights = weights(&folder);
    let output = folder.join("out.mp4");
    let with = |manner: &str| {
        let mut command = vidaio(&[
            "upscale",
            "--scale",
            "2",
            "--preset",
            "superfast",
            "--model",
        ]);
        command.arg(&weights).arg(half_size()).arg(&output);
        command
            .env("VIDAIO_WORKER", stand_in())
            .env("STAND_IN", manner);
        run(command.env("STAND_IN_MARK", folder.join("mark")))
    };
    let dead = with("die");
    assert_eq!(dead.code, 4, "{}", dead.stderr);
    assert!(dead.stderr.contains("the worker died"), "{}", dead.stderr);
    assert!(!output.exists());
    assert_eq!(with("die-once").code, 0);
    assert!(output.exists() && folder.join("mark").exists());
}

#[test]
fn auto_says_what_it_took_and_why() {
    let folder = folder("upscale-auto");
    let output = folder.join("out.mp4");
    let models = folder.join("models");
    let auto = |extra: &[&str]| {
        let mut command = vidaio(&[
            "upscale",
            "--scale",
            "2",
            "--model",
            "auto",
            "--preset",
            "superfast",
            "--format",
            "json",
        ]);
        command
            .args(extra)
            .arg(super::clips::reference())
            .arg(&output);
        let ran = run(command
            .env("VIDAIO_WORKER", stand_in())
            .env("VIDAIO_MODELS_DIR", &models));
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        (
            serde_json::from_str::<Value>(&ran.stdout).unwrap(),
            ran.stderr,
        )
    };
    let (alone, said) = auto(&[]);
    assert_eq!(alone["engine"], "lanczos");
    assert!(said.contains("no network is here to be tried"), "{said}");
    std::fs::create_dir_all(models.join("upscale")).unwrap();
    std::fs::write(models.join("upscale/mine.pt"), "weights").unwrap();
    // The stand-in makes squares of pixels, which is worse than Lanczos; the trial sees that.
    let (record, said) = auto(&["--deadline", "10m"]);
    assert_eq!(record["engine"], "lanczos");
    let why = record["why"].as_str().unwrap();
    assert!(
        why.contains("lanczos 0.") && why.contains("mine 0."),
        "{why}"
    );
    assert!(
        said.contains("lanczos is taken: tried on a part of the clip"),
        "{said}"
    );
}

#[test]
fn results_keep_to_their_schema() {
    let folder = folder("upscale-schema");
    let record = made(&half_size(), &folder.join("out.mp4"), &["--scale", "2"]);
    let schema = run(&mut vidaio(&["schema", "upscaled"])).stdout;
    let validator = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(&record)
        .map(|e| e.to_string())
        .collect();
    assert!(errors.is_empty(), "{errors:?}");
}

#[test]
fn the_real_worker_runs_the_published_network() {
    let name = "the_real_worker_runs_the_published_network";
    let (Some(worker), Some(shared)) = (real_worker(name), shared(name)) else {
        return;
    };
    let weights = shared.join("models/realesr-animevideov3.safetensors");
    if !weights.is_file() {
        skip(name, "the weights are not here");
        return;
    }
    let folder = folder("upscale-real");
    let input = make(
        "tiny.mp4",
        &[
            "-f",
            "lavfi",
            "-i",
            "testsrc2=size=96x64:rate=25:duration=0.4",
            "-c:v",
            "libx264",
            "-qp",
            "6",
            "-pix_fmt",
            "yuv420p",
        ],
    );
    let by = |scale: &str, tile: &str| {
        let output = folder.join(format!("{scale}-{tile}.mp4"));
        let args = [
            "upscale",
            "--scale",
            scale,
            "--tile",
            tile,
            "--preset",
            "superfast",
            "--format",
            "json",
            "--model",
        ];
        let mut command = vidaio(&args);
        command
            .arg(&weights)
            .arg(&input)
            .arg(&output)
            .env("VIDAIO_WORKER", &worker);
        let ran = run(&mut command);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert!(
            ran.stderr
                .contains("runs on the processor, which will take about"),
            "{}",
            ran.stderr
        );
        let record: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(record["gates"]["passed"], true);
        (record, output)
    };
    let (four, _) = by("4", "512");
    assert_eq!(four["size"], serde_json::json!([384, 256]));
    let (two, whole) = by("2", "0");
    assert_eq!(two["size"], serde_json::json!([192, 128]));
    let (_, tiled) = by("2", "40");
    let args = [
        "score", "upscale", "--rules", "next", "--format", "json", "--length", "5",
    ];
    let paths = [whole.to_str().unwrap(), tiled.to_str().unwrap()];
    let ran = run(&mut vidaio(&[&args[..], &paths].concat()));
    let score: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert!(
        score["vmaf"].as_f64().unwrap() > 97.0,
        "tiles must not show: {}",
        score["vmaf"]
    );
}
