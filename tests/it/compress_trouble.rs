//! `vidaio compress` when things go wrong: no time, encoders that die, lie or write half a file, a run
//! that is killed, a place that cannot be written to.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use super::clips::make;
use super::making::{compress, ffmpeg_that, folder, grainy, names};
use super::surroundings::{Ran, run, vidaio};

fn with(program: &Path, input: &Path, output: &Path, extra: &[&str]) -> Ran {
    let program = ["--ffmpeg", program.to_str().unwrap(), "--threshold", "60"];
    compress(input, output, &[&program[..], extra].concat())
}

#[test]
fn a_deadline_that_is_too_short_says_so_and_leaves_nothing() {
    let folder = folder("trouble-deadline");
    let output = folder.join("out.mp4");
    let slow = ffmpeg_that("slow-ffmpeg", "sleep 60");
    let begun = Instant::now();
    let ran = with(&slow, &grainy(), &output, &["--deadline", "2s"]);
    assert_eq!(ran.code, 5, "{}", ran.stderr);
    assert!(
        ran.stderr
            .contains("the deadline of 2 s passed before a first file"),
        "{}",
        ran.stderr
    );
    assert!(
        begun.elapsed() < Duration::from_secs(8),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(names(&folder), [""; 0]);
}

#[test]
fn a_deadline_delivers_the_best_there_is_in_time() {
    let folder = folder("trouble-in-time");
    let output = folder.join("out.mp4");
    // The first three encodes are quick, all others take for ever.
    let counter = folder.join("count");
    let script = format!(
        "echo x >> '{}'; [ $(wc -l < '{}') -gt 3 ] && sleep 60; exec ffmpeg \"$@\"",
        counter.display(),
        counter.display()
    );
    let slow = ffmpeg_that("ever-slower-ffmpeg", &script);
    let begun = Instant::now();
    let ran = with(
        &slow,
        &grainy(),
        &output,
        &["--deadline", "12", "--format", "json"],
    );
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        begun.elapsed() < Duration::from_secs(18),
        "{:?}",
        begun.elapsed()
    );
    let made: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(made["ended"], "time");
    assert_eq!(made["probes"][0]["purpose"], "safe");
    assert_eq!(made["verdict"]["gates"]["passed"], true);
    assert_eq!(
        std::fs::metadata(&output).unwrap().len(),
        made["verdict"]["output_bytes"].as_u64().unwrap()
    );
}

#[test]
fn encoders_that_die_or_write_half_a_file_are_never_delivered() {
    let folder = folder("trouble-encoders");
    let output = folder.join("out.mp4");
    let dead = ffmpeg_that("dead-ffmpeg", "echo 'no more memory' >&2; exit 9");
    let ran = with(&dead, &grainy(), &output, &[]);
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(
        ran.stderr
            .contains("x264 failed: exit status: 9: no more memory"),
        "{}",
        ran.stderr
    );
    let killed = ffmpeg_that("killed-ffmpeg", "kill -9 $$");
    let ran = with(&killed, &grainy(), &output, &[]);
    assert!(ran.stderr.contains("signal: 9"), "{}", ran.stderr);
    // It says all went well, and its file is cut off.
    let liar = ffmpeg_that(
        "lying-ffmpeg",
        "ffmpeg \"$@\" || exit 1; size=$(wc -c < \"$out\"); head -c $((size * 2 / 3)) \"$out\" > \"$out.x\"; mv \"$out.x\" \"$out\"",
    );
    let ran = with(&liar, &grainy(), &output, &[]);
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    // It makes another picture than it was given.
    let forger = ffmpeg_that(
        "forging-ffmpeg",
        "cat > /dev/null; exec ffmpeg -v error -y -f lavfi -i testsrc=size=160x96:rate=25:duration=1.2 -c:v libx264 -pix_fmt yuv420p -f mp4 \"$out\"",
    );
    let ran = with(&forger, &grainy(), &output, &[]);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert!(
        ran.stderr
            .contains("no setting was found that passes every gate"),
        "{}",
        ran.stderr
    );
    assert_eq!(names(&folder), [""; 0]);
}

