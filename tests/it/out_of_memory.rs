//! Limits on memory are told as such, never as a fault of the file.

use std::process::Command;

use super::clips::make;
use super::surroundings::{Ran, run, scratch_root};

fn limited(kibibytes: u32, args: &[&str]) -> Ran {
    let script = format!("ulimit -v {kibibytes}; exec \"$0\" \"$@\"");
    let mut command = Command::new("sh");
    command
        .args(["-c", &script, env!("CARGO_BIN_EXE_vidaio")])
        .args(args);
    run(command
        .env("HOME", scratch_root())
        .current_dir(scratch_root()))
}

#[test]
fn address_space_that_runs_out_is_named_with_its_limit() {
    let clip = make(
        "full-hd.mp4",
        &[
            "-f",
            "lavfi",
            "-i",
            "testsrc2=size=1920x1080:rate=25:duration=0.8",
            "-c:v",
            "libx264",
            "-preset",
            "ultrafast",
            "-pix_fmt",
            "yuv420p",
        ],
    );
    let clip = clip.to_str().unwrap();
    let files = [clip, clip, "--threshold", "80", "--threads", "2"];
    let mut told = 0;
    for limit in [350_000, 450_000, 600_000, 900_000] {
        for command in [&["score", "compress"][..], &["lint", "--task", "compress"]] {
            let ran = limited(limit, &[command, &files].concat());
            // A library that loses its head over a refused page dies by a signal, which is no verdict either.
            assert!(
                [0, 8, -1].contains(&ran.code),
                "{limit}: {}: {}{}",
                ran.code,
                ran.stdout,
                ran.stderr
            );
            if ran.code == 8 {
                told += 1;
                for part in [
                    "memory ran out",
                    "MiB of address space (`ulimit -v`)",
                    "--memory MIB and --threads N",
                ] {
                    assert!(ran.stderr.contains(part), "{}", ran.stderr);
                }
            }
        }
    }
    assert!(told > 0, "no limit was met");
}

#[test]
fn an_allocation_that_is_refused_is_an_error_and_no_signal() {
    let folder = super::making::folder("memory-history");
    let long = format!("[{{\"note\": \"{}\"}}]", "x".repeat(60_000_000));
    std::fs::write(folder.join("performance_round_001.json"), long).unwrap();
    let ran = limited(110_000, &["multipliers", folder.to_str().unwrap()]);
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(ran.code, 8, "{}", ran.stderr);
    assert!(
        ran.stderr.starts_with("error: memory ran out: "),
        "{}",
        ran.stderr
    );
}
