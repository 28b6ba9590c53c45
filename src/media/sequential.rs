//! Every frame of a clip, from the first to the last.

use std::path::{Path, PathBuf};

use super::error::MediaError;
use super::ffi::{Care, Decoder, Frame, Input, Received, error_text, is_invalid_data};
use super::open::open;
use super::source::FrameSource;

/// Decodes a clip from its start.
///
/// Several threads decode until something is wrong. Then the clip is decoded again with one thread, whose result
/// counts: so whether a file is damaged depends neither on the number of threads nor on chance.
pub struct SequentialFrames {
    path: PathBuf,
    input: Input,
    decoder: Decoder,
    care: Care,
    /// Frames that were yielded.
    next: u64,
    /// Frames that this decoder has output.
    decoded: u64,
    size: (u32, u32),
    state: ReadState,
}

#[derive(PartialEq)]
enum ReadState {
    Reading,
    Draining,
    Done,
}

impl SequentialFrames {
    /// Opens a clip; decoding uses up to `threads` threads.
    ///
    /// # Errors
    /// Whatever prevents the file from being opened.
    pub fn open(path: &Path, threads: u32) -> Result<Self, MediaError> {
        Self::with_care(path, Care::Fast(threads))
    }

    fn with_care(path: &Path, care: Care) -> Result<Self, MediaError> {
        let (input, facts, _) = open(path)?;
        let decoder = open_decoder(path, &input, care)?;
        Ok(Self {
            path: path.to_path_buf(),
            input,
            decoder,
            care,
            next: 0,
            decoded: 0,
            size: (facts.width, facts.height),
            state: ReadState::Reading,
        })
    }

    /// Decodes again from the start with one thread; frames that were already yielded are skipped.
    fn restart_exactly(&mut self) -> Result<(), MediaError> {
        let path = std::mem::take(&mut self.path);
        let next = self.next;
        *self = Self::with_care(&path, Care::Exact)?;
        self.next = next;
        Ok(())
    }

    /// The next frame that the decoder outputs.
    fn decode(&mut self) -> Result<Option<Frame>, MediaError> {
        let broken = |s: &Self, code| decode_error(&s.path, s.decoded, code);
        loop {
            if self.state == ReadState::Done {
                return Ok(None);
            }
            match self.decoder.receive().map_err(|code| broken(self, code))? {
                Received::Frame(frame) => {
                    check(&self.path, self.decoded, &frame, &mut self.size)?;
                    self.decoded += 1;
                    return Ok(Some(frame));
                }
                Received::End => self.state = ReadState::Done,
                Received::NeedsPacket if self.state == ReadState::Draining => {
                    self.state = ReadState::Done
                }
                Received::NeedsPacket => self.feed().map_err(|code| broken(self, code))?,
            }
        }
    }

    fn feed(&mut self) -> Result<(), i32> {
        if let Some(packet) = self.input.next_packet()? {
            return self.decoder.send(&packet);
        }
        self.state = ReadState::Draining;
        self.decoder.finish()
    }
}

/// For an error code of the decoder or the demuxer near a frame.
pub(super) fn decode_error(path: &Path, frame: u64, code: i32) -> MediaError {
    if is_invalid_data(code) {
        return MediaError::Broken {
            path: path.to_path_buf(),
            frame,
            reason: error_text(code),
        };
    }
    MediaError::of_code(path, "decode", code)
}

/// Opens the decoder of an input.
pub(super) fn open_decoder(path: &Path, input: &Input, care: Care) -> Result<Decoder, MediaError> {
    Decoder::open(input, care).map_err(|code| MediaError::of_code(path, "open the decoder", code))
}

impl FrameSource for SequentialFrames {
    fn next_frame(&mut self) -> Result<Option<(u64, Frame)>, MediaError> {
        loop {
            let decoded = self.decode();
            let suspect = self.decoder.has_complained() || decoded.is_err();
            if suspect && self.care != Care::Exact {
                self.restart_exactly()?;
                continue;
            }
            let Some(frame) = decoded? else {
                return Ok(None);
            };
            if self.decoded > self.next {
                let index = self.next;
                self.next += 1;
                return Ok(Some((index, frame)));
            }
        }
    }
}

/// Rejects damaged frames and changes of the frame size.
pub(super) fn check(
    path: &Path,
    index: u64,
    frame: &Frame,
    size: &mut (u32, u32),
) -> Result<(), MediaError> {
    if frame.is_damaged() {
        return Err(MediaError::Broken {
            path: path.to_path_buf(),
            frame: index,
            reason: "the decoder had to conceal damage".into(),
        });
    }
    let now = (frame.width(), frame.height());
    if index == 0 {
        // The size that the container announces may be wrong; the first frame's counts.
        *size = now;
    } else if now != *size {
        return Err(MediaError::SizeChange {
            path: path.to_path_buf(),
            frame: index,
            before: format!("{}x{}", size.0, size.1),
            after: format!("{}x{}", now.0, now.1),
        });
    }
    Ok(())
}
