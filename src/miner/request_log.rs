//! Records of requests: the last ones in the database, scored ones in a history folder as well.

use std::sync::Arc;

use serde::Serialize;

use super::database::Database;
use super::request_record::{RequestOutcome, RequestRecord};
use crate::address::Address;
use crate::domain::RecordedTask;
use crate::history::{Folder, append_scored};
use crate::scoring::SUCCESS_ABOVE;

/// Records that the database keeps; older ones are deleted. Our choice: some days of a busy miner.
const KEPT_RECORDS: i64 = 10_000;

/// Writes and reads records of requests.
#[derive(Debug, Clone)]
pub struct RequestLog {
    database: Database,
    folder: Arc<Folder>,
}

/// A scored round, with the keys that the network's own tools write.
#[derive(Serialize)]
struct PredictedRound<'a> {
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

impl RequestLog {
    /// Records in a database, and rounds in a folder.
    #[must_use]
    pub fn new(database: Database, folder: Folder) -> Self {
        Self {
            database,
            folder: Arc::new(folder),
        }
    }

    /// Records a request. A record that cannot be written is logged, and the caller gets its response regardless.
    pub async fn keep(&self, record: RequestRecord) {
        count(&record);
        // Strangers can be refused as often as they like: they are counted, and get no room in the database.
        if record.validator.is_none() {
            tracing::debug!(protocol = record.protocol, "{}", record.reason);
            return;
        }
        tracing::info!(
            protocol = record.protocol,
            name = record.name,
            validator = record.validator.map(|v| v.to_string()),
            outcome = ?record.outcome,
            score = record.score,
            seconds = record.seconds,
            "{}",
            record.reason
        );
        if let Err(e) = self.write(&record).await {
            tracing::error!("the record of {} is lost: {e}", record.name);
        }
        if record.outcome != RequestOutcome::Delivered || record.score.is_none() {
            return;
        }
        let folder = Arc::clone(&self.folder);
        let stored = tokio::task::spawn_blocking(move || store(&folder, &record)).await;
        match stored {
            Ok(Ok(())) => {}
            Ok(Err(e)) => tracing::error!("the round is not in the history: {e}"),
            Err(e) => tracing::error!("the round is not in the history: {e}"),
        }
    }

    async fn write(
        &self,
        record: &RequestRecord,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let text = serde_json::to_string(record)?;
        let mut all = self.database.pool().begin().await?;
        sqlx::query("INSERT INTO requests (ended_at, record) VALUES (?, ?)")
            .bind(record.ended_at)
            .bind(text)
            .execute(&mut *all)
            .await?;
        sqlx::query("DELETE FROM requests WHERE id <= (SELECT MAX(id) FROM requests) - ?")
            .bind(KEPT_RECORDS)
            .execute(&mut *all)
            .await?;
        all.commit().await?;
        Ok(())
    }

    /// The last records, the newest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn last(&self, most: u32) -> Result<Vec<RequestRecord>, sqlx::Error> {
        let rows: Vec<String> =
            sqlx::query_scalar("SELECT record FROM requests ORDER BY id DESC LIMIT ?")
                .bind(most)
                .fetch_all(self.database.pool())
                .await?;
        // A record of another version is skipped.
        Ok(rows
            .iter()
            .filter_map(|row| serde_json::from_str(row).ok())
            .collect())
    }
}

fn store(folder: &Folder, record: &RequestRecord) -> Result<(), crate::history::HistoryError> {
    let (Some(s_f), Some(task)) = (record.score, record.task) else {
        return Ok(());
    };
    let (input, output) = record.bytes;
    let round = PredictedRound {
        task_type: task,
        s_f,
        s_q: 0.0,
        s_l: 0.0,
        vmaf_score: record.vmaf.unwrap_or(0.0),
        vmaf_threshold: record.threshold,
        compression_rate: if input > 0 {
            output as f64 / input as f64
        } else {
            0.0
        },
        success: s_f > SUCCESS_ABOVE,
        rules: &record.rules,
        round_id: &record.name,
        predicted: true,
        protocol: &record.protocol,
        validator: record.validator,
    };
    append_scored(folder, &round).map(|_stored| ())
}

fn count(record: &RequestRecord) {
    let outcome = record.outcome.name();
    let task = record.task.map_or("unknown", |task| task.0.noun());
    let protocol = record.protocol.clone();
    metrics::counter!("vidaio_requests_total", "protocol" => protocol, "task" => task, "outcome" => outcome)
        .increment(1);
    if record.outcome == RequestOutcome::Delivered {
        metrics::histogram!("vidaio_task_seconds", "task" => task).record(record.seconds);
        if let Some(score) = record.score {
            metrics::gauge!("vidaio_last_score", "task" => task).set(score);
        }
    }
}
