//! What a history holds beside the rounds themselves: miners, missing keys, rules of other revisions.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::{Origin, Task};
use crate::history::{Record, Sequence, fingerprint};
use crate::rules::{Catalogue, MarginEffect, Revision};

/// Counts over the rounds that were taken.
#[derive(Debug, Default)]
pub struct HistorySurvey {
    /// Their order.
    pub sequence: Sequence,
    /// The miners that they name.
    pub uids: BTreeSet<u16>,
    /// Number of rounds.
    pub taken: u64,
    rules: BTreeMap<u64, u64>,
    no_task: u64,
    no_score: u64,
    no_quality: u64,
    no_vmaf: u64,
    no_rate: u64,
    ungraded: u64,
}

impl HistorySurvey {
    pub(super) fn add(&mut self, record: &Record) {
        self.sequence.see(record);
        self.taken += 1;
        self.uids.extend(record.uid);
        let compression = record.round.task == Task::Compress;
        if let Some(rules) = record.rules {
            *self.rules.entry(rules).or_default() += 1;
        }
        let missing = record.missing;
        let synthetic = record.round.origin == Origin::Synthetic;
        self.no_task += u64::from(missing.task_type);
        self.no_score += u64::from(missing.s_f && (synthetic || compression));
        self.no_quality += u64::from(!compression && missing.s_q && synthetic);
        self.no_vmaf += u64::from(compression && (missing.vmaf_score || missing.vmaf_threshold));
        self.no_rate += u64::from(compression && missing.compression_rate);
        let graded = record.round.origin == Origin::Organic && record.round.grade.is_some();
        self.ungraded += u64::from(!compression && !synthetic && !graded);
    }

    /// Warnings of keys that are missing, as far as they count; a replay of the `ledger` needs more of them.
    #[must_use]
    pub fn missing_keys(&self, revision: &Revision, ledger: bool) -> Vec<String> {
        let mut warnings = Vec::new();
        let mut warn = |count: u64, what: &str, meaning: &str| {
            if count > 0 {
                let of = self.taken;
                warnings.push(format!(
                    "{what} is missing in {count} of {of} records: {meaning}"
                ));
            }
        };
        warn(self.no_task, "task_type", "they count as upscaling");
        warn(self.no_score, "s_f", "it counts as 0");
        warn(
            self.no_quality,
            "s_q",
            "it counts as 0, which is low quality",
        );
        let rules = revision.multipliers.as_ref();
        if let Some(margin) = rules.and_then(|r| r.compression_margin) {
            let meaning = match margin.effect {
                MarginEffect::QualityPenalty => "both count as 0",
                _ => "both count as 0, so the margin of the document cannot be told",
            };
            warn(self.no_vmaf, "vmaf_score or vmaf_threshold", meaning);
        }
        let meaning = if ledger {
            "an organic upscaling cannot be replayed without it"
        } else {
            "such organic upscalings are left out"
        };
        warn(self.ungraded, "grade", meaning);
        if ledger && revision.ledger.not_smaller.is_some() {
            let meaning = "their files are taken as smaller than the source";
            warn(self.no_rate, "compression_rate", meaning);
        }
        warnings
    }

    /// A note where scores were made under another revision than the one that judges them.
    #[must_use]
    pub fn other_rules(&self, revision: &Revision) -> Option<String> {
        let own = fingerprint(&revision.name);
        let others = self.rules.iter().filter(|(rules, _)| **rules != own);
        let count: u64 = others.map(|(_, count)| count).sum();
        if count == 0 {
            return None;
        }
        let catalogue = Catalogue::embedded().ok()?;
        let names: Vec<&str> = catalogue
            .iter()
            .map(|r| r.name.as_str())
            .filter(|name| *name != revision.name && self.rules.contains_key(&fingerprint(name)))
            .collect();
        let names = if names.is_empty() {
            "other rules".to_owned()
        } else {
            names.join(", ")
        };
        Some(format!(
            "{count} of {} rounds were scored under {names}, not under {}: their scores are taken as \
             they are",
            self.taken, revision.name
        ))
    }
}
