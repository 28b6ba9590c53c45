//! How to mend what a gate found, with the FFmpeg option where one does it.

use super::facts::{Facts, Fault};
use crate::domain::{Origin, Task, codec_family};
use crate::rules::{FrameRateRule, Gate, GateRules};

/// An encoder of FFmpeg for a codec family.
fn encoder(family: &str) -> &'static str {
    match family {
        "av1" => "libsvtav1",
        "hevc" => "libx265",
        "h264" => "libx264",
        "vp9" => "libvpx-vp9",
        _ => "another encoder",
    }
}

pub(super) fn mend(gate: Gate, facts: &Facts<'_>, rules: &GateRules) -> Option<String> {
    let reference = facts.reference.facts();
    let upscale = facts.task == Task::Upscale;
    let fault = facts.unmeasured.map(|unmeasured| unmeasured.fault);
    Some(match gate {
        Gate::OutputReadable | Gate::OutputEmpty => {
            "encode again and look at the encoder's messages; write the file to its end before it is sent"
                .into()
        }
        Gate::ReferenceReadable
        | Gate::ReferenceFrames
        | Gate::PayloadReadable
        | Gate::InputIntact => "this is the validator's file: fetch it again".into(),
        Gate::OutputFrames => "keep every frame: -fps_mode passthrough".into(),
        Gate::Codec => {
            let families = match (facts.origin, upscale) {
                (Origin::Competition, _) => "av1",
                (_, true) => rules.upscaling_codecs.first().map_or("hevc", String::as_str),
                _ => facts
                    .request
                    .codec
                    .as_deref()
                    .or(rules.compression_codecs.first().map(String::as_str))
                    .unwrap_or("av1"),
            };
            format!("-c:v {}", encoder(&codec_family(families)))
        }
        Gate::Container => {
            "write MP4: name the output .mp4 and give no -f; -c copy rewraps without encoding".into()
        }
        Gate::Profile => match facts.output.facts().map(|f| codec_family(&f.codec)).as_deref() {
            Some("h264") => "-profile:v high (preset ultrafast makes Constrained Baseline)".into(),
            _ => "-profile:v main -pix_fmt yuv420p".into(),
        },
        Gate::SampleAspect => "-vf setsar=1".into(),
        Gate::PixelFormat => {
            "-pix_fmt yuv420p; from full range also -vf scale=out_range=tv".into()
        }
        Gate::ColorTags => match reference {
            Some(r) => {
                let tag = |option: &str, value: &Option<String>| {
                    value.as_ref().map(|v| format!(" -{option} {v}")).unwrap_or_default()
                };
                format!(
                    "tag as the reference:{}{}{}",
                    tag("colorspace", &r.color_space),
                    tag("color_trc", &r.color_transfer),
                    tag("color_primaries", &r.color_primaries)
                )
            }
            None => "leave the colour tags as they are".into(),
        },
        Gate::FrameRate => match reference {
            Some(r) => {
                let rate = match rules.frame_rate {
                    Some(FrameRateRule::Average { .. }) => r.average_frame_rate,
                    _ => r.frame_rate,
                };
                format!(
                    "keep the rate: -fps_mode passthrough, or -r {}/{}",
                    rate.num, rate.den
                )
            }
            None => "keep the reference's rate".into(),
        },
        Gate::FrameCount | Gate::FrameCountExact => {
            "keep every frame: -fps_mode passthrough (-vsync 0 before FFmpeg 5.1)".into()
        }
        Gate::Resolution | Gate::StreamDimensions => {
            if upscale {
                "scale to exactly 2 or 4 times what was handed out: -vf scale=iw*2:ih*2".into()
            } else {
                "keep the size: no scale or crop filter, and encoders that pad or crop odd sizes avoided"
                    .into()
            }
        }
        Gate::SizeCap => "raise -crf, or cap the rate: -maxrate and -bufsize".into(),
        Gate::Bitrate => match facts.request.bitrate {
            Some(target) => format!("-b:v {target}M -maxrate {target}M -bufsize {}M", target * 2.0),
            None => "-b:v the target -maxrate the same".into(),
        },
        Gate::VmafMeasured if fault == Some(Fault::DamagedOutput) => {
            "the output is damaged: encode it again, and compare digests after it was moved".into()
        }
        Gate::VmafMeasured if fault == Some(Fault::DamagedSource) => {
            "the validator's file is damaged: fetch it again".into()
        }
        Gate::VmafMeasured => "give both clips one size and a pixel format that VMAF reads".into(),
        Gate::VmafFloor | Gate::VmafThreshold => {
            if upscale {
                "use a model that keeps to its input, and check that frames are in step".into()
            } else {
                "lower -crf until VMAF meets the threshold".into()
            }
        }
        Gate::VmafDelta => {
            "encode the clip as it is: no sharpening, contrast or other filter that lifts only the \
             base model"
                .into()
        }
        Gate::Tone => {
            "leave brightness, contrast and colour alone, and tag colours as the reference does; dark \
             or flat clips cannot pass"
                .into()
        }
        Gate::Grayscale | Gate::Chroma => {
            "keep the colour planes: no -vf format=gray or hue=s=0, and no chroma quantiser offset \
             far above 0"
                .into()
        }
        Gate::Rate | Gate::Smaller | Gate::MinimumRatio => {
            "raise -crf or take a slower preset: the file is too large for what it was made from".into()
        }
        Gate::Duplicate => "make each answer of a bundle from its own clip; pad one by a byte if two \
                            sizes meet by chance"
            .into(),
        Gate::MetricDuplicate => {
            "leave the stock settings: another preset or CRF moves VMAF or size away".into()
        }
        Gate::Audio => "-c:a copy -map 0:a?".into(),
        Gate::Duration | Gate::StreamDuration | Gate::StreamTimes => {
            "keep rate and number of frames: -fps_mode passthrough".into()
        }
        Gate::ScaleFactor => "scale by 2 or by 4".into(),
        Gate::ScorePositive => "meet the threshold and shrink the file".into(),
        Gate::StreamPixelFormat => "-pix_fmt yuv420p".into(),
        Gate::SourceProximity => {
            "make the output from the clip that was handed out, and from nothing else".into()
        }
        _ => return None,
    })
}

/// Where a gate stands in the network's code.
pub(super) fn source(gate: Gate, facts: &Facts<'_>, central: bool) -> &'static str {
    if central {
        return match gate {
            Gate::StreamDimensions
            | Gate::StreamPixelFormat
            | Gate::StreamDuration
            | Gate::StreamTimes => "vidaio/scoring/canonicalize.py",
            Gate::Tone | Gate::Grayscale | Gate::Chroma => "vidaio/scoring/perceptual_cpu.py",
            Gate::VmafThreshold => "vidaio/scoring/compression.py",
            Gate::SourceProximity => "vidaio/scoring/source_proximity_evidence.py",
            Gate::Replay | Gate::DuplicateContent => "vidaio/scoring/dedup.py",
            _ => "vidaio/scoring/gates.py",
        };
    }
    if facts.origin == Origin::Competition {
        return "vidaio_subnet_core/competition/scoring.py";
    }
    match gate {
        Gate::Answer => "neurons/validator.py",
        Gate::MetricDuplicate => "services/scoring/compression_score_cache.py",
        Gate::Rate | Gate::VmafThreshold => "services/scoring/scoring_function.py",
        Gate::VmafFloor if facts.task == Task::Compress => "services/scoring/scoring_function.py",
        _ => "services/scoring/server.py",
    }
}
