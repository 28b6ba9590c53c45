//! Framed messages between `vidaio` and its libtorch worker.
//!
//! One frame is: four magic bytes, a `u32` header length, a `u64` payload length (both little-endian),
//! a JSON header and raw payload bytes. The worker answers every request with exactly one response,
//! in order. Nothing here knows libtorch, so both sides and a stand-in worker share it.

#![warn(missing_docs)]

use std::io::{self, Read, Write};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// Version of the messages; both sides refuse a peer with another one.
pub const PROTOCOL_VERSION: u32 = 2;

/// First bytes of every frame: whatever else a process prints is never taken for a response.
const MAGIC: [u8; 4] = *b"VDW1";

/// Longest JSON header accepted, in bytes.
const MAX_HEADER: u32 = 1 << 20;

/// Longest payload accepted, in bytes: two 8K RGB frames and room to spare.
const MAX_PAYLOAD: u64 = 1 << 30;

/// Which channel the network sees first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChannelOrder {
    /// Blue first, as pyiqa feeds it.
    Bgr,
    /// Red first, as piq feeds it.
    Rgb,
}

/// Where the network runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Device {
    /// The processor.
    Cpu,
    /// The first CUDA device; the worker responds with an error where there is none.
    Cuda,
}

/// What the worker is asked to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "snake_case")]
pub enum Request {
    /// Say who you are. Always the first message.
    Hello {
        /// [`PROTOCOL_VERSION`] of the caller.
        protocol: u32,
    },
    /// Load PIE-APP weights and keep them; replaces those loaded before.
    LoadPieapp {
        /// Absolute path of a legacy `.pth` or a `.safetensors` file, already verified by the caller.
        weights: String,
        /// Where to run.
        device: Device,
        /// Threads inside one operation; at least 1.
        threads: u32,
    },
    /// Score one pair. The payload is the reference frame, then the distorted one, each
    /// `height * width * 3` bytes, row by row, red green blue.
    Pieapp {
        /// Rows of each frame; at least 64.
        height: u32,
        /// Columns of each frame; at least 64.
        width: u32,
        /// What the network is fed.
        order: ChannelOrder,
        /// Patches evaluated at once; bounds memory, does not change the value.
        chunk: u32,
    },
    /// Load a super-resolution network and keep it; replaces the one loaded before.
    LoadUpscaler {
        /// Absolute path of a `.safetensors`, `.pth` or TorchScript file.
        weights: String,
        /// Where to run.
        device: Device,
        /// Threads inside one operation; at least 1.
        threads: u32,
        /// Whether to compute in half precision; only on a CUDA device.
        half: bool,
    },
    /// Upscale frames. The payload is `frames` frames of `height * width * 3` bytes, row by row, red
    /// green blue.
    Upscale {
        /// How many frames.
        frames: u32,
        /// Rows of each.
        height: u32,
        /// Columns of each.
        width: u32,
        /// Factor of both sides: that of the network, or half of it.
        scale: u32,
        /// Longest side of a tile before upscaling, without what it shares with its neighbours; 0
        /// takes frames whole.
        tile: u32,
        /// Pixels before upscaling that a tile sees beyond each of its sides.
        overlap: u32,
    },
}

/// What the worker responds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "response", rename_all = "snake_case")]
pub enum Response {
    /// Response to [`Request::Hello`].
    Hello {
        /// [`PROTOCOL_VERSION`] of the worker.
        protocol: u32,
        /// Version of the worker package.
        worker: String,
        /// Version of libtorch it was built for.
        libtorch: String,
        /// Whether libtorch can use a CUDA device here.
        cuda: bool,
    },
    /// Response to [`Request::LoadPieapp`].
    Loaded {
        /// Number of parameters read.
        parameters: u64,
    },
    /// Response to [`Request::Pieapp`].
    Pieapp {
        /// The network's value as it is: may be negative, no cap.
        score: f64,
        /// Patches evaluated.
        patches: u32,
    },
    /// Response to [`Request::LoadUpscaler`].
    UpscalerLoaded {
        /// Kind of network: `compact` or `torchscript`.
        architecture: String,
        /// Its own factor.
        scale: u32,
        /// Number of parameters, where they can be counted.
        parameters: u64,
    },
    /// Response to [`Request::Upscale`]; the payload is as many frames as came, upscaled.
    Upscaled {
        /// How many frames.
        frames: u32,
        /// Rows of each.
        height: u32,
        /// Columns of each.
        width: u32,
    },
    /// The request could not be carried out; the worker goes on.
    Error {
        /// What kind of failure.
        kind: ErrorKind,
        /// A sentence for a person.
        message: String,
    },
}

/// Kinds of failure a worker reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// The weights file cannot be read or is not what was asked for.
    Weights,
    /// The device asked for is not there.
    Device,
    /// The request makes no sense (sizes, order of messages, version).
    Request,
    /// libtorch failed.
    Torch,
}

/// A frame as read: its header and its payload.
#[derive(Debug)]
pub struct Message<T> {
    /// The decoded JSON header.
    pub header: T,
    /// The raw bytes behind it.
    pub payload: Vec<u8>,
}

