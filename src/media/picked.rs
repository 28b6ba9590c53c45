//! A few frames of a clip, reached by seeking and by leaving out what no wanted frame needs.
//!
//! Frames are named by their timestamps, which [`super::index_frames`] has put in display order.
//! Decoding starts at the last key frame shown at or before a wanted frame: pictures that lead an
//! open group of pictures are shown before their key frame, so they count to the group before it.

use std::collections::{HashMap, VecDeque};

use super::FrameSource;
use super::error::MediaError;
use super::ffi::{Care, Decoder, Frame, Input, Packet, Received, Skip};
use super::index::{Entry, FrameIndex};
use super::probe::open;
use super::sequential::{SequentialFrames, check, decode_error, open_decoder};

/// Yields the wanted frames in ascending order.
pub struct PickedFrames {
    way: Way,
    index: FrameIndex,
    threads: u32,
    /// What is still to be yielded.
    expected: VecDeque<u64>,
}

enum Way {
    /// Timestamps cannot name frames: decode from the start and pass on what is wanted.
    Through(Box<SequentialFrames>),
    Seeking(Box<Seeking>),
}

struct Seeking {
    index: FrameIndex,
    input: Input,
    decoder: Decoder,
    /// Groups still to do: the key frame to start from and the wanted display indices behind it.
    groups: VecDeque<(Entry, Vec<u64>)>,
    current: Option<Group>,
    /// Wanted pictures that came out together; they are handed on before anything else is decoded.
    ready: VecDeque<(u64, Frame)>,
    size: (u32, u32),
    /// Decode-order position of the next packet, if known, so that a neighbouring group needs no seek.
    position: Option<u64>,
}

/// A group of pictures that is being decoded.
struct Group {
    /// Wanted pictures that have not come out yet, by timestamp.
    waiting: HashMap<i64, u64>,
    /// The packet to send next, and its position in decode order.
    packet: Packet,
    order: u64,
}

impl PickedFrames {
    /// Prepares to yield `wanted` display indices, ascending and distinct.
    ///
    /// # Errors
    /// Whatever keeps the file from being opened, and an index past the last frame.
    pub fn open(index: &FrameIndex, wanted: &[u64], threads: u32) -> Result<Self, MediaError> {
        if let Some(frame) = wanted.iter().find(|i| **i >= index.frames) {
            return Err(MediaError::NoSuchFrame {
                path: index.path.clone(),
                frame: *frame,
                frames: index.frames,
            });
        }
        let expected: VecDeque<u64> = wanted.iter().copied().collect();
        if index.entries.is_empty() || index.keys.is_empty() {
            let source = SequentialFrames::open(&index.path, threads)?;
            let way = Way::Through(Box::new(source));
            return Ok(Self {
                way,
                index: index.clone(),
                threads,
                expected,
            });
        }
        let (input, facts, _) = open(&index.path)?;
        let decoder = open_decoder(&index.path, &input, Care::Fast(threads))?;
        let mut keys = index.keys.clone();
        keys.sort_by_key(|k| k.pts);
        let mut groups: VecDeque<(Entry, Vec<u64>)> = VecDeque::new();
        for frame in wanted {
            let pts = index.entries[*frame as usize].pts;
            let at = keys.partition_point(|k| k.pts <= pts);
            // Frames before the first key frame start from it as well: there is nothing earlier.
            let key = keys[at.saturating_sub(1)];
            match groups.back_mut() {
                Some((last, frames)) if last.order == key.order => frames.push(*frame),
                _ => groups.push_back((key, vec![*frame])),
            }
        }
        Ok(Self {
            way: Way::Seeking(Box::new(Seeking {
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
        if let Way::Seeking(seeking) = &mut self.way {
            let found = seeking.next();
            match found {
                Ok(Some((index, frame))) if index == next && !seeking.decoder.has_complained() => {
                    self.expected.pop_front();
                    return Ok(Some((index, frame)));
                }
                // The decoder withheld a picture, as FFmpeg's does behind a recovery point that is
                // no key frame: from the start it has them all. Or something is wrong, and only a
                // decoder that began at the start can say what.
                _ => {
                    let source = SequentialFrames::open(&self.index.path, self.threads)?;
                    self.way = Way::Through(Box::new(source));
                }
            }
        }
        let Way::Through(source) = &mut self.way else {
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
                    let Some((key, wanted)) = self.groups.pop_front() else {
                        return Ok(None);
                    };
                    let packet = self.reach(key)?;
                    let pts = |i: u64| self.index.entries[i as usize].pts;
                    let waiting = wanted.iter().map(|i| (pts(*i), *i)).collect();
                    self.current = Some(Group {
                        waiting,
                        packet,
                        order: key.order,
                    });
                }
            }
        }
    }

    /// Brings the input to the key frame's packet and returns it.
    fn reach(&mut self, key: Entry) -> Result<Packet, MediaError> {
        // Reading on is cheaper than a seek when the key frame is the next one or close behind.
        let near = self
            .position
            .is_some_and(|p| p <= key.order && key.order - p < 64);
        let tries: &[Option<i64>] = if near {
            &[None, Some(key.dts), Some(i64::MIN)]
        } else {
            &[Some(key.pts), Some(key.dts), Some(i64::MIN)]
        };
        for timestamp in tries {
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
                    // The seek landed behind the key frame: try an earlier target.
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

    /// Sends one packet and takes out what it sets free, in display order.
    ///
    /// Packets are sent until every wanted picture has come out. Draining right behind the last
    /// wanted packet would be shorter, but FFmpeg's H.264 decoder then withholds pictures that
    /// follow a key frame of an open group.
    fn step(&mut self, mut group: Group) -> Result<Group, MediaError> {
        let is_wanted = group
            .packet
            .pts()
            .is_some_and(|pts| group.waiting.contains_key(&pts));
        self.decoder.skip(if is_wanted {
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
                // What has not come out by now never will; the caller notices the gap.
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
                Received::Hungry | Received::End => return Ok(()),
            }
        }
    }

    fn broken(&self, frame: u64, code: i32) -> MediaError {
        decode_error(&self.index.path, frame, code)
    }
}