#[test]
fn a_result_that_was_there_survives_a_run_that_fails() {
    let folder = folder("trouble-keeps");
    let output = folder.join("out.mp4");
    std::fs::write(&output, "what was there").unwrap();
    let dead = ffmpeg_that("dead-ffmpeg-too", "exit 9");
    assert_eq!(with(&dead, &grainy(), &output, &[]).code, 4);
    assert_eq!(std::fs::read(&output).unwrap(), b"what was there");
    assert_eq!(names(&folder), ["out.mp4"]);
}

#[test]
fn an_interrupted_run_is_gone_on_from() {
    let folder = folder("trouble-resume");
    let (input, output) = (grainy(), folder.join("out.mp4"));
    let args = [
        "compress",
        "--threshold",
        "85",
        "--codec",
        "h264",
        "--encoder",
        "x264",
        "--preset",
        "veryslow",
        "--resume",
    ];
    // Ended by the encoder itself: at the third encode it kills the run that started it.
    let counter = folder.join("count");
    let script = format!(
        "echo x >> '{0}'; if [ $(wc -l < '{0}') = 3 ]; then kill -9 $PPID; exit 1; fi; exec ffmpeg \"$@\"",
        counter.display()
    );
    let killer = ffmpeg_that("killing-ffmpeg", &script);
    let program = ["--ffmpeg", killer.to_str().unwrap(), "--format", "json"];
    let all = [&args[..], &program].concat();
    let first = vidaio(&all).arg(&input).arg(&output).output().unwrap();
    assert!(!first.status.success());
    let journal = folder.join(".out.mp4.vidaio/journal.jsonl");
    let kept = std::fs::read_to_string(&journal).unwrap().lines().count() - 1;
    assert_eq!(kept, 2);
    let ran = run(vidaio(&all).arg(&input).arg(&output));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let made: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let probes = made["probes"].as_array().unwrap();
    assert!(probes.len() >= kept);
    let encodes = std::fs::read_to_string(&counter).unwrap().lines().count();
    // What was measured before is not made again.
    assert_eq!(encodes - 3, probes.len() - kept);
    let qualities: std::collections::BTreeSet<String> = probes
        .iter()
        .map(|p| format!("{} {}", p["variant"], p["quality"]))
        .collect();
    assert_eq!(qualities.len(), probes.len(), "no setting twice");
    assert_eq!(names(&folder), ["count", "out.mp4"]);
}

#[test]
fn two_runs_do_not_make_one_file() {
    let folder = folder("trouble-two");
    let (input, output) = (grainy(), folder.join("out.mp4"));
    let slow = ffmpeg_that("slow-ffmpeg-too", "sleep 2; exec ffmpeg \"$@\"");
    let args = [
        "compress",
        "--threshold",
        "60",
        "--codec",
        "h264",
        "--max-probes",
        "3",
        "--ffmpeg",
    ];
    let mut first = vidaio(&args)
        .args([slow.as_os_str(), input.as_os_str(), output.as_os_str()])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lock = folder.join(".out.mp4.vidaio/lock");
    let begun = Instant::now();
    while !lock.exists() && begun.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(20));
    }
    std::thread::sleep(Duration::from_millis(200));
    let second = compress(&input, &output, &["--threshold", "60"]);
    assert_eq!(second.code, 2, "{}", second.stderr);
    assert!(
        second.stderr.contains("another vidaio is making this file"),
        "{}",
        second.stderr
    );
    assert!(first.wait().unwrap().success());
    assert_eq!(names(&folder), ["out.mp4"]);
}

