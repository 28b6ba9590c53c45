//! What has to be measured for the gates of a revision.

use std::path::Path;

use crate::domain::{Origin, Task};
use crate::gates::{Evidence, judged_gates};
use crate::measure::EvidenceRequest;
use crate::rules::{ComparedWith, Revision};

/// What has to be measured for all gates of a revision to be judged.
#[must_use]
pub fn evidence_for(
    revision: &Revision,
    task: Task,
    origin: Origin,
    payload: Option<&Path>,
    original: Option<&Path>,
) -> EvidenceRequest {
    let rules = &revision.gates;
    let wanted: Vec<Evidence> = judged_gates(revision, task, origin)
        .into_iter()
        .map(|gate| gate.evidence(rules))
        .collect();
    let has = |evidence: Evidence| wanted.contains(&evidence);
    let with_payload = |with: ComparedWith| task == Task::Upscale && with == ComparedWith::Payload;
    EvidenceRequest {
        payload: payload.map(Path::to_path_buf),
        payload_vmaf: payload.is_some() && with_payload(rules.delta_against),
        payload_is_basis: payload.is_some() && with_payload(rules.perceptual_against),
        original: original.map(Path::to_path_buf),
        signal: has(Evidence::Saturation),
        tone: has(Evidence::ToneLines),
        channels: has(Evidence::Channels),
        // Without the clip that was handed out an upscaling has nothing to be compared with.
        sampled: has(Evidence::SampledGrid)
            && (payload.is_some() || !with_payload(rules.perceptual_against)),
        alignment: false,
        audio: has(Evidence::Audio),
    }
}
