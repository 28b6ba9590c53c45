//! Files that end before their container says are refused before anything is encoded.

use std::path::{Path, PathBuf};

use vidaio::media::index_frames;

use super::clips::make;
use super::making::{compress, ffmpeg_that, folder, names};

/// Three seconds with sound that is a little longer.
fn clip(name: &str, options: &[&str]) -> PathBuf {
    let source = "testsrc2=size=160x96:rate=25:duration=3,noise=alls=12:allf=t:all_seed=7";
    let sources = [
        "-f",
        "lavfi",
        "-i",
        source,
        "-f",
        "lavfi",
        "-i",
        "sine=duration=3.4",
    ];
    let usual = ["-g", "25", "-pix_fmt", "yuv420p"];
    make(name, &[&sources[..], &usual, options].concat())
}

fn clips() -> Vec<PathBuf> {
    let h264 = ["-c:v", "libx264", "-crf", "18", "-c:a", "aac"];
    let with = |name: &str, flags: &str| clip(name, &[&h264[..], &["-movflags", flags]].concat());
    let vp9 = [
        "-c:v",
        "libvpx-vp9",
        "-deadline",
        "realtime",
        "-cpu-used",
        "8",
        "-b:v",
        "1M",
        "-c:a",
        "libopus",
    ];
    vec![
        clip("long.mkv", &h264),
        clip("long.webm", &vp9),
        clip("long.ts", &h264),
        clip("long.mov", &h264),
        with("long-first.mp4", "+faststart"),
        with("long-fragments.mp4", "+frag_keyframe+empty_moov"),
        clip("long.avi", &["-c:v", "mpeg4", "-q:v", "4", "-c:a", "mp3"]),
    ]
}

fn cut(clip: &Path, folder: &Path, percent: usize) -> PathBuf {
    let bytes = std::fs::read(clip).unwrap();
    let target = folder.join(clip.file_name().unwrap());
    std::fs::write(&target, &bytes[..bytes.len() * percent / 100]).unwrap();
    target
}

#[test]
fn what_was_cut_off_is_refused_and_what_is_whole_is_not() {
    let encodes = ffmpeg_that("never-encodes-cut", "exit 9");
    let folder = folder("cut-off");
    for clip in clips() {
        let index = index_frames(&clip).unwrap();
        assert_eq!(index.frames, 75, "{}", clip.display());
        for percent in [95, 67, 50, 34] {
            let input = cut(&clip, &folder, percent);
            let program = ["--ffmpeg", encodes.to_str().unwrap(), "--threshold", "60"];
            let ran = compress(&input, &folder.join("out.mp4"), &program);
            assert_eq!(
                ran.code,
                3,
                "{} at {percent} %: {}",
                clip.display(),
                ran.stderr
            );
            assert!(!ran.stderr.contains("threshold"), "{}", ran.stderr);
            std::fs::remove_file(&input).unwrap();
        }
    }
    assert_eq!(names(&folder), [""; 0]);
}

#[test]
fn what_has_no_length_or_lacks_only_its_index_is_whole() {
    let live = clip(
        "live.mkv",
        &["-c:v", "libx264", "-crf", "18", "-c:a", "aac", "-live", "1"],
    );
    assert_eq!(index_frames(&live).unwrap().frames, 75);
    // The cues at the end tell where pictures are, but every picture is there.
    let long = std::fs::read(&clips()[0]).unwrap();
    let cues = long
        .windows(4)
        .rposition(|id| id == [0x1C, 0x53, 0xBB, 0x6B])
        .unwrap();
    let target = folder("cut-cues").join("no-cues.mkv");
    std::fs::write(&target, &long[..cues + 3]).unwrap();
    assert_eq!(index_frames(&target).unwrap().frames, 75);
}

#[test]
fn what_is_held_left_out_or_never_closed_is_whole() {
    let source = "testsrc2=size=160x96:rate=25:duration=2";
    let held = make(
        "held.mp4",
        &[
            "-f",
            "lavfi",
            "-i",
            source,
            "-vf",
            "tpad=stop=0,setpts='if(eq(N,49),PTS+3/TB,PTS)'",
            "-fps_mode",
            "vfr",
            "-c:v",
            "libx264",
            "-bf",
            "0",
            "-pix_fmt",
            "yuv420p",
        ],
    );
    let held = make("held.mkv", &["-i", held.to_str().unwrap(), "-c", "copy"]);
    let attached = folder("cut-attached");
    std::fs::write(attached.join("x.ttf"), "no font").unwrap();
    let attachment = attached.join("x.ttf");
    let attached = make(
        "attached.mkv",
        &[
            "-i",
            held.to_str().unwrap(),
            "-c",
            "copy",
            "-attach",
            attachment.to_str().unwrap(),
            "-metadata:s:t",
            "mimetype=application/x-truetype-font",
        ],
    );
    let avi = clip("plain.avi", &["-c:v", "mpeg4", "-q:v", "4", "-an"]);
    let streamed = folder("cut-streamed").join("streamed.avi");
    let to_pipe = std::process::Command::new("ffmpeg")
        .args(["-nostdin", "-v", "error", "-i"])
        .arg(&avi)
        .args(["-c", "copy", "-f", "avi", "-"])
        .output()
        .unwrap();
    std::fs::write(&streamed, to_pipe.stdout).unwrap();
    for (file, frames) in [(held, 50), (attached, 50), (streamed, 75)] {
        let index = index_frames(&file).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(index.frames, frames, "{}", file.display());
    }
}