#[test]
fn places_and_words_that_cannot_be_are_refused_before_any_work() {
    let folder = folder("trouble-places");
    let input = grainy();
    let wrong = |output: &Path, extra: &[&str], code: i32, word: &str| {
        let ran = compress(&input, output, &[&["--threshold", "60"], extra].concat());
        assert_eq!(ran.code, code, "{}", ran.stderr);
        assert!(ran.stderr.contains(word), "{word}: {}", ran.stderr);
    };
    wrong(
        &input,
        &[],
        2,
        "this file is the input, which is never written to",
    );
    wrong(&folder, &[], 7, "it is a folder");
    wrong(&folder.join("out.mkv"), &[], 7, "validators take MP4 alone");
    wrong(&folder.join("no/out.mp4"), &[], 7, "there is no folder");
    let output = folder.join("out.mp4");
    wrong(
        &output,
        &["--deadline", "soon"],
        2,
        "a time is a number of seconds",
    );
    wrong(&output, &["--deadline", "0"], 2, "leaves none for anything");
    wrong(
        &output,
        &["--bitrate", "5"],
        2,
        "--bitrate means nothing in CRF mode",
    );
    wrong(
        &output,
        &["--preset", "warp"],
        2,
        "x264 has no preset `warp` here; it has veryslow",
    );
    wrong(
        &output,
        &["--encoder", "x265", "--codec", "av1"],
        2,
        "--encoder x265 makes hevc",
    );
    wrong(&output, &["--ffmpeg", "/nowhere/ffmpeg"], 4, "is not there");
    wrong(
        &output,
        &["--ffmpeg", "/bin/true"],
        4,
        "it does not say its version",
    );
    wrong(
        &output,
        &["--rules", "2025-06-01"],
        3,
        "has no compression task",
    );
    let ran = run(vidaio(&["compress"])
        .arg(&input)
        .arg(&output)
        .args(["--rules", "2026-08-18"]));
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("needs --threshold"), "{}", ran.stderr);
    let theirs = folder.join("theirs.jsonl");
    let both = theirs.to_str().unwrap();
    let over = input.to_str().unwrap();
    let bytes = std::fs::metadata(&input).unwrap().len();
    wrong(&output, &["--log", over], 2, "this file is the input");
    assert_eq!(std::fs::metadata(&input).unwrap().len(), bytes);
    wrong(
        &output,
        &["--log", output.to_str().unwrap()],
        2,
        "this file is where the video goes",
    );
    wrong(
        &output,
        &["-o", output.to_str().unwrap()],
        2,
        "this file is where the video goes",
    );
    wrong(
        &output,
        &["-o", both, "--log", both],
        2,
        "this file is where another result goes",
    );
    wrong(
        &output,
        &["--rules", "all"],
        2,
        "one revision is needed here",
    );
    wrong(&output, &["--margin", "50"], 2, "leave no room under 100");
    wrong(
        &output,
        &["--require-gpu"],
        4,
        "which --require-gpu refuses",
    );
    assert_eq!(names(&folder), [""; 0]);
}

#[test]
fn a_full_disk_fails_cleanly() {
    // A file system of its own needs rights that tests seldom have; a limit on the size of files fails
    // the encoder in the same place.
    let folder = folder("trouble-full");
    let output = folder.join("out.mp4");
    let script = "ulimit -f 1; exec ffmpeg \"$@\"";
    let full = ffmpeg_that("full-ffmpeg", script);
    let big = make(
        "grainy-big.mp4",
        &[
            "-f",
            "lavfi",
            "-i",
            "testsrc2=size=320x180:rate=25:duration=2,noise=alls=30:allf=t",
            "-c:v",
            "libx264",
            "-pix_fmt",
            "yuv420p",
            "-qp",
            "4",
        ],
    );
    let ran = with(&full, &big, &output, &[]);
    assert_eq!(ran.code, 7, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("larger than a limit allows"),
        "{}",
        ran.stderr
    );
    assert_eq!(names(&folder), [""; 0]);
}

#[test]
fn an_encoder_cannot_give_itself_real_time_priority() {
    // SVT-AV1 does where it is root, and nothing else runs until it has ended.
    let folder = folder("trouble-real-time");
    let (said, output) = (folder.join("said"), folder.join("out.mp4"));
    let script = format!(
        "grep CapEff /proc/self/status >> '{}'; exec ffmpeg \"$@\"",
        said.display()
    );
    let telling = ffmpeg_that("telling-ffmpeg", &script);
    let ran = with(&telling, &grainy(), &output, &["--max-probes", "2"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let said = std::fs::read_to_string(&said).unwrap();
    assert!(!said.is_empty());
    for line in said.lines() {
        let held = u64::from_str_radix(line.split_whitespace().last().unwrap(), 16).unwrap();
        // Bit 23 is CAP_SYS_NICE: /usr/include/linux/capability.h.
        assert_eq!(held & (1 << 23), 0, "{line}");
    }
}
