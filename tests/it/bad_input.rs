//! Wrong input: a clear message, a hint, the documented code, and nothing written.

use std::path::{Path, PathBuf};

use super::clips;
use super::surroundings::{Ran, run, scratch_root, stand_in, vidaio};

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Runs a compression score that must fail, with a result file that must not appear.
fn fails(reference: &Path, output: &Path, code: i32, words: &[&str]) -> Ran {
    let folder = tempfile::tempdir_in(scratch_root()).unwrap();
    let target = folder.path().join("result.json");
    let mut command = vidaio(&["score", "compress"]);
    command
        .arg(reference)
        .arg(output)
        .args(["--threshold", "85", "-o", text(&target)]);
    let ran = run(&mut command);
    check(&ran, code, words);
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        0,
        "something was left behind"
    );
    ran
}

fn check(ran: &Ran, code: i32, words: &[&str]) {
    assert_eq!(ran.code, code, "{}{}", ran.stdout, ran.stderr);
    assert_eq!(ran.stdout, "");
    for word in words {
        assert!(
            ran.stderr.contains(word),
            "`{word}` is missing in: {}",
            ran.stderr
        );
    }
}

fn file(name: &str, contents: &[u8]) -> PathBuf {
    let path = scratch_root().join(name);
    std::fs::write(&path, contents).unwrap();
    path
}

#[test]
fn files_that_are_not_videos() {
    let reference = clips::reference();
    let hint = "\nhint: ";
    fails(
        &reference,
        Path::new("/nowhere/out.mp4"),
        3,
        &["/nowhere/out.mp4: there is no such file", hint],
    );
    fails(
        Path::new("/nowhere/ref.mp4"),
        &reference,
        3,
        &["/nowhere/ref.mp4: there is no such file"],
    );
    fails(&reference, &scratch_root(), 3, &["this is a folder", hint]);
    fails(
        &reference,
        &file("empty.mp4", b""),
        3,
        &["empty.mp4: the file is empty", hint],
    );
    let words = b"This is a text and not a video at all.\n".repeat(100);
    fails(
        &reference,
        &file("words.mp4", &words),
        3,
        &["words.mp4: not a video", hint],
    );
    fails(
        &reference,
        &clips::sound(),
        3,
        &["no video stream in it (it holds sound)", hint],
    );
    fails(
        &reference,
        &clips::picture(),
        3,
        &["a still picture (png_pipe)", hint],
    );
    fails(
        &reference,
        &clips::jpegs(),
        3,
        &[
            "pictures one after another (jpeg_pipe)",
            "ffmpeg -framerate 25",
        ],
    );
}

/// The begin of WebP files as libwebp writes them: the mark of an animation is one bit. FFmpeg reads
/// neither further, since the pictures are left out.
#[test]
fn animated_webp_is_named() {
    let begin = |flags: u8| {
        let mut bytes = b"RIFF\x1e\0\0\0WEBPVP8X\x0a\0\0\0".to_vec();
        bytes.extend([flags, 0, 0, 0, 63, 0, 0, 63, 0, 0]);
        bytes.extend(b"ANIM\x06\0\0\0\xff\xff\xff\xff\x01\0");
        bytes
    };
    let (reference, hint) = (clips::reference(), "hint: ");
    let moving = file("moving.webp", &begin(2));
    fails(
        &reference,
        &moving,
        3,
        &[
            "moving.webp: an animated WebP, which the installed FFmpeg cannot decode",
            "anim_dump",
        ],
    );
    let still = file("still.webp", &begin(0));
    fails(
        &reference,
        &still,
        3,
        &["still.webp: a still picture", hint],
    );
}

#[test]
fn frames_too_small_for_vmaf_get_their_own_hint() {
    let small = clips::make(
        "small.mp4",
        &[
            "-f",
            "lavfi",
            "-i",
            "testsrc2=s=16x16:d=2",
            "-pix_fmt",
            "yuv420p",
        ],
    );
    let said = [
        "frames of 16x16 are too small for VMAF",
        "hint: use a clip with larger frames",
    ];
    fails(&small, &small, 3, &said);
}

