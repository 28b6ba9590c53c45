//! The last records, with all their keys.

use crate::domain::Task;
use std::collections::VecDeque;

use serde_json::{Map, Value};

use super::entry::{KeptForm, LocatedRecord, keys_of};
use super::folder::HistoryFile;
use super::record::Record;

/// A record that was kept.
#[derive(Debug, Clone)]
pub struct Kept {
    pub record: Record,
    /// Index of its file.
    pub source: usize,
    pub line: u64,
    /// Index within a JSON list of several records, counted from 1.
    pub item: Option<u64>,
    form: KeptForm,
    text: Vec<u8>,
}

impl Kept {
    /// What the round is called, and the name of its file: its number, else the file with the position in it.
    #[must_use]
    pub fn label(&self, files: &[HistoryFile]) -> (String, String) {
        let file = files
            .get(self.source)
            .map(HistoryFile::name)
            .unwrap_or_default();
        let label = match (self.record.number, self.item) {
            (Some(number), _) => number.to_string(),
            (None, Some(item)) => format!("{file}[{item}]"),
            (None, None) if self.line <= 1 => file.clone(),
            (None, None) => format!("{file}:{}", self.line),
        };
        (label, file)
    }

    /// All keys that it was written with, known and unknown.
    #[must_use]
    pub fn keys(&self) -> Map<String, Value> {
        keys_of(&self.form, &self.text)
    }
}

/// The last records of each task, or of all tasks together.
#[derive(Debug)]
pub struct Tails {
    size: usize,
    together: bool,
    tails: [VecDeque<Kept>; 2],
    seen: [u64; 2],
}

impl Tails {
    /// Keeps `size` records of each task, or `size` of any task if they stand together.
    #[must_use]
    pub fn new(size: usize, together: bool) -> Self {
        Self {
            size,
            together,
            tails: [VecDeque::new(), VecDeque::new()],
            seen: [0; 2],
        }
    }

    fn index(&self, task: Task) -> usize {
        usize::from(!self.together && task == Task::Compress)
    }

    /// Takes the next record.
    pub fn push(&mut self, entry: &LocatedRecord<'_>) {
        let index = self.index(entry.record.round.task);
        // The buffer of the record that leaves serves the one that comes.
        let text = self.make_room(index).map(|kept| kept.text);
        self.tails[index].push_back(Kept::new(entry, text.unwrap_or_default()));
    }

    /// Adds a record that was kept elsewhere.
    pub fn push_kept(&mut self, kept: Kept) {
        let index = self.index(kept.record.round.task);
        self.make_room(index);
        self.tails[index].push_back(kept);
    }

    /// Counts one more; gives the record that leaves for it, if the tail is full.
    fn make_room(&mut self, index: usize) -> Option<Kept> {
        self.seen[index] += 1;
        let tail = &mut self.tails[index];
        (tail.len() >= self.size)
            .then(|| tail.pop_front())
            .flatten()
    }

    /// Drops the records of a task: another miner begins.
    pub fn forget(&mut self, task: Task) {
        let index = self.index(task);
        self.tails[index].clear();
        self.seen[index] = 0;
    }

    /// The last records, oldest first.
    #[must_use]
    pub fn of(&self, task: Task) -> &VecDeque<Kept> {
        &self.tails[self.index(task)]
    }

    /// Records ever seen.
    #[must_use]
    pub fn seen(&self, task: Task) -> u64 {
        self.seen[self.index(task)]
    }
}

impl Kept {
    fn new(entry: &LocatedRecord<'_>, mut text: Vec<u8>) -> Self {
        entry.write_to(&mut text);
        Self {
            record: entry.record,
            source: entry.source,
            line: entry.line,
            item: entry.item,
            form: entry.form(),
            text,
        }
    }
}

impl From<&LocatedRecord<'_>> for Kept {
    fn from(entry: &LocatedRecord<'_>) -> Self {
        Self::new(entry, Vec::new())
    }
}
