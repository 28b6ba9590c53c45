//! What the commands over a history share: which rounds, in which order, and what is said about them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::context::Context;
use super::failure::Failure;
use crate::history::{
    Bad, Entry, HistoryError, Kept, Options, Record, Scan, Sequence, Source, read, sources,
};
use crate::rules::{MarginEffect, Revision};
use crate::scoring::{Origin, TaskType};
use crate::standing::HistoryFacts;

#[derive(Debug, clap::Args)]
pub(super) struct RoundsArgs {
    /// Folder of rounds: JSON, JSON lines and CSV files
    #[arg(value_name = "HISTORY")]
    pub(super) folder: PathBuf,
    /// Only rounds of this task
    #[arg(long, value_enum)]
    pub(super) task: Option<TaskArgument>,
    /// Only rounds of this miner
    #[arg(long)]
    uid: Option<u16>,
    /// Pass over files and records that cannot be read, and say how many
    #[arg(long)]
    skip_bad: bool,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(super) enum TaskArgument {
    Upscaling,
    Compression,
}

impl From<TaskArgument> for TaskType {
    fn from(argument: TaskArgument) -> Self {
        match argument {
            TaskArgument::Upscaling => Self::Upscaling,
            TaskArgument::Compression => Self::Compression,
        }
    }
}

/// Takes rounds in their order.
pub(super) trait Taker {
    /// Forgets everything: the rounds come again, in another order.
    fn restart(&mut self);
    /// The next round, as it goes by.
    fn pass(&mut self, entry: &Entry<'_>);
    /// The next round, held since it was read.
    fn held(&mut self, kept: Kept);
}

/// What a walk over a history gave.
pub(super) struct Walked {
    pub(super) facts: HistoryFacts,
    pub(super) sources: Vec<Source>,
    pub(super) notes: Vec<String>,
}

/// What is noticed beside the rounds themselves.
#[derive(Default)]
struct Noticed {
    sequence: Sequence,
    uids: BTreeSet<u16>,
    taken: u64,
    tasks: [u64; 2],
    no_task: u64,
    no_score: u64,
    no_quality: u64,
    no_vmaf: u64,
    no_rate: u64,
    ungraded: u64,
}

impl Noticed {
    fn see(&mut self, record: &Record) {
        self.sequence.see(record);
        self.taken += 1;
        self.uids.extend(record.uid);
        let compression = record.round.task == TaskType::Compression;
        self.tasks[usize::from(compression)] += 1;
        let missing = record.missing;
        let synthetic = record.round.origin == Origin::Synthetic;
        self.no_task += u64::from(missing.task_type);
        self.no_score += u64::from(missing.s_f && (synthetic || compression));
        self.no_quality += u64::from(!compression && missing.s_q && synthetic);
        self.no_vmaf += u64::from(compression && (missing.vmaf_score || missing.vmaf_threshold));
        self.no_rate += u64::from(compression && missing.compression_rate);
        let graded = matches!(record.round.origin, Origin::Organic(Some(_)));
        self.ungraded += u64::from(!compression && !synthetic && !graded);
    }

