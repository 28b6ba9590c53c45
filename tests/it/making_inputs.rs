//! Inputs of every odd kind: each works by a stated rule or is refused with a hint.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::clips::{broken, make, nine_frames, picture, sound};
use super::making::{compress, folder, grainy};
use super::surroundings::{run, scratch_root, shared, vidaio};

/// Makes a clip from the usual moving source with options of its own.
fn clip(name: &str, filter: &str, options: &str) -> PathBuf {
    let source = format!("testsrc2=size=160x96:rate=25:duration=1,noise=alls=12:allf=t{filter}");
    let mut args = vec!["-f", "lavfi", "-i", source.as_str()];
    args.extend(options.split_whitespace());
    make(&format!("odd-in-{name}"), &args)
}

/// Compresses it with the usual encoder, expecting success; gives the record and the warnings.
fn made(input: &Path, name: &str, extra: &[&str]) -> (Value, String) {
    let threshold = if extra.contains(&"--threshold") {
        &[][..]
    } else {
        &["--threshold", "60"]
    };
    let output = scratch_root().join(format!("odd-{name}.mp4"));
    let probes = if extra.contains(&"--max-probes") {
        &[][..]
    } else {
        &["--max-probes", "3"]
    };
    let usual = [&["--format", "json"], probes].concat();
    let ran = compress(input, &output, &[threshold, &usual[..], extra].concat());
    assert_eq!(ran.code, 0, "{name}: {}", ran.stderr);
    let record: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(record["verdict"]["gates"]["passed"], true);
    (record, ran.stderr)
}

fn distorted(record: &Value) -> &Value {
    &record["verdict"]["measurement"]["distorted"]
}

#[test]
fn ten_bits_become_eight_with_a_warning() {
    let input = clip(
        "ten-bit.mp4",
        "",
        "-c:v libx265 -pix_fmt yuv420p10le -x265-params log-level=error:qp=10",
    );
    let (record, said) = made(&input, "ten-bit", &[]);
    assert_eq!(distorted(&record)["pixel_format"], "yuv420p");
    assert!(said.contains("the input is yuv420p10le"), "{said}");
}

#[test]
fn tags_are_carried_over_and_none_are_invented() {
    let tagged = clip(
        "tagged.mp4",
        "",
        "-c:v libx264 -qp 8 -pix_fmt yuv420p -color_primaries bt2020 -color_trc smpte2084 -colorspace bt2020nc -color_range tv",
    );
    let (record, _) = made(&tagged, "tagged", &[]);
    for tag in [
        "color_space",
        "color_transfer",
        "color_primaries",
        "color_range",
    ] {
        let reference = &record["verdict"]["measurement"]["reference"][tag];
        assert!(reference.is_string(), "{tag}");
        assert_eq!(&distorted(&record)[tag], reference, "{tag}");
    }
    let (record, _) = made(&grainy(), "untagged", &[]);
    for tag in ["color_space", "color_transfer", "color_primaries"] {
        assert_eq!(distorted(&record)[tag], Value::Null, "{tag}");
    }
}

#[test]
fn uneven_times_are_kept() {
    let input = clip(
        "uneven.mp4",
        ",settb=1/1000,setpts='N*40+if(gt(mod(N,5),2),15,0)'",
        "-fps_mode passthrough -enc_time_base 1/1000 -c:v libx264 -qp 8 -pix_fmt yuv420p",
    );
    let (record, said) = made(&input, "uneven", &[]);
    assert!(
        said.contains("come at uneven times, which were kept"),
        "{said}"
    );
    let facts = |side: &str| record["verdict"]["measurement"][side].clone();
    assert_eq!(facts("reference")["timing"], "variable");
    assert_eq!(facts("distorted")["timing"], "variable");
    let lint = run(vidaio(&[
        "lint",
        "--task",
        "compress",
        "--threshold",
        "60",
        "--rules",
        "next",
    ])
    .arg(&input)
    .arg(scratch_root().join("odd-uneven.mp4")));
    assert_eq!(lint.code, 0, "{}", lint.stdout);
}

