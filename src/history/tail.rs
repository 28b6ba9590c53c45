//! The last records, with all their keys.

use std::collections::VecDeque;

use serde_json::{Map, Value};

use super::read::{Entry, Form, keys_of};
use super::record::Record;
use crate::scoring::TaskType;

/// A record that was kept.
#[derive(Debug, Clone)]
pub struct Kept {
    /// The record.
    pub record: Record,
    /// Index of its file.
    pub source: usize,
    /// Its line.
    pub line: u64,
    /// Its place in a list of several records.
    pub item: Option<u64>,
    /// How many records of its task came before it.
    pub position: u64,
    form: Form,
    text: Vec<u8>,
}

impl Kept {
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

    fn index(&self, task: TaskType) -> usize {
        usize::from(!self.together && task == TaskType::Compression)
    }

    /// Takes the next record.
    pub fn push(&mut self, entry: &Entry<'_>) {
        let index = self.index(entry.record.round.task);
        let tail = &mut self.tails[index];
        let position = self.seen[index];
        self.seen[index] += 1;
        // The buffer of the record that leaves serves the one that comes.
        let mut text = if tail.len() >= self.size {
            tail.pop_front().map(|kept| kept.text).unwrap_or_default()
        } else {
            Vec::new()
        };
        entry.write_to(&mut text);
        tail.push_back(Kept {
            record: entry.record,
            source: entry.source,
            line: entry.line,
            item: entry.item,
            position,
            form: entry.form(),
            text,
        });
    }

    /// Forgets what was kept of a task: another miner begins.
    pub fn forget(&mut self, task: TaskType) {
        let index = self.index(task);
        self.tails[index].clear();
        self.seen[index] = 0;
    }

    /// The last records, oldest first.
    #[must_use]
    pub fn of(&self, task: TaskType) -> &VecDeque<Kept> {
        &self.tails[self.index(task)]
    }

    /// Records ever seen.
    #[must_use]
    pub fn seen(&self, task: TaskType) -> u64 {
        self.seen[self.index(task)]
    }

    /// Takes a record that was kept elsewhere, as the next one.
    pub fn push_kept(&mut self, mut kept: Kept) {
        let index = self.index(kept.record.round.task);
        kept.position = self.seen[index];
        self.seen[index] += 1;
        let tail = &mut self.tails[index];
        if tail.len() >= self.size {
            tail.pop_front();
        }
        tail.push_back(kept);
    }
}

impl From<&Entry<'_>> for Kept {
    fn from(entry: &Entry<'_>) -> Self {
        let mut text = Vec::new();
        entry.write_to(&mut text);
        Self {
            record: entry.record,
            source: entry.source,
            line: entry.line,
            item: entry.item,
            position: 0,
            form: entry.form(),
            text,
        }
    }
}
