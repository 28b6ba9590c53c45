//! What the user should know about a finished compression.

use super::encoders::audio::AudioPolicy;
use super::encoders::select::SelectedEncoder;
use super::request::CompressRequest;
use super::source::SourceClip;
use crate::assess::PairScore;
use crate::domain::Codec;
use crate::domain::Origin;
use crate::media::{ClipFacts, FrameRateKind};

/// Difference of the two VMAF models, in points, from which on a warning is given; the gate fails above 3. Our
/// choice.
const WARNING_DELTA: f64 = 2.5;

/// Warnings in whole sentences.
pub(super) fn warnings(
    score: &PairScore,
    source: &SourceClip,
    selected: &SelectedEncoder,
    request: &CompressRequest<'_>,
) -> Vec<String> {
    let mut warnings = Vec::new();
    warnings.extend(crate::shown::note([
        request.scoring.reference.as_path(),
        &request.output,
    ]));
    if let Some(fallback) = &selected.fallback {
        warnings.push(format!(
            "{} does not work here, so {} on the processor took its place ({})",
            fallback.asked, selected.encoder.name, fallback.why
        ));
    }
    let run = &score.measurement().vmaf;
    if let (Some(base), Some(neg)) = (&run.base, &run.neg) {
        let delta = base.mean - neg.mean;
        if delta.abs() >= WARNING_DELTA {
            warnings.push(format!(
                "the two VMAF models differ by {delta:.2}; above 3 the score is 0, so a finer quality is safer"
            ));
        }
    }
    let facts = &source.index.facts;
    warnings.extend(converted(facts, request.codec));
    warnings.extend(unusual(facts));
    if facts.audio_streams > 0 && request.audio == AudioPolicy::Dropped {
        warnings.push(if request.scoring.origin == Origin::Competition {
            "the sound was left out, but competitions demand it bit by bit: use --keep-audio".into()
        } else {
            "the sound was left out; --keep-audio copies it".into()
        });
    }
    warnings
}

/// Properties of the input's pixels that the output does not have.
fn converted(facts: &ClipFacts, codec: Codec) -> Vec<String> {
    let mut warnings = Vec::new();
    if facts.pixel_format != "yuv420p" {
        warnings.push(format!(
            "the input is {}; validators take eight-bit 4:2:0 alone, so it was converted to yuv420p",
            facts.pixel_format
        ));
    }
    let full =
        facts.color_range.as_deref() == Some("pc") && !facts.pixel_format.starts_with("yuvj");
    if full && matches!(codec, Codec::H264 | Codec::Hevc) && facts.pixel_format == "yuv420p" {
        warnings.push("the input is full range; its pixels were kept, but the tag was left out, since validators refuse it in this codec; --codec av1 keeps it".into());
    }
    if !matches!(facts.sample_aspect_ratio, (0 | 1, 1)) {
        let (x, y) = facts.sample_aspect_ratio;
        warnings.push(format!(
            "the input's pixels are {x}:{y}; the output keeps its size and is marked as having square ones, as validators demand"
        ));
    }
    warnings
}

/// Properties of the input that validators may handle in another way.
fn unusual(facts: &ClipFacts) -> Vec<String> {
    let mut warnings = Vec::new();
    if facts.interlaced {
        warnings.push("the input is interlaced; its frames were encoded as they are coded".into());
    }
    if facts.timing == FrameRateKind::Variable {
        warnings.push("the input's frames come at uneven times, which were kept; some validators bring both sides to a constant rate first".into());
    }
    if facts.rotation != 0.0 {
        warnings.push("the input is tagged to be shown turned; it was encoded as coded".into());
    }
    warnings
}