#[test]
fn oblong_pixels_interlacing_and_sound_alone_are_told_of() {
    let oblong = clip(
        "oblong.mp4",
        ",setsar=4/3",
        "-c:v libx264 -qp 8 -pix_fmt yuv420p",
    );
    let (record, said) = made(&oblong, "oblong", &[]);
    assert!(said.contains("the input's pixels are 4:3"), "{said}");
    assert_eq!(
        distorted(&record)["sample_aspect_ratio"],
        serde_json::json!([1, 1])
    );
    let interlaced = clip(
        "interlaced.mp4",
        ",tinterlace=interleave_top,fieldorder=tff,setfield=tff",
        "-c:v libx264 -qp 8 -pix_fmt yuv420p -flags +ildct+ilme -x264-params tff=1",
    );
    let (_, said) = made(&interlaced, "interlaced", &["--threshold", "50"]);
    assert!(said.contains("the input is interlaced"), "{said}");
}

#[test]
fn odd_sizes_go_where_an_encoder_takes_them() {
    let input = clip(
        "odd-size.mkv",
        ",crop=w=159:h=95:exact=1",
        "-c:v ffv1 -pix_fmt yuv420p",
    );
    let folder = folder("odd-size");
    let output = folder.join("out.mp4");
    let refused = compress(&input, &output, &["--threshold", "60"]);
    assert_eq!(refused.code, 4, "{}", refused.stderr);
    assert!(
        refused.stderr.contains("width not divisible by 2"),
        "{}",
        refused.stderr
    );
    let vp9 = [
        "--codec",
        "vp9",
        "--encoder",
        "vp9",
        "--preset",
        "4",
        "--max-probes",
        "6",
    ];
    let (record, _) = made(&input, "odd-size", &vp9);
    let size = (&distorted(&record)["width"], &distorted(&record)["height"]);
    assert_eq!(size, (&159.into(), &95.into()));
}

#[test]
fn what_is_no_usable_clip_is_refused_with_a_hint() {
    let folder = folder("odd-refused");
    let output = folder.join("out.mp4");
    let mut cut = std::fs::read(grainy()).unwrap();
    cut.truncate(cut.len() / 2);
    let truncated = folder.join("truncated.mp4");
    std::fs::write(&truncated, cut).unwrap();
    let empty = folder.join("empty.mp4");
    std::fs::write(&empty, "").unwrap();
    let text = folder.join("text.mp4");
    std::fs::write(&text, "no video\n".repeat(50)).unwrap();
    for (input, word) in [
        (sound(), "no video stream"),
        (picture(), "a still picture"),
        (nine_frames(), "9 frames are too few"),
        (truncated, "not a video"),
        (broken(&super::clips::reference()), "broken"),
        (empty, "the file is empty"),
        (text, "not a video"),
        (folder.join("nowhere.mp4"), "there is no such file"),
        (folder.clone(), "this is a folder"),
    ] {
        let ran = compress(
            &input,
            &output,
            &[
                "--threshold",
                "60",
                "--rules",
                "2026-08-18",
                "--codec",
                "hevc",
                "--encoder",
                "x265",
            ],
        );
        assert_eq!(ran.code, 3, "{}: {}", input.display(), ran.stderr);
        assert!(ran.stderr.contains(word), "{word}: {}", ran.stderr);
        assert!(ran.stderr.contains("hint: "), "{}", ran.stderr);
        assert!(!output.exists());
    }
}

#[test]
fn one_frame_works_where_the_rules_take_it() {
    let input = clip(
        "one-frame.mp4",
        "",
        "-frames:v 1 -c:v libx264 -qp 2 -pix_fmt yuv420p",
    );
    let output = scratch_root().join("odd-one-frame.mp4");
    let ran = compress(&input, &output, &["--threshold", "50", "--max-probes", "3"]);
    assert!([0, 3].contains(&ran.code), "{}", ran.stderr);
    if ran.code == 3 {
        assert!(ran.stderr.contains("too few"), "{}", ran.stderr);
    }
}

