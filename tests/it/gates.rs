//! For every gate an answer that trips it and one that just passes.
//!
//! What cannot be made to trip alone is said at its test: a grey answer always trips the chroma and
//! the tone check as well, and a wrong size keeps VMAF from being measured. `STREAM_PTS_INCONSISTENT`
//! and `STREAM_PIX_FMT_MISMATCH` of `next` cannot be tripped at all, because its normalisation makes
//! both sides agree first. What only the network knows (time, URLs, other miners, whole rounds) is told
//! as not judgeable.

use std::path::Path;

use serde_json::Value;

use super::clips;
use super::gate_clips::{av1, bytes, encoded, good, hevc, padded, reference};
use super::surroundings::{run, scratch_root, vidaio};

const HEAD: &str = "2026-08-18";
const SEED: &str = "2025-10-20";

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// What `vidaio lint` says.
struct Lint {
    code: i32,
    json: Value,
}

impl Lint {
    fn of(&self, gate: &str) -> &Value {
        let gates = self.json["gates"].as_array().unwrap();
        gates
            .iter()
            .find(|g| g["gate"] == gate)
            .unwrap_or_else(|| panic!("no gate {gate}: {}", self.json))
    }

    fn failed(&self) -> Vec<&str> {
        let gates = self.json["gates"].as_array().unwrap();
        gates
            .iter()
            .filter(|g| g["outcome"] == "fail")
            .map(|g| g["gate"].as_str().unwrap())
            .collect()
    }

    fn warnings(&self) -> Vec<&str> {
        let warnings = self.json["warnings"].as_array().unwrap();
        warnings
            .iter()
            .map(|w| w["name"].as_str().unwrap())
            .collect()
    }

    #[track_caller]
    fn passes(self) -> Self {
        assert_eq!(
            (self.failed(), self.code),
            (vec![], 0),
            "{}",
            self.json["reason"]
        );
        self
    }

    #[track_caller]
    fn trips(self, gates: &[&str]) -> Self {
        assert_eq!((self.failed().as_slice(), self.code), (gates, 1));
        assert_eq!(self.json["decided_by"], gates[0]);
        for gate in gates {
            let found = self.of(gate);
            assert!(
                found["mend"].as_str().is_some_and(|m| !m.is_empty()),
                "{found}"
            );
            assert!(
                found["reason"].as_str().is_some_and(|m| !m.is_empty()),
                "{found}"
            );
            assert!(found["cost"].is_object(), "{found}");
        }
        self
    }
}

fn lint(reference: &Path, output: &Path, task: &str, rules: &str, extra: &[&str]) -> Lint {
    let mut args = vec!["lint", text(reference), text(output), "--task", task];
    args.extend(["--rules", rules, "--format", "json", "--quiet"]);
    args.extend(extra);
    let ran = run(&mut vidaio(&args));
    let json = serde_json::from_str(&ran.stdout)
        .unwrap_or_else(|e| panic!("{e}: {} {}", ran.stdout, ran.stderr));
    Lint {
        code: ran.code,
        json,
    }
}

fn compress(output: &Path, rules: &str, extra: &[&str]) -> Lint {
    let mut args = vec!["--threshold", "60"];
    args.extend(extra);
    lint(&reference(), output, "compress", rules, &args)
}

/// Judged by today's rules with a low threshold, which only warps of the picture miss.
fn lenient(output: &Path) -> Lint {
    lint(
        &reference(),
        output,
        "compress",
        "next",
        &["--threshold", "10"],
    )
}

/// The same without measuring: for gates that look at the files alone.
fn files(output: &Path, rules: &str, extra: &[&str]) -> Lint {
    let mut args = vec!["--no-metrics"];
    args.extend(extra);
    compress(output, rules, &args)
}

