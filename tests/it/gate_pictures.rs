//! Gates that look at pictures: for each an answer that trips it and one that just passes.

use std::path::Path;

use super::clips;
use super::gate_clips::{av1, bytes, good, hevc, padded, reference};
use super::linting::{HEAD, compress, lenient, lint};

#[test]
fn tone_is_found_by_gamma_tint_and_brightness_and_not_in_a_plain_encode() {
    for (name, filter) in [
        ("gate-gamma.mp4", "-vf eq=gamma=1.06"),
        ("gate-tint.mp4", "-vf hue=h=6"),
        ("gate-saturation.mp4", "-vf hue=s=1.2"),
    ] {
        let failed = compress(&hevc(name, filter), HEAD, &[]).trips(&["tone"]);
        assert!(
            failed.json["reason"]
                .as_str()
                .unwrap()
                .starts_with("Tone manipulation detected: ")
        );
    }
    // The check came on 2026-06-29.
    let gamma = hevc("gate-gamma.mp4", "-vf eq=gamma=1.06");
    compress(&gamma, "2026-06-27", &[]).passes();
    // Today's limits are wider: this passes, and a plainly brighter clip does not.
    lenient(&gamma).passes();
    let bright = hevc("gate-bright.mp4", "-vf eq=brightness=0.12");
    let today = lenient(&bright).trips(&["tone"]);
    assert_eq!(today.of("tone")["code"], "TONE_MANIPULATION");
}

#[test]
fn a_flat_black_clip_cannot_pass_the_tone_check() {
    let source = [
        "-f",
        "lavfi",
        "-i",
        "color=black:size=320x180:rate=25:duration=2",
        "-pix_fmt",
        "yuv420p",
        "-c:v",
    ];
    let black = |name: &str, encoder: &[&str]| clips::make(name, &[&source[..], encoder].concat());
    let input = black("gate-black.mp4", &["libx264", "-crf", "5"]);
    let input = padded("gate-black-padded.mp4", &input, bytes(&input) * 10);
    let output = black(
        "gate-black-out.mp4",
        &["libx265", "-x265-params", "log-level=error"],
    );
    let failed = lint(&input, &output, "compress", HEAD, &["--threshold", "60"]).trips(&["tone"]);
    assert!(
        failed.of("tone")["measured"]
            .as_str()
            .unwrap()
            .contains("5 unreliable")
    );
    // Nothing bright or colourful is left to judge the colour by, which passes.
    assert_eq!(failed.of("grayscale")["outcome"], "pass");
    assert_eq!(failed.of("chroma")["outcome"], "pass");
    // Two lumas of zero agree.
    lint(&input, &output, "compress", "next", &["--threshold", "60"]).passes();
}

#[test]
fn a_grey_answer_trips_tone_grey_scale_and_chroma_and_a_paler_one_chroma() {
    let grey = hevc("gate-grey.mp4", "-vf hue=s=0");
    compress(&grey, HEAD, &[]).trips(&["tone", "grayscale", "chroma"]);
    // Before the tone check it tripped two, and before 2025-10-28 none.
    compress(&grey, "2026-04-17", &[]).trips(&["grayscale", "chroma"]);
    assert!(compress(&grey, "2025-10-22", &[]).failed() == ["codec"]);
    let today = compress(&grey, "next", &[]).trips(&["grayscale", "chroma"]);
    assert_eq!(
        [
            today.of("grayscale")["code"].clone(),
            today.of("chroma")["code"].clone()
        ],
        ["COLOR_GRAYSCALE", "CHROMA_UV_MANIPULATION"]
    );
    // 0.84 squared is 0.71, 0.8 squared 0.64; the limit is 0.7.
    compress(
        &hevc("gate-pale-84.mp4", "-vf hue=s=0.86"),
        "2026-04-17",
        &[],
    )
    .passes();
    let failed = compress(
        &hevc("gate-pale-80.mp4", "-vf hue=s=0.80"),
        "2026-04-17",
        &[],
    )
    .trips(&["chroma"]);
    assert!((0.6..0.7).contains(&failed.of("chroma")["value"].as_f64().unwrap()));
    // The first form of the gate looked at ten frames in RGB; it was for AV1 alone.
    let grey_av1 = av1("gate-grey-av1.mp4", "-vf hue=s=0 -pix_fmt yuv420p");
    compress(&grey_av1, "2025-10-31", &[]).trips(&["grayscale", "chroma"]);
    let plain = av1("gate-av1.mp4", "-pix_fmt yuv420p");
    compress(&plain, "2025-10-31", &[]).passes();
    compress(&plain, "2025-12-16", &[]).passes();
    compress(&grey_av1, "2025-12-16", &[]).trips(&["grayscale", "chroma"]);
    // For three days of December they were off.
    compress(&grey_av1, "2025-12-19", &[]).passes();
}

