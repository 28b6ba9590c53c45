//! The keys there are.

/// One setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SettingKey {
    /// Name in files; `VIDAIO_` and the name in capitals is the variable.
    pub name: &'static str,
    /// What it does.
    pub meaning: &'static str,
    /// Default as shown; empty if it is worked out.
    pub default: &'static str,
    /// The variable that the network's published set-up has for it.
    pub published: Option<&'static str>,
    /// Whether its value is hidden.
    pub secrecy: Secrecy,
}

/// Whether a value may be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secrecy {
    /// To everybody.
    Open,
    /// Hidden.
    Secret,
}

impl SettingKey {
    const fn new(name: &'static str, meaning: &'static str, default: &'static str) -> Self {
        Self {
            name,
            meaning,
            default,
            published: None,
            secrecy: Secrecy::Open,
        }
    }

    const fn published(self, variable: &'static str) -> Self {
        Self {
            published: Some(variable),
            ..self
        }
    }

    const fn secret(self) -> Self {
        Self {
            secrecy: Secrecy::Secret,
            ..self
        }
    }

    /// Whether a value can make this program run or load something, keys of a wallet among it.
    pub(super) fn names_a_program_or_its_data(&self) -> bool {
        matches!(
            self.name,
            "worker" | "models_dir" | "pieapp_weights" | "ffmpeg" | "wallet_path"
        )
    }

    /// A value as it may be shown.
    #[must_use]
    pub fn shown<'v>(&self, value: &'v str) -> &'v str {
        match self.secrecy {
            Secrecy::Secret if !value.is_empty() => "(hidden)",
            _ => value,
        }
    }
}

