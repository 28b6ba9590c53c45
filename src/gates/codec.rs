//! Codec and profile of the output.
//!
//! Source: `services/scoring/server.py` of `vidAio-subnet/vidaio-subnet`, 568-722 at `c5870e9`, 1918-2172 at
//! `fea3779`; `vidaio/scoring/gates.py` of `vidAio-subnet/validator-vidaio` at `688b6716`.

use super::attributes::{Codes, Logged};
use super::definition::GateDefinition;
use super::finding::Finding;
use super::input::GateInput;
use crate::domain::{Origin, Task, codec_family};
use crate::rules::{CodecFrom, GateRules, Revision, Scorer};

fn codec(input: &GateInput<'_>, revision: &Revision) -> Finding {
    let Some(output) = input.output.facts() else {
        return Finding::unreadable();
    };
    let rules = &revision.gates;
    let by_request = rules.codec_from == CodecFrom::Request;
    let got = codec_family(&output.codec);
    let competition = ["av1".to_owned()];
    let allowed: &[String] = match (input.origin, input.task) {
        (Origin::Competition, _) => &competition,
        (_, Task::Compress) => match &input.request.codec {
            // Codecs are part of the request from 2025-12-15 on, until `next` takes any of its list.
            Some(asked) if by_request => std::slice::from_ref(asked),
            Some(_) => &rules.compression_codecs,
            // A customer may ask for any of four codecs, and the output must have that one.
            None if input.origin == Origin::Organic && by_request => {
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
    let reason = match revision.scorer.of(input.origin) {
        Scorer::Central => format!("codec '{got}' not in allowlist"),
        Scorer::Server | Scorer::Competition => {
            format!("Codec must be {list}, got {}", output.codec)
        }
    };
    Finding::either(passed, output.codec.clone(), list, reason)
}

fn profile(input: &GateInput<'_>, rules: &GateRules) -> Finding {
    let Some(output) = input.output.facts() else {
        return Finding::unreadable();
    };
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

fn fix_codec(input: &GateInput<'_>, rules: &GateRules) -> Option<String> {
    let first = |list: &[String]| list.first().cloned();
    let family = match (input.origin, input.task) {
        (Origin::Competition, _) => "av1".to_owned(),
        (_, Task::Upscale) => first(&rules.upscaling_codecs).unwrap_or_else(|| "hevc".into()),
        (_, Task::Compress) => (input.request.codec.clone())
            .or_else(|| first(&rules.compression_codecs))
            .unwrap_or_else(|| "av1".into()),
    };
    Some(format!("-c:v {}", encoder(&codec_family(&family))))
}

fn fix_profile(input: &GateInput<'_>, _: &GateRules) -> Option<String> {
    let family = input.output.facts().map(|f| codec_family(&f.codec));
    let fix = match family.as_deref() {
        Some("h264") => "-profile:v high (preset ultrafast makes Constrained Baseline)",
        _ => "-profile:v main -pix_fmt yuv420p",
    };
    Some(fix.into())
}

pub(super) const GATES: &[GateDefinition] = &[
    GateDefinition {
        codes: Codes {
            central: Some("ENCODING_NOT_ALLOWED"),
            competition: Some("OUTPUT_CODEC_INVALID"),
        },
        logged: Logged::WithEncoding,
        fix: fix_codec,
        ..GateDefinition::new("codec", "The codec is one that was asked for.", codec)
    },
    GateDefinition {
        logged: Logged::WithEncoding,
        fix: fix_profile,
        ..GateDefinition::new("profile", "The codec's profile.", |input, revision| {
            profile(input, &revision.gates)
        })
    },
];
