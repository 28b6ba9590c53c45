//! What the page says of a miner that does not change while it runs.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

/// The set-up of a miner.
#[derive(Debug, Clone)]
pub struct MinerInfo {
    /// Address of the hotkey.
    pub hotkey: String,
    pub started: Instant,
    /// Settings, each with its name and its value.
    pub lines: Vec<(&'static str, String)>,
    /// Programs, encoders and devices, once they are known.
    pub equipment: Arc<OnceLock<Vec<(String, String)>>>,
    /// Folder of the history.
    pub history: PathBuf,
}