#[test]
fn a_clip_that_does_not_fit_into_memory_or_is_long_is_worked_on_all_the_same() {
    let input = make(
        "long.mp4",
        &[
            "-f",
            "lavfi",
            "-i",
            "testsrc2=size=128x72:rate=10:duration=64,noise=alls=12:allf=t",
            "-c:v",
            "libx264",
            "-pix_fmt",
            "yuv420p",
            "-qp",
            "10",
            "-g",
            "50",
        ],
    );
    let (record, _) = made(&input, "long", &["--memory", "8", "--threads", "2"]);
    assert_eq!(record["reference_held"], false);
    // Pieces joined have every frame at its time.
    let measurement = &record["verdict"]["measurement"];
    assert_eq!(measurement["distorted_frames"], 640);
    assert_eq!(measurement["distorted"]["timing"], "constant");
    let dry = compress(
        &input,
        &scratch_root().join("odd-long.mp4"),
        &[
            "--threshold",
            "60",
            "--dry-run",
            "--format",
            "json",
            "--threads",
            "2",
        ],
    );
    let dry: Value = serde_json::from_str(&dry.stdout).unwrap();
    assert_eq!(dry["pieces"], 3);
}

/// The odd clips of real life, which are not ours to keep.
#[test]
fn real_odd_clips_work_by_rule_or_are_refused() {
    let Some(shared) = shared("real_odd_clips_work_by_rule_or_are_refused") else {
        return;
    };
    let clips = shared.join("clips/clips");
    let folder = folder("odd-real");
    let output = folder.join("out.mp4");
    let usual = [
        "--threshold",
        "40",
        "--max-probes",
        "2",
        "--codec",
        "h264",
        "--encoder",
        "x264",
        "--preset",
        "superfast",
    ];
    for (name, codes) in [
        ("so4_truncated_60pct.mp4", &[3][..]),
        ("so5_truncated_nomoov.mp4", &[3]),
        ("so7_odd_639x359_vp9.webm", &[4]),
        // These are compressed already: nothing may be small enough, but nothing may break either.
        ("so3_vfr_540p.mp4", &[0, 1]),
        ("so8_fullrange_480p30.mkv", &[0, 1]),
        ("so9_single_frame_720p.mp4", &[0, 1, 3]),
    ] {
        let ran = run(vidaio(&["compress"])
            .args(usual)
            .arg(clips.join(name))
            .arg(&output));
        assert!(
            codes.contains(&ran.code),
            "{name}: {} {}",
            ran.code,
            ran.stderr
        );
        if ran.code != 0 {
            assert!(ran.stderr.contains("hint: "), "{name}: {}", ran.stderr);
        }
    }
}

#[test]
fn pictures_too_small_for_vmaf_are_refused_and_the_smallest_are_not() {
    for (side, code) in [(16, 3), (17, 3), (18, 0)] {
        let source = format!("testsrc2=size={side}x64:rate=25:duration=0.5");
        let name = format!("narrow-{side}.mkv");
        let clip = make(&name, &["-f", "lavfi", "-i", &source, "-c:v", "ffv1"]);
        let args = ["score", "compress", "--threshold", "60", "--rules", "next"];
        let ran = run(vidaio(&args).arg(&clip).arg(&clip));
        assert_eq!(ran.code, code, "{side}: {}", ran.stderr);
    }
}

#[test]
fn rgb_and_full_range_are_measured_as_they_are_made() {
    let rgb = clip("rgb.mkv", "", "-c:v ffv1 -pix_fmt bgr0");
    let full = clip(
        "full-range.mkv",
        ",scale=out_range=pc",
        "-c:v libvpx-vp9 -lossless 1 -pix_fmt yuv420p -color_range pc",
    );
    for (name, input) in [("rgb", rgb), ("full-range", full)] {
        let (record, _) = made(&input, name, &["--threshold", "85", "--max-probes", "8"]);
        assert_eq!(distorted(&record)["pixel_format"], "yuv420p", "{name}");
        assert_ne!(distorted(&record)["color_range"], "pc", "{name}");
    }
}
