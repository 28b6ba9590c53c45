//! The typed values of what every command may need.

use std::path::PathBuf;

use super::layers::{ConfigError, Layers};

/// Settings resolved and checked.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Settings {
    /// Revision by name, date or `latest`.
    pub rules: String,
    /// Threads; at least 1.
    pub threads: u32,
    /// MiB that decoding and VMAF may take.
    pub memory: u64,
    /// Seed.
    pub seed: u64,
    /// Output format by name.
    pub format: String,
    /// Device by name.
    pub device: String,
    /// Worker program, if named.
    pub worker: Option<PathBuf>,
    /// Folder of weights, if named.
    pub models_dir: Option<PathBuf>,
    /// Other weights, if named.
    pub pieapp_weights: Option<PathBuf>,
    /// The FFmpeg program.
    pub ffmpeg: PathBuf,
    /// Whether searches are remembered.
    pub learn: bool,
    /// The chain, by name or address.
    pub network: String,
    /// Number of the subnet.
    pub netuid: u16,
    /// Folder of wallets, if named.
    pub wallet_path: Option<PathBuf>,
}

impl Settings {
    /// Reads all keys out of the layers. `cores` stands for 0 threads.
    ///
    /// # Errors
    /// A value of the wrong kind, with its origin.
    pub fn resolve(layers: &Layers, cores: u32) -> Result<Self, ConfigError> {
        let path = |key| {
            Ok::<_, ConfigError>(
                Some(layers.text(key)?)
                    .filter(|t| !t.is_empty())
                    .map(PathBuf::from),
            )
        };
        let threads = layers.number("threads")?;
        let threads = u32::try_from(threads)
            .ok()
            .filter(|n| *n <= 1024)
            .ok_or_else(|| layers.wrong("threads", "a number from 0 to 1024"))?;
        let device = layers.text("device")?;
        if !["auto", "cpu", "cuda"].contains(&device.as_str()) {
            return Err(layers.wrong("device", "auto, cpu or cuda"));
        }
        let format = layers.text("format")?;
        if !["table", "json", "jsonl", "csv"].contains(&format.as_str()) {
            return Err(layers.wrong("format", "table, json, jsonl or csv"));
        }
        Ok(Self {
            rules: layers.text("rules")?,
            threads: if threads == 0 { cores.max(1) } else { threads },
            memory: layers.number("memory")?,
            seed: layers.number("seed")?,
            format,
            device,
            worker: path("worker")?,
            models_dir: path("models_dir")?,
            pieapp_weights: path("pieapp_weights")?,
            ffmpeg: path("ffmpeg")?.unwrap_or_else(|| "ffmpeg".into()),
            learn: layers.yes_or_no("learn")?,
            network: layers.text("network")?,
            netuid: u16::try_from(layers.number("netuid")?)
                .map_err(|_| layers.wrong("netuid", "a number from 0 to 65535"))?,
            wallet_path: path("wallet_path")?,
        })
    }
}
