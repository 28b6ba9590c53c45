//! A few frames of a clip, found by seeking, without decoding what none of them needs.
//!
//! Frames are identified by their timestamps, which the index has in display order. Decoding starts at the
//! last key frame shown at or before a picked frame: the leading frames of an open group of pictures are shown
//! before their key frame, so they belong to the group before it.

use std::collections::{HashMap, VecDeque};

use super::error::MediaError;
use super::ffi::{Care, Decoder, Frame, Input, Packet, Received, Skip};
use super::index::{FrameIndex, IndexEntry};
use super::open::open;
use super::sequential::{SequentialFrames, check, decode_error, open_decoder};
use super::source::FrameSource;

/// Yields the picked frames in ascending order.
pub struct PickedFrames {
    access: Access,
    index: FrameIndex,
    threads: u32,
    /// Frames that are still to be yielded.
    expected: VecDeque<u64>,
}

enum Access {
    /// Timestamps do not identify frames, or seeking failed: everything is decoded from the start.
    Sequential(Box<SequentialFrames>),
    Seeking(Box<Seeking>),
}

/// Packets up to a key frame that are read rather than skipped by a seek. Our choice.
const READ_ON_PACKETS: u64 = 64;

struct Seeking {
    index: FrameIndex,
    input: Input,
    decoder: Decoder,
    /// Remaining groups: the key frame to start from, and the picked display indices after it.
    groups: VecDeque<(IndexEntry, Vec<u64>)>,
    current: Option<Group>,
    /// Picked frames that the decoder output together; they are yielded before anything else is decoded.
    ready: VecDeque<(u64, Frame)>,
    size: (u32, u32),
    /// Decode-order position of the next packet, if known, so that an adjacent group needs no seek.
    position: Option<u64>,
}

/// A group of pictures that is being decoded.
struct Group {
    /// Picked frames that the decoder has not yet output, by timestamp.
    waiting: HashMap<i64, u64>,
    /// The packet to send next, and its position in decode order.
    packet: Packet,
    order: u64,
}

impl PickedFrames {
    /// Prepares to yield the frames of `picked` display indices, which are ascending and distinct.
    ///
    /// # Errors
    /// Whatever prevents the file from being opened, and an index beyond the last frame.
    pub fn open(index: &FrameIndex, picked: &[u64], threads: u32) -> Result<Self, MediaError> {
        if let Some(frame) = picked.iter().find(|i| **i >= index.frames) {
            return Err(MediaError::NoSuchFrame {
                path: index.path.clone(),
                frame: *frame,
                frames: index.frames,
            });
        }
        let expected: VecDeque<u64> = picked.iter().copied().collect();
        if index.entries.is_empty() || index.keys.is_empty() {
            let source = SequentialFrames::open(&index.path, threads)?;
            return Ok(Self {
                access: Access::Sequential(Box::new(source)),
                index: index.clone(),
                threads,
                expected,
            });
        }
        let (input, facts, _) = open(&index.path)?;
        let decoder = open_decoder(&index.path, &input, Care::Fast(threads))?;
        let mut keys = index.keys.clone();
        keys.sort_by_key(|k| k.pts);
        let mut groups: VecDeque<(IndexEntry, Vec<u64>)> = VecDeque::new();
        for frame in picked {
            let pts = index.entries[*frame as usize].pts;
            let at = keys.partition_point(|k| k.pts <= pts);
            // Frames before the first key frame start from it, too: there is nothing earlier.
            let key = keys[at.saturating_sub(1)];
            match groups.back_mut() {
                Some((last, frames)) if last.order == key.order => frames.push(*frame),
                _ => groups.push_back((key, vec![*frame])),
            }
        }
        Ok(Self {
            access: Access::Seeking(Box::new(Seeking {
                index: index.clone(),
                input,
                decoder,
                groups,
                current: None,
                ready: VecDeque::new(),
                size: (facts.width, facts.height),
                position: Some(0),
            })),
            index: index.clone(),
            threads,
            expected,
        })
    }
}

impl FrameSource for PickedFrames {
    fn next_frame(&mut self) -> Result<Option<(u64, Frame)>, MediaError> {
        let Some(next) = self.expected.front().copied() else {
            return Ok(None);
        };
        if let Access::Seeking(seeking) = &mut self.access {
            let found = seeking.next();
            match found {
                Ok(Some((index, frame))) if index == next && !seeking.decoder.has_complained() => {
                    self.expected.pop_front();
                    return Ok(Some((index, frame)));
                }
                // The decoder did not output a frame, as FFmpeg's does after a recovery point that is not a
                // key frame: from the start it outputs them all. Or the file is damaged, and only decoding
                // from the start shows where.
                _ => {
                    let source = SequentialFrames::open(&self.index.path, self.threads)?;
                    self.access = Access::Sequential(Box::new(source));
                }
            }
        }
        let Access::Sequential(source) = &mut self.access else {
            return Ok(None);
        };
        while let Some((index, frame)) = source.next_frame()? {
            if index == next {
                self.expected.pop_front();
                return Ok(Some((index, frame)));
            }
        }
        Err(MediaError::Broken {
            path: self.index.path.clone(),
            frame: next,
            reason: "the decoder gave no picture for it".into(),
        })
    }
}