#[test]
fn a_good_answer_passes_every_gate_of_both_dates_and_of_today() {
    compress(&good(), HEAD, &[]).passes();
    compress(&good(), "next", &[]).passes();
    let seed = av1("gate-av1.mp4", "-pix_fmt yuv420p");
    let passed = compress(&seed, SEED, &[]).passes();
    // The order of GATES section 4, as far as a file can show it.
    let order: Vec<&str> = passed.json["gates"]
        .as_array()
        .unwrap()
        .iter()
        .map(|g| g["gate"].as_str().unwrap())
        .collect();
    assert_eq!(
        order,
        [
            "answer",
            "reference-readable",
            "reference-frames",
            "download",
            "output-readable",
            "frame-rate",
            "resolution",
            "codec",
            "container",
            "profile",
            "sample-aspect",
            "pixel-format",
            "color-tags",
            "frame-count",
            "vmaf-measured",
            "vmaf-floor"
        ]
    );
}

#[test]
fn frame_counts_may_differ_by_five_at_the_end_and_not_at_all_at_the_start() {
    let five = hevc("gate-45.mp4", "-frames:v 45");
    let six = hevc("gate-44.mp4", "-frames:v 44");
    let narrow = compress(&five, HEAD, &[]).passes();
    assert_eq!(narrow.of("frame-count")["outcome"], "warn");
    let failed = compress(&six, HEAD, &[]).trips(&["frame-count"]);
    assert_eq!(failed.json["reason"], "video length mismatch");
    assert_eq!(failed.json["score"], 0.0);
    let three = "2025-12-08";
    assert!(
        files(&hevc("gate-47.mp4", "-frames:v 47"), three, &[])
            .failed()
            .iter()
            .all(|g| *g != "frame-count")
    );
    assert!(
        files(&hevc("gate-46.mp4", "-frames:v 46"), three, &[])
            .failed()
            .contains(&"frame-count")
    );
    let one = hevc("gate-49.mp4", "-frames:v 49");
    assert!(files(&one, SEED, &[]).failed().contains(&"frame-count"));
    let today = compress(&one, "next", &[]).trips(&["frame-count"]);
    assert_eq!(today.of("frame-count")["code"], "FRAME_COUNT_MISMATCH");
    // Organic upscalings never had a tolerance; they are also looked at for at least ten frames.
    let exact = lint(
        &clips::half_size(),
        &one,
        "upscale",
        HEAD,
        &["--no-metrics", "--origin", "organic"],
    );
    assert!(exact.failed().contains(&"frame-count-exact"));
}

#[test]
fn a_rate_of_exactly_080_fails_and_one_byte_less_passes() {
    let input = bytes(&reference());
    let limit = (input * 4).div_ceil(5);
    let over = padded("gate-rate-080.mp4", &good(), limit);
    let under = padded("gate-rate-079.mp4", &good(), limit - 1);
    let failed = files(&over, HEAD, &[]).trips(&["rate"]);
    assert!(failed.of("rate")["value"].as_f64().unwrap() >= 0.8);
    // The true rate is recorded, and under 1 it costs no more than the score.
    assert_eq!(failed.of("rate")["cost"]["ledger"], 0.0);
    files(&under, HEAD, &[]).passes();
    let today = files(&over, "next", &[]).trips(&["rate"]);
    assert_eq!(today.of("rate")["code"], "COMPRESSION_RATE_TOO_HIGH");
    files(&under, "next", &[]).passes();
    // Before 2025-10-31 nothing asked for a rate.
    assert!(
        !files(&over, "2025-10-28", &[])
            .json
            .to_string()
            .contains("\"rate\",\"code\"")
    );
    // A file that is not smaller costs ten in the standing.
    let same = padded("gate-rate-1.mp4", &good(), input);
    assert_eq!(
        files(&same, HEAD, &[]).trips(&["rate"]).of("rate")["cost"]["ledger"],
        -10.0
    );
}

