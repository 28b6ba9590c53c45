//! All gates of a revision, in its order.

use super::facts::Facts;
use super::mend::{mend, source};
use super::result::{Cost, Finding, GateResult, Outcome};
use super::{color, competition, duplicates, encoding, metric, shape, stream, tone};
use crate::domain::{Origin, Task};
use crate::rules::{BelowFloor, Gate, GateCodes, OrganicUpscaling, Revision, short_commit};

/// Gates that a revision has for a task, in the order in which it applies them.
#[must_use]
pub fn judged_gates(revision: &Revision, task: Task, origin: Origin) -> &[Gate] {
    let gates = &revision.gates;
    match (origin, task) {
        (Origin::Synthetic, Task::Upscale) => &gates.upscaling,
        (Origin::Synthetic, Task::Compress) => &gates.compression,
        (Origin::Organic, Task::Upscale) => &gates.organic_upscaling,
        (Origin::Organic, Task::Compress) => &gates.organic_compression,
        (Origin::Competition, _) => &gates.competition,
    }
}

/// Judges every gate. The first failure decides; the others are judged all the same.
#[must_use]
pub fn judge(facts: &Facts<'_>, revision: &Revision) -> Vec<GateResult> {
    let rules = &revision.gates;
    judged_gates(revision, facts.task, facts.origin)
        .iter()
        .map(|gate| {
            let found = find(*gate, facts, revision);
            let failed = found.outcome == Outcome::Fail;
            let wanting = failed || found.outcome == Outcome::Warn;
            GateResult {
                gate: *gate,
                code: code(*gate, facts, revision).map(str::to_owned),
                outcome: found.outcome,
                measured: found.measured,
                limit: found.limit,
                value: found.value.filter(|v| v.is_finite()),
                reason: found.reason,
                cost: failed.then(|| cost(*gate, facts, revision)),
                mend: wanting.then(|| mend(*gate, facts, rules)).flatten(),
                source: format!(
                    "{} at {}",
                    source(*gate, facts, rules.codes == GateCodes::Codes),
                    short_commit(&revision.commit)
                ),
            }
        })
        .collect()
}

