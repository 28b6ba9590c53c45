//! The typed values of the settings of mining.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use super::frames::FrameSettings;
use super::layers::{ConfigError, Layers};
use crate::domain::Task;

/// Longest life of a link in seconds: a week, beyond which S3 signs none.
const LONGEST_LINK: u64 = 7 * 24 * 3600;

/// The protocols that validators are served by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// The artifact exchange.
    Artifact,
    /// The Bittensor axon.
    Axon,
    /// Both, on one port.
    Both,
}

impl Protocol {
    const NAMES: [(&'static str, Self); 3] = [
        ("artifact", Self::Artifact),
        ("axon", Self::Axon),
        ("both", Self::Both),
    ];

    /// Whether the artifact exchange is served.
    #[must_use]
    pub const fn has_artifact(self) -> bool {
        matches!(self, Self::Artifact | Self::Both)
    }

    /// Whether the axon is served.
    #[must_use]
    pub const fn has_axon(self) -> bool {
        matches!(self, Self::Axon | Self::Both)
    }
}

/// Where outputs are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BucketType {
    /// On this machine's disk.
    Own,
    /// Backblaze B2.
    Backblaze,
    /// Amazon S3.
    AmazonS3,
    /// Cloudflare R2.
    Cloudflare,
    Hippius,
    /// MinIO and whatever else speaks S3.
    Minio,
}

impl BucketType {
    const NAMES: [(&'static str, Self); 6] = [
        ("own", Self::Own),
        ("backblaze", Self::Backblaze),
        ("amazon_s3", Self::AmazonS3),
        ("cloudflare", Self::Cloudflare),
        ("hippius", Self::Hippius),
        ("minio", Self::Minio),
    ];
}

/// Where the name of a bucket is in a URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BucketStyle {
    /// As is usual for the type of the bucket.
    Auto,
    /// At the start of the path.
    Path,
    /// At the start of the host.
    Virtual,
}

impl BucketStyle {
    const NAMES: [(&'static str, Self); 3] = [
        ("auto", Self::Auto),
        ("path", Self::Path),
        ("virtual", Self::Virtual),
    ];
}

/// Form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    /// One object for each line.
    Json,
}

impl LogFormat {
    const NAMES: [(&'static str, Self); 2] = [("text", Self::Text), ("json", Self::Json)];
}

/// Values of the setting `content_length`, in seconds.
const CONTENT_LENGTHS: [(&str, u8); 2] = [("5", 5), ("10", 10)];

/// Settings of `vidaio mine`, resolved and checked.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct MineSettings {
    pub wallet: Option<String>,
    pub hotkey: Option<String>,
    pub protocol: Protocol,
    /// Port that validators are served on.
    pub axon_port: u16,
    /// Address under which validators reach this machine.
    pub external_ip: Option<IpAddr>,
    /// Tasks that are accepted.
    pub tasks: Vec<Task>,
    /// The task that the miner is scored for; one of `tasks`.
    pub warrant: Task,
    /// Seconds of video that can be upscaled: 5 or 10.
    pub content_length: u8,
    /// Snapshot that takes the place of the chain.
    pub metagraph: Option<PathBuf>,
    /// Address of the page, health and metrics, if they are served.
    pub admin: Option<SocketAddr>,
    /// Tasks at a time, 1 to 256.
    pub slots: usize,
    /// Tasks that may wait for a slot, up to 100,000.
    pub waiting: usize,
    /// Alpha that a caller of the axon must hold.
    pub least_stake: f64,
    pub state_dir: Option<PathBuf>,
    pub history_dir: Option<PathBuf>,
    /// Upscaling engine, as `vidaio upscale --model` takes it.
    pub upscale_model: String,
    pub frames: FrameSettings,
    pub bucket_type: BucketType,
    pub bucket_name: Option<String>,
    /// URL or host of the bucket's service.
    pub bucket_endpoint: Option<String>,
    pub bucket_access_key: Option<String>,
    pub bucket_secret_key: Option<String>,
    pub bucket_region: Option<String>,
    pub bucket_style: BucketStyle,
    /// Address of the bucket for validators, where it is another.
    pub bucket_public_endpoint: Option<String>,
    /// Time for which a link is valid, up to a week.
    pub link_life: Duration,
    /// Start of links to outputs on this machine.
    pub own_url: Option<String>,
    /// Whether inputs may be fetched from private addresses.
    pub fetch_private: bool,
    /// Bytes of the largest input that is fetched, up to 1 TiB.
    pub fetch_limit: u64,
    /// URL of the Redis that holds the queue.
    pub queue: Option<String>,
    pub log_format: LogFormat,
}

/// Without secrets.
impl std::fmt::Debug for MineSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MineSettings")
            .field("protocol", &self.protocol)
            .field("axon_port", &self.axon_port)
            .field("warrant", &self.warrant)
            .finish_non_exhaustive()
    }
}