#[test]
fn average_rates_may_differ_by_less_than_three_tenths() {
    let at = |name: &str, rate: &str| {
        let filter = format!("-vf setpts=N/({rate}*TB) -r {rate} -video_track_timescale 25300");
        hevc(name, &filter)
    };
    let under = at("gate-fps-2529.mp4", "25.29");
    let over = at("gate-fps-2531.mp4", "25.31");
    let passed = compress(&under, HEAD, &[]).passes();
    assert!((passed.of("frame-rate")["value"].as_f64().unwrap() - 0.29).abs() < 0.005);
    assert!(passed.warnings().contains(&"timestamps"));
    let failed = compress(&over, HEAD, &[]).trips(&["frame-rate"]);
    assert!(
        failed.json["reason"]
            .as_str()
            .unwrap()
            .starts_with("invalid encoding settings: FPS")
    );
    // At the start the text had to be the same.
    assert!(files(&under, SEED, &[]).failed().contains(&"frame-rate"));
    // `next` looks at the length instead, within 5 %.
    let slow = at("gate-fps-2660.mp4", "26.6");
    assert_eq!(
        files(&slow, "next", &[])
            .trips(&["stream-duration"])
            .of("stream-duration")["code"],
        "STREAM_DURATION_MISMATCH"
    );
    files(&at("gate-fps-2610.mp4", "26.1"), "next", &[]).passes();
}

#[test]
fn codecs_follow_the_date_and_the_request() {
    let (hevc, av1) = (good(), av1("gate-av1.mp4", "-pix_fmt yuv420p"));
    let h264 = clips::compressed();
    files(&av1, SEED, &[]).passes();
    // HEVC was no compression then; its profile is called Main all the same.
    let failed = files(&hevc, SEED, &[]).trips(&["codec"]);
    // Every failure of those weeks is recorded with a rate of 1 and costs ten.
    assert_eq!(failed.of("codec")["cost"]["ledger"], -10.0);
    assert_eq!(
        files(&h264, "2025-11-06", &[]).of("codec")["cost"]["ledger"],
        0.0
    );
    files(&hevc, HEAD, &["--codec", "hevc"]).passes();
    files(&hevc, HEAD, &["--codec", "libsvtav1"]).trips(&["codec"]);
    files(&h264, HEAD, &[]).trips(&["codec"]);
    files(&h264, "next", &[]).passes();
    let mpeg4 = encoded("gate-mpeg4.mp4", &reference(), "-c:v mpeg4 -q:v 12");
    let today = files(&mpeg4, "next", &[]).trips(&["codec"]);
    assert_eq!(today.of("codec")["code"], "ENCODING_NOT_ALLOWED");
    // An upscaling is HEVC, from 2026-06-20 on also AV1.
    let up = |output: &Path, rules: &str| {
        lint(&reference(), output, "upscale", rules, &["--no-metrics"])
    };
    up(&hevc, SEED).passes();
    up(&av1, SEED).trips(&["codec"]);
    up(&av1, HEAD).passes();
}

#[test]
fn profiles_pixel_formats_and_depths() {
    let organic = |output: &Path| files(output, HEAD, &["--origin", "organic", "--codec", "h264"]);
    let x264 = |name: &str, options: &str| {
        encoded(
            name,
            &reference(),
            &format!("-c:v libx264 -crf 28 {options}"),
        )
    };
    organic(&x264("gate-high.mp4", "-profile:v high -pix_fmt yuv420p")).passes();
    let baseline = x264("gate-ultrafast.mp4", "-preset ultrafast -pix_fmt yuv420p");
    let failed = organic(&baseline).trips(&["profile"]);
    assert_eq!(failed.of("profile")["measured"], "Constrained Baseline");
    // Full range: HEVC shows it in its pixel format, AV1 does not.
    let full = hevc(
        "gate-full.mp4",
        "-vf scale=out_range=pc -pix_fmt yuvj420p -color_range pc",
    );
    let failed = compress(&full, HEAD, &[]).trips(&["pixel-format"]);
    assert_eq!(failed.of("pixel-format")["measured"], "yuvj420p");
    assert!(failed.warnings().contains(&"color-range"));
    let full_av1 = av1(
        "gate-full-av1.mp4",
        "-vf scale=out_range=pc,format=yuv420p -color_range pc",
    );
    assert!(
        files(&full_av1, SEED, &[])
            .passes()
            .warnings()
            .contains(&"color-range")
    );
    // Ten bits: AV1 keeps the profile, HEVC does not and fails twice at the start.
    let ten_av1 = av1("gate-ten-av1.mp4", "-pix_fmt yuv420p10le");
    files(&ten_av1, SEED, &[]).trips(&["pixel-format"]);
    let ten = encoded(
        "gate-ten.mp4",
        &reference(),
        "-c:v libx265 -preset fast -x265-params log-level=error -crf 4 -pix_fmt yuv420p10le",
    );
    lint(&reference(), &ten, "upscale", SEED, &["--no-metrics"])
        .trips(&["profile", "pixel-format"]);
    let failed = files(&ten, HEAD, &[]).trips(&["pixel-format"]);
    assert_eq!(
        failed.json["reason"],
        "invalid encoding settings: Pixel format must be yuv420p, got yuv420p10le"
    );
}

