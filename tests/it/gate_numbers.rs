//! Numbers behind the gates, against computations that share no code with them: FFmpeg's own
//! `signalstats`, and raw frames of FFmpeg worked through with ndarray here.

use std::path::Path;
use std::process::Command;

use ndarray::{Array1, Array3, Axis};
use serde_json::Value;

use super::clips;
use super::gate_clips::{encoded, hevc, reference};
use super::surroundings::{run, scratch_root, vidaio};

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// What `lint` measured of a pair.
fn measured(output: &Path, rules: &str, name: &str) -> Value {
    let saved = scratch_root().join(name);
    let reference = reference();
    let ran = run(&mut vidaio(&[
        "lint",
        text(&reference),
        text(output),
        "--task",
        "compress",
        "--threshold",
        "50",
        "--rules",
        rules,
        "--save",
        text(&saved),
        "--quiet",
    ]));
    assert!(ran.code <= 1, "{}", ran.stderr);
    serde_json::from_str(&std::fs::read_to_string(saved).unwrap()).unwrap()
}

fn ffmpeg(args: &[&str]) -> Vec<u8> {
    let output = Command::new("ffmpeg")
        .args(["-nostdin", "-v", "error"])
        .args(args)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
}

/// Every frame of a clip as rows, columns, red-green-blue.
fn raw(path: &Path, filter: &str, width: usize, height: usize) -> Vec<Array3<f64>> {
    let mut args = vec!["-i", text(path)];
    if !filter.is_empty() {
        args.extend(["-vf", filter]);
    }
    args.extend(["-f", "rawvideo", "-pix_fmt", "rgb24", "-"]);
    let bytes = ffmpeg(&args);
    bytes
        .chunks_exact(width * height * 3)
        .map(|frame| {
            let values = frame.iter().map(|b| f64::from(*b)).collect();
            Array3::from_shape_vec((height, width, 3), values).unwrap()
        })
        .collect()
}

fn near(got: &Value, want: f64, within: f64, what: &str) {
    let got = got.as_f64().unwrap_or_else(|| panic!("{what}: {got}"));
    assert!((got - want).abs() <= within, "{what}: {got}, not {want}");
}

#[test]
fn saturation_and_brightness_are_those_of_signalstats() {
    let output = hevc("gate-pale-80.mp4", "-vf hue=s=0.80");
    let got = measured(&output, "2026-08-18", "numbers-signal.json");
    let frames = got["gates"]["frames"].as_array().unwrap();
    assert_eq!(frames.len(), 50);
    for (side, path) in [reference(), output].iter().enumerate() {
        let printed = ffmpeg(&[
            "-i",
            text(path),
            "-vf",
            "signalstats,metadata=mode=print:file=-",
            "-f",
            "null",
            "-",
        ]);
        let printed = String::from_utf8(printed).unwrap();
        for (key, name) in [("YAVG", "luma"), ("SATAVG", "saturation")] {
            let wanted: Vec<f64> = printed
                .lines()
                .filter_map(|l| l.strip_prefix(&format!("lavfi.signalstats.{key}=")))
                .map(|v| v.parse().unwrap())
                .collect();
            assert_eq!(wanted.len(), 50);
            for (frame, want) in frames.iter().zip(wanted) {
                // FFmpeg prints six significant digits.
                near(&frame["signal"][side][name], want, 6e-4, key);
            }
        }
    }
}

