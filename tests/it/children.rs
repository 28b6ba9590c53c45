//! Encoders that hang, that cannot write, and that have no room: each is ended, and what happened is told.

use std::time::{Duration, Instant};

use super::clips::make;
use super::making::{compress, ffmpeg_that, folder, grainy, names};
use super::surroundings::{Ran, run, vidaio};

/// Two seconds with sound that no version of FFmpeg puts into an MP4.
fn with_foreign_sound() -> std::path::PathBuf {
    let source = "testsrc2=size=160x96:rate=25:duration=1.2";
    make(
        "foreign-sound.mkv",
        &[
            "-f",
            "lavfi",
            "-i",
            source,
            "-f",
            "lavfi",
            "-i",
            "sine=duration=1.2",
            "-c:v",
            "libx264",
            "-pix_fmt",
            "yuv420p",
            "-qp",
            "8",
            "-c:a",
            "wmav2",
        ],
    )
}

#[test]
fn sound_that_mp4_does_not_take_is_refused_before_anything_is_encoded() {
    let folder = folder("children-sound");
    let encodes = ffmpeg_that("never-encodes", "echo 'an encode was begun' >&2; exit 9");
    let program = ["--ffmpeg", encodes.to_str().unwrap(), "--threshold", "60"];
    let out = folder.join("out.mp4");
    let ran = compress(
        &with_foreign_sound(),
        &out,
        &[&program[..], &["--keep-audio"]].concat(),
    );
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    for part in [
        "its audio cannot be kept: MP4 does not support it",
        "wmav2",
        "leave --keep-audio out",
        "-c:a aac",
    ] {
        assert!(ran.stderr.contains(part), "{}", ran.stderr);
    }
    assert_eq!(names(&folder), [""; 0]);
    // Without it the encode is reached.
    assert_eq!(compress(&with_foreign_sound(), &out, &program).code, 4);
}

fn at_once(name: &str, script: &str) -> Ran {
    let folder = folder(&format!("children-{name}"));
    let program = ffmpeg_that(&format!("{name}-ffmpeg"), script);
    let begun = Instant::now();
    let program = ["--ffmpeg", program.to_str().unwrap(), "--threshold", "60"];
    let ran = compress(&grainy(), &folder.join("out.mp4"), &program);
    assert!(
        begun.elapsed() < Duration::from_secs(20),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(names(&folder), [""; 0]);
    ran
}

#[test]
fn an_encoder_that_cannot_write_and_does_not_end_is_ended() {
    // SVT-AV1 1.4 under FFmpeg 5.1 waits for itself then, deaf to SIGTERM.
    let hang = "trap '' TERM; cat > /dev/null; sleep 600";
    let header = "echo 'Could not write header for output file #0 (incorrect codec parameters ?): Invalid argument' >&2";
    let ran = at_once("header", &format!("{header}\n{hang}"));
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("x264 failed") && ran.stderr.contains("Could not write header"),
        "{}",
        ran.stderr
    );

    let full = "echo 'av_interleaved_write_frame(): No space left on device' >&2";
    let ran = at_once("full", &format!("{full}\n{hang}"));
    assert_eq!(ran.code, 7, "{}", ran.stderr);
    assert!(
        ran.stderr
            .contains("out.mp4: cannot be written (the disk at ")
            && ran.stderr.contains("is full"),
        "{}",
        ran.stderr
    );
}

#[test]
fn an_encoder_that_says_it_could_not_write_has_not_done_its_work_whatever_its_code() {
    let script =
        "ffmpeg \"$@\"; echo 'Error writing trailer of out.mp4: Disk quota exceeded' >&2; exit 0";
    let ran = at_once("quota", script);
    assert_eq!(ran.code, 7, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("this user's quota on the disk at "),
        "{}",
        ran.stderr
    );
}

