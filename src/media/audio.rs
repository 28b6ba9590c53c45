//! Fingerprints of audio streams, from their undecoded packets.

use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::error::MediaError;
use super::open::open;

/// One audio stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[schemars(rename = "SoundStream")]
#[non_exhaustive]
pub struct AudioStream {
    /// SHA-256 of all its packets in order, in hexadecimal.
    pub sha256: String,
    /// Number of packets.
    pub packets: u64,
    /// Bytes of all packets.
    pub bytes: u64,
}

/// Fingerprints of every audio stream of a file, in the file's order.
///
/// # Errors
/// Whatever keeps the file from being opened or read.
pub fn audio_streams(path: &Path) -> Result<Vec<AudioStream>, MediaError> {
    let (mut input, _, _) = open(path)?;
    let chosen = input.choose_audio();
    let mut streams: Vec<(Sha256, u64, u64)> =
        chosen.iter().map(|_| (Sha256::new(), 0, 0)).collect();
    while let Some((index, packet)) = input
        .next_audio_packet()
        .map_err(|code| MediaError::of_code(path, "read the sound", code))?
    {
        if let Some(at) = chosen.iter().position(|i| *i == index) {
            let (hash, packets, bytes) = &mut streams[at];
            hash.update(packet.data());
            *packets += 1;
            *bytes += packet.bytes();
        }
    }
    Ok(streams
        .into_iter()
        .map(|(hash, packets, bytes)| AudioStream {
            sha256: hex::encode(hash.finalize()),
            packets,
            bytes,
        })
        .collect())
}
