//! Frames on their way from the decoder through a network: decoded ahead, upscaled in batches, handed on in
//! order. No more of them are in memory than the queue and a batch hold.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, sync_channel};

use super::engine::LoadedNetwork;
use super::error::UpscaleError;
use crate::media::{Filter, FrameIndex, FrameSource, MediaError, RgbConverter, SequentialFrames};
use crate::worker::RgbBatch;

/// How frames pass through a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FramePipeline {
    /// Frames per request to the network.
    pub batch: u32,
    /// Frames that are decoded ahead.
    pub prefetch: u32,
    /// Every N-th frame is upscaled and repeated in place of those that follow.
    pub stride: u32,
    /// Longest side of a tile in pixels of the input; 0 disables tiling.
    pub tile: u32,
    /// Pixels of overlap between tiles.
    pub overlap: u32,
}

/// A decoded frame as packed RGB bytes.
type Rgb = Result<Vec<u8>, MediaError>;

/// Decodes on a thread of its own; every N-th frame of the stride comes through the queue.
fn decoded<'scope>(
    scope: &'scope std::thread::Scope<'scope, '_>,
    mut source: Box<dyn FrameSource>,
    path: PathBuf,
    size: (u32, u32),
    pipeline: FramePipeline,
) -> Receiver<Rgb> {
    let (sender, receiver) = sync_channel(pipeline.prefetch.max(1) as usize);
    scope.spawn(move || {
        // At the frame's own size the converter only converts colors, by the frame's tags.
        let mut colors = RgbConverter::to_size(&path, size, Filter::Bicubic);
        loop {
            let message = match source.next_frame() {
                Ok(None) => return,
                Ok(Some((index, _))) if index % u64::from(pipeline.stride.max(1)) != 0 => continue,
                Ok(Some((_, frame))) => colors
                    .convert(&frame)
                    .map(|p| p.into_raw_vec_and_offset().0),
                Err(e) => Err(e),
            };
            let failed = message.is_err();
            if sender.send(message).is_err() || failed {
                return;
            }
        }
    });
    receiver
}

/// Upscales a clip with a network and passes every frame to `each` as packed RGB, in order. An error of
/// `each` stops the work.
pub(super) fn upscale_frames(
    index: &FrameIndex,
    threads: u32,
    network: &mut LoadedNetwork,
    scale: u32,
    pipeline: FramePipeline,
    each: &mut dyn FnMut(&[u8]) -> Result<(), UpscaleError>,
) -> Result<(), UpscaleError> {
    let (width, height) = (index.facts.width, index.facts.height);
    let source = Box::new(SequentialFrames::open(&index.facts.path, threads)?);
    let stride = u64::from(pipeline.stride.max(1));
    let frame_bytes = width as usize * height as usize * 3;
    let mut left = index.frames;
    std::thread::scope(|scope| {
        let path = index.facts.path.clone();
        let queue = decoded(scope, source, path, (width, height), pipeline);
        let mut batch: Vec<u8> = Vec::with_capacity(frame_bytes * pipeline.batch as usize);
        loop {
            batch.clear();
            let mut count = 0;
            while count < pipeline.batch.max(1) {
                match queue.recv() {
                    Ok(Ok(frame)) => batch.extend_from_slice(&frame),
                    Ok(Err(e)) => return Err(e.into()),
                    Err(_) => break,
                }
                count += 1;
            }
            if count == 0 {
                break;
            }
            let frames = RgbBatch {
                frames: count,
                height,
                width,
                bytes: &batch,
            };
            let upscaled =
                network
                    .worker
                    .upscale(frames, scale, pipeline.tile, pipeline.overlap)?;
            for frame in upscaled.chunks_exact(upscaled.len() / count as usize) {
                for _ in 0..stride.min(left) {
                    each(frame)?;
                }
                left = left.saturating_sub(stride);
            }
        }
        if left > 0 {
            return Err(MediaError::Undecoded {
                path: index.facts.path.clone(),
                frames: index.frames,
                decoded: index.frames - left,
            }
            .into());
        }
        Ok(())
    })
}