#[test]
fn aspect_colour_tags_and_container() {
    let wide = hevc("gate-sar.mp4", "-vf setsar=4/3");
    let failed = compress(&wide, HEAD, &[]).trips(&["sample-aspect"]);
    assert!(
        failed.of("sample-aspect")["mend"]
            .as_str()
            .unwrap()
            .contains("setsar=1")
    );
    let tags = |name: &str, primaries: &str| {
        hevc(
            name,
            &format!("-colorspace bt709 -color_trc bt709 -color_primaries {primaries}"),
        )
    };
    let tagged = encoded(
        "gate-tagged.mp4",
        &reference(),
        "-c:v libx264 -crf 5 -colorspace bt709 -color_trc bt709 -color_primaries bt709",
    );
    let tagged = padded("gate-tagged-padded.mp4", &tagged, bytes(&tagged) * 4);
    let against = |output: &Path| lint(&tagged, output, "compress", HEAD, &["--no-metrics"]);
    against(&tags("gate-tags-same.mp4", "bt709")).passes();
    let failed = against(&tags("gate-tags-other.mp4", "smpte170m")).trips(&["color-tags"]);
    assert!(
        failed.json["reason"]
            .as_str()
            .unwrap()
            .contains("color_primaries mismatch")
    );
    // Where one side has no tag there is nothing to compare.
    files(&tags("gate-tags-other.mp4", "smpte170m"), HEAD, &[]).passes();
    let ivf = av1("gate-ivf.mp4", "-pix_fmt yuv420p -f ivf");
    let failed = files(&ivf, SEED, &[]).trips(&["container"]);
    assert!(failed.json["reason"].as_str().unwrap().contains("got IVF"));
}

#[test]
fn a_bitrate_may_be_a_tenth_over_the_target() {
    let rate: f64 = {
        let got = files(&good(), HEAD, &["--mode", "vbr", "--bitrate", "100"]).passes();
        got.of("bitrate")["value"].as_f64().unwrap()
    };
    let asked = |factor: f64| format!("{}", rate / factor);
    files(
        &good(),
        HEAD,
        &["--mode", "VBR", "--bitrate", &asked(1.0999)],
    )
    .passes();
    let failed = files(
        &good(),
        HEAD,
        &["--mode", "VBR", "--bitrate", &asked(1.1001)],
    )
    .trips(&["bitrate"]);
    assert_eq!(failed.json["decided_by"], "bitrate");
    // CRF asks for none, however low the number.
    files(&good(), HEAD, &["--mode", "CRF", "--bitrate", &asked(5.0)]).passes();
}

