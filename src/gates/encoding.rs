//! The encoding check: bitrate, rate, codec, container, profile, aspect, pixel format, colour tags.
//!
//! Source: `services/scoring/server.py` 568-722 at `c5870e9`, 1918-2172 at `fea3779`.

use super::facts::Facts;
use super::result::Finding;
use crate::domain::{Origin, RateMode, Task, codec_family};
use crate::media::ClipFacts;
use crate::rules::{FrameRateRule, GateCodes, GateRules};

/// Format names that pass as MP4; only the first ever occurs.
const MP4: [&str; 3] = ["mov,mp4,m4a,3gp,3g2,mj2", "mp4", "isom"];

pub(super) fn bitrate(facts: &Facts<'_>, output: &ClipFacts, rules: &GateRules) -> Finding {
    let Some(factor) = rules.bitrate_factor else {
        return Finding::not_applicable("these rules check no bitrate");
    };
    if facts.task == Task::Upscale {
        return Finding::not_applicable("upscaling is asked for without a bitrate");
    }
    match facts.request.mode {
        Some(RateMode::Vbr) => {}
        // A competition knows no other mode than CRF and VBR.
        Some(RateMode::Cbr) if facts.origin != Origin::Competition => {}
        _ => return Finding::not_applicable("no bitrate is asked for (CRF)"),
    }
    let Some(target) = facts.request.bitrate else {
        return Finding::not_judged("give --bitrate, the target in Mbit/s", "");
    };
    // A competition compares whole bits with the product cut to a whole number.
    let most = if facts.origin == Origin::Competition {
        (target * 1e6 * factor).trunc() / 1e6
    } else {
        target * factor
    };
    let limit = format!("at most {most:.3} Mbit/s ({factor:.2} x {target})");
    let Some(bits) = output.bit_rate.or(output.container_bit_rate) else {
        let reason = "the bitrate is not known";
        return Finding::either(false, "not known", limit, reason);
    };
    let measured = bits as f64 / 1e6;
    Finding::either(
        measured <= most,
        format!("{measured:.3} Mbit/s"),
        limit,
        format!("Bitrate {measured:.2} Mbps exceeds the target {target} Mbps (±10%)"),
    )
    .value(measured)
    .warn_if(measured > most * 0.98)
}

pub(super) fn frame_rate(reference: &ClipFacts, output: &ClipFacts, rules: &GateRules) -> Finding {
    match rules.frame_rate {
        None => Finding::not_applicable("these rules check no frame rate"),
        Some(FrameRateRule::SameText) => {
            let text =
                |facts: &ClipFacts| format!("{}/{}", facts.frame_rate.num, facts.frame_rate.den);
            let (wanted, got) = (text(reference), text(output));
            let reason = format!("FPS must be {wanted}, got {got}");
            Finding::either(
                wanted == got,
                format!("r_frame_rate {got}"),
                format!("exactly {wanted}"),
                reason,
            )
        }
        Some(FrameRateRule::Average { within }) => {
            let (wanted, got) = (
                reference.average_frame_rate.per_second(),
                output.average_frame_rate.per_second(),
            );
            let limit = format!("{wanted:.3} fps, within {within}");
            if wanted == 0.0 {
                let reason = "Validation error: the reference's rate cannot be read";
                return Finding::either(false, format!("{got:.3} fps"), limit, reason);
            }
            let apart = (wanted - got).abs();
            Finding::either(
                apart <= within,
                format!("{got:.3} fps"),
                limit,
                format!("FPS must be {wanted:.3}, got {got:.3}"),
            )
            .value(apart)
            .warn_if(apart > within * 0.5)
        }
    }
}

pub(super) fn codec(facts: &Facts<'_>, output: &ClipFacts, rules: &GateRules) -> Finding {
    let got = codec_family(&output.codec);
    let competition = ["av1".to_owned()];
    let allowed: &[String] = match (facts.origin, facts.task) {
        (Origin::Competition, _) => &competition,
        (_, Task::Compress) => match &facts.request.codec {
            // Codecs are part of the request from 2025-12-15 on, until `next` takes any of its list.
            Some(asked) if rules.bitrate_factor.is_some() => std::slice::from_ref(asked),
            Some(_) => &rules.compression_codecs,
            // A customer may ask for any of four codecs, and the answer must have that one.
            None if facts.origin == Origin::Organic && rules.bitrate_factor.is_some() => {
                return Finding::not_judged(
                    format!("{got}; give --codec, the family asked for"),
                    "the family asked for",
                );
            }
            None => &rules.compression_codecs,
        },
        (_, Task::Upscale) => &rules.upscaling_codecs,
    };
    let list = allowed.join(" or ");
    let passed = allowed.iter().any(|name| codec_family(name) == got);
    let reason = if rules.codes == GateCodes::Codes {
        format!("codec '{got}' not in allowlist")
    } else {
        format!("Codec must be {list}, got {}", output.codec)
    };
    Finding::either(passed, output.codec.clone(), list, reason)
}