impl Seeking {
    fn next(&mut self) -> Result<Option<(u64, Frame)>, MediaError> {
        loop {
            if let Some(frame) = self.ready.pop_front() {
                return Ok(Some(frame));
            }
            match self.current.take() {
                Some(group) if group.waiting.is_empty() => self.decoder.restart(),
                Some(group) => self.current = Some(self.step(group)?),
                None => {
                    let Some((key, picked)) = self.groups.pop_front() else {
                        return Ok(None);
                    };
                    let packet = self.seek_to(key)?;
                    let pts = |i: u64| self.index.entries[i as usize].pts;
                    let waiting = picked.iter().map(|i| (pts(*i), *i)).collect();
                    self.current = Some(Group {
                        waiting,
                        packet,
                        order: key.order,
                    });
                }
            }
        }
    }

    /// Moves the input to the key frame's packet and returns it.
    fn seek_to(&mut self, key: IndexEntry) -> Result<Packet, MediaError> {
        let near = self
            .position
            .is_some_and(|p| p <= key.order && key.order - p < READ_ON_PACKETS);
        let targets: &[Option<i64>] = if near {
            &[None, Some(key.dts), Some(i64::MIN)]
        } else {
            &[Some(key.pts), Some(key.dts), Some(i64::MIN)]
        };
        for timestamp in targets {
            if let Some(timestamp) = timestamp
                && self.input.seek_before(*timestamp).is_err()
            {
                continue;
            }
            while let Some(packet) = self
                .input
                .next_packet()
                .map_err(|c| self.broken(key.order, c))?
            {
                match (packet.pts(), packet.dts().or(packet.pts())) {
                    (Some(pts), Some(_)) if pts == key.pts && packet.is_key() => return Ok(packet),
                    // The seek ended after the key frame: try an earlier target.
                    (_, Some(dts)) if dts > key.dts => break,
                    _ => {}
                }
            }
        }
        Err(MediaError::Ffmpeg {
            path: self.index.path.clone(),
            action: "seek",
            reason: format!("the key frame at timestamp {} was not found again", key.pts),
        })
    }

    /// Sends one packet and receives the frames that it releases, in display order.
    ///
    /// Packets are sent until the decoder has output every picked frame. Draining right after the last picked
    /// packet would be shorter, but FFmpeg's H.264 decoder then drops frames that follow a key frame of an open
    /// group.
    fn step(&mut self, mut group: Group) -> Result<Group, MediaError> {
        let is_picked = group
            .packet
            .pts()
            .is_some_and(|pts| group.waiting.contains_key(&pts));
        self.decoder.skip(if is_picked {
            Skip::Nothing
        } else {
            Skip::NonReference
        });
        self.decoder
            .send(&group.packet)
            .map_err(|code| self.broken(group.order, code))?;
        self.collect(&mut group)?;
        group.order += 1;
        self.position = Some(group.order);
        if group.waiting.is_empty() {
            return Ok(group);
        }
        match self
            .input
            .next_packet()
            .map_err(|code| self.broken(group.order, code))?
        {
            Some(packet) => group.packet = packet,
            None => {
                self.position = None;
                self.decoder
                    .finish()
                    .map_err(|code| self.broken(group.order, code))?;
                self.collect(&mut group)?;
                // What the decoder has not output by now it never will; the caller notices the gap.
                group.waiting.clear();
            }
        }
        Ok(group)
    }

    fn collect(&mut self, group: &mut Group) -> Result<(), MediaError> {
        loop {
            match self
                .decoder
                .receive()
                .map_err(|code| self.broken(group.order, code))?
            {
                Received::Frame(frame) => {
                    if let Some(index) = frame.timestamp().and_then(|t| group.waiting.remove(&t)) {
                        check(&self.index.path, index, &frame, &mut self.size)?;
                        self.ready.push_back((index, frame));
                    }
                }
                Received::NeedsPacket | Received::End => return Ok(()),
            }
        }
    }

    fn broken(&self, frame: u64, code: i32) -> MediaError {
        decode_error(&self.index.path, frame, code)
    }
}
