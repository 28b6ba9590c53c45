//! PIE-APP of pairs of frames, computed by the worker.

use vidaio_worker_protocol::ChannelOrder;

use crate::media::RgbFrame;
use crate::worker::{Worker, WorkerError};

/// Smallest side of a frame in pixels: one patch of the network.
pub const SMALLEST_SIDE: u32 = 64;

/// The network's raw value of one pair; absolute value and cap belong to the rules.
///
/// # Errors
/// As the worker says.
pub fn pieapp_of_pair(
    worker: &mut Worker,
    order: ChannelOrder,
    reference: &RgbFrame,
    distorted: &RgbFrame,
) -> Result<f64, WorkerError> {
    let (height, width, _) = reference.dim();
    let flat = |frame: &RgbFrame| {
        frame
            .as_standard_layout()
            .into_owned()
            .into_raw_vec_and_offset()
            .0
    };
    let as_u32 = |side: usize| u32::try_from(side).unwrap_or(u32::MAX);
    worker.pieapp(
        as_u32(height),
        as_u32(width),
        order,
        &flat(reference),
        &flat(distorted),
    )
}