fn find(gate: Gate, facts: &Facts<'_>, revision: &Revision) -> Finding {
    let rules = &revision.gates;
    let elsewhere = |what: &str| Finding::not_applicable(format!("{what}: only on the network"));
    let output = facts.output.facts();
    let reference = facts.reference.facts();
    let lost = || Finding::not_judged("a file cannot be read", "");
    match gate {
        Gate::Answer => elsewhere("time to answer"),
        Gate::Download => elsewhere("fetching the answer"),
        Gate::Proxy => elsewhere("the proxy's own try to fetch it"),
        Gate::Replay => Finding::not_judged("needs the answers of earlier rounds", "never seen"),
        Gate::DuplicateContent => Finding::not_judged(
            "needs the answers of other miners",
            "other bytes than theirs",
        ),
        Gate::InputIntact => shape::intact(&facts.reference),
        Gate::OutputEmpty => shape::has_bytes(&facts.output),
        Gate::QualityModel => Finding::not_judged(
            "needs ResNet-50 features of three random frames, which this program does not compute",
            "better than a plain enlargement",
        ),
        Gate::Duplicate => duplicates::same_batch(facts),
        Gate::MetricDuplicate => duplicates::near_equal(facts, rules),
        Gate::ReferenceReadable => shape::readable(
            Some(&facts.reference),
            "reference",
            "error opening reference video file",
        ),
        Gate::OutputReadable => shape::readable(
            Some(&facts.output),
            "output",
            "error opening distorted video file",
        ),
        Gate::PayloadReadable => shape::readable(
            facts.payload.as_ref(),
            "clip that was handed out (--payload)",
            "failed to download video file from url",
        ),
        Gate::ReferenceFrames => shape::enough_frames(&facts.reference, "reference", revision),
        Gate::OutputFrames => shape::enough_frames(&facts.output, "output", revision),
        Gate::SizeCap => shape::size_cap(facts, rules),
        Gate::Resolution => shape::resolution(facts),
        Gate::FrameCount => shape::frame_count(facts, rules.frame_tolerance, rules.codes),
        Gate::FrameCountExact => shape::frame_count(facts, 0, rules.codes),
        Gate::Bitrate => output.map_or_else(lost, |o| encoding::bitrate(facts, o, rules)),
        Gate::FrameRate => facts
            .both()
            .map_or_else(lost, |(r, o)| encoding::frame_rate(r, o, rules)),
        Gate::Codec => output.map_or_else(lost, |o| encoding::codec(facts, o, rules)),
        Gate::Container => output.map_or_else(lost, encoding::container),
        Gate::Profile => output.map_or_else(lost, |o| encoding::profile(o, rules)),
        Gate::SampleAspect => {
            output.map_or_else(lost, |o| encoding::sample_aspect(facts, reference, o))
        }
        Gate::PixelFormat => output.map_or_else(lost, |o| encoding::pixel_format(facts, o)),
        Gate::ColorTags => facts
            .both()
            .map_or_else(lost, |(r, o)| encoding::color_tags(r, o)),
        Gate::VmafMeasured => metric::vmaf_measured(facts, revision),
        Gate::VmafDelta => metric::vmaf_delta(facts, revision),
        Gate::VmafFloor => metric::vmaf_floor(facts, revision),
        Gate::VmafThreshold => metric::vmaf_threshold(facts, revision),
        Gate::Rate => metric::rate(facts, revision),
        Gate::PieappMeasured => metric::pieapp_measured(facts),
        Gate::Tone => tone::tone(facts, rules),
        Gate::Grayscale => color::grayscale(facts, rules),
        Gate::Chroma => color::chroma(facts, rules),
        Gate::Audio => competition::audio(facts),
        Gate::Duration => competition::duration(facts),
        Gate::Smaller => metric::smaller(facts),
        Gate::MinimumRatio => metric::minimum_ratio(facts),
        Gate::ScorePositive => metric::score_positive(facts),
        Gate::StreamDimensions => stream::dimensions(facts),
        Gate::StreamPixelFormat => stream::pixel_format(facts),
        Gate::StreamDuration => stream::duration(facts),
        Gate::StreamTimes => stream::times(facts),
        Gate::ScaleFactor => stream::scale_factor(facts, rules),
        Gate::SourceProximity => metric::source_proximity(facts, revision),
    }
}

