//! Quality per shot: what a probe measured of every shot, and the offsets that are allocated from that.

use std::ops::Range;
use std::path::Path;

use super::context::ProbeContext;
use crate::encode::encoders::options::Zone;
use crate::encode::error::EncodeError;
use crate::encode::record::{ProbePurpose, ProbeRecord, ShotRecord};
use crate::encode::search::Variant;
use crate::encode::search::allocate::{ShotCurve, allocate};
use crate::measure::Measurement;
use crate::media::index_frames;
use crate::rules::{Pooling, VmafModel};
use crate::scoring::compression_rules;

/// Distance between the two probes that determine the slope of a shot, as the encoder's quality value. Our
/// choice: close points show noise, distant ones another part of the curve.
const SLOPE_DISTANCE: f64 = 4.0;
/// Least such distance. Our choice.
const LEAST_SLOPE_DISTANCE: f64 = 1.0;
/// Offsets are multiples of 1 / 20, the finest step of any encoder in the catalogue.
const OFFSET_STEPS: f64 = 20.0;

/// What a measurement shows of every shot, by the model that is scored; nothing for a clip of one shot, or if
/// the frames of the file cannot be assigned to shots.
pub(super) fn shot_records(
    context: &ProbeContext<'_>,
    measurement: &Measurement,
    zones: &[Zone],
    path: &Path,
) -> Result<Vec<ShotRecord>, EncodeError> {
    let source = context.source;
    if source.shots.len() < 2 {
        return Ok(Vec::new());
    }
    let rules = compression_rules(context.revision)?;
    let run = &measurement.vmaf;
    let scored = match rules.vmaf.model {
        VmafModel::Base => &run.base,
        VmafModel::Neg => &run.neg,
    };
    let bytes = index_frames(path)?.frame_bytes();
    let Some(frames) = scored.as_ref().map(|p| &p.per_frame) else {
        return Ok(Vec::new());
    };
    if frames.len() as u64 != source.index.frames || bytes.len() != frames.len() {
        return Ok(Vec::new());
    }
    let shot = |range: &Range<u64>| {
        let at = range.start as usize..range.end as usize;
        let vmaf = &frames[at.clone()];
        let zone = zones.iter().find(|z| z.frames == *range);
        ShotRecord {
            start: range.start,
            end: range.end,
            offset: zone.map_or(0.0, |z| z.offset),
            vmaf: vmaf.iter().sum::<f64>() / vmaf.len() as f64,
            bytes: bytes[at].iter().sum(),
        }
    };
    Ok(source.shots.iter().map(shot).collect())
}

/// Quality offsets of the shots, for a variant that allocates quality per shot; none for any other.
pub(super) fn zones(
    context: &ProbeContext<'_>,
    variant: Variant,
    probes: &[ProbeRecord],
) -> Vec<Zone> {
    if !context.is_per_shot(variant) {
        return Vec::new();
    }
    // The offsets are allocated once, so that probes of the variant differ in nothing else.
    if let Some(earlier) = probes.iter().find(|p| p.variant == variant) {
        return earlier.zones.clone();
    }
    let Some(curves) = curves(probes, context.target.vmaf) else {
        return Vec::new();
    };
    let pooling =
        compression_rules(context.revision).map_or(Pooling::Mean, |rules| rules.vmaf.pooling);
    let offsets = allocate(&curves, pooling);
    let zone = |(frames, offset): (&Range<u64>, f64)| Zone {
        frames: frames.clone(),
        offset: (offset * OFFSET_STEPS).round() / OFFSET_STEPS,
    };
    context.source.shots.iter().zip(offsets).map(zone).collect()
}

/// The curve of every shot, from two probes of the default parameters: the one nearest to the target, and one
/// at some distance in quality from it.
fn curves(probes: &[ProbeRecord], target: f64) -> Option<Vec<ShotCurve>> {
    let mut usable: Vec<&ProbeRecord> = probes
        .iter()
        .filter(|p| p.variant == 0 && p.purpose == ProbePurpose::Search && p.shots.len() > 1)
        .collect();
    usable.sort_by(|a, b| (a.vmaf - target).abs().total_cmp(&(b.vmaf - target).abs()));
    let near = usable.first()?;
    let distance = |p: &ProbeRecord| (p.quality - near.quality).abs();
    let far = usable
        .iter()
        .skip(1)
        .filter(|p| distance(p) >= LEAST_SLOPE_DISTANCE)
        .min_by(|a, b| {
            let miss = |p: &ProbeRecord| (distance(p) - SLOPE_DISTANCE).abs();
            miss(a).total_cmp(&miss(b))
        })?;
    let step = far.quality - near.quality;
    let curve = |(a, b): (&ShotRecord, &ShotRecord)| ShotCurve {
        frames: (a.end - a.start) as f64,
        vmaf: a.vmaf,
        bytes: a.bytes as f64,
        vmaf_slope: (b.vmaf - a.vmaf) / step,
        size_slope: ((b.bytes as f64).ln() - (a.bytes as f64).ln()) / step,
    };
    Some(near.shots.iter().zip(&far.shots).map(curve).collect())
}
