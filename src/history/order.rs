//! In which order records belong, and whether they came in it.

use super::record::Record;
use crate::scoring::TaskType;

/// What orders a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// `timestamp`, because every record has one.
    Timestamp,
    /// `round`, because every record has one.
    Round,
    /// Names of files in natural order, and places in them.
    File,
}

/// Places of gaps that are kept for the report.
const GAPS_SHOWN: usize = 5;

/// Watches records go by.
#[derive(Debug, Clone)]
pub struct Sequence {
    time: Watch<i64>,
    number: Watch<u64>,
    last: [Option<(u64, Option<u64>)>; 2],
    ties: u64,
    first_tie: Option<u64>,
    highest: Option<u64>,
    gaps: u64,
    gaps_shown: Vec<(u64, u64)>,
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
            last: [None; 2],
            ties: 0,
            first_tie: None,
            highest: None,
            gaps: 0,
            gaps_shown: Vec::new(),
        }
    }
}

impl Sequence {
    /// Takes note of the next record.
    pub fn see(&mut self, record: &Record) {
        self.time.see(record.time);
        self.number.see(record.number);
        let Some(number) = record.number else { return };
        let last = match record.round.task {
            TaskType::Upscaling => &mut self.last[0],
            TaskType::Compression => &mut self.last[1],
        };
        // Several videos of one round share its number and its id.
        if last.is_some_and(|(before, id)| {
            before == number && (record.round_id.is_none() || id != record.round_id)
        }) {
            self.ties += 1;
            self.first_tie.get_or_insert(number);
        }
        *last = Some((number, record.round_id));
        if let Some(highest) = self.highest
            && number > highest + 1
        {
            self.gaps += number - highest - 1;
            if self.gaps_shown.len() < GAPS_SHOWN {
                self.gaps_shown.push((highest + 1, number - 1));
            }
        }
        self.highest = Some(self.highest.map_or(number, |highest| highest.max(number)));
    }

    /// What orders the records seen.
    #[must_use]
    pub fn order(&self) -> Order {
        if self.time.everyone {
            Order::Timestamp
        } else if self.number.everyone {
            Order::Round
        } else {
            Order::File
        }
    }

    /// Whether they came in that order.
    #[must_use]
    pub fn in_order(&self) -> bool {
        match self.order() {
            Order::Timestamp => self.time.ascending,
            Order::Round => self.number.ascending,
            Order::File => true,
        }
    }

    /// What a person should know of ties and gaps; only true of records that came in order.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if let Some(first) = self.first_tie {
            notes.push(format!(
                "{} rounds have the number of another round of their task, the first is {first}; \
                 each counts",
                self.ties
            ));
        }
        if !self.gaps_shown.is_empty() {
            let shown: Vec<String> = self
                .gaps_shown
                .iter()
                .map(|(from, to)| {
                    if from == to {
                        from.to_string()
                    } else {
                        format!("{from} to {to}")
                    }
                })
                .collect();
            let more = if self.gaps_shown.len() == GAPS_SHOWN {
                " …"
            } else {
                ""
            };
            notes.push(format!(
                "{} round numbers are missing: {}{more}",
                self.gaps,
                shown.join(", ")
            ));
        }
        notes
    }

    /// Position of a record in the order found.
    #[must_use]
    pub fn key(&self, record: &Record) -> i64 {
        match self.order() {
            Order::Timestamp => record.time.unwrap_or(0),
            Order::Round => record
                .number
                .and_then(|n| i64::try_from(n).ok())
                .unwrap_or(i64::MAX),
            Order::File => 0,
        }
    }
}