#[test]
fn square_pixels_are_square_however_they_are_written() {
    let clip = clips::make(
        "oblong.mp4",
        &[
            "-f",
            "lavfi",
            "-i",
            "testsrc2=s=64x64:d=1",
            "-vf",
            "setsar=4/3",
            "-pix_fmt",
            "yuv420p",
        ],
    );
    let bytes = std::fs::read(clip).unwrap();
    let at = bytes.windows(4).position(|name| name == b"pasp").unwrap() + 4;
    for (written, read) in [([5, 5], (1, 1)), ([32, 24], (4, 3))] {
        let mut bytes = bytes.clone();
        for (place, number) in written.into_iter().enumerate() {
            bytes[at + place * 4..][..4].copy_from_slice(&u32::to_be_bytes(number));
        }
        let path = file("ratio.mp4", &bytes);
        let facts = vidaio::media::probe(&path).unwrap();
        assert_eq!(facts.sample_aspect_ratio, read, "{written:?}");
    }
    let untold = vidaio::media::probe(&clips::nine_frames()).unwrap();
    assert!(matches!(untold.sample_aspect_ratio, (0 | 1, 1)));
}

#[test]
fn files_that_are_cut_off_or_broken() {
    let reference = clips::reference();
    let bytes = std::fs::read(&reference).unwrap();
    let cut = file("cut.mp4", &bytes[..bytes.len() * 6 / 10]);
    fails(&reference, &cut, 3, &["cut.mp4: ", "hint: "]);
    fails(
        &reference,
        &clips::broken(&clips::compressed()),
        3,
        &["broken.mp4: the stream is broken near frame"],
    );
    // A file whose index comes first and whose pictures end early.
    let fast = clips::make(
        "index-first.mp4",
        &[
            "-i",
            text(&reference),
            "-c",
            "copy",
            "-movflags",
            "+faststart",
        ],
    );
    let bytes = std::fs::read(fast).unwrap();
    let cut = file("cut-late.mp4", &bytes[..bytes.len() * 6 / 10]);
    fails(
        &reference,
        &cut,
        3,
        &[
            "cut-late.mp4: cut off: the container announces 50 frames",
            "hint: ",
        ],
    );
}

#[test]
fn a_file_without_permission() {
    use std::os::unix::fs::PermissionsExt as _;
    let path = file("private.mp4", &std::fs::read(clips::reference()).unwrap());
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o000)).unwrap();
    // Root reads everything, so the program is run as nobody where the tests run as root.
    let root = std::fs::File::open(&path).is_ok();
    let (mut command, place) = if root {
        let copy = tempfile::Builder::new()
            .permissions(std::fs::Permissions::from_mode(0o755))
            .tempdir()
            .unwrap();
        let program = copy.path().join("vidaio");
        std::fs::copy(env!("CARGO_BIN_EXE_vidaio"), &program).unwrap();
        let other_half = copy.path().join("vidaio-video");
        std::fs::copy(env!("CARGO_BIN_EXE_vidaio-video"), other_half).unwrap();
        for name in ["reference.mp4", "private.mp4"] {
            let source = if name == "reference.mp4" {
                clips::reference()
            } else {
                path.clone()
            };
            std::fs::copy(source, copy.path().join(name)).unwrap();
        }
        let mode = |name: &str, mode| {
            let permissions = std::fs::Permissions::from_mode(mode);
            std::fs::set_permissions(copy.path().join(name), permissions).unwrap();
        };
        mode("reference.mp4", 0o644);
        mode("private.mp4", 0o000);
        let mut command = std::process::Command::new("setpriv");
        command
            .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
            .arg(&program);
        command.env("HOME", copy.path()).args(["score", "compress"]);
        command
            .arg(copy.path().join("reference.mp4"))
            .arg(copy.path().join("private.mp4"));
        command.current_dir(copy.path());
        (command, Some(copy))
    } else {
        let mut command = vidaio(&["score", "compress"]);
        command.arg(clips::reference()).arg(&path);
        (command, None)
    };
    let ran = run(command.args(["--threshold", "85"]));
    check(
        &ran,
        3,
        &["private.mp4: no permission to read it", "hint: "],
    );
    drop(place);
}

