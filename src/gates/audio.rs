//! Whether a competition's output keeps the audio.
//!
//! Source: `vidaio_subnet_core/competition/scoring.py` of `vidAio-subnet/vidaio-subnet` at `fea3779`.

use super::attributes::{Codes, Evidence};
use super::definition::GateDefinition;
use super::finding::Finding;
use super::input::GateInput;
use crate::media::AudioStream;

fn audio(input: &GateInput<'_>) -> Finding {
    let Some([expected, got]) = input.audio else {
        return Finding::not_judged("the sound was not read", "");
    };
    let text = |streams: &[AudioStream]| match streams {
        [] => "no sound".to_owned(),
        streams => streams
            .iter()
            .map(|s| {
                format!(
                    "{} packets {}",
                    s.packets,
                    &s.sha256[..s.sha256.len().min(12)]
                )
            })
            .collect::<Vec<_>>()
            .join(", "),
    };
    let reason = if expected.len() == got.len() {
        "the sound packets differ"
    } else {
        "the number of sound streams differs"
    };
    Finding::either(expected == got, text(got), text(expected), reason)
}

pub(super) const GATES: &[GateDefinition] = &[GateDefinition {
    codes: Codes::competition("OUTPUT_AUDIO_NOT_PRESERVED"),
    evidence: |_| Evidence::Audio,
    fix: |_, _| Some("-c:a copy -map 0:a?".into()),
    ..GateDefinition::new(
        "audio",
        "Sound is kept bit for bit (competitions).",
        |input, _| audio(input),
    )
}];
