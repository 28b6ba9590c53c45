//! Settings in layers, each value with where it came from.
//!
//! defaults < system file < user file < project file < `VIDAIO_*` < flags. The environment and the
//! paths are handed in; nothing here reads them.

mod layers;
mod settings;

pub use layers::{ConfigError, Layers, Origin, Trust, Warning};
pub use settings::{KEYS, Key, Settings};
