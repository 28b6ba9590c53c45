//! What this machine makes videos with, as `vidaio doctor` says.

use std::process::{Command, Stdio};

use serde::Deserialize;

use super::super::reach;

/// One piece of it.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Piece {
    pub(super) what: String,
    pub(super) state: String,
    pub(super) detail: String,
}

/// Asks the program that reads video; nothing if it does not run.
pub(super) fn ask() -> Option<Vec<Piece>> {
    let output = Command::new(reach::video_program())
        .args(["doctor", "--format", "json"])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    serde_json::from_slice(&output.stdout).ok()
}

/// Says what it is, so that no encoder or device is used in silence, and gives it for the page.
pub(super) fn announce() -> Vec<(String, String)> {
    let Some(pieces) = ask() else {
        tracing::error!(
            "{} does not run: nothing can be made",
            reach::video_program().display()
        );
        return Vec::new();
    };
    let shown = pieces.into_iter().filter(|piece| {
        matches!(
            piece.what.as_str(),
            "FFmpeg program" | "encoders" | "libtorch" | "NVIDIA driver"
        )
    });
    shown
        .map(|piece| {
            if piece.state == "missing" {
                tracing::warn!("{}: {} (missing)", piece.what, piece.detail);
            } else {
                tracing::info!("{}: {} ({})", piece.what, piece.detail, piece.state);
            }
            (piece.what, format!("{} ({})", piece.detail, piece.state))
        })
        .collect()
}
