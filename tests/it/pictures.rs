//! Frames: that seeking finds exactly what decoding from the start finds, and that colours are OpenCV's.

use std::collections::HashMap;
use std::path::Path;
use std::process::Command;

use vidaio::media::{
    Frame, FrameSource, PickedFrames, PixelConverter, RgbConverter, SequentialFrames, index_frames,
};

use super::clips;
use super::surroundings::shared;

fn digest(frame: &Frame) -> u64 {
    use std::hash::{Hash as _, Hasher as _};
    let mut hasher = std::hash::DefaultHasher::new();
    let (luma, stride) = frame.plane(0).unwrap();
    let bytes = if frame.format_name().contains("10le") {
        2
    } else {
        1
    } * frame.width() as usize;
    for row in luma.chunks(stride).take(frame.height() as usize) {
        row[..bytes.min(row.len())].hash(&mut hasher);
    }
    hasher.finish()
}

fn all(path: &Path) -> HashMap<u64, u64> {
    let mut source = SequentialFrames::open(path, 2).unwrap();
    let mut frames = HashMap::new();
    while let Some((index, frame)) = source.next_frame().unwrap() {
        frames.insert(index, digest(&frame));
    }
    frames
}

/// Checks selections of several shapes against the whole decode; returns how many frames were compared.
fn same_frames(path: &Path) -> usize {
    let index = index_frames(path).unwrap();
    let whole = all(path);
    assert_eq!(index.frames, whole.len() as u64, "{}", path.display());
    let n = index.frames;
    let mut compared = 0;
    let every = |step: usize| (0..n).step_by(step).collect::<Vec<u64>>();
    for wanted in [
        every(1),
        every(7),
        vec![n - 1],
        vec![0],
        every(23),
        vec![n / 2, n - 1],
    ] {
        let mut wanted = wanted;
        wanted.dedup();
        let mut source = PickedFrames::open(&index, &wanted, 2).unwrap();
        for frame in &wanted {
            let (found, picture) = source.next_frame().unwrap().unwrap();
            assert_eq!(found, *frame, "{}", path.display());
            assert_eq!(
                digest(&picture),
                whole[frame],
                "{} frame {frame}",
                path.display()
            );
            compared += 1;
        }
        assert!(source.next_frame().unwrap().is_none());
    }
    compared
}

#[test]
fn picked_frames_equal_decoded_ones_in_every_codec_at_hand() {
    let source = "testsrc2=size=192x108:rate=30:duration=3,noise=alls=20:allf=t:all_seed=3";
    for (name, args) in [
        (
            "pick-x264.mp4",
            vec!["-c:v", "libx264", "-g", "30", "-bf", "3"],
        ),
        (
            "pick-x264-open.mkv",
            vec![
                "-c:v",
                "libx264",
                "-x264-params",
                "open-gop=1:keyint=20:min-keyint=20:bframes=3",
            ],
        ),
        ("pick-x264.ts", vec!["-c:v", "libx264", "-g", "25"]),
        (
            "pick-x265.mp4",
            vec![
                "-c:v",
                "libx265",
                "-x265-params",
                "log-level=0:keyint=20:min-keyint=20:open-gop=1:bframes=4",
            ],
        ),
        (
            "pick-vp9.webm",
            vec![
                "-c:v",
                "libvpx-vp9",
                "-deadline",
                "realtime",
                "-cpu-used",
                "8",
                "-g",
                "20",
            ],
        ),
        (
            "pick-av1.mp4",
            vec!["-c:v", "libsvtav1", "-preset", "12", "-g", "20"],
        ),
        ("pick-mpeg4.avi", vec!["-c:v", "mpeg4", "-bf", "2"]),
        ("pick-ffv1.mkv", vec!["-c:v", "ffv1"]),
    ] {
        let mut all = vec!["-f", "lavfi", "-i", source, "-pix_fmt", "yuv420p"];
        all.extend(args);
        assert!(same_frames(&clips::make(name, &all)) > 100, "{name}");
    }
}

#[test]
fn picked_frames_equal_decoded_ones_in_real_clips() {
    let Some(shared) = shared("picked_frames_equal_decoded_ones_in_real_clips") else {
        return;
    };
    for name in [
        "s02_flower_540p30.mp4",
        "s04_tears_332p24.webm",
        "so1_hlg_hevc10_rot_editlist_1080p.mp4",
        "so2_vp9_642x642.webm",
        "so3_vfr_540p.mp4",
        "so6_interlaced_tff_540i15.mp4",
        "so7_odd_639x359_vp9.webm",
        "so8_fullrange_480p30.mkv",
    ] {
        assert!(
            same_frames(&shared.join("clips/clips").join(name)) > 10,
            "{name}"
        );
    }
}