#[test]
fn sizes_of_upscalings_are_capped_and_exact() {
    let half = clips::half_size();
    let quarter = clips::make(
        "gate-quarter.mp4",
        &[
            "-f",
            "lavfi",
            "-i",
            "testsrc2=size=80x44:rate=25:duration=2",
            "-c:v",
            "libx264",
            "-pix_fmt",
            "yuv420p",
            "-crf",
            "12",
        ],
    );
    let up = |output: &Path, payload: &Path, rules: &str, extra: &[&str]| {
        let mut args = vec!["--payload", text(payload), "--no-metrics"];
        args.extend(extra);
        lint(output, output, "upscale", rules, &args)
    };
    let low = hevc("gate-176.mp4", "-vf scale=320:176,setsar=1");
    for (payload, answer, times, name) in [(&half, good(), 8, "x2"), (&quarter, low, 20, "x4")] {
        let cap = bytes(payload) * times;
        let at = padded(&format!("gate-cap-{name}.mp4"), &answer, cap);
        let over = padded(&format!("gate-over-{name}.mp4"), &answer, cap + 1);
        for rules in [HEAD, "next"] {
            up(&at, payload, rules, &[]).passes();
            let failed = up(&over, payload, rules, &[]).trips(&["size-cap"]);
            if rules == "next" {
                assert_eq!(failed.of("size-cap")["code"], "FILE_SIZE_CAP_EXCEEDED");
            }
        }
        // There was no cap before 2026-06-08.
        up(
            &padded(&format!("gate-large-{name}.mp4"), &answer, cap * 2),
            payload,
            "2025-10-22",
            &[],
        )
        .passes();
    }
    // The factor asked for decides the size.
    up(&good(), &half, HEAD, &["--scale", "2"]).passes();
    assert!(
        up(&good(), &half, HEAD, &["--scale", "4"])
            .failed()
            .contains(&"resolution")
    );
    let today = up(&good(), &half, "next", &["--scale", "3"]).trips(&["scale-factor"]);
    assert_eq!(today.of("scale-factor")["code"], "UNSUPPORTED_SCALE_FACTOR");
    // Without the clip that was handed out, both are told as not judged.
    let blind = lint(&reference(), &good(), "upscale", HEAD, &["--no-metrics"]).passes();
    for gate in ["size-cap", "resolution", "payload-readable"] {
        assert_eq!(blind.of(gate)["outcome"], "not-judged");
    }
}

#[test]
fn a_crop_by_one_pixel_each_way_fails_and_keeps_vmaf_from_being_measured() {
    let cropped = hevc("gate-crop.mp4", "-vf crop=318:178:1:1:exact=1");
    let failed = compress(&cropped, HEAD, &[]).trips(&["resolution", "vmaf-measured"]);
    assert_eq!(
        failed.json["reason"],
        "invalid encoding settings: Resolution must be 320x180, got 318x178"
    );
    assert_eq!(failed.of("tone")["outcome"], "not-judged");
    let today = compress(&cropped, "next", &[]).trips(&["stream-dimensions", "vmaf-measured"]);
    assert_eq!(
        today.json["gates"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|g| g["outcome"] == "fail")
            .map(|g| g["code"].as_str().unwrap())
            .collect::<Vec<_>>(),
        ["STREAM_DIMENSIONS_MISMATCH", "METRIC_MISSING"]
    );
    // At the start nothing looked at an upscaling's size: VMAF refused it.
    let early = lint(&reference(), &cropped, "upscale", SEED, &[]).trips(&["vmaf-measured"]);
    assert_eq!(
        early.json["reason"],
        "VMAF score is too low, current VMAF score: 0.0"
    );
}

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
        let both = at("next", vmaf + 5.001).trips(&["vmaf-floor", "vmaf-threshold"]);
        assert_eq!(both.of("vmaf-floor")["code"], "VMAF_BELOW_FLOOR");
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
fn unreadable_files_are_verdicts() {
    let empty = scratch_root().join("gate-empty.mp4");
    std::fs::write(&empty, []).unwrap();
    let failed = compress(&empty, HEAD, &[]).trips(&["output-readable"]);
    assert_eq!(failed.json["score"], 0.0);
    assert!(failed.of("vmaf-floor")["outcome"] == "not-judged");
    let swapped = lint(
        &clips::sound(),
        &good(),
        "compress",
        HEAD,
        &["--threshold", "60"],
    );
    assert_eq!(swapped.json["decided_by"], "reference-readable");
    // The validator's own fault: the standing is left alone.
    assert_eq!(swapped.json["score"], -100.0);
    assert!(swapped.json["ledger"].is_null());
    let short = encoded(
        "gate-nine-out.mp4",
        &clips::nine_frames(),
        "-c:v libx265 -x265-params log-level=error",
    );
    let failed = lint(
        &clips::nine_frames(),
        &short,
        "compress",
        HEAD,
        &["--threshold", "60"],
    );
    assert_eq!(
        (
            failed.json["decided_by"].as_str(),
            failed.json["score"].as_f64()
        ),
        (Some("reference-frames"), Some(-100.0))
    );
    let organic = lint(
        &clips::sound(),
        &good(),
        "compress",
        HEAD,
        &["--no-metrics", "--origin", "organic"],
    );
    assert_eq!(organic.json["score"], -1.0);
}

