//! `vidaio rewards`.

use crate::domain::{Task, UnknownTask};
use std::path::PathBuf;

use serde::Serialize;

use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::input;
use crate::report::{Format, reward_of, rewards_table, to_csv};
use crate::rules::{Catalogue, Revision, WeightMode};
use crate::scoring::rewards::{EXCLUDED, EmissionState, Miner, Population, QuantiseError, Uid};
use crate::standing::{MinerReward, RewardVerdict, judge_rewards};

#[derive(Debug, clap::Args)]
pub(super) struct RewardsArgs {
    /// The miners: CSV with a header (uid, task, accumulate_score ...), JSON lines or a JSON list
    population: PathBuf,
    /// What is split
    #[arg(long, default_value_t = 100.0, value_parser = input::amount)]
    pool: f64,
    /// Say what one miner gets and what it would need
    #[arg(long)]
    uid: Option<Uid>,
    /// Split again with one miner changed or added: uid=42,score=0.31[,task=compression][,stake=9]
    #[arg(long, value_name = "CHANGE", value_parser = what_if)]
    what_if: Option<WhatIf>,
    /// The uid that burnt rewards go to
    #[arg(long, value_name = "UID")]
    burn_uid: Option<Uid>,
    /// Uids or hotkeys on the podium of the last competition, best first; `-` for one that left
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    podium: Vec<String>,
    /// What the last competition left, under `next` [default: podium if --podium is given, else idle]
    #[arg(long, value_enum)]
    state: Option<StateArgument>,
    /// Smallest standing that is paid, under `next` [default: 0.10; the network's repository says
    /// 0.05 since 2026-09-15]
    #[arg(long, value_name = "STANDING", value_parser = input::amount)]
    floor: Option<f64>,
    /// Blocks of an epoch, for the emission snapshots
    #[arg(long, default_value_t = 360, value_parser = clap::value_parser!(u64).range(1..))]
    tempo: u64,
    /// List those who are not paid, too
    #[arg(long)]
    all: bool,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum StateArgument {
    /// No competition in its window
    Idle,
    /// A winner that improved little
    Podium,
    /// A winner well above the baseline
    Crown,
}

impl From<StateArgument> for EmissionState {
    fn from(argument: StateArgument) -> Self {
        match argument {
            StateArgument::Idle => Self::Idle,
            StateArgument::Podium => Self::Podium,
            StateArgument::Crown => Self::Crown,
        }
    }
}

/// One miner that is thought to be otherwise.
#[derive(Debug, Clone)]
struct WhatIf {
    uid: Uid,
    score: Option<f64>,
    task: Option<Task>,
    stake: Option<f64>,
}

fn what_if(text: &str) -> Result<WhatIf, String> {
    let mut found = WhatIf {
        uid: 0,
        score: None,
        task: None,
        stake: None,
    };
    let mut has_uid = false;
    for part in text.split(',') {
        let (key, value) = part
            .split_once('=')
            .ok_or_else(|| format!("`{part}` is not of the form key=value"))?;
        match key.trim() {
            "uid" => {
                found.uid = value.trim().parse().map_err(|_| "uid: not a uid")?;
                has_uid = true;
            }
            "score" => {
                let score = input::number(value)?;
                if score < 0.0 && score != EXCLUDED {
                    return Err("score: below 0 only -1, which excludes, has a meaning".into());
                }
                found.score = Some(score);
            }
            "task" => {
                let named = value.trim().parse();
                found.task =
                    Some(named.map_err(|UnknownTask(other)| format!("task: `{other}` is none"))?);
            }
            "stake" => found.stake = Some(input::amount(value)?),
            other => return Err(format!("`{other}` is none of uid, score, task, stake")),
        }
    }
    if has_uid {
        Ok(found)
    } else {
        Err("which miner? begin with uid=N".into())
    }
}

/// A split, and the same with one miner changed.
#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    verdict: &'a RewardVerdict,
    #[serde(skip_serializing_if = "Option::is_none")]
    what_if: Option<Change<'a>>,
}

