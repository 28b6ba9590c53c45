//! What a revision's gates want to see of the pictures.

use std::path::Path;

use crate::domain::{Origin, Task};
use crate::gates::judged_gates;
use crate::measure::Watch;
use crate::rules::{ChromaRule, ColorSource, Gate, GateCodes, GrayscaleRule, Revision, ToneRule};

/// What has to be looked at for all gates of a revision to be judged.
#[must_use]
pub fn watch_for(
    revision: &Revision,
    task: Task,
    origin: Origin,
    payload: Option<&Path>,
    original: Option<&Path>,
) -> Watch {
    let rules = &revision.gates;
    let gates = judged_gates(revision, task, origin);
    let has = |gate: Gate| gates.contains(&gate);
    let gray = rules.grayscale.filter(|_| has(Gate::Grayscale));
    let chroma = rules.chroma.filter(|_| has(Gate::Chroma));
    let color = |wanted: ColorSource| {
        matches!(gray, Some(GrayscaleRule::MostFrames { source, .. }) if source == wanted)
            || matches!(chroma, Some(ChromaRule::Energy { source, .. }) if source == wanted)
            || wanted == ColorSource::Channels
                && matches!(gray, Some(GrayscaleRule::AnyFrame { .. }))
    };
    let central = rules.codes == GateCodes::Codes;
    let grid = central && (has(Gate::Tone) || has(Gate::Grayscale) || has(Gate::Chroma));
    let payload_is_basis = central && task == Task::Upscale && payload.is_some();
    Watch {
        payload: payload.map(Path::to_path_buf),
        payload_is_basis,
        original: original.map(Path::to_path_buf),
        signal: color(ColorSource::Saturation),
        tone: has(Gate::Tone) && matches!(rules.tone, Some(ToneRule::Fit(_))),
        channels: color(ColorSource::Channels),
        // Without the clip that was handed out an upscaling has nothing to be compared with.
        sampled: grid && (task == Task::Compress || payload_is_basis),
        alignment: false,
        sound: has(Gate::Audio),
    }
}
