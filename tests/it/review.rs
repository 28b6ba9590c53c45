//! One test for each defect that was found by trying.

use std::path::PathBuf;

use serde_json::Value;

use super::clips;
use super::surroundings::{Ran, compressed_json, json, run, scratch_root, stand_in, vidaio};

fn compress(reference: &std::path::Path, output: &std::path::Path, extra: &[&str]) -> Ran {
    let mut command = vidaio(&["score", "compress"]);
    run(command.arg(reference).arg(output).args(extra))
}

fn text(path: &std::path::Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_list_of_files_is_not_scored_by_its_own_size() {
    let reference = clips::reference();
    let list = scratch_root().join("list.mp4");
    std::fs::write(
        &list,
        format!("ffconcat version 1.0\nfile '{}'\n", reference.display()),
    )
    .unwrap();
    let ran = compress(&reference, &list, &["--threshold", "85"]);
    assert_eq!(ran.code, 3, "{}{}", ran.stdout, ran.stderr);
    assert!(
        ran.stderr.contains("list.mp4: not a video"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_pipe_is_refused_at_once() {
    let pipe = scratch_root().join("pipe");
    let _not_there = std::fs::remove_file(&pipe);
    assert!(
        std::process::Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    let ran = compress(&clips::reference(), &pipe, &["--threshold", "85"]);
    assert_eq!(ran.code, 3);
    assert!(
        ran.stderr.contains("it is a pipe or a device"),
        "{}",
        ran.stderr
    );
}

#[test]
fn frames_behind_a_recovery_point_are_found() {
    let args = [
        "-f",
        "lavfi",
        "-i",
        "testsrc2=size=320x180:rate=25:duration=4",
        "-c:v",
        "libx264",
        "-x264-params",
        "intra-refresh=1:keyint=20",
        "-pix_fmt",
        "yuv420p",
    ];
    let clip = clips::make("intra-refresh.mp4", &args);
    for frames in ["40,", "10,40,41,90", "5,60"] {
        let ran = compress(&clip, &clip, &["--threshold", "85", "--frames", frames]);
        assert_eq!(ran.code, 0, "{frames}: {}", ran.stderr);
    }
}

#[test]
fn containers_that_count_otherwise_are_read() {
    let source = "testsrc2=size=320x180:rate=25:duration=2,noise=alls=9:allf=t:all_seed=2";
    let x264 = [
        "-f", "lavfi", "-i", source, "-c:v", "libx264", "-bf", "3", "-pix_fmt", "yuv420p",
    ];
    let vp8 = [
        "-f",
        "lavfi",
        "-i",
        source,
        "-c:v",
        "libvpx",
        "-auto-alt-ref",
        "1",
        "-lag-in-frames",
        "16",
        "-b:v",
        "300k",
        "-pix_fmt",
        "yuv420p",
    ];
    let avi = clips::make("b-frames.avi", &x264);
    let webm = clips::make("alt-ref.webm", &vp8);
    for clip in [avi, webm] {
        for frames in ["all", "10"] {
            let ran = compress(&clip, &clip, &["--threshold", "85", "--frames", frames]);
            assert_eq!(ran.code, 0, "{} {frames}: {}", clip.display(), ran.stderr);
        }
    }
}

/// Contrast that lifts the base model far above NEG is a zero since 2026-06-29.
#[test]
fn a_large_difference_of_the_models_is_zero_where_a_gate_says_so() {
    let reference = clips::reference();
    let args = [
        "-i",
        text(&reference),
        "-vf",
        "eq=contrast=1.25,unsharp=5:5:1.5",
        "-c:v",
        "libx264",
        "-crf",
        "20",
        "-pix_fmt",
        "yuv420p",
    ];
    let output = clips::make("sharpened.mp4", &args);
    let score = |rules: &str| {
        json(&[
            "score",
            "compress",
            text(&reference),
            text(&output),
            "--threshold",
            "60",
            "--rules",
            rules,
            "--format",
            "json",
        ])
    };
    let next = score("next");
    let of = |model: &str| next["measurement"]["vmaf"][model]["mean"].as_f64().unwrap();
    assert!(of("base") - of("neg") > 3.0, "{} {}", of("base"), of("neg"));
    assert_eq!(
        (&next["s_f"], &next["reason"]),
        (&0.0.into(), &"vmaf-model-delta".into())
    );
    let delta = |rules: &str| {
        let got = score(rules);
        let gates = got["gates"]["results"].as_array().unwrap();
        let found = gates.iter().find(|g| g["gate"] == "vmaf-delta");
        found.map_or("none".into(), |g| g["outcome"].clone())
    };
    assert_eq!(
        (delta("2026-08-18"), delta("2026-06-27")),
        ("fail".into(), "none".into())
    );
}

#[test]
fn an_empty_sub_sample_falls_back_as_validators_do() {
    let args = [
        "-f",
        "lavfi",
        "-i",
        "testsrc2=size=320x180:rate=25:duration=0.4",
        "-c:v",
        "libx264",
        "-pix_fmt",
        "yuv420p",
    ];
    let clip = clips::make("ten.mp4", &args);
    let mut paths = std::collections::BTreeSet::new();
    for seed in 0..8 {
        let mut command = vidaio(&["score", "upscale", "--rules", "2026-08-18", "--length", "5"]);
        command
            .args(["--format", "json", "--seed", &seed.to_string()])
            .arg(&clip)
            .arg(&clip);
        let weights = scratch_root().join("weights.fallback");
        std::fs::write(&weights, "not empty").unwrap();
        let ran = run(command
            .env("VIDAIO_WORKER", stand_in())
            .env("VIDAIO_PIEAPP_WEIGHTS", weights));
        assert_eq!(ran.code, 0, "seed {seed}: {}", ran.stderr);
        let got: Value = serde_json::from_str(&ran.stdout).unwrap();
        let path = got["measurement"]["vmaf"]["path"]
            .as_str()
            .unwrap()
            .to_owned();
        let pooling = if path == "fallback-cut" {
            "harmonic-libvmaf-xml"
        } else {
            "harmonic-positive-json"
        };
        assert_eq!(got["vmaf_pooling"], pooling);
        assert_eq!(got["exact"], true);
        paths.insert(path);
    }
    assert_eq!(
        paths.into_iter().collect::<Vec<_>>(),
        ["fallback-cut", "subsample"]
    );
}

#[test]
fn frames_named_by_hand_are_no_draw_of_a_validator() {
    let got = compressed_json(&["--rules", "2025-10-20", "--frames", "0-9"]);
    assert_eq!(
        (&got["exact"], &got["measurement"]["vmaf"]["path"]),
        (&false.into(), &"listed".into())
    );
}

#[test]
fn a_spread_holds_only_draws_of_the_revision() {
    let (reference, output) = (clips::reference(), clips::compressed());
    let saved = scratch_root().join("spread.json");
    let mut args = vec![
        "score",
        "compress",
        text(&reference),
        text(&output),
        "--threshold",
        "60",
    ];
    args.extend([
        "--rules",
        "all",
        "--distribution",
        "5",
        "--format",
        "json",
        "--save",
        text(&saved),
    ]);
    assert_eq!(json(&args)["distribution"]["draws"], 5);
    let mut command = vidaio(&["score", "--from", text(&saved), "--threshold", "60"]);
    let ran = run(command.args(["--distribution", "100"]));
    assert!(
        ran.stderr
            .contains("100 draws were asked for, but the measurement holds 5"),
        "{}",
        ran.stderr
    );
}

#[test]
fn flags_that_would_be_ignored_are_refused() {
    let (reference, output) = (clips::reference(), clips::compressed());
    let same = scratch_root().join("same.json");
    let refused = |extra: &[&str], words: &str| {
        let ran = compress(
            &reference,
            &output,
            &[&["--threshold", "85"], extra].concat(),
        );
        assert_eq!(ran.code, 2, "{}", ran.stderr);
        assert!(ran.stderr.contains(words), "{}", ran.stderr);
    };
    refused(&["--length", "5"], "--length belongs to the other task");
    refused(
        &["-o", text(&same), "--save", text(&same)],
        "name the same file",
    );
    assert!(!same.exists());
}

#[test]
fn file_names_that_are_no_text_are_measured_all_the_same() {
    use std::os::unix::ffi::OsStringExt as _;
    let odd = scratch_root().join(PathBuf::from(std::ffi::OsString::from_vec(
        b"odd \xff %d:x.mp4".to_vec(),
    )));
    std::fs::copy(clips::compressed(), &odd).unwrap();
    let ran = compress(
        &clips::reference(),
        &odd,
        &["--threshold", "60", "--format", "json"],
    );
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("%d:x.mp4"));
}

#[test]
fn a_foreign_folder_chooses_no_program() {
    let folder = tempfile::tempdir_in(scratch_root()).unwrap();
    std::fs::write(
        folder.path().join("vidaio.toml"),
        "worker = \"/bin/false\"\n",
    )
    .unwrap();
    let ran = run(vidaio(&["config", "show"]).current_dir(folder.path()));
    assert!(!ran.stdout.contains("/bin/false"), "{}", ran.stdout);
    assert!(ran.stderr.contains(
        "vidaio.toml:1: setting `worker` is not taken from a file in the current folder"
    ));
}

#[test]
fn results_keep_links_and_modes() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir_in(scratch_root()).unwrap();
    let (target, link) = (folder.path().join("target"), folder.path().join("link"));
    std::fs::write(&target, "old").unwrap();
    std::fs::set_permissions(&target, std::fs::Permissions::from_mode(0o600)).unwrap();
    std::os::unix::fs::symlink(&target, &link).unwrap();
    let ran = run(&mut vidaio(&["calc", "pool", "90", "-o", text(&link)]));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(link.symlink_metadata().unwrap().is_symlink());
    assert!(std::fs::read_to_string(&target).unwrap().contains("90"));
    assert_eq!(
        std::fs::metadata(&target).unwrap().permissions().mode() & 0o777,
        0o600
    );
}

#[test]
fn many_threads_keep_to_the_memory_allowed() {
    let got = compressed_json(&["--threads", "64", "--memory", "30"]);
    let backend = &got["measurement"]["backend"];
    assert_eq!(backend["threads"], 64);
    let used = backend["vmaf_threads"].as_u64().unwrap();
    assert!((1..10).contains(&used), "{used}");
}

#[test]
fn numbers_without_a_ratio_and_lines_without_an_end_are_refused() {
    let row = scratch_root().join("tiny.jsonl");
    std::fs::write(
        &row,
        "{\"vmaf\": 95, \"rate\": 1e-320, \"threshold\": 85}\n",
    )
    .unwrap();
    let ran = run(&mut vidaio(&[
        "calc",
        "compress",
        "--rules",
        "2026-08-18",
        "--input",
        text(&row),
    ]));
    assert_eq!(ran.code, 3, "{}", ran.stdout);
    std::fs::write(&row, vec![b'x'; 1 << 20]).unwrap();
    let ran = run(&mut vidaio(&["calc", "compress", "--input", text(&row)]));
    assert!(
        ran.code == 3 && ran.stderr.contains("far too long"),
        "{}",
        ran.stderr
    );
}

#[test]
fn weights_that_cannot_be_read_are_bad_input() {
    let mut command = vidaio(&[
        "score",
        "upscale",
        "--pieapp-weights",
        "/nowhere/weights.pth",
    ]);
    let ran = run(command.arg(clips::reference()).arg(clips::upscaled()));
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert!(ran.stderr.contains("/nowhere/weights.pth") && ran.stderr.contains("hint:"));
}

#[test]
fn score_alone_says_what_it_wants() {
    let ran = run(&mut vidaio(&["score"]));
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr
            .contains("nothing to score was named\nhint: `vidaio score compress"),
        "{}",
        ran.stderr
    );
}
