//! What the user should know about an upscaling.

use super::engine::Engine;
use super::request::UpscaleRequest;
use crate::media::{ClipFacts, FrameRateKind};

/// Warnings about the input and the request, in whole sentences.
pub(super) fn input_warnings(
    facts: &ClipFacts,
    request: &UpscaleRequest<'_>,
    engine: &Engine,
) -> Vec<String> {
    let mut warnings = Vec::new();
    warnings.extend(crate::shown::note([
        request.input.as_path(),
        &request.output,
    ]));
    if request.pipeline.stride > 1 {
        warnings.push(format!(
            "only every {}th frame was enlarged and repeated for those between: that costs score wherever something moves",
            request.pipeline.stride
        ));
    }
    if facts.timing == FrameRateKind::Variable {
        warnings.push(match engine {
            Engine::Filter(_) if request.pipeline.stride == 1 => {
                "the input's frames come at uneven times, which were kept".into()
            }
            _ => "the input's frames come at uneven times; the output has as many, evenly spaced"
                .into(),
        });
    }
    if facts.pixel_format != "yuv420p" {
        warnings.push(format!(
            "the input is {}; validators take eight-bit 4:2:0 alone, so the output is yuv420p",
            facts.pixel_format
        ));
    }
    if !matches!(facts.sample_aspect_ratio, (0 | 1, 1)) {
        let (x, y) = facts.sample_aspect_ratio;
        warnings.push(format!(
            "the input's pixels are {x}:{y}; the output is marked as having square ones, as validators demand"
        ));
    }
    if facts.interlaced {
        warnings.push("the input is interlaced; its frames were enlarged as they are coded".into());
    }
    if facts.rotation != 0.0 {
        warnings.push("the input is tagged to be shown turned; it was enlarged as coded".into());
    }
    if let Some(fallback) = &request.selected.fallback {
        warnings.push(format!(
            "{} does not work here, so {} on the processor took its place ({})",
            fallback.asked, request.selected.encoder.name, fallback.why
        ));
    }
    warnings
}