/// All settings.
pub const KEYS: &[SettingKey] = &[
    SettingKey::new(
        "rules",
        "revision of the rules: a name, a date, or latest",
        "documented",
    ),
    SettingKey::new(
        "threads",
        "threads for decoding, VMAF and PIE-APP; 0 takes every core",
        "0",
    ),
    SettingKey::new(
        "memory",
        "MiB that decoding and VMAF may take; fewer threads are used to keep to it",
        "1400",
    ),
    SettingKey::new(
        "seed",
        "seed of everything that validators draw at random",
        "0",
    ),
    SettingKey::new(
        "format",
        "output format: table, json, jsonl or csv",
        "table",
    ),
    SettingKey::new(
        "device",
        "where networks run: auto, cpu or cuda",
        "auto",
    ),
    SettingKey::new(
        "worker",
        "path of vidaio-torch; empty looks beside vidaio and on PATH",
        "",
    ),
    SettingKey::new(
        "models_dir",
        "folder of weights; empty takes the data folder of the user",
        "",
    ),
    SettingKey::new(
        "pieapp_weights",
        "PIE-APP weights other than the published ones, for tests",
        "",
    ),
    SettingKey::new("ffmpeg", "the FFmpeg program that encodes", "ffmpeg"),
    SettingKey::new(
        "learn",
        "whether searches are remembered, so that later ones begin nearer: yes or no",
        "no",
    ),
    SettingKey::new(
        "network",
        "chain that is read: finney, test, local, or addresses with commas between them (finney@ before them: only mainnet)",
        "finney",
    ),
    SettingKey::new("netuid", "number of the subnet", "85"),
    SettingKey::new(
        "wallet_path",
        "folder of wallets; empty takes BT_WALLET_PATH, else ~/.bittensor/wallets",
        "",
    ),
    SettingKey::new(
        "wallet",
        "wallet that mines; empty takes BT_WALLET_NAME, else default",
        "",
    ),
    SettingKey::new(
        "hotkey",
        "hotkey that mines; empty takes BT_WALLET_HOTKEY, else default",
        "",
    ),
    SettingKey::new(
        "protocol",
        "what mine speaks: artifact, axon or both",
        "artifact",
    ),
    SettingKey::new("axon_port", "port on which mine serves validators", "8091"),
    SettingKey::new(
        "external_ip",
        "address under which validators reach mine, as it is put on the chain",
        "",
    ),
    SettingKey::new(
        "tasks",
        "what mine works on: compress, upscale, or both with a comma between",
        "compress,upscale",
    ),
    SettingKey::new(
        "warrant",
        "the one task that mine competes in: compress or upscale",
        "compress",
    ),
    SettingKey::new(
        "content_length",
        "seconds of video that mine says it can enlarge: 5 or 10",
        "5",
    ),
    SettingKey::new(
        "metagraph",
        "snapshot that mine --offline takes for the chain",
        "",
    ),
    SettingKey::new(
        "admin",
        "address and port of mine's own page, health and metrics; empty serves none",
        "127.0.0.1:9106",
    ),
    SettingKey::new("slots", "tasks that mine works on at a time", "2"),
    SettingKey::new(
        "waiting",
        "tasks of the axon that may wait for a slot; beyond it the answer is 429 at once",
        "8",
    ),
    SettingKey::new(
        "least_stake",
        "alpha that a validator must hold to be served over the axon",
        "0",
    ),
    SettingKey::new(
        "state_dir",
        "folder of mine's database, work and own files; empty takes the data folder of the user",
        "",
    ),
    SettingKey::new(
        "history_dir",
        "folder of served rounds; empty takes history in state_dir",
        "",
    ),
    SettingKey::new(
        "upscale_model",
        "who enlarges for mine: lanczos, bicubic, spline, auto, a model or a file of weights",
        "lanczos",
    ),
    SettingKey::new(
        "batch_size",
        "frames that a network is given at once; empty takes 1",
        "",
    )
    .published("BATCH_SIZE"),
    SettingKey::new(
        "prefetch_frames",
        "frames that are decoded ahead; empty takes 8",
        "",
    )
    .published("PREFETCH_FRAMES"),
    SettingKey::new(
        "bucket_type",
        "where the axon's results lie: own (this machine's disk), backblaze, amazon_s3, cloudflare, hippius or minio",
        "own",
    )
    .published("BUCKET_TYPE"),
    SettingKey::new("bucket_name", "name of the bucket", "").published("BUCKET_NAME"),
    SettingKey::new("bucket_endpoint", "address of the bucket's service", "")
        .published("BUCKET_COMPATIBLE_ENDPOINT"),
    SettingKey::new("bucket_access_key", "access key of the bucket", "")
        .published("BUCKET_COMPATIBLE_ACCESS_KEY")
        .secret(),
    SettingKey::new("bucket_secret_key", "secret key of the bucket", "")
        .published("BUCKET_COMPATIBLE_SECRET_KEY")
        .secret(),
    SettingKey::new(
        "bucket_region",
        "region of the bucket; empty takes the usual one of its type",
        "",
    ),
    SettingKey::new(
        "bucket_style",
        "how the bucket stands in an address: auto, path or virtual",
        "auto",
    ),
    SettingKey::new(
        "bucket_public_endpoint",
        "address under which validators reach the bucket, where it is another",
        "",
    ),
    SettingKey::new(
        "link_life",
        "seconds for which a link to a result can be used, at most 604800",
        "7200",
    ),
    SettingKey::new(
        "own_url",
        "begin of links to results on this machine; empty takes http, external_ip and axon_port",
        "",
    ),
    SettingKey::new(
        "fetch_private",
        "whether mine fetches from private and local addresses: yes or no",
        "no",
    ),
    SettingKey::new(
        "fetch_limit",
        "MiB of the largest input that mine fetches",
        "2048",
    ),
    SettingKey::new(
        "queue",
        "where the axon's jobs lie: empty takes the database in state_dir, else redis://host:port/0",
        "",
    )
    .secret(),
    SettingKey::new(
        "log_format",
        "form of mine's log on standard error: text or json",
        "text",
    ),
];
