//! In which order records belong, and whether they came in it.

use super::numbers::Numbers;
use super::record::Record;
use crate::domain::Task;

/// What orders a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "Order")]
pub enum SortOrder {
    /// `timestamp`, because every record has one.
    Timestamp,
    /// `round`, because every record has one.
    Round,
    /// Names of files in natural order, and places in them.
    File,
}

/// Most gaps that a note shows. Our choice.
const GAPS_SHOWN: usize = 5;

/// What a record is sorted by; the number of the round decides between equal times.
pub type SortKey = (i64, Option<u64>);

/// Finds out what orders records, from one pass over them.
#[derive(Debug, Clone)]
pub struct Sequence {
    time: Watch<SortKey>,
    number: Watch<u64>,
    tasks: [OfTask; 2],
    ties: u64,
    first_tie: Option<u64>,
    equal_times: u64,
}

/// What was seen of one task.
#[derive(Debug, Clone, Default)]
struct OfTask {
    numbers: Numbers,
    last: Option<Record>,
}

/// One key of all records so far.
#[derive(Debug, Clone)]
struct Watch<T> {
    everyone: bool,
    ascending: bool,
    last: Option<T>,
}

impl<T: PartialOrd + Copy> Watch<T> {
    const fn new() -> Self {
        Self {
            everyone: true,
            ascending: true,
            last: None,
        }
    }

    fn see(&mut self, value: Option<T>) {
        match value {
            None => self.everyone = false,
            Some(value) => {
                self.ascending &= self.last.is_none_or(|last| last <= value);
                self.last = Some(value);
            }
        }
    }
}

impl Default for Sequence {
    fn default() -> Self {
        Self {
            time: Watch::new(),
            number: Watch::new(),
            tasks: [OfTask::default(), OfTask::default()],
            ties: 0,
            first_tie: None,
            equal_times: 0,
        }
    }
}

impl Sequence {
    /// Takes note of the next record.
    pub fn see(&mut self, record: &Record) {
        self.time.see(record.time.map(|time| (time, record.number)));
        self.number.see(record.number);
        let task = &mut self.tasks[usize::from(record.round.task == Task::Compress)];
        // Several videos of one round share its number, its id and perhaps its time.
        let same_round =
            |last: &Record| record.round_id.is_some() && last.round_id == record.round_id;
        let another = task.last.as_ref().filter(|last| !same_round(last));
        if let Some(last) = another
            && record.time.is_some()
            && last.time == record.time
            && last.number == record.number
        {
            self.equal_times += 1;
        }
        let again = record.number.is_some_and(|n| task.numbers.insert(n));
        if again && (another.is_some() || task.last.is_none()) {
            self.ties += 1;
            self.first_tie = self.first_tie.or(record.number);
        }
        task.last = Some(*record);
    }

    /// What orders the records seen.
    #[must_use]
    pub fn order(&self) -> SortOrder {
        if self.time.everyone {
            SortOrder::Timestamp
        } else if self.number.everyone {
            SortOrder::Round
        } else {
            SortOrder::File
        }
    }

    /// Whether they came in that order.
    #[must_use]
    pub fn in_order(&self) -> bool {
        match self.order() {
            SortOrder::Timestamp => self.time.ascending,
            SortOrder::Round => self.number.ascending,
            SortOrder::File => true,
        }
    }

    /// What a person should know of rounds that share their number or their time.
    #[must_use]
    pub fn ties(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if let Some(first) = self.first_tie {
            notes.push(format!(
                "rounds that have the number of another round of their task: {}, the first is {first}; \
                 each counts",
                self.ties
            ));
        }
        if self.equal_times > 0 && self.first_tie.is_none() && self.order() == SortOrder::Timestamp
        {
            notes.push(format!(
                "rounds that have the time of the round before: {}; they keep their places in the files",
                self.equal_times
            ));
        }
        notes
    }

    /// Position of a record in the order found.
    #[must_use]
    pub fn key(&self, record: &Record) -> SortKey {
        match self.order() {
            SortOrder::Timestamp => (record.time.unwrap_or(0), record.number),
            SortOrder::Round => (0, record.number),
            SortOrder::File => (0, None),
        }
    }
}

/// Watches which round numbers there are, of all tasks together, whatever their order.
#[derive(Debug, Clone, Default)]
pub struct Gaps(Numbers);

impl Gaps {
    /// Takes note of a record.
    pub fn see(&mut self, record: &Record) {
        if let Some(number) = record.number {
            self.0.insert(number);
        }
    }

    /// What a person should know of numbers that are missing.
    #[must_use]
    pub fn note(&self) -> Option<String> {
        let gaps = self.0.gaps();
        let shown: Vec<String> = gaps
            .iter()
            .take(GAPS_SHOWN)
            .map(|(from, to)| {
                if from == to {
                    from.to_string()
                } else {
                    format!("{from} to {to}")
                }
            })
            .collect();
        let missing: u64 = gaps.iter().map(|(from, to)| to - from + 1).sum();
        let more = if gaps.len() > GAPS_SHOWN { " …" } else { "" };
        (missing > 0).then(|| {
            format!(
                "round numbers that are missing: {missing} ({}{more})",
                shown.join(", ")
            )
        })
    }
}
