//! The last rounds of a history under a revision.

use crate::domain::{RecordedTask, Task};
use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Serialize;
use serde_json::{Map, Value};

use super::MULTIPLIERS_SCHEMA;
use crate::history::{Kept, SortOrder};
use crate::rules::{MarginEffect, MultiplierRules, Revision};
use crate::scoring::{
    Marks, Outlook, Round, Trend, marks, multipliers, outlook, trend, window_average, window_tier,
};

/// Where rounds came from.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct HistoryFacts {
    /// The folder.
    #[serde(serialize_with = "crate::shown::serialize")]
    pub folder: PathBuf,
    /// Files read.
    pub files: usize,
    /// Records read, of all tasks.
    pub records: u64,
    /// What orders them.
    pub order: SortOrder,
    /// Records that could not be read and were passed over.
    pub skipped_records: u64,
    /// Files that could not be read and were passed over.
    pub skipped_files: u64,
}

/// The multipliers of a history.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct MultiplierVerdict {
    /// Schema of this record.
    pub schema: String,
    /// The revision that made every number here.
    pub rules: String,
    /// Its source commit.
    pub rules_commit: String,
    /// Where the rounds came from.
    pub history: HistoryFacts,
    /// `upscaling` and `compression`.
    pub tasks: BTreeMap<RecordedTask, TaskMultipliers>,
    /// What a reader should know.
    pub notes: Vec<String>,
}

/// One task. Counts, factors and tier are `null` under a revision without multipliers; averages are
/// `null` without rounds.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct TaskMultipliers {
    /// Rounds of this task in the history, since the last change of hotkey; of both tasks where the
    /// window is mixed.
    pub rounds: u64,
    /// Rounds that a window holds; counts are divided by it.
    pub window: u64,
    /// Whether the window holds rounds of both tasks (`script`).
    pub mixed_window: bool,
    /// Rounds above the bonus limit.
    pub bonus_count: Option<u64>,
    /// Rounds below the limit of the score.
    pub penalty_f_count: Option<u64>,
    /// Rounds below the limit of the quality.
    pub penalty_q_count: Option<u64>,
    /// 1 or more.
    pub bonus_multiplier: Option<f64>,
    /// 1 or less.
    pub penalty_f_multiplier: Option<f64>,
    /// 1 or less.
    pub penalty_q_multiplier: Option<f64>,
    /// The product.
    pub total_multiplier: Option<f64>,
    /// Average score of the window.
    pub avg_s_f: Option<f64>,
    /// Average quality of the window.
    pub avg_s_q: Option<f64>,
    /// What the revision calls such a window.
    pub tier: Option<String>,
    /// The records of the window, oldest first, with all their keys.
    pub records: Vec<WindowRecord>,
    /// Rounds whose VMAF is near the threshold, where the revision names a margin.
    pub vmaf_margin: Option<MarginView>,
    /// What the next rounds would change.
    pub outlook: Option<Outlook>,
    /// The last window against the one before; only on request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trend: Option<Trend>,
    /// Scores of up to two windows, oldest first; only beside a trend.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recent_scores: Vec<f64>,
    /// The exponentially weighted standing over the whole history, where it stands in place of
    /// multipliers (`next`).
    pub ewma: Option<f64>,
    /// The same rounds under other revisions.
    pub also: Vec<AlsoMultiplier>,
}

/// One record of a window.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct WindowRecord {
    /// How the round is called in reports: its number, else file and line.
    pub label: String,
    /// Its file.
    pub file: String,
    /// Its line in the file.
    pub line: u64,
    /// Its task.
    pub task_type: RecordedTask,
    /// Its score as it counts; 0 if it was missing.
    pub s_f: f64,
    /// Its quality as it counts.
    pub s_q: f64,
    /// What it counts for.
    pub counts_for: Marks,
    /// All keys it was written with.
    #[serde(flatten)]
    pub keys: Map<String, Value>,
}

