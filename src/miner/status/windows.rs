//! The multipliers over the last rounds of each task, by this miner's own predictions.

use std::path::Path;

use crate::domain::Task;
use crate::history::{Bad, HistoryError, LocatedRecord, read, sources};
use crate::rules::Catalogue;
use crate::scoring::{Round, marks, multipliers};

/// Rounds of a window, as in the rules.
const WINDOW: usize = 10;
/// The revision whose multipliers are shown: the newest rules have none.
const RULES: &str = "documented";

/// The last rounds of one task.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct TaskWindow {
    pub(super) task: Task,
    /// Number of rounds, up to ten.
    pub(super) rounds: usize,
    /// Mean score, 0 to 1.
    pub(super) average: f64,
    /// Bonus, penalty for scores, penalty for quality, and their product.
    pub(super) factors: [f64; 4],
}

/// The windows of a history folder.
///
/// # Errors
/// The history cannot be read.
pub(super) fn windows(folder: &Path) -> Result<Vec<TaskWindow>, HistoryError> {
    let files = match sources(folder) {
        Ok(files) => files,
        // The first round that is scored makes the folder.
        Err(HistoryError::NoFolder { .. } | HistoryError::NoFiles { .. }) => return Ok(Vec::new()),
        Err(e) => return Err(e),
    };
    let mut all: [Vec<(Option<u64>, Round)>; 2] = Default::default();
    let mut take = |entry: &LocatedRecord<'_>| {
        let of = &mut all[usize::from(entry.record.round.task == Task::Compress)];
        of.push((entry.record.number, entry.record.round));
        of.sort_by_key(|(number, _)| *number);
        if of.len() > WINDOW {
            of.remove(0);
        }
    };
    read(&files, Bad::Skip, &mut take)?;
    let catalogue = Catalogue::embedded().ok();
    let rules = catalogue
        .as_ref()
        .and_then(|c| c.find(RULES).ok())
        .and_then(|r| r.multipliers.as_ref());
    let Some(rules) = rules else {
        return Ok(Vec::new());
    };
    let windows = Task::ALL.into_iter().filter_map(|task| {
        let rounds = &all[usize::from(task == Task::Compress)];
        if rounds.is_empty() {
            return None;
        }
        let found = multipliers(
            rules,
            WINDOW as u64,
            rounds.iter().map(|(_, round)| marks(rules, task, round)),
        );
        let sum: f64 = rounds.iter().map(|(_, round)| round.s_f).sum();
        Some(TaskWindow {
            task,
            rounds: rounds.len(),
            average: sum / rounds.len() as f64,
            factors: [found.bonus, found.penalty_f, found.penalty_q, found.total],
        })
    });
    Ok(windows.collect())
}
