//! What became of requests: the last ones in the database, scored ones in a folder of history.

use crate::domain::{RecordedTask, Task};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::database::Database;
use super::tasks::MadeVideo;
use crate::address::Address;
use crate::history::{Folder, append_scored};
use crate::scoring::SUCCESS_ABOVE;

/// Records that are kept.
const KEPT: i64 = 10_000;

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It was answered with a video.
    Delivered,
    /// It was refused before any work.
    Refused,
    /// Nothing was made.
    Failed,
}

/// A request and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Served {
    /// Unix seconds of the end.
    pub at: f64,
    /// `artifact` or `axon`.
    pub protocol: String,
    /// Who asked, if that is proven.
    pub validator: Option<Address>,
    /// What for.
    pub task: Option<Task>,
    /// The task's name.
    pub name: String,
    /// How it ended.
    pub outcome: Outcome,
    /// Why, in a word or a sentence.
    pub reason: String,
    /// The score that the result would have, where that can be known here.
    pub score: Option<f64>,
    /// VMAF of the result, where it was measured.
    pub vmaf: Option<f64>,
    /// Threshold that was aimed at.
    pub threshold: Option<f64>,
    /// Bytes that came and went.
    pub bytes: (u64, u64),
    /// Seconds from the request to the answer.
    pub seconds: f64,
    /// Encoder, or who enlarged.
    pub by: String,
    /// Where that ran.
    pub device: String,
    /// Revision that the numbers are of.
    pub rules: String,
}

impl Served {
    /// Takes over what is known of what was made.
    pub fn describe(&mut self, made: &MadeVideo) {
        let Some(record) = &made.record else {
            return;
        };
        self.score = record.score();
        self.vmaf = record.vmaf();
        self.threshold = record.threshold();
        self.by = record.tools();
        self.device = record.device().to_owned();
        self.rules = record.rules().to_owned();
    }
}

/// Where it is kept.
#[derive(Debug, Clone)]
pub struct Rounds {
    database: Database,
    folder: Arc<Folder>,
}

/// A scored round, with the keys that the network's own tools write.
#[derive(Serialize)]
struct Round<'a> {
    task_type: RecordedTask,
    s_f: f64,
    s_q: f64,
    s_l: f64,
    vmaf_score: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    vmaf_threshold: Option<f64>,
    compression_rate: f64,
    success: bool,
    rules: &'a str,
    round_id: &'a str,
    predicted: bool,
    protocol: &'a str,
    validator: Option<Address>,
}

impl Rounds {
    /// In a database and a folder.
    #[must_use]
    pub fn new(database: Database, folder: Folder) -> Self {
        Self {
            database,
            folder: Arc::new(folder),
        }
    }

    /// Keeps one. What cannot be kept is said in the log; the answer does not wait for it.
    pub async fn keep(&self, served: Served) {
        count(&served);
        // Anybody can be refused as often as they like: that is counted, and takes no room here.
        if served.validator.is_none() {
            tracing::debug!(protocol = served.protocol, "{}", served.reason);
            return;
        }
        tracing::info!(
            protocol = served.protocol,
            name = served.name,
            validator = served.validator.map(|v| v.to_string()),
            outcome = ?served.outcome,
            score = served.score,
            seconds = served.seconds,
            "{}",
            served.reason
        );
        if let Err(e) = self.write(&served).await {
            tracing::error!("the record of {} is lost: {e}", served.name);
        }
        if served.outcome != Outcome::Delivered || served.score.is_none() {
            return;
        }
        let folder = Arc::clone(&self.folder);
        let stored = tokio::task::spawn_blocking(move || store(&folder, &served)).await;
        match stored {
            Ok(Ok(())) => {}
            Ok(Err(e)) => tracing::error!("the round is not in the history: {e}"),
            Err(e) => tracing::error!("the round is not in the history: {e}"),
        }
    }

    async fn write(&self, served: &Served) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let record = serde_json::to_string(served)?;
        let mut all = self.database.pool().begin().await?;
        sqlx::query("INSERT INTO requests (ended_at, record) VALUES (?, ?)")
            .bind(served.at)
            .bind(record)
            .execute(&mut *all)
            .await?;
        sqlx::query("DELETE FROM requests WHERE id <= (SELECT MAX(id) FROM requests) - ?")
            .bind(KEPT)
            .execute(&mut *all)
            .await?;
        all.commit().await?;
        Ok(())
    }

    /// The last ones, the newest first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn last(&self, most: u32) -> Result<Vec<Served>, sqlx::Error> {
        let rows: Vec<String> =
            sqlx::query_scalar("SELECT record FROM requests ORDER BY id DESC LIMIT ?")
                .bind(most)
                .fetch_all(self.database.pool())
                .await?;
        // A record of another version is passed over.
        Ok(rows
            .iter()
            .filter_map(|row| serde_json::from_str(row).ok())
            .collect())
    }
}

fn store(folder: &Folder, served: &Served) -> Result<(), crate::history::HistoryError> {
    let (Some(s_f), Some(task)) = (served.score, served.task) else {
        return Ok(());
    };
    let (came, went) = served.bytes;
    let round = Round {
        task_type: task.into(),
        s_f,
        s_q: 0.0,
        s_l: 0.0,
        vmaf_score: served.vmaf.unwrap_or(0.0),
        vmaf_threshold: served.threshold,
        compression_rate: if came > 0 {
            went as f64 / came as f64
        } else {
            0.0
        },
        success: s_f > SUCCESS_ABOVE,
        rules: &served.rules,
        round_id: &served.name,
        predicted: true,
        protocol: &served.protocol,
        validator: served.validator,
    };
    append_scored(folder, &round).map(|_stored| ())
}

fn count(served: &Served) {
    let outcome = match served.outcome {
        Outcome::Delivered => "delivered",
        Outcome::Refused => "refused",
        Outcome::Failed => "failed",
    };
    let task = match served.task {
        Some(Task::Compress) => "compression",
        Some(Task::Upscale) => "upscaling",
        None => "unknown",
    };
    let protocol = served.protocol.clone();
    metrics::counter!("vidaio_requests_total", "protocol" => protocol, "task" => task, "outcome" => outcome)
        .increment(1);
    if served.outcome == Outcome::Delivered {
        metrics::histogram!("vidaio_task_seconds", "task" => task).record(served.seconds);
        if let Some(score) = served.score {
            metrics::gauge!("vidaio_last_score", "task" => task).set(score);
        }
    }
}