/// A margin that the mechanism document names without saying what it does.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct MarginView {
    /// VMAF below threshold plus this many points counts.
    pub points: f64,
    /// Rounds that do.
    pub count: u64,
    /// What they do.
    pub effect: String,
}

/// The same rounds under another revision.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct AlsoMultiplier {
    /// The revision.
    pub rules: String,
    /// Rounds above its bonus limit.
    pub bonus_count: u64,
    /// Rounds below its limit of the score.
    pub penalty_f_count: u64,
    /// Rounds below its limit of the quality.
    pub penalty_q_count: u64,
    /// Its product.
    pub total_multiplier: f64,
}

/// A record with what it is called in reports.
#[derive(Debug, Clone)]
pub struct Labelled {
    /// The record.
    pub kept: Kept,
    /// Number of the round, else file and line.
    pub label: String,
    /// Name of its file.
    pub file: String,
}

/// How windows are judged.
#[derive(Debug, Clone, Copy)]
pub struct WindowJudge<'a> {
    /// The rules.
    pub revision: &'a Revision,
    /// Rules that the same rounds are shown under besides.
    pub others: &'a [&'a Revision],
    /// Rounds of a window, in place of the revision's own number.
    pub window: Option<u64>,
    /// Whether the last window is compared with the one before.
    pub trends: bool,
}

/// Whether a revision has no limits for a task, so that no round of it counts for anything.
#[must_use]
pub fn nothing_counts(rules: &MultiplierRules, task: Task) -> bool {
    task == Task::Compress && rules.compression_bonus_above.is_none()
}

impl WindowJudge<'_> {
    /// Rounds of a window.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.window
            .or_else(|| self.revision.multipliers.as_ref().map(|m| m.window))
            .unwrap_or(10)
    }

    /// Judges one task. `last` holds up to two windows, oldest first; `ewma` is given where it stands
    /// in place of multipliers.
    #[must_use]
    pub fn judge(
        &self,
        task: Task,
        rounds: u64,
        last: &[Labelled],
        ewma: Option<f64>,
    ) -> TaskMultipliers {
        let size = self.size();
        let at_most = usize::try_from(size).unwrap_or(usize::MAX);
        let window = &last[last.len().saturating_sub(at_most)..];
        let rules = self.revision.multipliers.as_ref();
        let of =
            |kept: &Kept| rules.map_or_else(Marks::default, |r| judge(r, task, &kept.record.round));
        let found: Vec<Marks> = window.iter().map(|l| of(&l.kept)).collect();
        let average = |f: fn(&Round) -> f64| {
            window_average(window.iter().rev().map(|l| f(&l.kept.record.round)))
        };
        let factors = rules.map(|r| multipliers(r, size, found.iter().copied()));
        let avg_s_f = average(|r| r.s_f);
        let tier = match (rules, avg_s_f, factors) {
            (Some(rules), Some(average), Some(factors)) => {
                Some(window_tier(rules, average, factors.total).to_owned())
            }
            _ => None,
        };
        let two = &last[last.len().saturating_sub(at_most.saturating_mul(2))..];
        let scores: Vec<f64> = two.iter().map(|l| l.kept.record.round.s_f).collect();
        TaskMultipliers {
            rounds,
            window: size,
            mixed_window: rules.is_some_and(MultiplierRules::mixes_tasks),
            bonus_count: factors.map(|f| f.bonus_count),
            penalty_f_count: factors.map(|f| f.penalty_f_count),
            penalty_q_count: factors.map(|f| f.penalty_q_count),
            bonus_multiplier: factors.map(|f| f.bonus),
            penalty_f_multiplier: factors.map(|f| f.penalty_f),
            penalty_q_multiplier: factors.map(|f| f.penalty_q),
            total_multiplier: factors.map(|f| f.total),
            avg_s_f,
            avg_s_q: average(|r| r.s_q),
            tier,
            records: window
                .iter()
                .zip(&found)
                .map(|(labelled, marks)| record(labelled, *marks))
                .collect(),
            vmaf_margin: rules.and_then(|r| margin(r, task, &found)),
            outlook: rules.map(|r| outlook(r, size, &found, has_quality(r, task))),
            trend: self.trends.then(|| trend(&scores, at_most)).flatten(),
            recent_scores: if self.trends { scores } else { Vec::new() },
            ewma,
            also: self.also(task, last),
        }
    }

    /// Other revisions over the same rounds, each with its own window size unless one was asked for.
    /// A window of all tasks cannot be judged from the rounds of one.
    fn also(&self, task: Task, last: &[Labelled]) -> Vec<AlsoMultiplier> {
        let comparable =
            |rules: &MultiplierRules| !rules.mixes_tasks() && !nothing_counts(rules, task);
        let mixed = self
            .revision
            .multipliers
            .as_ref()
            .is_some_and(MultiplierRules::mixes_tasks);
        if mixed || last.is_empty() {
            return Vec::new();
        }
        self.others
            .iter()
            .filter(|other| other.name != self.revision.name)
            .filter_map(|other| {
                let rules = other.multipliers.as_ref().filter(|r| comparable(r))?;
                let size = self.window.unwrap_or(rules.window);
                let at_most = usize::try_from(size).unwrap_or(usize::MAX);
                let window = &last[last.len().saturating_sub(at_most)..];
                let found = multipliers(
                    rules,
                    size,
                    window
                        .iter()
                        .map(|l| marks(rules, task, &l.kept.record.round)),
                );
                Some(AlsoMultiplier {
                    rules: other.name.clone(),
                    bonus_count: found.bonus_count,
                    penalty_f_count: found.penalty_f_count,
                    penalty_q_count: found.penalty_q_count,
                    total_multiplier: found.total,
                })
            })
            .collect()
    }
}

