//! The program that starts in milliseconds must not come to need the video libraries.

use std::process::Command;

use super::surroundings::{run, scratch_root, vidaio};

#[test]
fn vidaio_alone_needs_no_video_library() {
    // `ldd` belongs to every glibc.
    let listed = |program: &str| {
        let output = Command::new("ldd").arg(program).output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    };
    let front = listed(env!("CARGO_BIN_EXE_vidaio"));
    let video = listed(env!("CARGO_BIN_EXE_vidaio-video"));
    assert!(video.contains("libavformat"), "{video}");
    assert!(
        !front.contains("libav") && !front.contains("libsw"),
        "{front}"
    );
}

#[test]
fn without_its_other_half_it_says_what_is_missing() {
    let folder = tempfile::tempdir_in(scratch_root()).unwrap();
    let alone = folder.path().join("vidaio");
    std::fs::copy(env!("CARGO_BIN_EXE_vidaio"), &alone).unwrap();
    let ran = run(Command::new(&alone).arg("doctor").env("PATH", "/nowhere"));
    assert_eq!(ran.code, 4);
    assert!(
        ran.stderr
            .contains("vidaio-video, the part of vidaio that reads video, is not there")
            && ran.stderr.contains("hint: "),
        "{}",
        ran.stderr
    );
    // What needs no video goes on working.
    let ran = run(Command::new(&alone).args(["calc", "pool", "90", "80"]));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}

#[test]
fn usage_names_the_program_that_was_called() {
    let ran = run(&mut vidaio(&["score", "compress", "--nonsense"]));
    assert!(ran.stderr.contains("Usage: vidaio score"), "{}", ran.stderr);
}