#[test]
fn facts_are_reported_and_not_repaired() {
    let Some(shared) = shared("facts_are_reported_and_not_repaired") else {
        return;
    };
    let facts = |name: &str| {
        index_frames(&shared.join("clips/clips").join(name))
            .unwrap()
            .facts
    };
    let hlg = facts("so1_hlg_hevc10_rot_editlist_1080p.mp4");
    assert!(
        hlg.rotation != 0.0 && hlg.color_transfer.as_deref() == Some("arib-std-b67"),
        "{hlg:?}"
    );
    assert_eq!(hlg.pixel_format, "yuv420p10le");
    let vfr = facts("so3_vfr_540p.mp4");
    assert_eq!(vfr.timing, vidaio::media::FrameRateKind::Variable);
    assert!(facts("so6_interlaced_tff_540i15.mp4").interlaced);
    let full = facts("so8_fullrange_480p30.mkv");
    assert_eq!(
        (full.color_range.as_deref(), full.rotation),
        (Some("pc"), 0.0)
    );
}

/// Raw bytes of the first frame as the `ffmpeg` program converts them.
fn ffmpeg_raw(path: &Path, args: &[&str]) -> Vec<u8> {
    let output = Command::new("ffmpeg")
        .args(["-nostdin", "-v", "error", "-noautorotate", "-i"])
        .arg(path)
        .args(["-frames:v", "1"])
        .args(args)
        .args(["-f", "rawvideo", "-"])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
}

fn first(path: &Path) -> Frame {
    SequentialFrames::open(path, 1)
        .unwrap()
        .next_frame()
        .unwrap()
        .unwrap()
        .1
}

fn ten_bit(name: &str, format: &str) -> std::path::PathBuf {
    let source = "testsrc2=size=198x110:rate=25:duration=0.5,noise=alls=12:allf=t:all_seed=5";
    clips::make(
        name,
        &[
            "-f", "lavfi", "-i", source, "-c:v", "ffv1", "-pix_fmt", format,
        ],
    )
}

#[test]
fn other_formats_become_eight_bit_420_as_ffmpeg_makes_them() {
    for (name, format) in [
        ("c-10.mkv", "yuv420p10le"),
        ("c-422.mkv", "yuv422p"),
        ("c-444.mkv", "yuv444p"),
        ("c-grey.mkv", "gray"),
        ("c-rgb.mkv", "bgr0"),
    ] {
        let path = ten_bit(name, format);
        // The program's own scaler has been given further flags over the years; these are ours.
        let want = ffmpeg_raw(
            &path,
            &[
                "-vf",
                "scale=flags=bicubic,format=yuv420p",
                "-sws_flags",
                "bicubic",
            ],
        );
        let mut converter = PixelConverter::new(&path, false);
        let got = converter
            .with_luma(&first(&path), |format, luma, stride| {
                assert_eq!(format.depth, 8);
                luma.chunks(stride)
                    .take(format.height as usize)
                    .flat_map(|row| row[..format.width as usize].to_vec())
                    .collect::<Vec<u8>>()
            })
            .unwrap();
        assert_eq!(got.len(), 198 * 110);
        assert!(
            got == want[..got.len()],
            "{format}: luma differs from ffmpeg's"
        );
    }
}

#[test]
fn odd_sizes_and_deep_colours_survive_as_they_are() {
    for (name, format, depth) in [
        ("n-12.mkv", "yuv422p12le", 12),
        ("n-16.mkv", "yuv444p16le", 16),
    ] {
        let source = "testsrc2=size=128x96:rate=25:duration=0.5,format=yuv444p,scale=97:63";
        let path = clips::make(
            name,
            &[
                "-f", "lavfi", "-i", source, "-c:v", "ffv1", "-pix_fmt", format,
            ],
        );
        let want = ffmpeg_raw(&path, &[]);
        let mut converter = PixelConverter::new(&path, true);
        converter
            .with_luma(&first(&path), |format, luma, stride| {
                assert_eq!((format.width, format.height, format.depth), (97, 63, depth));
                for (row, want) in luma.chunks(stride).zip(want.chunks(97 * 2)).take(63) {
                    assert_eq!(&row[..97 * 2], want);
                }
            })
            .unwrap();
    }
}

#[test]
fn rgb_is_bt601_limited_range_whatever_the_tags_say() {
    let plain = clips::reference();
    let tagged = clips::make(
        "tagged.mp4",
        &[
            "-i",
            plain.to_str().unwrap(),
            "-c",
            "copy",
            "-bsf:v",
            "h264_metadata=colour_primaries=1:transfer_characteristics=1:matrix_coefficients=1",
        ],
    );
    let rgb = |path: &Path| RgbConverter::new(path).convert(&first(path)).unwrap();
    let (a, b) = (rgb(&plain), rgb(&tagged));
    assert_eq!(
        index_frames(&tagged).unwrap().facts.color_space.as_deref(),
        Some("bt709")
    );
    assert_eq!(a, b);
    assert_eq!(a.dim(), (180, 320, 3));
    let want = ffmpeg_raw(
        &plain,
        &[
            "-vf",
            "scale=flags=bicubic:in_color_matrix=bt601:in_range=limited,format=rgb24",
            "-sws_flags",
            "bicubic",
        ],
    );
    assert!(
        a.iter().eq(want.iter()),
        "differs from the ffmpeg program's BT.601 conversion"
    );
}
