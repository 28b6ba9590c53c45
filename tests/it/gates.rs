//! For every gate an answer that trips it and one that just passes.
//!
//! What cannot be made to trip alone is said at its test: a grey answer always trips the chroma and
//! the tone check as well, and a wrong size keeps VMAF from being measured. `STREAM_PTS_INCONSISTENT`
//! and `STREAM_PIX_FMT_MISMATCH` of `next` cannot be tripped at all, because its normalisation makes
//! both sides agree first. What only the network knows (time, URLs, other miners, whole rounds) is told
//! as not judgeable.

use std::path::Path;

use super::clips;
use super::gate_clips::{av1, bytes, encoded, good, hevc, padded, reference};
use super::linting::{HEAD, SEED, compress, files, lint, text};

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
    // So it does where no gate asks for a rate.
    let seed = av1("gate-av1.mp4", "-pix_fmt yuv420p");
    let whole = padded("gate-av1-whole.mp4", &seed, input);
    assert_eq!(files(&whole, SEED, &[]).passes().json["ledger"], -10.0);
    assert!(files(&seed, SEED, &[]).passes().json["ledger"].is_null());
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
    // Before, and today, nobody asked for a codec.
    files(&hevc, SEED, &["--codec", "hevc"]).trips(&["codec"]);
    files(&hevc, "next", &["--codec", "av1"]).passes();
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
