//! How far a uid is from the paid ranks, by the rules instead of the chain.

use crate::domain::{RecordedTask, Task};
use serde::Serialize;

use super::super::context::Context;
use super::super::failure::Failure;
use super::super::rounds::{RoundsArgs, Stopped, WalkPurpose, walk};
use super::args::UidArgs;
use crate::history::{Kept, LocatedRecord, Record};
use crate::report::{key_values, reward_of};
use crate::rules::{Catalogue, Revision};
use crate::scoring::rewards::{EmissionState, Population};
use crate::standing::{MinerReward, Replay, RoundSink, judge_rewards};
use crate::subnet::{Metagraph, Neuron};

/// What is split.
const POOL: f64 = 100.0;
/// Blocks of an epoch where the chain does not report it: the usual tempo.
const USUAL_TEMPO: u64 = 360;

/// Where a uid stands by the rules.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(in crate::cli) struct Places {
    /// Revision that said so.
    rules: String,
    /// Its commit.
    rules_commit: String,
    /// Smallest standing that is paid at all, where the rules have one.
    floor: Option<f64>,
    /// Standings that its history gives, by task.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    standings: Vec<TaskStanding>,
    /// Its reward among the miners of the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    reward: Option<MinerReward>,
    /// Whether the history's standing stood in for the file's.
    standing_from_history: bool,
}

/// A standing.
#[derive(Debug, Serialize, schemars::JsonSchema)]
struct TaskStanding {
    /// The task.
    task_type: RecordedTask,
    /// The standing.
    accumulate_score: f64,
}

/// Works it out from a history, a population, or both; none where neither was given.
pub(super) fn places(
    context: &Context,
    args: &UidArgs,
    metagraph: &Metagraph,
    neuron: &Neuron,
) -> Result<Option<Places>, Failure> {
    let catalogue = Catalogue::embedded()?;
    let revision = catalogue.find(&context.settings()?.rules)?;
    if args.history.is_none() && args.rewards.is_none() {
        return Ok(None);
    }
    let standings = match &args.history {
        Some(folder) => standings(
            context,
            revision,
            RoundsArgs::of(folder.clone(), neuron.uid, args.skip_bad),
        )?,
        None => Vec::new(),
    };
    let (reward, standing_from_history) = match &args.rewards {
        Some(file) => {
            let mut miners = context.population(file)?;
            let miner = miners.iter_mut().find(|m| m.uid == neuron.uid);
            let miner = miner.ok_or_else(|| {
                Failure::bad_input(format!(
                    "{}: uid {} is not in it",
                    file.display(),
                    neuron.uid
                ))
                .hint("add a line for it, with its task and its accumulate_score")
            })?;
            if let Some(hotkey) = miner
                .hotkey
                .as_ref()
                .filter(|hotkey| **hotkey != neuron.hotkey.to_string())
            {
                context.warn(&format!(
                    "{}: uid {} has the hotkey {hotkey} in it, on the chain {}",
                    file.display(),
                    neuron.uid,
                    neuron.hotkey
                ));
            }
            let own = standings.iter().find(|s| Some(s.task_type.0) == miner.task);
            match own {
                Some(own) => miner.standing = own.accumulate_score,
                None if !standings.is_empty() => context.warn(&format!(
                    "{}: uid {} has task {} in it, of which the history holds no round: the file's \
                     standing is taken",
                    file.display(),
                    neuron.uid,
                    miner.task.map_or("none", Task::noun)
                )),
                None => {}
            }
            let replaced = own.is_some();
            let population = Population {
                miners,
                burn_uid: None,
                podium: Vec::new(),
                state: EmissionState::Idle,
                tempo: metagraph.tempo.map_or(USUAL_TEMPO, u64::from).max(1),
            };
            (reward(revision, &population, file, neuron.uid)?, replaced)
        }
        None => (None, false),
    };
    Ok(Some(Places {
        rules: revision.name.clone(),
        rules_commit: revision.commit.clone(),
        floor: revision.rewards.floor,
        standings,
        reward,
        standing_from_history,
    }))
}

fn reward(
    revision: &Revision,
    population: &Population,
    file: &std::path::Path,
    uid: u16,
) -> Result<Option<MinerReward>, Failure> {
    let verdict = judge_rewards(revision, population, POOL).map_err(|e| {
        Failure::bad_input(format!("{}: {e}", file.display())).hint("a subnet has at most 256 uids")
    })?;
    Ok(verdict.miners.into_iter().find(|m| m.uid == Some(uid)))
}

/// Replays rounds and keeps nothing but the standing.
struct Standings<'a> {
    revision: &'a Revision,
    replay: Replay<'a>,
    tasks: Vec<Task>,
    failed: Option<Stopped>,
}

impl Standings<'_> {
    fn take(&mut self, record: &Record, source: usize, line: u64) {
        if self.failed.is_some() {
            return;
        }
        if !self.tasks.contains(&record.round.task) {
            self.tasks.push(record.round.task);
        }
        if let Err(e) = self.replay.push(record) {
            self.failed = Some(Stopped::at(e, source, line));
        }
    }
}

impl RoundSink for Standings<'_> {
    fn restart(&mut self) {
        self.replay = Replay::new(self.revision);
        self.tasks.clear();
        self.failed = None;
    }

    fn pass(&mut self, entry: &LocatedRecord<'_>) {
        self.take(&entry.record, entry.source, entry.line);
    }

    fn held(&mut self, kept: Kept) {
        self.take(&kept.record, kept.source, kept.line);
    }
}

fn standings(
    context: &Context,
    revision: &Revision,
    rounds: RoundsArgs,
) -> Result<Vec<TaskStanding>, Failure> {
    let mut taker = Standings {
        revision,
        replay: Replay::new(revision),
        tasks: Vec::new(),
        failed: None,
    };
    let walked = walk(context, &rounds, revision, WalkPurpose::Ledger, &mut taker)?;
    taker.replay.finish();
    if let Some(stopped) = taker.failed {
        return Err(stopped.failure(&walked.sources));
    }
    let standing = |task: Task| TaskStanding {
        task_type: task.into(),
        accumulate_score: taker.replay.standing(task).value(),
    };
    Ok(taker.tasks.iter().copied().map(standing).collect())
}

/// As a table.
pub(super) fn places_table(places: &Places) -> String {
    let mut facts = vec![(
        "rules",
        format!(
            "{} ({})",
            places.rules,
            crate::rules::short_commit(&places.rules_commit)
        ),
    )];
    for standing in &places.standings {
        facts.push((
            "standing",
            format!(
                "{}: {:.6} after the history",
                standing.task_type.0.noun(),
                standing.accumulate_score
            ),
        ));
    }
    if let Some(floor) = places.floor {
        facts.push(("floor", format!("standings under {floor} are not paid")));
    }
    if places.reward.is_none() {
        facts.push((
            "paid places",
            "go by the standings of all, which the chain does not hold: --rewards FILE".into(),
        ));
    }
    let mut text = key_values(&facts);
    if let Some(reward) = &places.reward {
        text += &reward_of(reward);
        text += if places.standing_from_history {
            "its standing is that of the history, the others' are those of the file\n"
        } else {
            "every standing is that of the file\n"
        };
        text += &format!(
            "the reward is of a pool of {POOL}, as if no competition had a podium and nobody burned; \
             `vidaio rewards` takes both\n"
        );
    }
    text
}