#[test]
fn competitions_have_gates_of_their_own() {
    let sine = "sine=frequency=440:duration=2";
    let picture = reference();
    let with_sound = |name: &str, options: &[&str]| {
        let head = [
            "-i",
            text(&picture),
            "-f",
            "lavfi",
            "-i",
            sine,
            "-map",
            "0:v",
            "-map",
            "1:a",
        ];
        clips::make(name, &[&head[..], options].concat())
    };
    let input = with_sound(
        "gate-sound.mp4",
        &["-c:v", "copy", "-c:a", "aac", "-b:a", "64k"],
    );
    let kept = clips::make(
        "gate-sound-kept.mp4",
        &[
            "-i",
            text(&input),
            "-c:v",
            "libsvtav1",
            "-preset",
            "10",
            "-crf",
            "30",
            "-c:a",
            "copy",
        ],
    );
    let again = clips::make(
        "gate-sound-again.mp4",
        &[
            "-i",
            text(&input),
            "-c:v",
            "libsvtav1",
            "-preset",
            "10",
            "-crf",
            "30",
            "-c:a",
            "aac",
            "-b:a",
            "32k",
        ],
    );
    let without = clips::make(
        "gate-sound-none.mp4",
        &[
            "-i",
            text(&input),
            "-c:v",
            "libsvtav1",
            "-preset",
            "10",
            "-crf",
            "30",
            "-an",
        ],
    );
    let judge = |output: &Path, extra: &[&str]| {
        let mut args = vec!["--threshold", "60", "--origin", "competition"];
        args.extend(extra);
        lint(&input, output, "compress", HEAD, &args)
    };
    judge(&kept, &[]).passes();
    for lost in [&again, &without] {
        let failed = judge(lost, &[]).trips(&["audio"]);
        assert_eq!(failed.of("audio")["code"], "OUTPUT_AUDIO_NOT_PRESERVED");
    }
    let size = bytes(&input);
    // 1.25 and just under.
    judge(&padded("gate-ratio.mp4", &kept, size * 4 / 5), &[]).passes();
    let low = judge(&padded("gate-ratio-low.mp4", &kept, size * 4 / 5 + 1), &[]);
    assert_eq!(low.of("minimum-ratio")["code"], "COMPRESSION_RATIO_TOO_LOW");
    assert!(low.failed().contains(&"minimum-ratio"));
    let same = judge(&padded("gate-same.mp4", &kept, size), &[]);
    assert_eq!(same.of("smaller")["code"], "OUTPUT_NOT_SMALLER");
    // Ten bits are allowed here; the bitrate counts from 2026-08-18 on.
    let ten = clips::make(
        "gate-sound-ten.mp4",
        &[
            "-i",
            text(&input),
            "-c:v",
            "libsvtav1",
            "-preset",
            "10",
            "-crf",
            "30",
            "-pix_fmt",
            "yuv420p10le",
            "-c:a",
            "copy",
        ],
    );
    judge(&ten, &[]).passes();
    let failed = judge(&kept, &["--mode", "vbr", "--bitrate", "0.01"]).trips(&["bitrate"]);
    assert_eq!(
        failed.of("bitrate")["code"],
        "OUTPUT_BITRATE_EXCEEDS_TARGET"
    );
    let hevc = clips::make(
        "gate-sound-hevc.mp4",
        &[
            "-i",
            text(&input),
            "-c:v",
            "libx265",
            "-x265-params",
            "log-level=error",
            "-c:a",
            "copy",
        ],
    );
    assert_eq!(
        judge(&hevc, &[]).trips(&["codec"]).of("codec")["code"],
        "OUTPUT_CODEC_INVALID"
    );
}