#[test]
fn pairs_that_do_not_belong_together() {
    let (reference, half) = (clips::reference(), clips::half_size());
    fails(
        &reference,
        &half,
        3,
        &[
            "half.mp4: its picture is 160x90, the reference's is 320x180",
            "hint: a validator gives 0",
        ],
    );
    fails(
        &half,
        &reference,
        3,
        &["its picture is 320x180", "hint: is the order right?"],
    );
    fails(
        &clips::nine_frames(),
        &clips::nine_frames(),
        3,
        &["9 frames are too few", "at least 10", "hint: "],
    );
    fails(
        &reference,
        &clips::short(),
        3,
        &["it has 40 frames, the reference has 50", "hint: "],
    );
}

#[test]
fn thresholds_out_of_range() {
    let (reference, output) = (clips::reference(), clips::compressed());
    for threshold in ["0", "101", "NaN", "-5", "many"] {
        let mut command = vidaio(&["score", "compress"]);
        command
            .arg(&reference)
            .arg(&output)
            .args(["--threshold", threshold]);
        check(&run(&mut command), 2, &["--threshold", threshold]);
    }
    // 100 leaves no room for quality in most revisions, and is guarded in the newest.
    let mut command = vidaio(&["score", "compress", "--threshold", "100"]);
    check(
        &run(command.arg(&reference).arg(&output)),
        3,
        &["a threshold of 100 leaves no room", "hint: "],
    );
    let calc = [
        "calc",
        "compress",
        "--vmaf",
        "100",
        "--rate",
        "0.1",
        "--threshold",
        "100",
    ];
    check(&run(&mut vidaio(&calc)), 3, &["leaves no room below 100"]);
    let ran = run(vidaio(&calc).args(["--rules", "2026-08-18"]));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    // A task that needs a threshold says which ones validators ask for.
    let mut command = vidaio(&["score", "compress"]);
    check(
        &run(command.arg(&reference).arg(&output)),
        2,
        &["needs --threshold", "ask for 85, 90, 95"],
    );
}

#[test]
fn rules_that_do_not_exist() {
    let (reference, output) = (clips::reference(), clips::compressed());
    let mut command = vidaio(&[
        "score",
        "compress",
        "--threshold",
        "85",
        "--rules",
        "dokumented",
    ]);
    let ran = run(command.arg(&reference).arg(&output));
    check(
        &ran,
        2,
        &["no rules called `dokumented`", "did you mean `documented`?"],
    );
    check(
        &run(&mut vidaio(&["rules", "show", "2024-01-01"])),
        2,
        &["oldest are of 2025-04-29"],
    );
}

#[test]
fn results_that_cannot_be_written() {
    let (reference, output) = (clips::reference(), clips::compressed());
    let score = |extra: &[&str]| {
        let mut command = vidaio(&["score", "compress", "--threshold", "85"]);
        run(command.arg(&reference).arg(&output).args(extra))
    };
    check(
        &score(&["-o", "/nowhere/deep/result.json"]),
        7,
        &["there is no folder /nowhere/deep", "hint: "],
    );
    check(
        &score(&["--save", "/nowhere/deep/m.json"]),
        7,
        &["there is no folder"],
    );
    check(
        &score(&["-o", text(&scratch_root())]),
        7,
        &["it is a folder"],
    );
    check(
        &score(&["-o", "/dev/full"]),
        7,
        &["/dev/full: cannot be written (the disk is full)", "hint: "],
    );
    check(
        &score(&["--save", "/dev/full"]),
        7,
        &["/dev/full: cannot be written"],
    );
    assert!(
        std::fs::metadata("/dev/full").is_ok_and(|m| !m.is_file()),
        "the device was replaced"
    );
    // The videos themselves are never written over.
    let before = std::fs::read(&output).unwrap();
    check(
        &score(&["-o", text(&output)]),
        2,
        &["this file is read", "hint: "],
    );
    check(
        &score(&["--save", text(&reference)]),
        2,
        &["this file is read"],
    );
    assert_eq!(std::fs::read(&output).unwrap(), before);
}

