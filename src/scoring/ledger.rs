//! A miner's standing (`accumulate_score`), step by step as a validator keeps it.
//!
//! Source: `vidaio_subnet_core/validating/managing/miner_manager.py` at `c5870e9`, `db6c817` and
//! `fea3779` for the dated revisions; `vidaio/tokenomics/ewma.py` of validator-vidaio at `b71f22d5`
//! for `next`.

use std::collections::VecDeque;

use super::multipliers::{Multipliers, marks, multipliers, window_average, window_tier};
use super::round::Round;
use super::tier::NEW_MINER;
use crate::domain::{Origin, Task};
use crate::rules::{
    LedgerRules, MultiplierRules, OrganicUpscaling, Revision, RoundScore, TaskChange,
};

/// Records of one miner that a validator keeps, of all tasks together.
const KEPT: usize = 10;
/// S strictly above is a success of a synthetic round.
pub const SUCCESS_ABOVE: f64 = 0.08;
/// S_f strictly above is a success of an organic compression.
const ORGANIC_SUCCESS_ABOVE: f64 = 0.5;
/// S_Q that the record of a passed organic upscaling gets.
const ORGANIC_QUALITY: f64 = 0.5;

/// Why a round cannot be replayed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LedgerError {
    /// A score below 0 that the revision gives no meaning.
    #[error("a score of {score} means nothing under {rules}")]
    Score { score: f64, rules: String },
    /// A grade that no validator gives.
    #[error("an organic upscaling needs a grade of -1, 0, 1, 2 or 3, not {0}")]
    Grade(String),
}

/// What a step did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// The score entered the standing.
    Scored,
    /// The validator's own fault: the standing is left alone.
    ValidatorFault,
    /// The file was not smaller: a fixed value entered instead of the score.
    NotSmaller,
    /// The standing was moved by a grade.
    Graded,
    /// Nothing was recorded.
    Skipped,
    /// The miner is excluded until its next genuine score.
    Excluded,
}

/// The standing of one miner.
#[derive(Debug, Clone)]
pub struct Standing {
    value: f64,
    task: Option<Task>,
    kept: VecDeque<(Round, bool)>,
    rounds_ever: u64,
    multipliers: Multipliers,
    average: f64,
    tier: &'static str,
    excluded: bool,
}

impl Default for Standing {
    fn default() -> Self {
        Self {
            value: 0.0,
            task: None,
            kept: VecDeque::new(),
            rounds_ever: 0,
            multipliers: Multipliers::NONE,
            average: 0.0,
            tier: NEW_MINER,
            excluded: false,
        }
    }
}

impl Standing {
    /// The exponentially weighted score; -1 while excluded under `next`.
    #[must_use]
    pub fn value(&self) -> f64 {
        if self.excluded { -1.0 } else { self.value }
    }

    /// The factors as last computed.
    #[must_use]
    pub fn multipliers(&self) -> &Multipliers {
        &self.multipliers
    }

    /// Average score of the window as last computed.
    #[must_use]
    pub fn average(&self) -> f64 {
        self.average
    }

