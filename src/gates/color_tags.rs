//! Colour tags of the output against the reference's.
//!
//! Source: `services/scoring/server.py` of `vidAio-subnet/vidaio-subnet`, 568-722 at `c5870e9`, 1918-2172 at
//! `fea3779`.

use super::attributes::Logged;
use super::definition::GateDefinition;
use super::finding::Finding;
use super::input::GateInput;
use crate::rules::GateRules;

fn color_tags(input: &GateInput<'_>) -> Finding {
    let Some((reference, output)) = input.both() else {
        return Finding::unreadable();
    };
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
    let [expected, got] = [
        list(pairs.map(|(_, tag, _)| tag)),
        list(pairs.map(|(_, _, tag)| tag)),
    ];
    Finding::either(
        wrong.is_empty(),
        got,
        format!("{expected} where both are tagged"),
        wrong.join("; "),
    )
}

fn fix(input: &GateInput<'_>, _: &GateRules) -> Option<String> {
    let Some(reference) = input.reference.facts() else {
        return Some("leave the colour tags as they are".into());
    };
    let tag = |option: &str, value: &Option<String>| {
        let tagged = value.as_ref().map(|v| format!(" -{option} {v}"));
        tagged.unwrap_or_default()
    };
    Some(format!(
        "tag as the reference:{}{}{}",
        tag("colorspace", &reference.color_space),
        tag("color_trc", &reference.color_transfer),
        tag("color_primaries", &reference.color_primaries)
    ))
}

pub(super) const GATES: &[GateDefinition] = &[GateDefinition {
    logged: Logged::WithEncoding,
    fix,
    ..GateDefinition::new(
        "color-tags",
        "Colour tags agree with the reference's.",
        |input, _| color_tags(input),
    )
}];