/// Why a frame could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum ProtocolError {
    /// The other side closed the pipe between two frames.
    #[error("the other side closed the connection")]
    Closed,
    /// The pipe broke inside a frame.
    #[error("the connection broke: {0}")]
    Io(#[from] io::Error),
    /// The bytes are not a frame of this protocol.
    #[error("not a message of this protocol: {0}")]
    Malformed(String),
}

/// Writes one frame and flushes it.
///
/// # Errors
/// Fails if the pipe is broken or the payload is longer than the protocol allows.
pub fn write_message<T: Serialize>(
    out: &mut impl Write,
    header: &T,
    payload: &[&[u8]],
) -> Result<(), ProtocolError> {
    let json = serde_json::to_vec(header).map_err(|e| ProtocolError::Malformed(e.to_string()))?;
    let total: u64 = payload.iter().map(|part| part.len() as u64).sum();
    if total > MAX_PAYLOAD {
        return Err(ProtocolError::Malformed(format!(
            "a payload of {total} bytes is too long"
        )));
    }
    let length = u32::try_from(json.len())
        .ok()
        .filter(|length| *length <= MAX_HEADER)
        .ok_or_else(|| ProtocolError::Malformed("the header is too long".into()))?;
    out.write_all(&MAGIC)?;
    out.write_all(&length.to_le_bytes())?;
    out.write_all(&total.to_le_bytes())?;
    out.write_all(&json)?;
    for part in payload {
        out.write_all(part)?;
    }
    out.flush()?;
    Ok(())
}

/// Reads one frame.
///
/// # Errors
/// [`ProtocolError::Closed`] at a clean end, otherwise what is wrong with the bytes or the pipe.
pub fn read_message<T: DeserializeOwned>(
    input: &mut impl Read,
) -> Result<Message<T>, ProtocolError> {
    let mut magic = [0_u8; 4];
    let first = loop {
        match input.read(&mut magic) {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            other => break other?,
        }
    };
    if first == 0 {
        return Err(ProtocolError::Closed);
    }
    input.read_exact(&mut magic[first..])?;
    if magic != MAGIC {
        return Err(ProtocolError::Malformed(format!(
            "it starts with {magic:02x?}"
        )));
    }
    let mut length = [0_u8; 4];
    input.read_exact(&mut length)?;
    let length = u32::from_le_bytes(length);
    let mut total = [0_u8; 8];
    input.read_exact(&mut total)?;
    let total = u64::from_le_bytes(total);
    if length > MAX_HEADER || total > MAX_PAYLOAD {
        return Err(ProtocolError::Malformed(format!(
            "lengths {length} and {total} are too large"
        )));
    }
    let mut json = vec![0_u8; length as usize];
    input.read_exact(&mut json)?;
    let header =
        serde_json::from_slice(&json).map_err(|e| ProtocolError::Malformed(e.to_string()))?;
    let mut payload = Vec::new();
    // `take` instead of a buffer of the announced size: a lying header costs nothing.
    let got = input.take(total).read_to_end(&mut payload)? as u64;
    if got != total {
        return Err(ProtocolError::Io(io::ErrorKind::UnexpectedEof.into()));
    }
    Ok(Message { header, payload })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    #[test]
    fn a_message_survives_the_pipe() {
        let mut pipe = Vec::new();
        let request = Request::Pieapp {
            height: 64,
            width: 65,
            order: ChannelOrder::Rgb,
            chunk: 16,
        };
        write_message(&mut pipe, &request, &[b"ab", b"cde"]).unwrap();
        let back: Message<Request> = read_message(&mut pipe.as_slice()).unwrap();
        assert_eq!(back.header, request);
        assert_eq!(back.payload, b"abcde");
    }

    #[test]
    fn a_score_keeps_every_bit() {
        let mut pipe = Vec::new();
        let score = f64::from(0.491_816_8_f32);
        write_message(&mut pipe, &Response::Pieapp { score, patches: 6 }, &[]).unwrap();
        let back: Message<Response> = read_message(&mut pipe.as_slice()).unwrap();
        assert_eq!(back.header, Response::Pieapp { score, patches: 6 });
    }

    #[test]
    fn a_clean_end_is_told_from_a_broken_one() {
        assert!(matches!(
            read_message::<Response>(&mut [].as_slice()),
            Err(ProtocolError::Closed)
        ));
        let mut pipe = Vec::new();
        write_message(&mut pipe, &Request::Hello { protocol: 1 }, &[b"xyz"]).unwrap();
        pipe.truncate(pipe.len() - 1);
        assert!(matches!(
            read_message::<Request>(&mut pipe.as_slice()),
            Err(ProtocolError::Io(_))
        ));
    }

    #[test]
    fn foreign_text_is_refused() {
        let text = b"libgomp: warning about something or other";
        assert!(matches!(
            read_message::<Response>(&mut text.as_slice()),
            Err(ProtocolError::Malformed(_))
        ));
    }
}