#[test]
fn a_worker_or_weights_that_are_not_right() {
    let (reference, output) = (clips::reference(), clips::upscaled());
    let upscale = |variables: &[(&str, &str)]| {
        let mut command = vidaio(&["score", "upscale", "--length", "5"]);
        run(command
            .arg(&reference)
            .arg(&output)
            .envs(variables.iter().copied()))
    };
    let weights = file("some.weights", b"something");
    let ran = upscale(&[
        ("VIDAIO_PIEAPP_WEIGHTS", text(&weights)),
        ("VIDAIO_WORKER", "/nowhere/vidaio-torch"),
    ]);
    assert_eq!(ran.code, 4);
    assert!(
        ran.stderr.contains("not at /nowhere/vidaio-torch") && ran.stderr.contains("hint: "),
        "{}",
        ran.stderr
    );
    assert!(ran.stdout.contains("between "));
    // Weights that are there but damaged stop the run before anything is measured.
    let models = scratch_root().join("damaged");
    std::fs::create_dir_all(&models).unwrap();
    std::fs::write(models.join("PieAPPv0.1.pth"), b"damaged").unwrap();
    let worker = stand_in();
    let ran = upscale(&[
        ("VIDAIO_MODELS_DIR", text(&models)),
        ("VIDAIO_WORKER", text(&worker)),
    ]);
    check(
        &ran,
        3,
        &[
            "not the published weights of pieapp",
            "hint: fetch them again",
        ],
    );
    let empty = file("empty.weights", b"");
    let ran = upscale(&[
        ("VIDAIO_PIEAPP_WEIGHTS", text(&empty)),
        ("VIDAIO_WORKER", text(&worker)),
    ]);
    check(&ran, 3, &["empty.weights: the weights were refused"]);
    let ran = upscale(&[
        ("VIDAIO_PIEAPP_WEIGHTS", text(&weights)),
        ("VIDAIO_WORKER", text(&worker)),
        ("VIDAIO_DEVICE", "cuda"),
    ]);
    check(
        &ran,
        4,
        &["finds no CUDA device", "hint: use `--device cpu`"],
    );
}

#[test]
fn stored_measurements_that_are_none() {
    for (name, contents, words) in [
        ("not.json", "{", "not a measurement"),
        ("other.json", "{\"schema\": 1}", "not a measurement"),
        ("list.json", "[]", "not a measurement"),
    ] {
        let path = file(name, contents.as_bytes());
        let ran = run(&mut vidaio(&[
            "score",
            "--from",
            text(&path),
            "--threshold",
            "85",
        ]));
        check(&ran, 3, &[name, words, "hint: "]);
    }
    check(
        &run(&mut vidaio(&["score", "--from", "/nowhere.json"])),
        3,
        &["/nowhere.json"],
    );
}

#[test]
fn rows_that_cannot_be_worked_out_are_named_and_those_before_are_kept() {
    let good = r#"{"vmaf": 90, "rate": 0.2, "threshold": 85}"#;
    let path = file(
        "rows.jsonl",
        format!("{good}\n{good}\n{{\"vmaf\": 90}}\n{good}\n").as_bytes(),
    );
    let ran = run(&mut vidaio(&["calc", "compress", "--input", text(&path)]));
    assert_eq!(
        (ran.code, ran.stdout.lines().count()),
        (3, 2),
        "{}",
        ran.stderr
    );
    assert!(
        ran.stderr.contains("rows.jsonl:3: missing field `rate`"),
        "{}",
        ran.stderr
    );
}
