//! Settings in layers, each value with where it came from.
//!
//! defaults < system file < user file < project file < `.env` < environment < flags. The environment and the
//! paths are handed in; nothing here reads them.

mod environment_file;
mod frames;
mod keys;
mod layers;
mod mining;
mod settings;

pub use environment_file::{VariableWarning, lay_environment_file, read_environment_file};
pub use frames::FrameSettings;
pub use keys::{KEYS, Secrecy, SettingKey};
pub use layers::{ConfigError, ConfigWarning, Layers, SettingOrigin, Trust};
pub use mining::{BucketStyle, BucketType, LogFormat, MineSettings, Protocol};
pub use settings::Settings;