impl MineSettings {
    /// Resolves the settings of mining from the layers.
    ///
    /// # Errors
    /// An invalid value, with its origin.
    pub fn resolve(layers: &Layers) -> Result<Self, ConfigError> {
        let named = |key| {
            let text = layers.text(key)?.trim().to_owned();
            Ok::<_, ConfigError>(Some(text).filter(|t| !t.is_empty()))
        };
        let path = |key| Ok::<_, ConfigError>(named(key)?.map(PathBuf::from));
        let count = |key, least, most| layers.number_within(key, least, most);
        let tasks: Option<Vec<Task>> = layers
            .text("tasks")?
            .split(',')
            .map(|name| name.trim().parse().ok())
            .collect();
        let tasks = tasks.ok_or_else(|| {
            layers.wrong("tasks", "compress, upscale, or both with a comma between")
        })?;
        let warrant = layers.text("warrant")?;
        let warrant: Task = warrant
            .trim()
            .parse()
            .map_err(|_| layers.wrong("warrant", "compress or upscale"))?;
        if !tasks.contains(&warrant) {
            return Err(layers.wrong(
                "warrant",
                "among `tasks`, or nothing asked for would be done",
            ));
        }
        let ip = |key| {
            let parsed = named(key)?.map(|text| text.parse::<IpAddr>());
            parsed
                .transpose()
                .map_err(|_| layers.wrong(key, "an IP address, such as 203.0.113.7"))
        };
        let admin = named("admin")?.map(|text| text.parse::<SocketAddr>());
        let stake = layers.text("least_stake")?.trim().parse::<f64>();
        Ok(Self {
            wallet: named("wallet")?,
            hotkey: named("hotkey")?,
            protocol: choice(layers, "protocol", &Protocol::NAMES)?,
            axon_port: u16::try_from(count("axon_port", 0, 65535)?).unwrap_or(0),
            external_ip: ip("external_ip")?,
            tasks,
            warrant,
            content_length: choice(layers, "content_length", &CONTENT_LENGTHS)?,
            metagraph: path("metagraph")?,
            admin: admin.transpose().map_err(|_| {
                layers.wrong("admin", "an address and a port, such as 127.0.0.1:9106")
            })?,
            slots: usize::try_from(count("slots", 1, 256)?).unwrap_or(1),
            waiting: usize::try_from(count("waiting", 0, 100_000)?).unwrap_or(0),
            least_stake: stake
                .ok()
                .filter(|s| s.is_finite() && *s >= 0.0)
                .ok_or_else(|| layers.wrong("least_stake", "a number, 0 or more"))?,
            state_dir: path("state_dir")?,
            history_dir: path("history_dir")?,
            upscale_model: layers.text("upscale_model")?,
            frames: FrameSettings::resolve(layers)?,
            bucket_type: choice(layers, "bucket_type", &BucketType::NAMES)?,
            bucket_name: named("bucket_name")?,
            bucket_endpoint: named("bucket_endpoint")?,
            bucket_access_key: named("bucket_access_key")?,
            bucket_secret_key: named("bucket_secret_key")?,
            bucket_region: named("bucket_region")?,
            bucket_style: choice(layers, "bucket_style", &BucketStyle::NAMES)?,
            bucket_public_endpoint: named("bucket_public_endpoint")?,
            link_life: Duration::from_secs(count("link_life", 1, LONGEST_LINK)?),
            own_url: named("own_url")?,
            fetch_private: layers.yes_or_no("fetch_private")?,
            fetch_limit: count("fetch_limit", 1, 1 << 20)? << 20,
            queue: named("queue")?,
            log_format: choice(layers, "log_format", &LogFormat::NAMES)?,
        })
    }
}

/// The value whose name a setting holds.
fn choice<T: Copy>(layers: &Layers, key: &str, names: &[(&str, T)]) -> Result<T, ConfigError> {
    let text = layers.text(key)?;
    let chosen = names.iter().find(|(name, _)| *name == text.trim());
    chosen.map(|(_, value)| *value).ok_or_else(|| {
        let names: Vec<&str> = names.iter().map(|(name, _)| *name).collect();
        layers.wrong(key, &format!("one of {}", names.join(", ")))
    })
}
