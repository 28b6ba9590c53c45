//! Memory stays bounded: by the picture's size, not by the clip's length.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::clips;
use super::surroundings::{scratch_root, vidaio};

const MIB: u64 = 1 << 20;

/// Runs a compression score and gives the most memory that the process ever had, in bytes.
fn peak(reference: &PathBuf, output: &PathBuf, threads: &str, extra: &[&str]) -> u64 {
    let mut command = vidaio(&[
        "score",
        "compress",
        "--threshold",
        "85",
        "--threads",
        threads,
    ]);
    command.arg(reference).arg(output).args(extra);
    peak_of(command)
}

/// Runs a command and gives the most memory that the process ever had, in bytes.
fn peak_of(mut command: Command) -> u64 {
    command.stdout(Stdio::null());
    let mut child = command.spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        // The high-water mark only grows, so the last reading before the end is the largest.
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text
            .lines()
            .find_map(|l| l.strip_prefix("VmHWM:"))
            .unwrap_or("0 kB");
        peak = peak.max(
            line.trim()
                .trim_end_matches(" kB")
                .parse::<u64>()
                .unwrap_or(0)
                * 1024,
        );
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    assert!(child.wait().unwrap().success());
    assert!(peak > MIB, "nothing was measured");
    peak
}

fn plain(size: &str, seconds: &str) -> PathBuf {
    let source = format!("testsrc2=size={size}:rate=30:duration={seconds}");
    let args = [
        "-f",
        "lavfi",
        "-i",
        &source,
        "-c:v",
        "libx264",
        "-preset",
        "ultrafast",
        "-pix_fmt",
        "yuv420p",
    ];
    clips::make(&format!("plain-{size}-{seconds}.mp4"), &args)
}

#[test]
fn a_4k_pair_of_300_frames_takes_less_than_a_gigabyte_and_a_half() {
    let clip = plain("3840x2160", "10");
    // Every 10th frame is far more than validators draw and keeps this test short; frames are handed
    // on one by one, so their number does not matter, as the next test shows.
    let list: Vec<String> = (0..300).step_by(10).map(|i| i.to_string()).collect();
    for threads in ["2", "16"] {
        let peak = peak(&clip, &clip, threads, &["--frames", &list.join(",")]);
        assert!(peak < 1536 * MIB, "{threads} threads: {} MiB", peak / MIB);
    }
}

#[test]
fn more_frames_take_no_more_memory() {
    let (short, long) = (plain("640x360", "2"), plain("640x360", "20"));
    for frames in ["all", "0-59"] {
        let few = peak(&short, &short, "2", &["--frames", frames]);
        let many = peak(
            &long,
            &long,
            "2",
            &["--frames", if frames == "all" { "all" } else { "0-599" }],
        );
        assert!(
            many < few + 24 * MIB,
            "{frames}: {} and {} MiB",
            few / MIB,
            many / MIB
        );
    }
}

#[test]
fn an_hour_takes_no_more_memory_than_ten_seconds() {
    let short = plain("1920x1080", "10");
    let list = scratch_root().join("hour.txt");
    std::fs::write(&list, format!("file '{}'\n", short.display()).repeat(360)).unwrap();
    let args = [
        "-f",
        "concat",
        "-safe",
        "0",
        "-i",
        list.to_str().unwrap(),
        "-c",
        "copy",
    ];
    let hour = clips::make("hour.mp4", &args);
    let (few, many) = (peak(&short, &short, "2", &[]), peak(&hour, &hour, "2", &[]));
    // What grows is FFmpeg's table of samples and our index: 34 to 49 MiB were seen for 108,000
    // frames in two files, some 200 bytes a frame. A picture held for each second alone would be
    // 10 GiB, so twice that leaves no room for a leak of pictures.
    assert!(
        many < few + 96 * MIB,
        "{} and {} MiB",
        few / MIB,
        many / MIB
    );
    let _room = std::fs::remove_file(hour);
}

#[test]
fn a_long_history_takes_no_more_memory_than_a_short_one() {
    let folder = |name: &str, rounds: u32| {
        let path = scratch_root().join(format!("history-{name}-{rounds}"));
        std::fs::create_dir_all(&path).unwrap();
        let mut text = if name == "csv" {
            "round,task_type,s_f,s_q\n".to_owned()
        } else {
            String::new()
        };
        for i in 1..=rounds {
            let s_f = f64::from(i % 97) / 200.0;
            text += &if name == "csv" {
                format!("{i},upscaling,{s_f},0.75\n")
            } else {
                format!(
                    "{{\"round\": {i}, \"task_type\": \"upscaling\", \"s_f\": {s_f}, \"s_q\": 0.75}}\n"
                )
            };
        }
        std::fs::write(path.join(format!("a.{name}")), text).unwrap();
        path
    };
    for name in ["jsonl", "csv"] {
        let (short, long) = (folder(name, 60_000), folder(name, 600_000));
        for args in [&["multipliers"][..], &["ledger", "--format", "csv"]] {
            let run = |path: &PathBuf| {
                let mut command = vidaio(args);
                command.arg(path);
                peak_of(command)
            };
            let (few, many) = (run(&short), run(&long));
            assert!(
                many < few + 28 * MIB && many < 100 * MIB,
                "{name} {args:?}: {} and {} MiB",
                few / MIB,
                many / MIB
            );
        }
        let _room = (
            std::fs::remove_dir_all(short),
            std::fs::remove_dir_all(long),
        );
    }
}
