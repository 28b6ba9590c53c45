//! A scored video as a round of a history.

use crate::domain::{RecordedTask, Task};
use serde::Serialize;

use super::context::Context;
use super::failure::Failure;
use crate::gates::Records;
use crate::history::{Folder, append_scored};
use crate::measure::Measurement;
use crate::rules::Revision;
use crate::scoring::SUCCESS_ABOVE;
use crate::verdict::{CompressionVerdict, UpscaleVerdict};

/// The keys that the network's own tools write, and which rules made them.
#[derive(Debug, Clone, Serialize)]
pub(super) struct StoredRound {
    task_type: RecordedTask,
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
    /// What both tasks store.
    fn new(task: Task, s_f: f64, vmaf: f64, rules: &str, measured: &Measurement) -> Self {
        Self {
            task_type: task.into(),
            s_f,
            // Validators store 0 for both in a compression.
            s_q: 0.0,
            s_l: 0.0,
            vmaf_score: vmaf,
            vmaf_threshold: None,
            pieapp_score: None,
            compression_rate: None,
            content_length: None,
            success: s_f > SUCCESS_ABOVE,
            rules: rules.to_owned(),
            reference: crate::shown::path(&measured.reference.path),
            output: crate::shown::path(&measured.distorted.path),
        }
    }

    pub(super) fn compression(v: &CompressionVerdict, revision: &Revision) -> Self {
        // What the network records of a failure is not always what was measured: no VMAF before VMAF was
        // measured, and a rate of its own for most gates.
        let records = match v.gates.decided_by {
            None => Records::VmafAndRate,
            Some(gate) => gate.records,
        };
        Self {
            vmaf_threshold: Some(v.threshold),
            compression_rate: Some(match records {
                Records::VmafAndRate => v.compression_rate,
                _ => revision.ledger.failed_rate.unwrap_or(v.compression_rate),
            }),
            ..Self::new(
                Task::Compress,
                v.s_f,
                if records == Records::Nothing {
                    0.0
                } else {
                    v.vmaf
                },
                &v.rules,
                &v.measurement,
            )
        }
    }

    /// Nothing where PIE-APP was not measured: there is no score to store.
    pub(super) fn upscaling(v: &UpscaleVerdict) -> Option<Self> {
        Some(Self {
            s_q: v.s_q.unwrap_or(0.0),
            s_l: v.s_l,
            pieapp_score: v.pieapp,
            content_length: Some(v.length),
            ..Self::new(Task::Upscale, v.s_f?, v.vmaf, &v.rules, &v.measurement)
        })
    }
}

/// Stores a round and reports where.
pub(super) fn store(
    context: &Context,
    folder: &Folder,
    round: Option<StoredRound>,
) -> Result<(), Failure> {
    let Some(scored) = round else {
        context.warn("the round is not stored: without PIE-APP it has no score");
        return Ok(());
    };
    let stored = append_scored(folder, &scored)?;
    context.say(&format!("stored as {}", stored.path.display()));
    Ok(())
}
