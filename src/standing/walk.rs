//! One walk over a history: the rounds of one miner and task, in their order.

use std::collections::BTreeSet;

use super::survey::HistorySurvey;
use crate::domain::Task;
use crate::history::{
    Bad, Gaps, HistoryError, HistoryFile, Kept, LocatedRecord, Record, Scan, SortOrder, read,
};

/// Which rounds are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoundFilter {
    /// Rounds of both tasks where it is absent.
    pub task: Option<Task>,
    /// Rounds of every miner where it is absent.
    pub uid: Option<u16>,
    /// Whether rounds that name no miner belong to the one that was asked for.
    pub unnamed_too: bool,
}

/// Receives rounds in their order.
pub trait RoundSink {
    /// Forgets everything: the rounds come again, in another order.
    fn restart(&mut self);
    /// The next round, as it is read.
    fn pass(&mut self, entry: &LocatedRecord<'_>);
    /// The next round, kept since it was read.
    fn held(&mut self, kept: Kept);
}

/// What a walk found.
#[derive(Debug)]
pub struct Walk {
    /// Counts over all records.
    pub scan: Scan,
    /// Counts over the rounds that were taken.
    pub survey: HistorySurvey,
    /// Numbers of rounds that are missing.
    pub gaps: Gaps,
    /// Miners whose rounds were not taken.
    pub other_uids: BTreeSet<u16>,
    /// What the rounds are ordered by.
    pub order: SortOrder,
}

impl RoundFilter {
    fn is_of_miner(&self, record: &Record) -> bool {
        match (self.uid, record.uid) {
            (None, _) => true,
            (Some(_), None) => self.unnamed_too,
            (Some(asked), Some(uid)) => asked == uid,
        }
    }

    fn takes(&self, record: &Record) -> bool {
        self.task.is_none_or(|task| task == record.round.task) && self.is_of_miner(record)
    }
}

/// Passes every round that `filter` takes to `sink`, in order. Files that do not hold the rounds in their order are
/// read a second time, kept whole and sorted, which `on_sort` announces.
///
/// # Errors
/// A file or record that cannot be read, unless such are skipped.
pub fn walk(
    files: &[HistoryFile],
    bad: Bad,
    filter: RoundFilter,
    sink: &mut dyn RoundSink,
    on_sort: &dyn Fn(),
) -> Result<Walk, HistoryError> {
    let (mut survey, mut gaps) = (HistorySurvey::default(), Gaps::default());
    let mut other_uids = BTreeSet::new();
    let scan = read(files, bad, &mut |entry| {
        if filter.is_of_miner(&entry.record) {
            gaps.see(&entry.record);
        } else {
            other_uids.extend(entry.record.uid);
        }
        if filter.takes(&entry.record) {
            survey.add(&entry.record);
            sink.pass(entry);
        }
    })?;
    let order = survey.sequence.order();
    if !survey.sequence.in_order() {
        on_sort();
        let mut held = Vec::new();
        read(files, bad, &mut |entry| {
            if filter.takes(&entry.record) {
                held.push((survey.sequence.key(&entry.record), Kept::from(entry)));
            }
        })?;
        held.sort_by_key(|(key, _)| *key);
        sink.restart();
        survey = HistorySurvey::default();
        for (_, kept) in held {
            survey.add(&kept.record);
            sink.held(kept);
        }
    }
    Ok(Walk {
        scan,
        survey,
        gaps,
        other_uids,
        order,
    })
}
