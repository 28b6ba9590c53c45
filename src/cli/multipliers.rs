//! `vidaio multipliers`.

use std::io::IsTerminal as _;

use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::revision::{ChosenRevision, choose};
use super::rounds::{RoundsArgs, Stopped, WalkPurpose, refuse_own_folder, walk};
use crate::domain::Task;
use crate::history::{HistoryFile, Kept, LocatedRecord, Record, Tails};
use crate::report::{Detail, Format, multipliers_csv, multipliers_table};
use crate::rules::{Catalogue, MultiplierRules, Revision};
use crate::scoring::{Round, recorded};
use crate::standing::{
    Labelled, LastHotkey, MultiplierVerdict, Replay, RoundSink, TaskMultipliers, WindowJudge,
    nothing_counts,
};

#[derive(Debug, clap::Args)]
pub(super) struct MultipliersArgs {
    #[command(flatten)]
    rounds: RoundsArgs,
    /// Rounds of a window, and what counts are divided by [default: what the rules say]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=10_000))]
    window: Option<u64>,
    /// Compare the last window with the one before
    #[arg(long)]
    trends: bool,
    /// Show each factor as a formula with its numbers
    #[arg(long)]
    explain: bool,
}

/// Keeps the last rounds, and the standing where a revision has that instead of multipliers.
struct Last<'a> {
    revision: &'a Revision,
    size: usize,
    together: bool,
    tails: Tails,
    standing: Option<Replay<'a>>,
    /// Of each task, because a task may be a hotkey's own.
    hotkeys: [LastHotkey; 2],
    new_hotkeys: u64,
    left_out: u64,
    stopped: Option<Stopped>,
}

impl<'a> Last<'a> {
    fn new(revision: &'a Revision, size: usize, together: bool) -> Self {
        let standing = revision.multipliers.is_none();
        Self {
            revision,
            size,
            together,
            tails: Tails::new(size, together),
            standing: standing.then(|| Replay::new(revision)),
            hotkeys: [LastHotkey::default(); 2],
            new_hotkeys: 0,
            left_out: 0,
            stopped: None,
        }
    }

    /// The round as a validator stores it; none for organic rounds that it does not store.
    fn stored(&mut self, record: &Record, source: usize, line: u64) -> Option<Round> {
        if let Some(replay) = &mut self.standing
            && let Err(e) = replay.push(record)
        {
            self.stopped.get_or_insert(Stopped::at(e, source, line));
        }
        let index = usize::from(!self.together && record.round.task == Task::Compress);
        let new = self.hotkeys[index].changes(record);
        if new && self.revision.ledger.new_hotkey_resets {
            self.tails.forget(record.round.task);
            self.new_hotkeys += 1;
        }
        let stored = recorded(&self.revision.ledger, &record.round, 0.0);
        self.left_out += u64::from(stored.is_none());
        stored
    }

    /// Closes the last round of the standing.
    fn finish(&mut self) {
        if let Some(replay) = &mut self.standing {
            let _only_the_standing_counts = replay.finish();
        }
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.new_hotkeys > 0 {
            notes.push(format!(
                "changes of hotkey: {}; rounds before the last one are forgotten, as validators do",
                self.new_hotkeys
            ));
        }
        if self.left_out > 0 {
            notes.push(format!(
                "organic rounds that {} does not store: {}; they are in no window",
                self.revision.name, self.left_out
            ));
        }
        notes
    }
}

impl RoundSink for Last<'_> {
    fn restart(&mut self) {
        *self = Self::new(self.revision, self.size, self.together);
    }

    fn pass(&mut self, entry: &LocatedRecord<'_>) {
        if let Some(round) = self.stored(&entry.record, entry.source, entry.line) {
            self.tails.push(&entry.with_round(round));
        }
    }

    fn held(&mut self, mut kept: Kept) {
        if let Some(round) = self.stored(&kept.record, kept.source, kept.line) {
            kept.record.round = round;
            self.tails.push_kept(kept);
        }
    }
}

pub(super) fn run(context: &Context, args: &MultipliersArgs) -> Result<Exit, Failure> {
    let catalogue = Catalogue::embedded()?;
    let settings = context.settings()?;
    let ChosenRevision {
        revision, others, ..
    } = choose(&catalogue, &settings.rules)?;
    let format = context.format()?;
    refuse_own_folder(&args.rounds.folder, &[context.output.as_ref()])?;
    let output = context.open_output(&[])?;
    let judge = WindowJudge {
        revision,
        others: &others,
        window: args.window,
        trends: args.trends,
    };
    let together = revision
        .multipliers
        .as_ref()
        .is_some_and(MultiplierRules::mixes_tasks);
    let mut last = Last::new(revision, rounds_kept(&judge), together);
    let purpose = WalkPurpose::Windows { together };
    let walked = walk(context, &args.rounds, revision, purpose, &mut last)?;
    last.finish();
    if let Some(stopped) = &last.stopped {
        return Err(stopped.failure(&walked.sources));
    }
    let mut verdict = MultiplierVerdict::new(revision, walked.facts);
    verdict.notes = walked.notes;
    verdict.notes.extend(last.notes());
    for task in Task::ALL {
        if args.rounds.task.is_none_or(|only| only == task) {
            let judged = of_task(task, &last, &judge, &walked.sources);
            verdict.tasks.insert(task.into(), judged);
        }
    }
    add_notes(&mut verdict, revision);
    let code = catalogue.iter().rfind(|r| r.from.is_some());
    if let Some(code) = code.filter(|code| code.name != revision.name) {
        verdict.notes.extend(differences(revision, code));
    }
    output.finish(&render(context, format, args, revision, &verdict)?)?;
    Ok(Exit::Ok)
}