pub(super) fn container(output: &ClipFacts) -> Finding {
    let name = &output.container;
    let reason = if name.to_lowercase().contains("ivf") {
        "Container must be MP4, got IVF (incompatible for concatenation)".to_owned()
    } else {
        format!("Container must be proper MP4, got {name}")
    };
    let passed = MP4.contains(&name.as_str());
    Finding::either(passed, name.clone(), "MP4 (mov,mp4,... by content)", reason)
}

pub(super) fn profile(output: &ClipFacts, rules: &GateRules) -> Finding {
    let family = codec_family(&output.codec);
    let allowed = rules
        .profiles
        .get("any")
        .or_else(|| rules.profiles.get(&family));
    let Some(allowed) = allowed else {
        return Finding::not_applicable(format!("profiles of {family} are not checked"));
    };
    let got = output.profile.as_deref().unwrap_or("none");
    let list = allowed.join(" or ");
    let reason = format!(
        "{} profile must be '{list}', got {got}",
        family.to_uppercase()
    );
    Finding::either(allowed.iter().any(|name| name == got), got, list, reason)
}

pub(super) fn sample_aspect(
    facts: &Facts<'_>,
    reference: Option<&ClipFacts>,
    output: &ClipFacts,
) -> Finding {
    let text = |(num, den): (i32, i32)| {
        if num == 0 {
            "1:1 (not tagged)".to_owned()
        } else {
            format!("{num}:{den}")
        }
    };
    let square = |(num, den): (i32, i32)| num == 0 || (num, den) == (1, 1);
    let got = output.sample_aspect_ratio;
    if facts.origin == Origin::Competition {
        let Some(reference) = reference else {
            return Finding::not_judged("the input cannot be read", "");
        };
        let wanted = reference.sample_aspect_ratio;
        let same = wanted == got || square(wanted) && square(got);
        let reason = "the aspect ratio changed";
        return Finding::either(same, text(got), text(wanted), reason);
    }
    let reason = format!("Sample aspect ratio must be 1:1, got {}:{}", got.0, got.1);
    Finding::either(square(got), text(got), "1:1", reason)
}

pub(super) fn pixel_format(facts: &Facts<'_>, output: &ClipFacts) -> Finding {
    let got = &output.pixel_format;
    if facts.origin == Origin::Competition {
        let reason = format!("the pixel format is {got}");
        return Finding::either(got.starts_with("yuv"), got.clone(), "any yuv", reason);
    }
    let reason = format!("Pixel format must be yuv420p, got {got}");
    Finding::either(got == "yuv420p", got.clone(), "yuv420p", reason)
}

pub(super) fn color_tags(reference: &ClipFacts, output: &ClipFacts) -> Finding {
    let pairs = [
        ("color_space", &reference.color_space, &output.color_space),
        (
            "color_transfer",
            &reference.color_transfer,
            &output.color_transfer,
        ),
        (
            "color_primaries",
            &reference.color_primaries,
            &output.color_primaries,
        ),
    ];
    let list =
        |tags: [&Option<String>; 3]| tags.map(|tag| tag.as_deref().unwrap_or("none")).join("/");
    let wrong: Vec<String> = pairs
        .iter()
        .filter_map(|(name, one, other)| match (one, other) {
            (Some(one), Some(other)) if one != other => Some(format!(
                "{name} mismatch, reference: {one}, distorted: {other}"
            )),
            _ => None,
        })
        .collect();
    let [wanted, got] = [
        list(pairs.map(|(_, tag, _)| tag)),
        list(pairs.map(|(_, _, tag)| tag)),
    ];
    Finding::either(
        wrong.is_empty(),
        got,
        format!("{wanted} where both are tagged"),
        wrong.join("; "),
    )
}