/// What a change of one miner does to it.
#[derive(Serialize)]
struct Change<'a> {
    uid: Uid,
    before: Option<&'a MinerReward>,
    after: Option<&'a MinerReward>,
    others_changed: usize,
}

pub(super) fn run(context: &Context, args: &RewardsArgs) -> Result<Exit, Failure> {
    let catalogue = Catalogue::embedded()?;
    let revision = &with_floor(catalogue.find(&context.settings()?.rules)?, args.floor)?;
    let format = context.format()?;
    let output = context.open_output(&[&args.population])?;
    let miners = context.population(&args.population)?;
    let population = population(context, args, revision, miners)?;
    let known = |uid: Uid| population.miners.iter().any(|m| m.uid == uid);
    if let Some(uid) = args.uid.filter(|uid| !known(*uid)) {
        return Err(Failure::usage(format!(
            "{}: there is no uid {uid} in it",
            args.population.display()
        ))
        .hint("--what-if uid=N,score=S,task=T adds one"));
    }
    let failed = |e: QuantiseError| {
        Failure::bad_input(format!("{}: {e}", args.population.display()))
            .hint("a subnet has at most 256 uids")
    };
    let before = judge_rewards(revision, &population, args.pool).map_err(failed)?;
    let after = match &args.what_if {
        Some(change) => {
            let changed = changed(&population, change)?;
            Some(judge_rewards(revision, &changed, args.pool).map_err(failed)?)
        }
        None => None,
    };
    let text = render(format, args, &before, after.as_ref())?;
    output.finish(&text)?;
    Ok(Exit::Ok)
}

/// The rules, with another floor where they have one.
fn with_floor(revision: &Revision, floor: Option<f64>) -> Result<Revision, Failure> {
    let mut revision = revision.clone();
    match (floor, revision.rewards.floor) {
        (Some(_), None) => Err(Failure::usage(format!(
            "--floor is for revisions with a floor; {} pays any standing",
            revision.name
        ))
        .hint("`vidaio rewards --rules next` has one")),
        (Some(floor), Some(_)) => {
            revision.rewards.floor = Some(floor);
            Ok(revision)
        }
        (None, _) => Ok(revision),
    }
}

fn population(
    context: &Context,
    args: &RewardsArgs,
    revision: &Revision,
    miners: Vec<Miner>,
) -> Result<Population, Failure> {
    let rules = &revision.rewards;
    let central = rules.mode == WeightMode::Next;
    if args.state.is_some() && !central {
        return Err(Failure::usage(format!(
            "--state is for revisions with states; {} has none",
            revision.name
        ))
        .hint("`vidaio rewards --rules next` has them"));
    }
    if !args.podium.is_empty() && rules.podium.is_empty() {
        return Err(Failure::usage(format!(
            "--podium is for revisions with competitions; {} has none",
            revision.name
        ))
        .hint("competitions began with 2026-08-10"));
    }
    let state = match args.state {
        Some(state) => state.into(),
        None if args.podium.is_empty() => EmissionState::Idle,
        None => EmissionState::Podium,
    };
    if state == EmissionState::Idle && central && !args.podium.is_empty() {
        context.warn("nobody on a podium is paid while the state is idle");
    }
    let podium: Vec<Option<Uid>> = args
        .podium
        .iter()
        .map(|name| on_podium(&miners, name))
        .collect::<Result<_, _>>()?;
    let twice = podium
        .iter()
        .enumerate()
        .find_map(|(i, uid)| uid.filter(|_| podium[..i].contains(uid)));
    if let Some(uid) = twice {
        return Err(
            Failure::usage(format!("uid {uid} stands on the podium twice"))
                .hint("each place has a winner of its own"),
        );
    }
    if central
        && let Some(burn) = args.burn_uid
        && miners.iter().any(|m| m.uid == burn)
    {
        context.warn(&format!(
            "uid {burn} burns and mines; validators of this revision refuse such a population"
        ));
    }
    Ok(Population {
        miners,
        burn_uid: args.burn_uid,
        podium,
        state,
        tempo: args.tempo,
    })
}