#[test]
fn vmaf_thresholds_to_the_last_digit() {
    let value = |rules: &str, gate: &str| {
        compress(&good(), rules, &[]).of(gate)["value"]
            .as_f64()
            .unwrap()
    };
    let at = |rules: &str, threshold: f64| {
        lint(
            &reference(),
            &good(),
            "compress",
            rules,
            &["--threshold", &threshold.to_string()],
        )
    };
    let vmaf = value("next", "vmaf-threshold");
    at("next", vmaf).passes();
    assert_eq!(
        at("next", vmaf + 1e-9)
            .trips(&["vmaf-threshold"])
            .of("vmaf-threshold")["code"],
        "VMAF_BELOW_THRESHOLD"
    );
    if vmaf + 5.001 <= 100.0 {
        // Under the floor only the floor is named.
        let under = at("next", vmaf + 5.001).trips(&["vmaf-floor"]);
        assert_eq!(under.of("vmaf-floor")["code"], "VMAF_BELOW_FLOOR");
    }
    // Until then there was a soft zone of five points, which is a warning here.
    let vmaf = value(HEAD, "vmaf-floor");
    let soft = at(HEAD, (vmaf + 4.0).min(100.0)).passes();
    assert_eq!(soft.of("vmaf-floor")["outcome"], "warn");
    // An upscaling needs 50.
    let blurred = hevc("gate-blur.mp4", "-vf gblur=sigma=12");
    let failed = lint(&reference(), &blurred, "upscale", HEAD, &[]).trips(&["vmaf-floor"]);
    assert!(failed.of("vmaf-floor")["value"].as_f64().unwrap() < 50.0);
}

#[test]
fn the_two_models_may_differ_by_three() {
    // Sharpening lifts the base model and not the other; today's tone check lets it through.
    let sharp = hevc("gate-sharp.mp4", "-vf unsharp=5:5:1.5");
    let failed = compress(&sharp, "next", &[]).trips(&["vmaf-delta"]);
    assert!(failed.of("vmaf-delta")["value"].as_f64().unwrap() > 3.0);
    assert_eq!(failed.of("vmaf-delta")["code"], "VMAF_MODEL_DELTA_EXCEEDED");
    let mild = hevc("gate-mild.mp4", "-vf unsharp=3:3:0.15");
    let passed = compress(&mild, "next", &[]).passes();
    let delta = passed.of("vmaf-delta")["value"].as_f64().unwrap();
    assert!((0.0..=3.0).contains(&delta), "{delta}");
    assert!(compress(&sharp, HEAD, &[]).failed().contains(&"vmaf-delta"));
    assert!(
        !compress(&sharp, "2026-06-27", &[])
            .failed()
            .contains(&"vmaf-delta")
    );
}

#[test]
fn what_no_validator_checks_is_a_warning() {
    let warned = |output: &Path| {
        let got = lenient(output);
        got.warnings()
            .iter()
            .map(|w| (*w).to_owned())
            .collect::<Vec<_>>()
    };
    assert!(warned(&good()).is_empty(), "{:?}", warned(&good()));
    let late = hevc(
        "gate-late.mp4",
        "-vf tpad=start=2:start_mode=clone,trim=end_frame=50",
    );
    assert!(
        warned(&late).contains(&"offset".into()),
        "{:?}",
        warned(&late)
    );
    let lost = hevc(
        "gate-lost.mp4",
        "-vf select=not(eq(n\\,20)),setpts=N/(25*TB) -r 25",
    );
    let found = compress(&lost, HEAD, &[]);
    let shift = found.json["warnings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|w| w["name"] == "shift");
    let said = shift.unwrap_or_else(|| panic!("{}", found.json["warnings"]))["found"]
        .as_str()
        .unwrap();
    assert!(
        said.contains("1 frame early") && said.contains("lost"),
        "{said}"
    );
    let uneven = hevc(
        "gate-vfr.mp4",
        "-vf setpts=(N+0.4*mod(N\\,2))/(25*TB) -fps_mode vfr -enc_time_base 1/1000",
    );
    assert!(
        warned(&uneven).contains(&"variable-rate".into()),
        "{:?}",
        warned(&uneven)
    );
    let start = hevc("gate-start.mp4", "-output_ts_offset 0.5");
    assert!(
        warned(&start).contains(&"late-start".into()),
        "{:?}",
        warned(&start)
    );
    let stutter = hevc("gate-stutter.mp4", "-vf fps=12.5,fps=25");
    assert!(
        warned(&stutter).contains(&"repeated-frames".into()),
        "{:?}",
        warned(&stutter)
    );
}

#[test]
fn many_draws_show_the_worst_and_the_share() {
    // The last frames are brighter: whether the last of the five random frames lies in them is chance.
    let half = hevc("gate-half.mp4", "-vf eq=brightness=0.05:enable=gt(n\\,43)");
    let got = compress(&half, HEAD, &["--worst-of", "200"]);
    let spread = &got.json["spread"];
    let share = spread["failed"].as_f64().unwrap();
    assert_eq!(spread["draws"], 200);
    assert!(share > 0.1 && share < 0.9, "{spread}");
    assert_eq!(got.json["seed"], spread["worst_seed"]);
    assert_eq!(got.code, 1);
    // The draw that is shown can be shown again on its own.
    let seed = spread["worst_seed"].to_string();
    let again = compress(&half, HEAD, &["--seed", &seed]);
    assert_eq!(again.json["gates"], got.json["gates"]);
}
