//! A damaged file has one verdict: in every run, at every number of threads.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use vidaio::media::{FrameSource as _, PickedFrames, SequentialFrames, index_frames};

use super::clips::make;
use super::surroundings::{run, scratch_root, vidaio};

const CODECS: [(&str, &[&str]); 5] = [
    ("h264", &["-c:v", "libx264", "-crf", "8"]),
    (
        "hevc",
        &[
            "-c:v",
            "libx265",
            "-crf",
            "8",
            "-x265-params",
            "log-level=none",
        ],
    ),
    (
        "av1",
        &[
            "-c:v",
            "libaom-av1",
            "-cpu-used",
            "8",
            "-usage",
            "realtime",
            "-crf",
            "20",
        ],
    ),
    (
        "vp9",
        &[
            "-c:v",
            "libvpx-vp9",
            "-deadline",
            "realtime",
            "-cpu-used",
            "8",
            "-crf",
            "10",
            "-b:v",
            "0",
        ],
    ),
    ("mpeg2", &["-c:v", "mpeg2video", "-q:v", "2"]),
];

fn whole(codec: &str, options: &[&str]) -> PathBuf {
    let source = "mandelbrot=size=160x96:rate=25:start_scale=1";
    let args = [
        &[
            "-f",
            "lavfi",
            "-i",
            source,
            "-frames:v",
            "36",
            "-pix_fmt",
            "yuv420p",
        ],
        options,
    ]
    .concat();
    make(&format!("damage-{codec}.mp4"), &args)
}

/// The same stream in another container; nothing where it does not go there.
fn rewrapped(clip: &Path, container: &str) -> Option<PathBuf> {
    let target = clip.with_extension(container);
    let mut command = Command::new("ffmpeg");
    command
        .args(["-nostdin", "-v", "error", "-y", "-i"])
        .arg(clip)
        .args(["-c", "copy"])
        .arg(&target);
    let made = command.output().unwrap().status.success();
    // FFmpeg writes what it has no place for in a transport stream as private data.
    (made && index_frames(&target).is_ok()).then_some(target)
}

/// A copy with a stretch of its pictures overwritten.
fn damaged(clip: &Path, tenths: usize) -> PathBuf {
    let mut bytes = std::fs::read(clip).unwrap();
    let at = bytes.len() * tenths / 10;
    let length = (bytes.len() / 40).clamp(16, 4000);
    bytes[at..at + length].fill(b'U');
    let name = format!(
        "damaged-{tenths}-{}",
        clip.file_name().unwrap().to_str().unwrap()
    );
    let target = scratch_root().join(name);
    std::fs::write(&target, bytes).unwrap();
    target
}

/// Everything that decoding gives: the pictures, or the error.
fn verdict(clip: &Path, threads: u32) -> String {
    let mut seen = DefaultHasher::new();
    let mut frames = match SequentialFrames::open(clip, threads) {
        Ok(frames) => frames,
        Err(e) => return e.to_string(),
    };
    let mut count = 0;
    loop {
        match frames.next_frame() {
            Ok(Some((_, frame))) => {
                let (luma, stride) = frame.plane(0).unwrap();
                for row in luma.chunks(stride) {
                    seen.write(&row[..frame.width() as usize]);
                }
                count += 1;
            }
            Ok(None) => return format!("{count} frames, {:x}", seen.finish()),
            Err(e) => return format!("{count} frames, then {e}"),
        }
    }
}

/// 200 runs of each: 50 at each number of threads.
#[test]
fn two_hundred_runs_of_two_hundred_agree() {
    let (mut tried, mut refused) = (0, 0);
    for (codec, options) in CODECS {
        let clip = whole(codec, options);
        for container in ["mp4", "mkv", "ts"] {
            let Some(clip) = rewrapped(
                &clip,
                if container == "mp4" {
                    "copy.mp4"
                } else {
                    container
                },
            ) else {
                continue;
            };
            tried += 1;
            let clip = damaged(&clip, 6);
            let mut verdicts = BTreeSet::new();
            for threads in [1, 2, 4, 8] {
                verdicts.extend((0..50).map(|_| verdict(&clip, threads)));
            }
            assert_eq!(verdicts.len(), 1, "{codec} in {container}: {verdicts:#?}");
            refused += usize::from(verdicts.iter().any(|v| v.contains("then")));
        }
    }
    assert!(tried >= 13, "{tried} of codecs and containers");
    // HEVC and VP9 decode any bits to some picture, and then nothing can tell; the rest is found out.
    assert!(refused >= 6, "{refused} of {tried} were found out");
}

