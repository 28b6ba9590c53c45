//! What a person should know of a file that was made.

use super::compress::CompressAsk;
use super::source::Source;
use super::trial::Chosen;
use super::write::Sound;
use crate::assess::PairScore;
use crate::domain::Codec;
use crate::domain::Origin;
use crate::media::FrameRateKind;

/// Difference of the two VMAF models from which on it is warned of; the gate fails above 3.
const DELTA: f64 = 2.5;

/// Warnings in whole sentences.
pub(crate) fn warnings(
    score: &PairScore,
    source: &Source,
    chosen: &Chosen,
    ask: &CompressAsk<'_>,
) -> Vec<String> {
    let mut told = Vec::new();
    told.extend(crate::shown::note([
        ask.request.reference.as_path(),
        &ask.output,
    ]));
    if let Some(fallback) = &chosen.fallback {
        told.push(format!(
            "{} does not work here, so {} on the processor took its place ({})",
            fallback.asked, chosen.encoder.name, fallback.why
        ));
    }
    let run = &score.measurement().vmaf;
    if let (Some(base), Some(neg)) = (&run.base, &run.neg) {
        let delta = base.mean - neg.mean;
        if delta.abs() >= DELTA {
            told.push(format!(
                "the two VMAF models differ by {delta:.2}; above 3 the score is 0, so a finer quality is safer"
            ));
        }
    }
    let facts = &source.index.facts;
    if facts.pixel_format != "yuv420p" {
        told.push(format!(
            "the input is {}; validators take eight-bit 4:2:0 alone, so it was converted to yuv420p",
            facts.pixel_format
        ));
    }
    let full =
        facts.color_range.as_deref() == Some("pc") && !facts.pixel_format.starts_with("yuvj");
    if full && matches!(ask.codec, Codec::H264 | Codec::Hevc) && facts.pixel_format == "yuv420p" {
        told.push("the input is full range; its pixels were kept, but the tag was left out, since validators refuse it in this codec; --codec av1 keeps it".into());
    }
    if !matches!(facts.sample_aspect_ratio, (0 | 1, 1)) {
        let (x, y) = facts.sample_aspect_ratio;
        told.push(format!(
            "the input's pixels are {x}:{y}; the output keeps its size and is marked as having square ones, as validators demand"
        ));
    }
    if facts.interlaced {
        told.push("the input is interlaced; its frames were encoded as they are coded".into());
    }
    if facts.timing == FrameRateKind::Variable {
        told.push("the input's frames come at uneven times, which were kept; some validators bring both sides to a constant rate first".into());
    }
    if facts.rotation != 0.0 {
        told.push("the input is tagged to be shown turned; it was encoded as coded".into());
    }
    if facts.audio_streams > 0 && ask.sound == Sound::Dropped {
        told.push(if ask.request.origin == Origin::Competition {
            "the sound was left out, but competitions demand it bit by bit: use --keep-audio".into()
        } else {
            "the sound was left out; --keep-audio copies it".into()
        });
    }
    told
}