#[test]
fn duplicates_inside_a_bundle_and_between_miners() {
    let twin = scratch_root().join("gate-twin.mp4");
    std::fs::copy(good(), &twin).unwrap();
    let other = hevc("gate-45.mp4", "-frames:v 45");
    let bundle = |files: &[&Path]| {
        let mut args = vec!["lint", "--bundle"];
        args.extend(files.iter().map(|f| text(f)));
        run(&mut vidaio(&args))
    };
    let found = bundle(&[&good(), &other, &twin]);
    assert_eq!(found.code, 1, "{}{}", found.stdout, found.stderr);
    assert_eq!(
        found.stdout.matches("FAIL: as many bytes as").count(),
        2,
        "{}",
        found.stdout
    );
    assert_eq!(bundle(&[&good(), &other]).code, 0);
    files(&good(), HEAD, &["--bundle", text(&good()), text(&other)]).passes();
    files(&good(), HEAD, &["--bundle", text(&good()), text(&twin)]).trips(&["duplicate"]);

    let saved = scratch_root().join("gate-against.json");
    compress(&twin, HEAD, &["--save", text(&saved)]).passes();
    compress(&good(), HEAD, &["--against", text(&saved)]).trips(&["metric-duplicate"]);
    // A difference of 0.2 VMAF, 0.2 base or 0.01 rate is none.
    let harder = encoded(
        "gate-harder.mp4",
        &reference(),
        "-c:v libx265 -preset fast -x265-params log-level=error -crf 16",
    );
    compress(&harder, HEAD, &["--against", text(&saved)]).passes();
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

#[test]
fn the_document_says_which_live_gates_it_does_not_have() {
    let got = files(&good(), "documented", &[]);
    let live: Vec<&str> = got.json["live_gates_not_judged"]
        .as_array()
        .unwrap()
        .iter()
        .map(|g| g.as_str().unwrap())
        .collect();
    for gate in [
        "codec",
        "tone",
        "frame-count",
        "vmaf-delta",
        "source-proximity",
    ] {
        assert!(live.contains(&gate), "{live:?}");
    }
    assert_eq!(
        files(&good(), "next", &[]).json["live_gates_not_judged"],
        serde_json::json!([])
    );
    let table = run(&mut vidaio(&[
        "lint",
        text(&reference()),
        text(&good()),
        "--task",
        "compress",
        "--no-metrics",
    ]));
    assert!(
        table.stdout.contains("`--rules latest` judges them"),
        "{}",
        table.stdout
    );
}

#[test]
fn a_score_zeroed_by_a_gate_says_so_and_shows_the_metrics() {
    let output = clips::compressed();
    let reference = reference();
    let mut args = vec![
        "score",
        "compress",
        text(&reference),
        text(&output),
        "--threshold",
        "60",
        "--rules",
        HEAD,
    ];
    let table = run(&mut vidaio(&args)).stdout;
    assert!(
        table.contains("metrics alone") && table.contains("invalid encoding settings: Codec"),
        "{table}"
    );
    args.extend(["--format", "json"]);
    let got: Value = serde_json::from_str(&run(&mut vidaio(&args)).stdout).unwrap();
    assert_eq!(
        (&got["s_f"], &got["gates"]["decided_by"]),
        (&0.0.into(), &"codec".into())
    );
    assert!(got["s_f_metrics"].as_f64().unwrap() > 0.1);
    let next = got["also"]
        .as_array()
        .unwrap()
        .iter()
        .find(|a| a["rules"] == "next")
        .unwrap();
    assert_eq!(next["s_f"], next["s_f_metrics"]);
}
