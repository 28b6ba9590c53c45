//! What only competitions check: sound and length.
//!
//! Source: `vidaio_subnet_core/competition/scoring.py` of `vidAio-subnet/vidaio-subnet` at `fea3779`.

use super::facts::Facts;
use super::result::Finding;
use crate::media::SoundStream;

pub(super) fn audio(facts: &Facts<'_>) -> Finding {
    let Some([wanted, got]) = facts.sound else {
        return Finding::not_judged("the sound was not read", "");
    };
    let text = |streams: &[SoundStream]| match streams {
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
    let reason = if wanted.len() == got.len() {
        "the sound packets differ"
    } else {
        "the number of sound streams differs"
    };
    Finding::either(wanted == got, text(got), text(wanted), reason)
}

pub(super) fn duration(facts: &Facts<'_>) -> Finding {
    let seconds = |side: &super::facts::Side<'_>| side.facts().and_then(|f| f.duration_seconds);
    let (Some(wanted), Some(got)) = (seconds(&facts.reference), seconds(&facts.output)) else {
        return Finding::not_judged("a length is not known", "");
    };
    let within = (wanted * 0.01).max(0.5);
    let apart = (wanted - got).abs();
    Finding::either(
        apart <= within,
        format!("{got:.3} s"),
        format!("{wanted:.3} s, within {within:.3} s"),
        "the duration changed",
    )
    .value(got - wanted)
}
