//! PIE-APP over the frames that a plan draws, each frame evaluated once.

use std::collections::{BTreeMap, BTreeSet};

use vidaio_worker_protocol::ChannelOrder;

use super::draw::draw_pieapp;
use super::error::MeasureError;
use super::measurement::{PieappMeasurement, WeightsUsed};
use super::plan::{PieappRequest, Progress, Step};
use crate::media::{FrameIndex, FrameSource as _, PickedFrames, RgbConverter};
use crate::metrics::pieapp::pieapp_of_pair;
use crate::rules::NetworkChannels;
use crate::worker::Worker;

/// A worker with weights loaded, and what to say of them.
pub struct PieappBackend {
    pub worker: Worker,
    /// Where it runs: `cpu` or `cuda`.
    pub device: String,
    pub weights: WeightsUsed,
}

/// Measures all requests, in their order.
pub(super) fn pieapp_runs(
    backend: &mut PieappBackend,
    reference: &FrameIndex,
    distorted: &FrameIndex,
    requests: &[PieappRequest],
    threads: u32,
    progress: &dyn Progress,
) -> Result<Vec<PieappMeasurement>, MeasureError> {
    let drawn: Vec<Vec<u64>> = requests
        .iter()
        .map(|request| draw_pieapp(request, reference.frames))
        // Frames that the output lacks are left out, as a failed read of a validator leaves them out.
        .map(|list| list.into_iter().filter(|i| *i < distorted.frames).collect())
        .collect();
    let mut wanted: BTreeMap<u64, BTreeSet<NetworkChannels>> = BTreeMap::new();
    for (request, list) in requests.iter().zip(&drawn) {
        for frame in list {
            wanted.entry(*frame).or_default().insert(request.channels);
        }
    }
    let frames: Vec<u64> = wanted.keys().copied().collect();
    let mut left = PickedFrames::open(reference, &frames, threads)?;
    let mut right = PickedFrames::open(distorted, &frames, threads)?;
    let mut rgb = (
        RgbConverter::new(&reference.facts.path),
        RgbConverter::new(&distorted.facts.path),
    );
    let mut values: BTreeMap<(u64, NetworkChannels), f64> = BTreeMap::new();
    progress.begin(
        Step::Pieapp,
        wanted.values().map(|orders| orders.len() as u64).sum(),
    );
    while let (Some((index, first)), Some((_, second))) = (left.next_frame()?, right.next_frame()?)
    {
        let (first, second) = (rgb.0.convert(&first)?, rgb.1.convert(&second)?);
        for order in wanted.get(&index).into_iter().flatten() {
            let value = pieapp_of_pair(&mut backend.worker, wire(*order), &first, &second)?;
            values.insert((index, *order), value);
            progress.advance();
        }
    }
    progress.end();
    Ok(requests
        .iter()
        .zip(drawn)
        .map(|(request, frames)| PieappMeasurement {
            seed: request.seed,
            channels: request.channels,
            per_frame: frames
                .iter()
                .filter_map(|i| values.get(&(*i, request.channels)).copied())
                .collect(),
            frames,
        })
        .collect())
}

fn wire(channels: NetworkChannels) -> ChannelOrder {
    match channels {
        NetworkChannels::Bgr => ChannelOrder::Bgr,
        NetworkChannels::Rgb => ChannelOrder::Rgb,
    }
}