/// Rounds of a task that are kept: two windows for trends, and no less than any other revision needs.
fn rounds_kept(judge: &WindowJudge<'_>) -> usize {
    let largest = judge
        .others
        .iter()
        .filter_map(|r| r.multipliers.as_ref().map(|m| m.window))
        .chain([judge.size() * 2])
        .max()
        .unwrap_or(20);
    usize::try_from(largest).unwrap_or(usize::MAX)
}

fn of_task(
    task: Task,
    last: &Last<'_>,
    judge: &WindowJudge<'_>,
    files: &[HistoryFile],
) -> TaskMultipliers {
    let kept: Vec<Labelled> = last
        .tails
        .of(task)
        .iter()
        .map(|kept| {
            let (label, file) = kept.label(files);
            Labelled {
                kept: kept.clone(),
                label,
                file,
            }
        })
        .collect();
    let ewma = last
        .standing
        .as_ref()
        .filter(|_| !kept.is_empty())
        .map(|replay| replay.standing(task).value());
    judge.judge(task, last.tails.seen(task), &kept, ewma)
}

fn render(
    context: &Context,
    format: Format,
    args: &MultipliersArgs,
    revision: &Revision,
    verdict: &MultiplierVerdict,
) -> Result<String, Failure> {
    Ok(match format {
        Format::Table => {
            let detail = Detail {
                explain: args.explain,
                spark: args.trends && context.output.is_none() && std::io::stdout().is_terminal(),
            };
            multipliers_table(verdict, revision, detail)
        }
        Format::Csv => multipliers_csv(verdict),
        other => other.render(verdict, |_| String::new())?,
    })
}

fn add_notes(verdict: &mut MultiplierVerdict, revision: &Revision) {
    let seen = |task: Task| verdict.tasks.get(&task.into()).map_or(0, |t| t.rounds);
    let (upscaling, compression) = (seen(Task::Upscale), seen(Task::Compress));
    let mut notes = Vec::new();
    let Some(rules) = &revision.multipliers else {
        notes.push(format!(
            "{} has no multipliers over the last rounds: a standing with decay {} takes their place",
            revision.name, revision.ledger.decay
        ));
        verdict.notes.extend(notes);
        return;
    };
    if compression > 0 && nothing_counts(rules, Task::Compress) {
        notes.push(format!(
            "{} has no compression task (it began on 2025-08-14): its rounds count for nothing",
            revision.name
        ));
    }
    if rules.mixes_tasks() {
        notes.push(
            "one window holds the last rounds of both tasks, each judged by its own limits".into(),
        );
    } else if upscaling > 0 && compression > 0 {
        notes.push(
            "each task has a window of its own here; a validator that meets a change of task \
             forgets the rounds before (`vidaio ledger` replays that)"
                .into(),
        );
    }
    if revision.from.is_some() && (upscaling == 1 || compression == 1) {
        notes.push("validators keep a new miner at 1.0 until its second round".into());
    }
    verdict.notes.extend(notes);
}

/// In one line, where the limits are others than those of the newest code that has multipliers.
fn differences(revision: &Revision, code: &Revision) -> Option<String> {
    let (ours, theirs) = (revision.multipliers.as_ref()?, code.multipliers.as_ref()?);
    let limits = |r: &MultiplierRules| {
        [
            ("S_F >", Some(r.upscaling_bonus_above)),
            ("S_F <", Some(r.upscaling_penalty_f_below)),
            ("S_Q <", Some(r.upscaling_penalty_q_below)),
            ("S_f >", r.compression_bonus_above),
            ("S_f <", r.compression_penalty_f_below),
        ]
    };
    let differing: Vec<String> = limits(ours)
        .into_iter()
        .zip(limits(theirs))
        .filter_map(|((name, a), (_, b))| {
            let (a, b) = (a?, b?);
            (a != b).then(|| format!("{name} {b} where {} counts {name} {a}", revision.name))
        })
        .collect();
    (!differing.is_empty()).then(|| {
        format!(
            "validators' code of {} counts {}",
            code.name,
            differing.join(", ")
        )
    })
}
