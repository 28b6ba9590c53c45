//! The typed values of what mining needs.

use crate::domain::Task;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use super::frames::FrameSettings;
use super::layers::{ConfigError, Layers};

/// Longest life of a link: S3 has no longer ones.
const LONGEST_LINK: u64 = 7 * 24 * 3600;

/// What is spoken to validators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// The signed exchange of bodies.
    Artifact,
    /// Synapses.
    Axon,
    /// Both, on one port.
    Both,
}

impl Protocol {
    /// Whether the artifact exchange is among it.
    #[must_use]
    pub const fn has_artifact(self) -> bool {
        matches!(self, Self::Artifact | Self::Both)
    }

    /// Whether the axon is among it.
    #[must_use]
    pub const fn has_axon(self) -> bool {
        matches!(self, Self::Axon | Self::Both)
    }
}

/// Where results lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BucketType {
    /// On this machine's disk.
    Own,
    /// Backblaze B2.
    Backblaze,
    /// Amazon.
    AmazonS3,
    /// Cloudflare R2.
    Cloudflare,
    /// Hippius.
    Hippius,
    /// MinIO and whatever else speaks S3.
    Minio,
}

/// How a bucket stands in an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BucketStyle {
    /// As is usual for its type.
    Auto,
    /// Behind the host.
    Path,
    /// Before the host.
    Virtual,
}

/// Form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One object a line.
    Json,
}

/// Settings of `vidaio mine`, resolved and checked.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct MineSettings {
    /// Wallet, if named.
    pub wallet: Option<String>,
    /// Hotkey, if named.
    pub hotkey: Option<String>,
    /// What is spoken.
    pub protocol: Protocol,
    /// Port for validators.
    pub axon_port: u16,
    /// Address for validators, if named.
    pub external_ip: Option<IpAddr>,
    /// What is worked on.
    pub tasks: Vec<Task>,
    /// What is competed in.
    pub warrant: Task,
    /// Seconds: 5 or 10.
    pub content_length: u8,
    /// Snapshot for offline use, if named.
    pub metagraph: Option<PathBuf>,
    /// Address of page, health and metrics, if they are served.
    pub admin: Option<SocketAddr>,
    /// Tasks at a time; at least 1.
    pub slots: usize,
    /// Tasks that may wait.
    pub waiting: usize,
    /// Alpha that an axon's caller must hold.
    pub least_stake: f64,
    /// Folder of the state, if named.
    pub state_dir: Option<PathBuf>,
    /// Folder of the history, if named.
    pub history_dir: Option<PathBuf>,
    /// Who enlarges.
    pub upscale_model: String,
    /// Frames on their way to a network.
    pub frames: FrameSettings,
    /// Where results lie.
    pub bucket_type: BucketType,
    /// Bucket.
    pub bucket_name: Option<String>,
    /// Its service.
    pub bucket_endpoint: Option<String>,
    /// Its key.
    pub bucket_access_key: Option<String>,
    /// Its secret.
    pub bucket_secret_key: Option<String>,
    /// Its region, if named.
    pub bucket_region: Option<String>,
    /// How it stands in an address.
    pub bucket_style: BucketStyle,
    /// Its address for validators, if it is another.
    pub bucket_public_endpoint: Option<String>,
    /// Life of a link.
    pub link_life: Duration,
    /// Begin of links to this machine, if named.
    pub own_url: Option<String>,
    /// Whether private addresses are fetched from.
    pub fetch_private: bool,
    /// Bytes of the largest input that is fetched.
    pub fetch_limit: u64,
    /// Queue elsewhere, if named.
    pub queue: Option<String>,
    /// Form of the log.
    pub log_format: LogFormat,
}

/// Without what is secret.
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
    /// Reads the keys of mining out of the layers.
    ///
    /// # Errors
    /// A value of the wrong kind, with its origin.
    pub fn resolve(layers: &Layers) -> Result<Self, ConfigError> {
        let named = |key| {
            let text = layers.text(key)?.trim().to_owned();
            Ok::<_, ConfigError>(Some(text).filter(|t| !t.is_empty()))
        };
        let path = |key| Ok::<_, ConfigError>(named(key)?.map(PathBuf::from));
        let count = |key, least, most| layers.number_within(key, least, most);
        let choice = |key, all: &[&str]| {
            let text = layers.text(key)?;
            let at = all.iter().position(|name| *name == text.trim());
            at.ok_or_else(|| layers.wrong(key, &format!("one of {}", all.join(", "))))
        };
        let tasks: Option<Vec<Task>> = layers
            .text("tasks")?
            .split(',')
            .map(|name| task(name.trim()))
            .collect();
        let tasks = tasks.ok_or_else(|| {
            layers.wrong("tasks", "compress, upscale, or both with a comma between")
        })?;
        let warrant = task(layers.text("warrant")?.trim())
            .ok_or_else(|| layers.wrong("warrant", "compress or upscale"))?;
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
            protocol: [Protocol::Artifact, Protocol::Axon, Protocol::Both]
                [choice("protocol", &["artifact", "axon", "both"])?],
            axon_port: u16::try_from(count("axon_port", 0, 65535)?).unwrap_or(0),
            external_ip: ip("external_ip")?,
            tasks,
            warrant,
            content_length: [5, 10][choice("content_length", &["5", "10"])?],
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
            bucket_type: [
                BucketType::Own,
                BucketType::Backblaze,
                BucketType::AmazonS3,
                BucketType::Cloudflare,
                BucketType::Hippius,
                BucketType::Minio,
            ][choice(
                "bucket_type",
                &[
                    "own",
                    "backblaze",
                    "amazon_s3",
                    "cloudflare",
                    "hippius",
                    "minio",
                ],
            )?],
            bucket_name: named("bucket_name")?,
            bucket_endpoint: named("bucket_endpoint")?,
            bucket_access_key: named("bucket_access_key")?,
            bucket_secret_key: named("bucket_secret_key")?,
            bucket_region: named("bucket_region")?,
            bucket_style: [BucketStyle::Auto, BucketStyle::Path, BucketStyle::Virtual]
                [choice("bucket_style", &["auto", "path", "virtual"])?],
            bucket_public_endpoint: named("bucket_public_endpoint")?,
            link_life: Duration::from_secs(count("link_life", 1, LONGEST_LINK)?),
            own_url: named("own_url")?,
            fetch_private: layers.yes_or_no("fetch_private")?,
            fetch_limit: count("fetch_limit", 1, 1 << 20)? << 20,
            queue: named("queue")?,
            log_format: [LogFormat::Text, LogFormat::Json]
                [choice("log_format", &["text", "json"])?],
        })
    }
}

fn task(name: &str) -> Option<Task> {
    match name {
        "compress" | "compression" => Some(Task::Compress),
        "upscale" | "upscaling" => Some(Task::Upscale),
        _ => None,
    }
}
