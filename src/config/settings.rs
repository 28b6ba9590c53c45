//! The keys there are, and their typed values.

use std::path::PathBuf;

use super::layers::{ConfigError, Layers};

/// One setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// Name in files; `VIDAIO_` and the name in capitals is the variable.
    pub name: &'static str,
    /// What it does.
    pub meaning: &'static str,
    /// Default as shown; empty if it is worked out.
    pub default: &'static str,
}

impl Key {
    /// Whether a value can make this program run or load something, keys of a wallet among it.
    pub(super) fn names_a_program_or_its_data(&self) -> bool {
        matches!(
            self.name,
            "worker" | "models_dir" | "pieapp_weights" | "ffmpeg" | "wallet_path"
        )
    }
}

/// All settings.
pub const KEYS: &[Key] = &[
    Key {
        name: "rules",
        meaning: "revision of the rules: a name, a date, or latest",
        default: "documented",
    },
    Key {
        name: "threads",
        meaning: "threads for decoding, VMAF and PIE-APP; 0 takes every core",
        default: "0",
    },
    Key {
        name: "memory",
        meaning: "MiB that decoding and VMAF may take; fewer threads are used to keep to it",
        default: "1400",
    },
    Key {
        name: "seed",
        meaning: "seed of everything that validators draw at random",
        default: "0",
    },
    Key {
        name: "format",
        meaning: "output format: table, json, jsonl or csv",
        default: "table",
    },
    Key {
        name: "device",
        meaning: "where networks run: auto, cpu or cuda",
        default: "auto",
    },
    Key {
        name: "worker",
        meaning: "path of vidaio-torch; empty looks beside vidaio and on PATH",
        default: "",
    },
    Key {
        name: "models_dir",
        meaning: "folder of weights; empty takes the data folder of the user",
        default: "",
    },
    Key {
        name: "pieapp_weights",
        meaning: "PIE-APP weights other than the published ones, for tests",
        default: "",
    },
    Key {
        name: "ffmpeg",
        meaning: "the FFmpeg program that encodes",
        default: "ffmpeg",
    },
    Key {
        name: "learn",
        meaning: "whether searches are remembered, so that later ones begin nearer: yes or no",
        default: "no",
    },
    Key {
        name: "network",
        meaning: "chain that is read: finney, test, local, or addresses with commas between them (finney@ before them: only mainnet)",
        default: "finney",
    },
    Key {
        name: "netuid",
        meaning: "number of the subnet",
        default: "85",
    },
    Key {
        name: "wallet_path",
        meaning: "folder of wallets; empty takes BT_WALLET_PATH, else ~/.bittensor/wallets",
        default: "",
    },
];

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
            learn: match layers.text("learn")?.as_str() {
                "yes" | "true" | "1" => true,
                "no" | "false" | "0" => false,
                _ => return Err(layers.wrong("learn", "yes or no")),
            },
            network: layers.text("network")?,
            netuid: u16::try_from(layers.number("netuid")?)
                .map_err(|_| layers.wrong("netuid", "a number from 0 to 65535"))?,
            wallet_path: path("wallet_path")?,
        })
    }
}
