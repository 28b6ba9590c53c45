//! What is recorded of one request.

use serde::{Deserialize, Serialize};

use super::tasks::MadeVideo;
use crate::address::Address;
use crate::domain::RecordedTask;

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RequestOutcome {
    /// A video was returned.
    Delivered,
    /// It was refused before any work was done.
    Refused,
    /// No video was made.
    Failed,
}

impl RequestOutcome {
    /// The name in metrics and on the page.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

/// A request and how it ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RequestRecord {
    /// Unix seconds of its end.
    #[serde(rename = "at")]
    pub ended_at: f64,
    /// `artifact` or `axon`.
    pub protocol: String,
    /// The caller, if its signature holds.
    pub validator: Option<Address>,
    pub task: Option<RecordedTask>,
    /// The caller's name for the task, round or job.
    pub name: String,
    pub outcome: RequestOutcome,
    /// A word, or a sentence where it failed.
    pub reason: String,
    /// Predicted score, 0 to 1, where the miner can compute it.
    pub score: Option<f64>,
    /// VMAF points, where they were measured.
    pub vmaf: Option<f64>,
    /// VMAF points that were asked for.
    pub threshold: Option<f64>,
    /// Of the input and of the output.
    pub bytes: (u64, u64),
    /// From the request to its end.
    pub seconds: f64,
    /// The encoder, behind the upscaling engine if there was one.
    #[serde(rename = "by")]
    pub tools: String,
    pub device: String,
    /// Revision of the rules that the score is of.
    pub rules: String,
}

impl RequestRecord {
    /// Fills in what is known of the video.
    pub fn describe(&mut self, made: &MadeVideo) {
        let Some(record) = &made.record else {
            return;
        };
        self.score = record.score();
        self.vmaf = record.vmaf();
        self.threshold = record.threshold();
        self.tools = record.tools();
        self.device = record.device().to_owned();
        self.rules = record.rules().to_owned();
    }
}
