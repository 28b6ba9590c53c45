//! A history replayed through the standing of a miner.

use crate::domain::{RecordedTask, Task};
use serde::Serialize;

use crate::history::Record;
use crate::rules::{Revision, RoundScore, TaskChange};
use crate::scoring::{Effect, LedgerError, Round, Standing, check_video};

/// One step of the replay.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct LedgerStep {
    /// Position in the history, from 1; the last one of a round of several videos.
    pub position: u64,
    /// Number of the round, if it has one.
    pub round: Option<u64>,
    /// Its task.
    pub task_type: RecordedTask,
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

/// The hotkey that the last record named.
#[derive(Debug, Clone, Copy, Default)]
pub struct LastHotkey(Option<u64>);

impl LastHotkey {
    /// Whether a record names another one; a record without one says nothing.
    pub fn changes(&mut self, record: &Record) -> bool {
        let new = self.0.is_some() && record.hotkey.is_some() && self.0 != record.hotkey;
        self.0 = record.hotkey.or(self.0);
        new
    }
}

/// A replay in progress.
#[derive(Debug)]
pub struct Replay<'a> {
    revision: &'a Revision,
    /// One for each task where a task is a hotkey's own, else one for all.
    standings: [Standing; 2],
    hotkeys: [LastHotkey; 2],
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
            hotkeys: [LastHotkey::default(); 2],
            position: 0,
            open: Vec::new(),
            open_id: None,
            open_number: None,
        }
    }

    fn index(&self, task: Task) -> usize {
        let apart = self.revision.ledger.task_change == TaskChange::Impossible;
        usize::from(apart && task == Task::Compress)
    }

    /// The standing of a task.
    #[must_use]
    pub fn standing(&self, task: Task) -> &Standing {
        &self.standings[self.index(task)]
    }

    /// Takes the next record; gives a step unless the record belongs to a round that is not over.
    ///
    /// # Errors
    /// A score that the revision gives no meaning.
    pub fn push(&mut self, record: &Record) -> Result<Option<LedgerStep>, LedgerError> {
        if self.revision.ledger.round == RoundScore::WorstTenth {
            return self.push_video(record);
        }
        self.position += 1;
        let index = self.index(record.round.task);
        if self.hotkeys[index].changes(record) {
            self.standings[index].new_hotkey(&self.revision.ledger);
        }
        let standing = &mut self.standings[index];
        let task_before = standing.task();
        let before = standing.value();
        let effect = standing.step(self.revision, &record.round)?;
        let changed = task_before.is_some_and(|task| Some(task) != standing.task());
        Ok(Some(LedgerStep {
            position: self.position,
            round: record.number,
            task_type: record.round.task.into(),
            s_f: record.round.s_f,
            multiplier: standing.multipliers().total,
            before,
            accumulate_score: standing.value(),
            event: event(effect, changed),
        }))
    }

    fn push_video(&mut self, record: &Record) -> Result<Option<LedgerStep>, LedgerError> {
        check_video(self.revision, &record.round)?;
        let same = record.round_id.is_some()
            && record.round_id == self.open_id
            && self
                .open
                .first()
                .is_some_and(|first| first.task == record.round.task);
        let index = self.index(record.round.task);
        let new_hotkey = self.hotkeys[index].changes(record);
        let closed = if same && !new_hotkey {
            None
        } else {
            self.finish()
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
    pub fn finish(&mut self) -> Option<LedgerStep> {
        let videos = std::mem::take(&mut self.open);
        let first = videos.first()?;
        let index = self.index(first.task);
        let standing = &mut self.standings[index];
        let before = standing.value();
        let (effect, score) = standing.step_round(self.revision, &videos);
        let s_f = score.unwrap_or(first.s_f);
        Some(LedgerStep {
            position: self.position,
            round: self.open_number,
            task_type: first.task.into(),
            s_f,
            multiplier: 1.0,
            before,
            accumulate_score: standing.value(),
            event: event(effect, false),
        })
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
