//! Shape and format of the output's pixels.
//!
//! Source: `services/scoring/server.py` of `vidAio-subnet/vidaio-subnet`, 568-722 at `c5870e9`, 1918-2172 at
//! `fea3779`; `vidaio_subnet_core/competition/scoring.py` for competitions.

use super::attributes::{Codes, Logged};
use super::definition::GateDefinition;
use super::finding::Finding;
use super::input::GateInput;
use crate::domain::Origin;

fn sample_aspect(input: &GateInput<'_>) -> Finding {
    let Some(output) = input.output.facts() else {
        return Finding::unreadable();
    };
    let text = |(num, den): (i32, i32)| {
        if num == 0 {
            "1:1 (not tagged)".to_owned()
        } else {
            format!("{num}:{den}")
        }
    };
    let square = |(num, den): (i32, i32)| num == 0 || (num, den) == (1, 1);
    let got = output.sample_aspect_ratio;
    if input.origin == Origin::Competition {
        let Some(reference) = input.reference.facts() else {
            return Finding::not_judged("the input cannot be read", "");
        };
        let expected = reference.sample_aspect_ratio;
        let same = expected == got || square(expected) && square(got);
        let reason = "the aspect ratio changed";
        return Finding::either(same, text(got), text(expected), reason);
    }
    let reason = format!("Sample aspect ratio must be 1:1, got {}:{}", got.0, got.1);
    Finding::either(square(got), text(got), "1:1", reason)
}

fn pixel_format(input: &GateInput<'_>) -> Finding {
    let Some(output) = input.output.facts() else {
        return Finding::unreadable();
    };
    let got = &output.pixel_format;
    if input.origin == Origin::Competition {
        let reason = format!("the pixel format is {got}");
        return Finding::either(got.starts_with("yuv"), got.clone(), "any yuv", reason);
    }
    let reason = format!("Pixel format must be yuv420p, got {got}");
    Finding::either(got == "yuv420p", got.clone(), "yuv420p", reason)
}

pub(super) const GATES: &[GateDefinition] = &[
    GateDefinition {
        codes: Codes::competition("OUTPUT_ASPECT_RATIO_CHANGED"),
        logged: Logged::WithEncoding,
        fix: |_, _| Some("-vf setsar=1".into()),
        ..GateDefinition::new("sample-aspect", "Pixels are square.", |input, _| {
            sample_aspect(input)
        })
    },
    GateDefinition {
        codes: Codes::competition("OUTPUT_PIXEL_FORMAT_INVALID"),
        logged: Logged::WithEncoding,
        fix: |_, _| Some("-pix_fmt yuv420p; from full range also -vf scale=out_range=tv".into()),
        ..GateDefinition::new("pixel-format", "Eight-bit 4:2:0.", |input, _| {
            pixel_format(input)
        })
    },
];
