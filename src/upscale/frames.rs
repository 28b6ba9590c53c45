//! Frames on their way from the decoder to the encoder: decoded ahead, enlarged in batches, written in
//! order, never more of them in memory than the queue and a batch hold.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, sync_channel};

use super::engine::LoadedNetwork;
use super::error::UpscaleError;
use crate::media::{Filter, FrameIndex, FrameSource, MediaError, RgbConverter, SequentialFrames};
use crate::worker::Pictures;

/// How frames flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flow {
    /// Frames that the network is given at once.
    pub batch: u32,
    /// Frames that are decoded ahead.
    pub prefetch: u32,
    /// Only every so-manieth frame is enlarged; the others repeat the one before them.
    pub stride: u32,
    /// Longest side of a tile in pixels of the input; 0 takes frames whole.
    pub tile: u32,
    /// Pixels that a tile sees beyond its sides.
    pub overlap: u32,
}

/// A decoded frame as red, green and blue bytes.
type Rgb = Result<Vec<u8>, MediaError>;

/// Decodes on a thread of its own; every frame that is wanted comes through the queue.
fn decoded<'scope>(
    scope: &'scope std::thread::Scope<'scope, '_>,
    mut source: Box<dyn FrameSource>,
    path: PathBuf,
    size: (u32, u32),
    flow: Flow,
) -> Receiver<Rgb> {
    let (sender, receiver) = sync_channel(flow.prefetch.max(1) as usize);
    scope.spawn(move || {
        // At its own size the converter only changes the colours, by the tags of the frame.
        let mut colours = RgbConverter::to_size(&path, size, Filter::Bicubic);
        loop {
            let message = match source.next_frame() {
                Ok(None) => return,
                Ok(Some((index, _))) if index % u64::from(flow.stride.max(1)) != 0 => continue,
                Ok(Some((_, frame))) => colours
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

/// Enlarges every frame of a clip with a network and hands each on as bytes, in order. `each` stops the
/// work by failing.
pub(super) fn enlarge(
    index: &FrameIndex,
    threads: u32,
    network: &mut LoadedNetwork,
    scale: u32,
    flow: Flow,
    each: &mut dyn FnMut(&[u8]) -> Result<(), UpscaleError>,
) -> Result<(), UpscaleError> {
    let (width, height) = (index.facts.width, index.facts.height);
    let source = Box::new(SequentialFrames::open(&index.facts.path, threads)?);
    let stride = u64::from(flow.stride.max(1));
    let picture = width as usize * height as usize * 3;
    let mut left = index.frames;
    std::thread::scope(|scope| {
        let path = index.facts.path.clone();
        let queue = decoded(scope, source, path, (width, height), flow);
        let mut batch: Vec<u8> = Vec::with_capacity(picture * flow.batch as usize);
        loop {
            batch.clear();
            let mut count = 0;
            while count < flow.batch.max(1) {
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
            let pictures = Pictures {
                frames: count,
                height,
                width,
                bytes: &batch,
            };
            let large = network
                .worker
                .upscale(pictures, scale, flow.tile, flow.overlap)?;
            for frame in large.chunks_exact(large.len() / count as usize) {
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
