//! A history replayed through the standing of a miner.

use serde::Serialize;

use crate::history::Record;
use crate::rules::{Revision, RoundScore, TaskChange};
use crate::scoring::{Effect, LedgerError, Round, Standing, TaskType};

/// One step of the replay.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct LedgerStep {
    /// Position in the history, from 1; the last one of a round of several videos.
    pub position: u64,
    /// Number of the round, if it has one.
    pub round: Option<u64>,
    /// Its task.
    pub task_type: TaskType,
    /// Its score; the mean of what counted where several videos make one step.
    pub s_f: f64,
    /// The multiplier it was taken with.
    pub multiplier: f64,
    /// The standing before.
    pub before: f64,
    /// The standing after.
    pub accumulate_score: f64,
    /// What happened.
    pub event: &'static str,
}

/// For `vidaio schema`: a ledger is a list of steps.
pub type LedgerSchema = Vec<LedgerStep>;

/// Why a history cannot be replayed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("position {position}: {source}")]
pub struct ReplayError {
    /// Position of the record, from 1.
    pub position: u64,
    /// Why.
    pub source: LedgerError,
}

/// A replay under way.
#[derive(Debug)]
pub struct Replay<'a> {
    revision: &'a Revision,
    /// One for each task where a task is a hotkey's own, else one for all.
    standings: [Standing; 2],
    hotkeys: [Option<u64>; 2],
    position: u64,
    /// Videos of a round that is not over yet.
    open: Vec<Round>,
    open_id: Option<u64>,
    open_number: Option<u64>,
}

impl<'a> Replay<'a> {
    /// Begins with a new miner.
    #[must_use]
    pub fn new(revision: &'a Revision) -> Self {
        Self {
            revision,
            standings: [Standing::default(), Standing::default()],
            hotkeys: [None; 2],
            position: 0,
            open: Vec::new(),
            open_id: None,
            open_number: None,
        }
    }

    fn index(&self, task: TaskType) -> usize {
        let apart = self.revision.ledger.task_change == TaskChange::Impossible;
        usize::from(apart && task == TaskType::Compression)
    }

    /// The standing of a task.
    #[must_use]
    pub fn standing(&self, task: TaskType) -> &Standing {
        &self.standings[self.index(task)]
    }

    /// Takes the next record; gives a step unless the record belongs to a round that is not over.
    ///
    /// # Errors
    /// A score that the revision gives no meaning.
    pub fn push(&mut self, record: &Record) -> Result<Option<LedgerStep>, ReplayError> {
        if self.revision.ledger.round == RoundScore::WorstTenth {
            return self.push_video(record);
        }
        self.position += 1;
        let index = self.index(record.round.task);
        if self.is_new_hotkey(index, record) {
            self.standings[index].new_hotkey(&self.revision.ledger);
        }
        let standing = &mut self.standings[index];
        let task_before = standing.task();
        let before = standing.value();
        let effect = standing
            .step(self.revision, &record.round)
            .map_err(|source| ReplayError {
                position: self.position,
                source,
            })?;
        let changed = task_before.is_some_and(|task| Some(task) != standing.task());
        Ok(Some(LedgerStep {
            position: self.position,
            round: record.number,
            task_type: record.round.task,
            s_f: record.round.s_f,
            multiplier: standing.multipliers().total,
            before,
            accumulate_score: standing.value(),
            event: event(effect, changed),
        }))
    }

    /// Whether a record names another hotkey than the one before; a record without one says nothing.
    fn is_new_hotkey(&mut self, index: usize, record: &Record) -> bool {
        let known = &mut self.hotkeys[index];
        let new = known.is_some() && record.hotkey.is_some() && *known != record.hotkey;
        *known = record.hotkey.or(*known);
        new
    }

    fn push_video(&mut self, record: &Record) -> Result<Option<LedgerStep>, ReplayError> {
        let same = record.round_id.is_some()
            && record.round_id == self.open_id
            && self
                .open
                .first()
                .is_some_and(|first| first.task == record.round.task);
        let index = self.index(record.round.task);
        let new_hotkey = self.is_new_hotkey(index, record);
        let closed = if same && !new_hotkey {
            None
        } else {
            self.finish()?
        };
        if new_hotkey {
            self.standings[index].new_hotkey(&self.revision.ledger);
        }
        self.position += 1;
        self.open.push(record.round);
        self.open_id = record.round_id;
        self.open_number = record.number;
        Ok(closed)
    }

    /// Closes the last round; gives its step if it was still open.
    ///
    /// # Errors
    /// A score that the revision gives no meaning.
    pub fn finish(&mut self) -> Result<Option<LedgerStep>, ReplayError> {
        let videos = std::mem::take(&mut self.open);
        let Some(first) = videos.first() else {
            return Ok(None);
        };
        let index = self.index(first.task);
        let standing = &mut self.standings[index];
        let before = standing.value();
        let (effect, score) = standing
            .step_round(self.revision, &videos)
            .map_err(|source| ReplayError {
                position: self.position,
                source,
            })?;
        let s_f = score.unwrap_or(first.s_f);
        Ok(Some(LedgerStep {
            position: self.position,
            round: self.open_number,
            task_type: first.task,
            s_f,
            multiplier: 1.0,
            before,
            accumulate_score: standing.value(),
            event: event(effect, false),
        }))
    }
}

fn event(effect: Effect, changed: bool) -> &'static str {
    match effect {
        Effect::Scored if changed => "change of task",
        Effect::Scored => "scored",
        Effect::ValidatorFault => "validator's fault, left alone",
        Effect::NotSmaller => "not smaller than the source",
        Effect::Graded => "organic, graded",
        Effect::Skipped => "organic, not recorded",
        Effect::Excluded => "excluded",
    }
}