    /// Name of the window as last computed.
    #[must_use]
    pub fn tier(&self) -> &'static str {
        self.tier
    }

    /// The task of the last synthetic round.
    #[must_use]
    pub fn task(&self) -> Option<Task> {
        self.task
    }

    /// Rounds ever completed since the last reset.
    #[must_use]
    pub fn rounds_ever(&self) -> u64 {
        self.rounds_ever
    }

    /// Records kept.
    #[must_use]
    pub fn records_kept(&self) -> usize {
        self.kept.len()
    }

    /// Successes among the records kept divided by all rounds ever, as validators compute it: it
    /// falls towards 0 after the tenth round.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts of rounds")]
    pub fn success_rate(&self) -> f64 {
        let successes = self.kept.iter().filter(|(_, success)| *success).count();
        if self.rounds_ever == 0 {
            0.0
        } else {
            successes as f64 / self.rounds_ever as f64
        }
    }

    /// Another hotkey took over the uid.
    pub fn new_hotkey(&mut self, rules: &LedgerRules) {
        if rules.new_hotkey_resets {
            *self = Self::default();
        }
    }

    /// One video.
    ///
    /// # Errors
    /// A score or grade that the revision gives no meaning.
    pub fn step(&mut self, revision: &Revision, round: &Round) -> Result<Effect, LedgerError> {
        if revision.ledger.round == RoundScore::WorstTenth {
            check_video(revision, round)?;
            return Ok(self.step_round(revision, std::slice::from_ref(round)).0);
        }
        match round.origin {
            Origin::Synthetic | Origin::Competition => Ok(self.synthetic(revision, round)),
            Origin::Organic => match round.task {
                Task::Upscale => self.organic_upscaling(revision, round, round.grade),
                Task::Compress => Ok(self.organic_compression(revision, round)),
            },
        }
    }

    /// All videos of one round as a single step, for revisions that take the worst tenth; gives the
    /// score that entered, too. Each has passed [`check_video`].
    pub fn step_round(&mut self, revision: &Revision, videos: &[Round]) -> (Effect, Option<f64>) {
        let rules = &revision.ledger;
        let mut scores = Vec::with_capacity(videos.len());
        for video in videos {
            if rules.exclusion == Some(video.s_f) {
                self.excluded = true;
                self.value = 0.0;
                return (Effect::Excluded, None);
            }
            if rules.validator_fault == Some(video.s_f) || video.origin != Origin::Synthetic {
                continue;
            }
            scores.push(video.s_f);
            self.task = Some(video.task);
        }
        if scores.is_empty() {
            let organic = videos.iter().all(|v| v.origin != Origin::Synthetic);
            let effect = if organic {
                Effect::Skipped
            } else {
                Effect::ValidatorFault
            };
            return (effect, None);
        }
        scores.sort_by(f64::total_cmp);
        scores.truncate(scores.len().div_ceil(10));
        let score = window_average(scores).unwrap_or(0.0);
        self.excluded = false;
        self.rounds_ever += 1;
        self.value = rules.decay * self.value + (1.0 - rules.decay) * score;
        (Effect::Scored, Some(score))
    }

    fn synthetic(&mut self, revision: &Revision, round: &Round) -> Effect {
        let rules = &revision.ledger;
        if self.task.is_none() {
            // Known through organic rounds alone: stored without a hotkey, so this looks like a new one.
            *self = Self::default();
        }
        let mut fresh = self.task.is_none();
        if let Some(task) = self.task.filter(|task| *task != round.task) {
            let value = match rules.task_change {
                TaskChange::SetTo { value } => value,
                TaskChange::Keep { part } => self.value * part,
                _ => self.value,
            };
            *self = Self {
                value,
                ..Self::default()
            };
            // A quirk of the code: after a change to compression the first record is judged at
            // once, after a change to upscaling it is not.
            fresh = task == Task::Compress;
        }
        self.task = Some(round.task);
        self.record(round, round.s_f > SUCCESS_ABOVE);
        if !fresh {
            self.evaluate(revision.multipliers.as_ref(), round.task);
        }
        self.enter(rules, round, rules.decay)
    }

    /// The exponentially weighted step.
    fn enter(&mut self, rules: &LedgerRules, round: &Round, decay: f64) -> Effect {
        if rules.validator_fault == Some(round.s_f) && round.origin == Origin::Synthetic {
            return Effect::ValidatorFault;
        }
        let not_smaller = rules.not_smaller.filter(|_| {
            // A rate that is no number counts as not smaller: `rate < 1` is false for it.
            round.task == Task::Compress && round.rate.is_some_and(|r| r.is_nan() || r >= 1.0)
        });
        let gained = not_smaller.unwrap_or(round.s_f * self.multipliers.total);
        self.value = (self.value * decay + gained * (1.0 - decay)).max(0.0);
        if not_smaller.is_some() {
            Effect::NotSmaller
        } else {
            Effect::Scored
        }
    }

    /// An organic round of a miner that no synthetic round has named yet.
    fn meet(&mut self, rules: &LedgerRules, task: Task) {
        if rules.organic_registers && self.task.is_none() {
            self.task = Some(task);
        }
    }

    fn record(&mut self, round: &Round, success: bool) {
        self.kept.push_back((*round, success));
        if self.kept.len() > KEPT {
            self.kept.pop_front();
        }
        self.rounds_ever += 1;
    }

    /// Computes the factors by the limits of a task. Upscaling uses all records kept, whatever
    /// their task; compression at its own. The compression routine neither reads nor resets the
    /// quality penalty, which then goes stale.
    fn evaluate(&mut self, rules: Option<&MultiplierRules>, task: Task) {
        let Some(rules) = rules else { return };
        let any = rules.mixes_tasks();
        let counted = |r: &&Round| any || task == Task::Upscale || r.task == task;
        let window = || self.kept.iter().map(|(r, _)| r).filter(counted);
        let Some(average) = window_average(window().rev().map(|r| r.s_f)) else {
            return;
        };
        let judged_as = |r: &Round| if any { r.task } else { task };
        let mut found = multipliers(
            rules,
            rules.window,
            window().map(|r| marks(rules, judged_as(r), r)),
        );
        if task == Task::Compress && !rules.penalises_compressed_quality() {
            found.penalty_q_count = self.multipliers.penalty_q_count;
            found.penalty_q = self.multipliers.penalty_q;
            found.total = found.bonus * found.penalty_f;
        }
        self.multipliers = found;
        self.average = average;
        self.tier = window_tier(rules, self.average, found.total);
    }

    fn organic_upscaling(
        &mut self,
        revision: &Revision,
        round: &Round,
        grade: Option<i8>,
    ) -> Result<Effect, LedgerError> {
        let rules = &revision.ledger;
        let wrong = || LedgerError::Grade(grade.map_or("none".into(), |g| g.to_string()));
        let grade = grade.filter(|g| (-1..=3).contains(g)).ok_or_else(wrong)?;
        if grade >= 0 {
            self.meet(rules, round.task);
        }
        let Some(stored) = recorded(rules, round, self.value) else {
            if grade == 0 && rules.organic_upscaling == OrganicUpscaling::FailSetsZero {
                self.value = 0.0;
                return Ok(Effect::Graded);
            }
            return Ok(Effect::Skipped);
        };
        match rules.organic_upscaling {
            OrganicUpscaling::Graded {
                gain_three,
                loss_one,
                loss_zero,
                ..
            } => {
                self.record(&stored, grade >= 2);
                self.evaluate(revision.multipliers.as_ref(), Task::Upscale);
                let change = match grade {
                    3 => gain_three,
                    2 => 0.0,
                    1 => -loss_one,
                    _ => -loss_zero,
                };
                self.value += change * self.value;
                Ok(Effect::Graded)
            }
            _ => {
                self.record(&stored, grade > 0);
                self.evaluate(revision.multipliers.as_ref(), Task::Upscale);
                Ok(self.enter(rules, &stored, rules.decay))
            }
        }
    }

    fn organic_compression(&mut self, revision: &Revision, round: &Round) -> Effect {
        let rules = &revision.ledger;
        let Some(stored) = recorded(rules, round, self.value) else {
            return Effect::Skipped;
        };
        let decay = rules.organic_compression.and_then(|o| o.decay);
        self.meet(rules, round.task);
        self.record(&stored, round.s_f > ORGANIC_SUCCESS_ABOVE);
        // The code applies the upscaling routine here; the next synthetic round restores the other.
        self.evaluate(revision.multipliers.as_ref(), Task::Upscale);
        self.enter(rules, round, decay.unwrap_or(rules.decay))
    }
}

