//! Every frame of a clip, from the first to the last.

use std::path::{Path, PathBuf};

use super::FrameSource;
use super::error::MediaError;
use super::ffi::{Decoder, Frame, Input, Received, error_text, is_invalid_data};
use super::probe::open;

/// Decodes a clip from its start.
pub struct SequentialFrames {
    path: PathBuf,
    input: Input,
    decoder: Decoder,
    next: u64,
    size: (u32, u32),
    state: State,
}

#[derive(PartialEq)]
enum State {
    Reading,
    Draining,
    Done,
}

impl SequentialFrames {
    /// Opens a clip; decoding uses up to `threads` threads.
    ///
    /// # Errors
    /// Whatever keeps the file from being opened.
    pub fn open(path: &Path, threads: u32) -> Result<Self, MediaError> {
        let (input, facts, _) = open(path)?;
        let decoder = open_decoder(path, &input, threads)?;
        Ok(Self {
            path: path.to_path_buf(),
            input,
            decoder,
            next: 0,
            size: (facts.width, facts.height),
            state: State::Reading,
        })
    }

    fn broken(&self, code: i32) -> MediaError {
        decode_error(&self.path, self.next, code)
    }
}

/// What a code of the decoder or the demuxer says of the file, near a frame.
pub(super) fn decode_error(path: &Path, frame: u64, code: i32) -> MediaError {
    let (path, reason) = (path.to_path_buf(), error_text(code));
    if is_invalid_data(code) {
        MediaError::Broken {
            path,
            frame,
            reason,
        }
    } else {
        MediaError::Ffmpeg {
            path,
            action: "decode",
            reason,
        }
    }
}

/// Opens the decoder of an input.
pub(super) fn open_decoder(
    path: &Path,
    input: &Input,
    threads: u32,
) -> Result<Decoder, MediaError> {
    Decoder::open(input, threads).map_err(|code| MediaError::Ffmpeg {
        path: path.to_path_buf(),
        action: "open the decoder",
        reason: error_text(code),
    })
}

impl FrameSource for SequentialFrames {
    fn next_frame(&mut self) -> Result<Option<(u64, Frame)>, MediaError> {
        loop {
            if self.state == State::Done {
                return Ok(None);
            }
            match self.decoder.receive().map_err(|code| self.broken(code))? {
                Received::Frame(frame) => {
                    check(&self.path, self.next, &frame, &mut self.size)?;
                    let index = self.next;
                    self.next += 1;
                    return Ok(Some((index, frame)));
                }
                Received::End => self.state = State::Done,
                Received::Hungry if self.state == State::Draining => self.state = State::Done,
                Received::Hungry => {
                    match self.input.next_packet().map_err(|code| self.broken(code))? {
                        Some(packet) => {
                            self.decoder
                                .send(&packet)
                                .map_err(|code| self.broken(code))?;
                        }
                        None => {
                            self.decoder.finish().map_err(|code| self.broken(code))?;
                            self.state = State::Draining;
                        }
                    }
                }
            }
        }
    }
}

/// Refuses damaged frames and changes of size.
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
        // The container's word is only a promise; the first picture is the fact.
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