/// A round of a mixed window is judged by the limits of its own task.
fn judge(rules: &MultiplierRules, task: Task, round: &Round) -> Marks {
    let judged_as = if rules.mixes_tasks() {
        round.task
    } else {
        task
    };
    marks(rules, judged_as, round)
}

fn has_quality(rules: &MultiplierRules, task: Task) -> bool {
    task == Task::Upscale || rules.penalises_compressed_quality()
}

fn margin(rules: &MultiplierRules, task: Task, found: &[Marks]) -> Option<MarginView> {
    let margin = rules
        .compression_margin
        .filter(|m| m.effect == MarginEffect::Undefined && task == Task::Compress)?;
    Some(MarginView {
        points: margin.points,
        count: found.iter().filter(|m| m.near_threshold).count() as u64,
        effect: "none: the document names this penalty and never says how large it is".into(),
    })
}

fn record(labelled: &Labelled, counts_for: Marks) -> WindowRecord {
    let Labelled { kept, label, file } = labelled;
    let mut keys = kept.keys();
    // Their effect is part of the record already.
    for own in [
        "label",
        "file",
        "line",
        "task_type",
        "s_f",
        "s_q",
        "counts_for",
    ] {
        keys.remove(own);
    }
    let round = &kept.record.round;
    WindowRecord {
        label: label.clone(),
        file: file.clone(),
        line: kept.line,
        task_type: round.task.into(),
        s_f: round.s_f,
        s_q: round.s_q,
        counts_for,
        keys,
    }
}

impl MultiplierVerdict {
    /// An empty verdict of a revision.
    #[must_use]
    pub fn new(revision: &Revision, history: HistoryFacts) -> Self {
        Self {
            schema: MULTIPLIERS_SCHEMA.into(),
            rules: revision.name.clone(),
            rules_commit: revision.commit.clone(),
            history,
            tasks: BTreeMap::new(),
            notes: Vec::new(),
        }
    }
}