/// Whether a video has a score that a revision with rounds of several videos can use.
///
/// # Errors
/// A negative score other than the one for exclusion and the one for a validator's fault.
pub fn check_video(revision: &Revision, video: &Round) -> Result<(), LedgerError> {
    let rules = &revision.ledger;
    let marker = [rules.exclusion, rules.validator_fault].contains(&Some(video.s_f));
    if video.s_f < 0.0 && !marker && video.origin == Origin::Synthetic {
        return Err(LedgerError::Score {
            score: video.s_f,
            rules: revision.name.clone(),
        });
    }
    Ok(())
}

/// The round as a validator stores it in the history, if it does. An organic output is stored with
/// fixed scores, or not at all; `standing` is that of the miner, which some of them depend on.
#[must_use]
pub fn recorded(rules: &LedgerRules, round: &Round, standing: f64) -> Option<Round> {
    if round.origin != Origin::Organic {
        return Some(*round);
    }
    let stored = |s_f: f64, s_q: f64| Some(Round { s_f, s_q, ..*round });
    if round.task == Task::Compress {
        let organic = rules.organic_compression?;
        // -1 stands for a fault of the reference.
        let skipped =
            round.s_f == -1.0 || organic.skipped_above.is_some_and(|limit| round.s_f > limit);
        return if skipped {
            None
        } else {
            stored(round.s_f, 0.0)
        };
    }
    let grade = round.grade.filter(|g| *g >= 0)?;
    match rules.organic_upscaling {
        OrganicUpscaling::PassOrFail { pass, .. } if grade > 0 => stored(pass, ORGANIC_QUALITY),
        OrganicUpscaling::PassOrFail { fail_factor, .. } => stored(fail_factor * standing, 0.0),
        OrganicUpscaling::Graded { skipped_from, .. } => {
            if skipped_from.is_some_and(|from| grade >= from.cast_signed()) {
                return None;
            }
            match grade {
                3 => stored(0.4, ORGANIC_QUALITY),
                2 => stored(0.3, ORGANIC_QUALITY),
                1 => stored(0.2, ORGANIC_QUALITY),
                _ => stored(0.0, 0.0),
            }
        }
        _ => None,
    }
}