#[test]
fn the_line_through_the_luma_is_that_of_raw_frames() {
    let output = hevc("gate-gamma.mp4", "-vf eq=gamma=1.06");
    let got = measured(&output, "2026-08-18", "numbers-tone.json");
    let small = "scale=320:180:flags=bilinear";
    let (one, other) = (
        raw(&reference(), small, 320, 180),
        raw(&output, small, 320, 180),
    );
    let weights = Array1::from_vec(vec![0.299, 0.587, 0.114]);
    for (i, (a, b)) in one.iter().zip(&other).enumerate() {
        let luma = |frame: &Array3<f64>| {
            frame
                .map_axis(Axis(2), |rgb| rgb.dot(&weights))
                .into_iter()
                .collect::<Vec<f64>>()
        };
        let pairs: Vec<(f64, f64)> = luma(a)
            .into_iter()
            .zip(luma(b))
            .filter(|(x, _)| *x > 6.0 && *x < 249.0)
            .collect();
        let n = pairs.len() as f64;
        // The textbook sums, in one go.
        let (sx, sy, sxx, sxy, syy) = pairs.iter().fold((0.0, 0.0, 0.0, 0.0, 0.0), |s, (x, y)| {
            (s.0 + x, s.1 + y, s.2 + x * x, s.3 + x * y, s.4 + y * y)
        });
        let slope = (n * sxy - sx * sy) / (n * sxx - sx * sx);
        let offset = (sy - slope * sx) / n;
        let correlation =
            (n * sxy - sx * sy) / ((n * sxx - sx * sx).sqrt() * (n * syy - sy * sy).sqrt());
        let tone = &got["gates"]["frames"][i]["tone"];
        assert_eq!(tone["pixels"].as_u64().unwrap(), pairs.len() as u64);
        near(&tone["fit"]["slope"], slope, 1e-7, "slope");
        near(&tone["fit"]["offset"], offset, 1e-5, "offset");
        near(
            &tone["fit"]["correlation"],
            correlation,
            1e-7,
            "correlation",
        );
        // Largest median difference of a bin of sixteen codes.
        let mut curve = 0.0_f64;
        for bin in 0..16 {
            let mut differences: Vec<f64> = pairs
                .iter()
                .filter(|(x, _)| (x / 16.0).floor() as i32 == bin)
                .map(|(x, y)| y - x)
                .collect();
            if differences.len() < 100 {
                continue;
            }
            differences.sort_by(f64::total_cmp);
            let half = differences.len() / 2;
            let median = if differences.len() % 2 == 1 {
                differences[half]
            } else {
                (differences[half - 1] + differences[half]) / 2.0
            };
            curve = curve.max(median.abs());
        }
        near(&tone["fit"]["curve"], curve, 1e-9, "curve");
        // Colours by the same two coefficients.
        let chroma = |frame: &Array3<f64>| {
            let mut energy = 0.0;
            for rgb in frame.lanes(Axis(2)) {
                let y = rgb.dot(&weights);
                let (cb, cr) = (0.564 * (rgb[2] - y), 0.713 * (rgb[0] - y));
                energy += cb * cb + cr * cr;
            }
            energy / (320.0 * 180.0)
        };
        near(&tone["color_energy"], chroma(a), 1e-6, "energy");
        let saturation = (chroma(b) / chroma(a)).sqrt();
        near(&tone["saturation"], saturation, 1e-9, "saturation");
    }
}

#[test]
fn channels_of_cut_out_frames_are_those_of_raw_frames() {
    let output = encoded(
        "gate-grey-half.mp4",
        &reference(),
        "-vf hue=s=0.5 -c:v libsvtav1 -preset 10 -crf 20 -pix_fmt yuv420p",
    );
    let got = measured(&output, "2025-10-31", "numbers-channels.json");
    let frames = got["gates"]["frames"].as_array().unwrap();
    assert_eq!(frames.len(), 10, "the frames that VMAF saw");
    let sides = [raw(&reference(), "", 320, 180), raw(&output, "", 320, 180)];
    for frame in frames {
        let index = frame["frame"].as_u64().unwrap() as usize;
        for (side, clip) in sides.iter().enumerate() {
            let rgb = &clip[index];
            let channel = |c: usize| rgb.index_axis(Axis(2), c);
            let difference =
                |a: usize, b: usize| (&channel(a) - &channel(b)).mapv(f64::abs).mean().unwrap();
            let channels = &frame["channels"][side];
            near(
                &channels["brightness"],
                rgb.mean().unwrap(),
                1e-9,
                "brightness",
            );
            for (i, (a, b)) in [(0, 1), (0, 2), (1, 2)].into_iter().enumerate() {
                near(
                    &channels["differences"][i],
                    difference(a, b),
                    1e-9,
                    "difference",
                );
            }
            // U and V in floating point, rounded: within a code of OpenCV's fixed point.
            let plane = |c: usize, factor: f64| {
                rgb.map_axis(Axis(2), |p| {
                    let y = (0.299 * p[0] + 0.587 * p[1] + 0.114 * p[2]).round();
                    (factor * (p[c] - y) + 128.0).round().clamp(0.0, 255.0)
                })
            };
            let energy = plane(2, 0.492).var(0.0) + plane(0, 0.877).var(0.0);
            near(&channels["energy"], energy, energy * 2e-3, "energy");
        }
    }
}