/// The fixed code of a failure, where the rules have codes.
fn code(gate: Gate, facts: &Facts<'_>, revision: &Revision) -> Option<&'static str> {
    if facts.origin == Origin::Competition {
        return Some(match gate {
            Gate::OutputEmpty => "OUTPUT_EMPTY",
            Gate::OutputReadable => "OUTPUT_MEDIA_INVALID",
            Gate::Audio => "OUTPUT_AUDIO_NOT_PRESERVED",
            Gate::Bitrate => "OUTPUT_BITRATE_EXCEEDS_TARGET",
            Gate::Smaller => "OUTPUT_NOT_SMALLER",
            Gate::Codec => "OUTPUT_CODEC_INVALID",
            Gate::Container => "OUTPUT_CONTAINER_INVALID",
            Gate::Resolution => "OUTPUT_DIMENSIONS_CHANGED",
            Gate::Duration => "OUTPUT_DURATION_CHANGED",
            Gate::PixelFormat => "OUTPUT_PIXEL_FORMAT_INVALID",
            Gate::SampleAspect => "OUTPUT_ASPECT_RATIO_CHANGED",
            Gate::FrameCount => "OUTPUT_FRAME_COUNT_CHANGED",
            Gate::MinimumRatio => "COMPRESSION_RATIO_TOO_LOW",
            Gate::ScorePositive => "MEDIA_SCORE_ZERO",
            Gate::VmafMeasured => "EVALUATION_INFRASTRUCTURE_ERROR",
            _ => return None,
        });
    }
    if revision.gates.codes != GateCodes::Codes {
        return None;
    }
    Some(match gate {
        Gate::Answer => "MINER_TIMEOUT",
        Gate::Codec => "ENCODING_NOT_ALLOWED",
        Gate::FrameCount => "FRAME_COUNT_MISMATCH",
        Gate::SizeCap => "FILE_SIZE_CAP_EXCEEDED",
        Gate::ScaleFactor => "UNSUPPORTED_SCALE_FACTOR",
        Gate::Rate => "COMPRESSION_RATE_TOO_HIGH",
        Gate::VmafFloor => "VMAF_BELOW_FLOOR",
        Gate::VmafThreshold => "VMAF_BELOW_THRESHOLD",
        Gate::VmafDelta => "VMAF_MODEL_DELTA_EXCEEDED",
        Gate::VmafMeasured | Gate::PieappMeasured => "METRIC_MISSING",
        Gate::Tone => "TONE_MANIPULATION",
        Gate::Grayscale => "COLOR_GRAYSCALE",
        Gate::Chroma => "CHROMA_UV_MANIPULATION",
        Gate::StreamDimensions => "STREAM_DIMENSIONS_MISMATCH",
        Gate::StreamPixelFormat => "STREAM_PIX_FMT_MISMATCH",
        Gate::StreamDuration => "STREAM_DURATION_MISMATCH",
        Gate::StreamTimes => "STREAM_PTS_INCONSISTENT",
        Gate::Replay => "REPLAY_DUPLICATE",
        Gate::DuplicateContent => "DUPLICATE_CONTENT",
        Gate::SourceProximity => "SOURCE_PROXIMITY",
        _ => return None,
    })
}

/// What a failure is recorded as.
fn cost(gate: Gate, facts: &Facts<'_>, revision: &Revision) -> Cost {
    let validators_own = matches!(
        gate,
        Gate::ReferenceReadable
            | Gate::ReferenceFrames
            | Gate::PayloadReadable
            | Gate::PieappMeasured
            | Gate::InputIntact
    );
    if validators_own && revision.gates.codes == GateCodes::Codes {
        // The central scorer refuses what it cannot measure; nothing is recorded.
        return Cost::only(None);
    }
    if validators_own {
        // The marker of a validator's own fault came on 2025-06-06; organic answers have their own.
        let score = match facts.origin {
            Origin::Organic => -1.0,
            _ => revision.ledger.validator_fault.unwrap_or(0.0),
        };
        return Cost::only(Some(score));
    }
    if facts.task == Task::Upscale {
        // The document takes only S_Q away.
        let whole = gate != Gate::VmafFloor
            || revision.upscaling.formula.below_floor == BelowFloor::ZeroAll;
        // A customer's task costs a part of the standing instead of entering it.
        let factor = match (facts.origin, &revision.ledger.organic_upscaling) {
            (Origin::Organic, OrganicUpscaling::Graded { loss_zero, .. }) => Some(1.0 - loss_zero),
            _ => None,
        };
        return Cost {
            score: whole.then_some(0.0),
            ledger: Some(0.0).filter(|_| whole && facts.origin != Origin::Organic),
            ledger_factor: factor,
        };
    }
    if facts.origin == Origin::Competition {
        return Cost::only(Some(0.0));
    }
    // A failure is recorded with a rate of its own; only two gates keep the true one.
    let rate = match gate {
        Gate::VmafDelta | Gate::Tone | Gate::Rate | Gate::VmafFloor | Gate::VmafThreshold => {
            facts.rate
        }
        _ => revision.ledger.failed_rate,
    };
    let not_smaller = revision
        .ledger
        .not_smaller
        .filter(|_| rate.is_some_and(|rate| rate >= 1.0));
    Cost {
        score: Some(0.0),
        ledger: Some(not_smaller.unwrap_or(0.0)),
        ledger_factor: None,
    }
}