/// A uid by its number or hotkey. A number need not be a miner: competitors are uids of their own.
fn on_podium(miners: &[Miner], name: &str) -> Result<Option<Uid>, Failure> {
    if name == "-" {
        return Ok(None);
    }
    if let Ok(uid) = name.parse() {
        return Ok(Some(uid));
    }
    miners
        .iter()
        .find(|m| m.hotkey.as_deref() == Some(name))
        .map(|m| Some(m.uid))
        .ok_or_else(|| {
            Failure::usage(format!(
                "no miner of the population has the hotkey `{name}`"
            ))
            .hint("name a uid, or `-` for one that left the subnet")
        })
}

fn changed(population: &Population, change: &WhatIf) -> Result<Population, Failure> {
    let mut changed = population.clone();
    let at = changed.miners.iter().position(|m| m.uid == change.uid);
    let at = match at {
        Some(at) => at,
        None if change.task.is_some() => {
            changed.miners.push(Miner {
                uid: change.uid,
                ..Miner::default()
            });
            changed.miners.len() - 1
        }
        None => {
            return Err(Failure::usage(format!(
                "there is no uid {} in the population",
                change.uid
            ))
            .hint("name its task to add it: uid=N,score=S,task=compression"));
        }
    };
    let miner = &mut changed.miners[at];
    if let Some(score) = change.score {
        miner.standing = score;
    }
    if let Some(task) = change.task {
        miner.task = Some(task);
    }
    if let Some(stake) = change.stake {
        miner.alpha_stake = stake;
    }
    Ok(changed)
}

fn find(verdict: &RewardVerdict, uid: Uid) -> Option<&MinerReward> {
    verdict.miners.iter().find(|m| m.uid == Some(uid))
}

fn render(
    format: Format,
    args: &RewardsArgs,
    before: &RewardVerdict,
    after: Option<&RewardVerdict>,
) -> Result<String, Failure> {
    let what_if = match (&args.what_if, after) {
        (Some(change), Some(after)) => Some(Change {
            uid: change.uid,
            before: find(before, change.uid),
            after: find(after, change.uid),
            others_changed: after
                .miners
                .iter()
                .filter(|m| m.uid != Some(change.uid))
                .filter(|m| {
                    let old = before.miners.iter().find(|o| o.uid == m.uid);
                    old.is_none_or(|o| (o.share - m.share).abs() > 1e-12)
                })
                .count(),
        }),
        _ => None,
    };
    match format {
        Format::Csv => {
            let shown = after.unwrap_or(before);
            let lines: Result<Vec<_>, _> = shown.miners.iter().map(serde_json::to_value).collect();
            Ok(to_csv(&lines?))
        }
        Format::Table => Ok(table(args, before, what_if.as_ref())),
        other => other
            .render(
                &Shown {
                    verdict: before,
                    what_if,
                },
                |_| String::new(),
            )
            .map_err(Failure::from),
    }
}

fn table(args: &RewardsArgs, before: &RewardVerdict, what_if: Option<&Change<'_>>) -> String {
    let mut text = rewards_table(before, args.all);
    if let Some(miner) = args.uid.and_then(|uid| find(before, uid)) {
        text.push('\n');
        text += &reward_of(miner);
    }
    if let Some(change) = what_if {
        let reward = |m: Option<&MinerReward>| m.map_or(0.0, |m| m.reward);
        text += &format!(
            "\nif uid {} were as asked: reward {:.6}, now {:.6}; {} others change\n",
            change.uid,
            reward(change.after),
            reward(change.before),
            change.others_changed
        );
        if let Some(after) = change.after {
            text += &reward_of(after);
        }
    }
    text
}