    fn warn(&self, context: &Context, revision: &Revision, ledger: bool) {
        let say = |count: u64, what: &str, meaning: &str| {
            if count > 0 {
                let of = self.taken;
                context.warn(&format!(
                    "{what} is missing in {count} of {of} records: {meaning}"
                ));
            }
        };
        say(self.no_task, "task_type", "they count as upscaling");
        say(self.no_score, "s_f", "it counts as 0");
        say(
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
            say(self.no_vmaf, "vmaf_score or vmaf_threshold", meaning);
        }
        if ledger {
            if revision.ledger.not_smaller.is_some() {
                say(
                    self.no_rate,
                    "compression_rate",
                    "their files are taken as smaller than the source",
                );
            }
            say(
                self.ungraded,
                "grade",
                "an organic upscaling cannot be replayed without it",
            );
        }
    }
}

/// Walks over the rounds that were asked for, in their order. `ledger` says whether the standing is
/// wanted, which needs more keys.
pub(super) fn walk(
    context: &Context,
    args: &RoundsArgs,
    revision: &Revision,
    ledger: bool,
    taker: &mut dyn Taker,
) -> Result<Walked, Failure> {
    refuse_own_folder(context, &args.folder)?;
    let sources = sources(&args.folder)?;
    let options = Options {
        bad: if args.skip_bad {
            Bad::Skip
        } else {
            Bad::Refuse
        },
    };
    let only = args.task.map(TaskType::from);
    let wanted = |record: &Record| {
        only.is_none_or(|task| task == record.round.task)
            && args.uid.is_none_or(|uid| record.uid == Some(uid))
    };
    let mut noticed = Noticed::default();
    let mut others = BTreeSet::new();
    let scan = read(&sources, options, &mut |entry| {
        if wanted(&entry.record) {
            noticed.see(&entry.record);
            taker.pass(entry);
        } else {
            others.extend(entry.record.uid);
        }
    })?;
    let order = noticed.sequence.order();
    if !noticed.sequence.in_order() {
        context
            .say("the files do not hold the rounds in their order: they are read again and sorted");
        let mut held = Vec::new();
        read(&sources, options, &mut |entry| {
            if wanted(&entry.record) {
                held.push((noticed.sequence.key(&entry.record), Kept::from(entry)));
            }
        })?;
        held.sort_by_key(|(key, _)| *key);
        taker.restart();
        noticed = Noticed::default();
        for (_, kept) in held {
            noticed.see(&kept.record);
            taker.held(kept);
        }
    }
    check(args, &sources, &scan, &noticed, &others)?;
    say_skipped(context, &scan);
    noticed.warn(context, revision, ledger);
    let notes = noticed.sequence.notes();
    for note in &notes {
        context.warn(note);
    }
    Ok(Walked {
        facts: HistoryFacts {
            folder: args.folder.clone(),
            files: sources.len(),
            records: noticed.taken,
            order,
            skipped_records: scan.bad_records,
            skipped_files: scan.bad_files,
        },
        sources,
        notes,
    })
}

fn check(
    args: &RoundsArgs,
    sources: &[Source],
    scan: &Scan,
    noticed: &Noticed,
    others: &BTreeSet<u16>,
) -> Result<(), Failure> {
    let list = |uids: &BTreeSet<u16>| {
        let shown: Vec<String> = uids.iter().take(10).map(u16::to_string).collect();
        shown.join(", ") + if uids.len() > 10 { " …" } else { "" }
    };
    if noticed.uids.len() > 1 {
        return Err(Failure::usage(format!(
            "{}: the rounds belong to {} miners",
            args.folder.display(),
            noticed.uids.len()
        ))
        .hint(format!("choose one with --uid: {}", list(&noticed.uids))));
    }
    if noticed.taken > 0 {
        return Ok(());
    }
    if scan.records == 0 {
        if let Some(HistoryError::Bad { .. } | HistoryError::Unreadable { .. }) = &scan.first_bad {
            return Err(Failure::bad_input(format!(
                "{}: nothing in it could be read",
                args.folder.display()
            ))
            .hint("leave --skip-bad out to see what is wrong first"));
        }
        return Err(HistoryError::NoRecords {
            path: args.folder.clone(),
            files: sources.len(),
        }
        .into());
    }
    let failure = Failure::bad_input(format!(
        "{}: none of its {} rounds is what was asked for",
        args.folder.display(),
        scan.records
    ));
    Err(if args.uid.is_some() && !others.is_empty() {
        failure.hint(format!("the rounds belong to uid {}", list(others)))
    } else if args.uid.is_some() {
        failure.hint("the records name no uid: leave --uid out")
    } else {
        failure.hint("leave --task out to see both tasks")
    })
}

fn say_skipped(context: &Context, scan: &Scan) {
    if let Some(first) = &scan.first_bad {
        context.warn(&format!(
            "{} records and {} files were passed over, the first: {first}",
            scan.bad_records, scan.bad_files
        ));
    }
}

/// A result inside the folder would be read as a round the next time.
fn refuse_own_folder(context: &Context, folder: &Path) -> Result<(), Failure> {
    let Some(output) = &context.output else {
        return Ok(());
    };
    let parent = output.parent().filter(|p| !p.as_os_str().is_empty());
    let parent = parent.unwrap_or(Path::new("."));
    let known = output
        .extension()
        .and_then(|e| e.to_str())
        .is_some_and(|e| ["json", "jsonl", "ndjson", "csv"].contains(&e));
    let same = matches!(
        (fs_err::canonicalize(parent), fs_err::canonicalize(folder)),
        (Ok(a), Ok(b)) if a == b
    );
    if known && same {
        return Err(Failure::usage(format!(
            "{}: a result inside the history would be read as rounds the next time",
            output.display()
        ))
        .hint("write it outside the folder"));
    }
    Ok(())
}

/// What a round is called: its number, else its file and, if the file holds several, the line.
pub(super) fn label(sources: &[Source], kept: &Kept) -> (String, String) {
    let file = sources
        .get(kept.source)
        .map(Source::name)
        .unwrap_or_default();
    let label = match kept.record.number {
        Some(number) => number.to_string(),
        None if kept.line <= 1 => file.clone(),
        None => format!("{file}:{}", kept.line),
    };
    (label, file)
}
