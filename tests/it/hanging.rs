//! Programs beside `vidaio` that hang, leave something running or write nothing: it says so in time.

use std::path::Path;
use std::time::{Duration, Instant};

use super::clips;
use super::making::{compress, ffmpeg_that, folder, grainy, names};
use super::surroundings::{Ran, run, vidaio};

/// A script for `vidaio` to start.
fn script(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::write(path, format!("#!/bin/sh\n{text}\n")).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

fn upscaled(program: &Path, output: &Path, extra: &[&str]) -> Ran {
    run(vidaio(&["upscale", "--scale", "2", "--ffmpeg"])
        .arg(program)
        .arg(grainy())
        .arg(output)
        .args(extra))
}

#[test]
fn an_ffmpeg_that_does_not_answer_is_given_up_at_the_deadline() {
    let folder = folder("hanging-version");
    let (program, output) = (folder.join("hangs"), folder.join("out.mp4"));
    // The child it starts holds the pipes when the script itself is ended.
    script(&program, "sleep 100; exit 1");
    let text = program.to_str().unwrap();
    let begun = Instant::now();
    let limits = ["--threshold", "60", "--deadline", "2s", "--ffmpeg", text];
    let ran = compress(&grainy(), &output, &limits);
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("did not answer -version in time"),
        "{}",
        ran.stderr
    );
    let ran = upscaled(&program, &output, &["--deadline", "2s"]);
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(
        begun.elapsed() < Duration::from_secs(15),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(names(&folder), ["hangs"]);
}

#[test]
fn an_encoder_that_hangs_when_it_is_tried_is_given_up_at_the_deadline() {
    let folder = folder("hanging-trial");
    let (program, output) = (folder.join("hangs"), folder.join("out.mp4"));
    let hangs =
        "case \"$*\" in *-version*|*-encoders*) exec ffmpeg \"$@\";; esac; sleep 100; exit 1";
    script(&program, hangs);
    let begun = Instant::now();
    let ran = upscaled(&program, &output, &["--deadline", "2s"]);
    assert_eq!(ran.code, 5, "{}", ran.stderr);
    let text = program.to_str().unwrap();
    let limits = ["--threshold", "60", "--deadline", "2s", "--ffmpeg", text];
    let ran = compress(&grainy(), &output, &limits);
    assert_eq!(ran.code, 5, "{}", ran.stderr);
    assert!(
        begun.elapsed() < Duration::from_secs(15),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(names(&folder), ["hangs"]);
}

#[test]
fn what_ffmpeg_leaves_running_is_not_waited_for() {
    let folder = folder("hanging-child");
    let output = folder.join("out.mp4");
    let program = ffmpeg_that("leaving-ffmpeg", "sleep 100 & ffmpeg \"$@\"");
    let begun = Instant::now();
    let limits = ["--threshold", "60", "--max-probes", "2", "--ffmpeg"];
    let limits = [&limits[..], &[program.to_str().unwrap()]].concat();
    let ran = compress(&grainy(), &output, &limits);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        begun.elapsed() < Duration::from_secs(60),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(names(&folder), ["out.mp4"]);
}

#[test]
fn an_upscaling_that_was_not_written_is_the_encoders_fault() {
    let folder = folder("hanging-nothing");
    let output = folder.join("out.mp4");
    let nothing = ffmpeg_that("writing-nothing", "cat > /dev/null; exit 0");
    let empty = ffmpeg_that("writing-empty", "cat > /dev/null; : > \"$out\"; exit 0");
    for program in [nothing, empty] {
        let ran = upscaled(&program, &output, &[]);
        assert_eq!(ran.code, 4, "{}", ran.stderr);
        assert!(ran.stderr.contains("x265 failed"), "{}", ran.stderr);
    }
    assert_eq!(names(&folder), [""; 0]);
}

#[test]
fn a_worker_that_dies_and_leaves_its_pipes_open_is_not_waited_for() {
    let folder = folder("hanging-worker");
    let worker = folder.join("worker");
    script(&worker, "sleep 100 > /dev/null & exec >&-; wait");
    let weights = folder.join("weights");
    std::fs::write(&weights, "weights").unwrap();
    let begun = Instant::now();
    let ran = run(vidaio(&["score", "upscale", "--length", "10"])
        .arg(clips::reference())
        .arg(clips::upscaled())
        .env("VIDAIO_WORKER", &worker)
        .env("VIDAIO_PIEAPP_WEIGHTS", &weights));
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(ran.stderr.contains("the worker died"), "{}", ran.stderr);
    assert!(
        begun.elapsed() < Duration::from_secs(60),
        "{:?}",
        begun.elapsed()
    );
}

#[test]
fn a_network_that_stops_answering_is_given_up_at_the_deadline() {
    let folder = folder("hanging-network");
    let (output, weights) = (folder.join("out.mp4"), folder.join("net.safetensors"));
    std::fs::write(&weights, "weights").unwrap();
    let begun = Instant::now();
    let ran = run(
        vidaio(&["upscale", "--scale", "4", "--deadline", "4s", "--model"])
            .arg(&weights)
            .arg(grainy())
            .arg(&output)
            .env("VIDAIO_WORKER", super::surroundings::stand_in())
            .env("STAND_IN", "hang"),
    );
    assert_eq!(ran.code, 5, "{}", ran.stderr);
    assert!(
        begun.elapsed() < Duration::from_secs(20),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(names(&folder), ["net.safetensors"]);
}