#[test]
fn an_encoder_that_does_nothing_at_all_is_ended_without_a_deadline() {
    let folder = folder("children-idle");
    let program = ffmpeg_that("idle-ffmpeg", "echo 'what it said last' >&2; sleep 600");
    let begun = Instant::now();
    let program = ["--ffmpeg", program.to_str().unwrap(), "--threshold", "60"];
    let ran = compress(&grainy(), &folder.join("out.mp4"), &program);
    assert!(
        begun.elapsed() < Duration::from_secs(60),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    for part in [
        "x264 hangs: it made no progress for ",
        "used no CPU",
        "what it said last",
        "--ffmpeg",
    ] {
        assert!(ran.stderr.contains(part), "{}", ran.stderr);
    }
    assert_eq!(names(&folder), [""; 0]);
}

#[test]
fn an_encoder_that_is_out_of_memory_is_not_blamed_on_the_file() {
    let ran = at_once(
        "memory",
        "echo 'x265 [error]: malloc of size 704512 failed' >&2; exit 1",
    );
    assert_eq!(ran.code, 8, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("memory ran out while x264 encoded"),
        "{}",
        ran.stderr
    );
    assert!(
        ran.stderr.contains("--memory MIB and --threads N"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_disk_that_fills_up_later_leaves_the_file_that_is_in_place() {
    let folder = folder("children-later");
    let out = folder.join("out.mp4");
    let counter = folder.join("count");
    let counted = counter.display();
    let script = format!(
        "echo x >> '{counted}'; [ $(wc -l < '{counted}') -lt 3 ] && exec ffmpeg \"$@\"\n\
         cat > /dev/null; echo 'av_interleaved_write_frame(): No space left on device' >&2; exit 1"
    );
    let program = ffmpeg_that("later-full-ffmpeg", &script);
    let program = program.to_str().unwrap();
    for strategy in ["search", "grid"] {
        let _fresh = std::fs::remove_file(&counter);
        let args = [
            "--ffmpeg",
            program,
            "--threshold",
            "60",
            "--strategy",
            strategy,
            "--grid",
            "20,30,2",
        ];
        let ran = compress(&grainy(), &out, &args);
        assert_eq!(ran.code, 0, "{strategy}: {}", ran.stderr);
        assert!(
            ran.stderr.contains("the search ended early") && ran.stderr.contains("is full"),
            "{}",
            ran.stderr
        );
        let probed = run(vidaio(&["score", "compress", "--threshold", "60"])
            .arg(grainy())
            .arg(&out));
        assert_eq!(probed.code, 0, "{}", probed.stderr);
        std::fs::remove_file(&out).unwrap();
    }
}

/// A small file system that is full; nothing where none may be mounted.
struct FullDisk(std::path::PathBuf);

impl FullDisk {
    fn mount(test: &str, name: &str, room: &str) -> Option<Self> {
        let place = folder(name);
        let options = format!("size={room}");
        let mount = std::process::Command::new("mount")
            .args(["-t", "tmpfs", "-o", &options, "tmpfs"])
            .arg(&place)
            .output();
        if mount.is_ok_and(|done| done.status.success()) {
            return Some(Self(place));
        }
        super::surroundings::skip(test, "no file system may be mounted here");
        None
    }
}

impl Drop for FullDisk {
    fn drop(&mut self) {
        let _gone = std::process::Command::new("umount")
            .arg("-l")
            .arg(&self.0)
            .status();
    }
}

#[test]
fn every_command_names_the_full_disk() {
    let Some(disk) = FullDisk::mount("every_command_names_the_full_disk", "children-disk", "16k")
    else {
        return;
    };
    let clip = grainy();
    let clip = clip.to_str().unwrap();
    let there = |name: &str| disk.0.join(name).to_str().unwrap().to_owned();
    let _stays_full = std::fs::write(there("fill"), vec![0; 100_000]);
    let score = ["score", "compress", clip, clip, "--threshold", "60"];
    let cases: Vec<Vec<String>> = [
        [&score[..], &["--save", &there("m.json")]].concat(),
        [&score[..], &["--history", &there("h")]].concat(),
        [&score[..], &["-o", &there("o.txt")]].concat(),
        vec![
            "lint",
            clip,
            clip,
            "--task",
            "compress",
            "--threshold",
            "60",
            "-o",
            &there("l.txt"),
        ],
        vec!["rules", "list", "-o", &there("r.txt")],
        vec!["man", &there("man")],
        vec!["upscale", clip, &there("u.mp4"), "--scale", "2"],
        vec![
            "compress",
            clip,
            &there("c.mp4"),
            "--threshold",
            "60",
            "--codec",
            "h264",
        ],
    ]
    .map(|case| case.iter().map(|part| (*part).to_owned()).collect())
    .into();
    for case in cases {
        let args: Vec<&str> = case.iter().map(String::as_str).collect();
        let ran = run(&mut vidaio(&args));
        assert_eq!(ran.code, 7, "{case:?}: {}", ran.stderr);
        let named = format!("the disk at {} is full", disk.0.display());
        assert!(ran.stderr.contains(&named), "{case:?}: {}", ran.stderr);
    }
    assert_eq!(
        names(&disk.0).iter().filter(|n| n.contains("tmp")).count(),
        0
    );
}