#[test]
fn picked_frames_of_a_damaged_file_agree_as_well() {
    let clip = damaged(&whole(CODECS[0].0, CODECS[0].1), 6);
    let index = index_frames(&clip).unwrap();
    let wanted: Vec<u64> = (0..index.frames).step_by(3).collect();
    let mut verdicts = BTreeSet::new();
    for run in 0..100 {
        let mut picked = PickedFrames::open(&index, &wanted, [1, 2, 4, 8][run % 4]).unwrap();
        let mut found = Vec::new();
        let end = loop {
            match picked.next_frame() {
                Ok(Some((at, _))) => found.push(at),
                Ok(None) => break "the end".to_owned(),
                Err(e) => break e.to_string(),
            }
        };
        verdicts.insert(format!("{found:?}, then {end}"));
    }
    assert_eq!(verdicts.len(), 1, "{verdicts:#?}");
    assert!(
        verdicts
            .first()
            .unwrap()
            .contains("the stream is broken near frame"),
        "{verdicts:#?}"
    );
}

#[test]
fn lint_and_score_say_that_the_output_is_damaged() {
    let whole = whole(CODECS[0].0, CODECS[0].1);
    let bad = damaged(&whole, 6);
    let files = [&whole, &bad].map(|path| path.to_str().unwrap().to_owned());
    let of = |command: &[&str]| {
        let asked = ["--threshold", "80", "--rules", "latest"];
        let files = [files[0].as_str(), &files[1]];
        run(&mut vidaio(&[command, &files, &asked].concat()))
    };
    let lint = of(&["lint", "--task", "compress"]);
    assert_eq!(lint.code, 1, "{}", lint.stderr);
    for part in [
        "the stream is broken near frame",
        "the output is damaged: encode it again",
    ] {
        assert!(lint.stdout.contains(part), "{}", lint.stdout);
    }
    assert!(
        !lint.stdout.contains("give both clips one size"),
        "{}",
        lint.stdout
    );
    let score = of(&["score", "compress"]);
    assert_eq!(score.code, 3, "{}", score.stderr);
    assert!(
        score.stderr.contains("the stream is broken near frame"),
        "{}",
        score.stderr
    );
    // The other way round it is the validator's file.
    let asked = [
        "--task",
        "compress",
        "--threshold",
        "80",
        "--rules",
        "latest",
    ];
    let lint = run(&mut vidaio(
        &[&["lint", files[1].as_str(), &files[0]], &asked[..]].concat(),
    ));
    assert!(
        lint.stdout
            .contains("the validator's file is damaged: fetch it again"),
        "{}",
        lint.stdout
    );
}

#[test]
fn a_matroska_file_with_a_hole_is_damaged_and_not_shorter() {
    // In clusters of five frames, behind which its reader finds its feet again.
    let source = whole(CODECS[0].0, CODECS[0].1);
    let source = source.to_str().unwrap();
    let whole = make(
        "damage-clusters.mkv",
        &["-i", source, "-c", "copy", "-cluster_time_limit", "200"],
    );
    let frames = index_frames(&whole).unwrap().frames;
    let holed = (2..9).map(|tenths| index_frames(&damaged(&whole, tenths)));
    let mut told = 0;
    for found in holed {
        match found {
            // The hole lies within one picture: its decoder finds it.
            Ok(index) => assert_eq!(index.frames, frames),
            Err(e) => {
                let said = e.to_string();
                let skipped = said.contains("the container's structure is damaged there");
                assert!(skipped || said.contains("cut off"), "{e}");
                told += usize::from(skipped);
            }
        }
    }
    assert!(told > 0, "no hole met the container's own bytes");
}