#[test]
fn the_fixed_grid_of_today_is_that_of_raw_frames() {
    let output = hevc("gate-bright.mp4", "-vf eq=brightness=0.12");
    let got = measured(&output, "next", "numbers-grid.json");
    let sampled = &got["gates"]["sampled"];
    let sides = [raw(&reference(), "", 320, 180), raw(&output, "", 320, 180)];
    let spread = |length: usize, count: usize| -> Vec<usize> {
        (0..count).map(|i| i * (length - 1) / (count - 1)).collect()
    };
    let (mut pixels, mut difference) = (0.0, 0.0);
    let (mut sum, mut squares, mut color) = ([0.0; 2], [0.0; 2], [0.0; 2]);
    for frame in spread(50, 8) {
        for row in spread(180, 128) {
            for column in spread(320, 128) {
                let mut tints = [(0.0, 0.0); 2];
                for side in 0..2 {
                    let at = |c| sides[side][frame][[row, column, c]];
                    let (r, g, b) = (at(0), at(1), at(2));
                    let y = ((29.0 * b + 150.0 * g + 77.0 * r + 128.0) / 256.0).floor();
                    sum[side] += y;
                    squares[side] += y * y;
                    tints[side] = (r - g, b - g);
                    color[side] += (r - g).abs() + (b - g).abs();
                }
                difference += (tints[0].0 - tints[1].0).abs() + (tints[0].1 - tints[1].1).abs();
                pixels += 1.0;
            }
        }
    }
    assert_eq!(sampled["pixels"].as_f64().unwrap(), pixels);
    for side in 0..2 {
        let mean = sum[side] / pixels;
        let deviation = (squares[side] / pixels - mean * mean).sqrt();
        near(&sampled["luma_mean"][side], mean / 255.0, 1e-12, "mean");
        near(
            &sampled["luma_deviation"][side],
            deviation / 255.0,
            1e-9,
            "deviation",
        );
        near(
            &sampled["color_energy"][side],
            color[side] / (pixels * 510.0),
            1e-12,
            "energy",
        );
    }
    near(
        &sampled["color_difference"],
        difference / (pixels * 1020.0),
        1e-12,
        "difference",
    );
}

#[test]
fn chroma_psnr_is_that_of_ffmpegs_planes() {
    let output = hevc("gate-good.mp4", "-pix_fmt yuv420p");
    let reference = reference();
    let original = clips::reference();
    let saved = scratch_root().join("numbers-original.json");
    let ran = run(&mut vidaio(&[
        "lint",
        text(&reference),
        text(&output),
        "--task",
        "compress",
        "--rules",
        "next",
        "--original",
        text(&original),
        "--save",
        text(&saved),
        "--quiet",
    ]));
    let got: Value = serde_json::from_str(&std::fs::read_to_string(saved).unwrap()).unwrap();
    let planes = |path: &Path| {
        let bytes = ffmpeg(&[
            "-i",
            text(path),
            "-f",
            "rawvideo",
            "-pix_fmt",
            "yuv420p",
            "-",
        ]);
        let (luma, chroma) = (320 * 180, 320 * 180 / 2);
        bytes
            .chunks_exact(luma + chroma)
            .map(|frame| frame[luma..].to_vec())
            .collect::<Vec<_>>()
    };
    let pairs = planes(&reference);
    let decibels: Vec<f64> = pairs
        .iter()
        .zip(planes(&output))
        .map(|(a, b)| {
            let squares = a
                .iter()
                .zip(&b)
                .map(|(x, y)| (f64::from(*x) - f64::from(*y)).powi(2));
            let error = squares.sum::<f64>() / a.len() as f64;
            (10.0 * (255.0_f64.powi(2) / error).log10()).min(100.0)
        })
        .collect();
    let want = decibels.iter().sum::<f64>() / decibels.len() as f64;
    let original = &got["gates"]["original"];
    near(&original["chroma_psnr_received"], want, 1e-9, "PSNR");
    // The original holds the same pictures as the clip that was handed out.
    near(&original["chroma_psnr"], want, 1e-9, "PSNR of the original");
    assert_eq!(original["vmaf"], original["vmaf_received"]);
    assert!(
        ran.stdout.contains("residuals +0.0000 VMAF and +0.0000 dB"),
        "{}",
        ran.stdout
    );
}
