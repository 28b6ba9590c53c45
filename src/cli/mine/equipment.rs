//! What this machine makes videos with, as `vidaio doctor` reports it.

use std::process::{Command, Stdio};

use serde::Deserialize;

use super::super::equipment::{ENCODERS, FFMPEG_PROGRAM, LIBTORCH, MISSING, NVIDIA_DRIVER};
use super::super::reach;

/// One line of that report.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct EquipmentLine {
    pub(super) what: String,
    pub(super) state: String,
    pub(super) detail: String,
}

/// The report of the program that reads video; nothing if it does not run.
pub(super) fn report() -> Option<Vec<EquipmentLine>> {
    let output = Command::new(reach::video_program())
        .args(["doctor", "--format", "json"])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    serde_json::from_slice(&output.stdout).ok()
}

/// Logs what matters of it, so that no encoder or device is used in silence, and gives that for the page.
pub(super) fn announce() -> Vec<(String, String)> {
    let Some(lines) = report() else {
        tracing::error!(
            "{} does not run: nothing can be made",
            reach::video_program().display()
        );
        return Vec::new();
    };
    let shown = lines.into_iter().filter(|line| {
        matches!(
            line.what.as_str(),
            FFMPEG_PROGRAM | ENCODERS | LIBTORCH | NVIDIA_DRIVER
        )
    });
    shown
        .map(|line| {
            if line.state == MISSING {
                tracing::warn!("{}: {} (missing)", line.what, line.detail);
            } else {
                tracing::info!("{}: {} ({})", line.what, line.detail, line.state);
            }
            (line.what, format!("{} ({})", line.detail, line.state))
        })
        .collect()
}
