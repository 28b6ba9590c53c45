//! A scored video as a round of a history.

use serde::Serialize;

use super::context::Context;
use super::failure::Failure;
use crate::history::{Folder, append};
use crate::scoring::TaskType;
use crate::verdict::{CompressionVerdict, UpscaleVerdict};

/// Value of the `schema` field of a stored round.
const SCHEMA: &str = "vidaio.round/1";
/// S strictly above is what validators call a success.
const SUCCESS_ABOVE: f64 = 0.08;

/// The keys that the network's own tools write, and which rules made them.
#[derive(Debug, Clone, Serialize)]
pub(super) struct StoredRound {
    schema: &'static str,
    vidaio: &'static str,
    round: u64,
    timestamp: String,
    task_type: TaskType,
    s_f: f64,
    s_q: f64,
    s_l: f64,
    vmaf_score: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    vmaf_threshold: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pieapp_score: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    compression_rate: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_length: Option<f64>,
    success: bool,
    rules: String,
    reference: String,
    output: String,
}

impl StoredRound {
    pub(super) fn compression(v: &CompressionVerdict) -> Self {
        Self {
            schema: SCHEMA,
            vidaio: env!("CARGO_PKG_VERSION"),
            round: 0,
            timestamp: String::new(),
            task_type: TaskType::Compression,
            s_f: v.s_f,
            // Validators store 0 for both in this task.
            s_q: 0.0,
            s_l: 0.0,
            vmaf_score: v.vmaf,
            vmaf_threshold: Some(v.threshold),
            pieapp_score: None,
            compression_rate: Some(v.compression_rate),
            content_length: None,
            success: v.s_f > SUCCESS_ABOVE,
            rules: v.rules.clone(),
            reference: v.measurement.reference.path.display().to_string(),
            output: v.measurement.distorted.path.display().to_string(),
        }
    }

    /// Nothing where PIE-APP was not measured: there is no score to store.
    pub(super) fn upscaling(v: &UpscaleVerdict) -> Option<Self> {
        let s_f = v.s_f?;
        Some(Self {
            schema: SCHEMA,
            vidaio: env!("CARGO_PKG_VERSION"),
            round: 0,
            timestamp: String::new(),
            task_type: TaskType::Upscaling,
            s_f,
            s_q: v.s_q.unwrap_or(0.0),
            s_l: v.s_l,
            vmaf_score: v.vmaf,
            vmaf_threshold: None,
            pieapp_score: v.pieapp,
            compression_rate: None,
            content_length: Some(v.length),
            success: s_f > SUCCESS_ABOVE,
            rules: v.rules.clone(),
            reference: v.measurement.reference.path.display().to_string(),
            output: v.measurement.distorted.path.display().to_string(),
        })
    }
}

/// Stores a round and says where.
pub(super) fn store(
    context: &Context,
    folder: &Folder,
    round: Option<StoredRound>,
) -> Result<(), Failure> {
    let Some(round) = round else {
        context.warn("the round is not stored: without PIE-APP it has no score");
        return Ok(());
    };
    let stored = append(folder, |number| StoredRound {
        round: number,
        timestamp: jiff::Timestamp::now().to_string(),
        ..round
    })?;
    context.say(&format!("stored as {}", stored.path.display()));
    Ok(())
}
