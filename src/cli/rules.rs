//! `vidaio rules`.

use serde::Serialize;

use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use crate::report::{Format, rows, to_csv};
use crate::rules::{Catalogue, DEFAULT_REVISION, Revision, diff, spelled};

#[derive(Debug, clap::Args)]
pub(super) struct RulesArgs {
    #[command(subcommand)]
    command: RulesCommand,
}

#[derive(Debug, clap::Subcommand)]
enum RulesCommand {
    /// List the revisions, oldest first
    List,
    /// Show one revision with all its constants
    Show {
        /// Name, date, commit or latest; the chosen revision if none is given
        name: Option<String>,
    },
    /// Show what differs between two revisions
    Diff {
        /// The older one
        from: String,
        /// The newer one
        to: String,
    },
}

#[derive(Serialize)]
struct Line {
    name: String,
    from: Option<String>,
    commit: String,
    repository: String,
    compression: Option<String>,
    upscaling: String,
    summary: String,
}

pub(super) fn run(context: &Context, args: RulesArgs) -> Result<Exit, Failure> {
    let catalogue = Catalogue::embedded()?;
    let text = match args.command {
        RulesCommand::List => {
            let lines: Vec<Line> = catalogue.iter().map(line).collect();
            render_list(context, &lines, |lines| {
                let cells = lines
                    .iter()
                    .map(|l| {
                        let day = l.from.as_deref().map_or("-", |f| &f[..10]);
                        let commit = &l.commit[..l.commit.len().min(7)];
                        vec![l.name.clone(), day.into(), commit.into(), l.summary.clone()]
                    })
                    .collect::<Vec<_>>();
                rows(&["name", "from", "commit", "what changed"], &cells)
            })?
        }
        RulesCommand::Show { name } => {
            let name = match name {
                Some(name) => name,
                None => context.settings()?.rules,
            };
            let revision = catalogue.find(&name)?;
            context
                .format()?
                .render(revision, |r| toml::to_string(r).unwrap_or_default())
                .map_err(|e| Failure::new(Exit::Internal, e.to_string()))?
        }
        RulesCommand::Diff { from, to } => {
            let changes = diff(catalogue.find(&from)?, catalogue.find(&to)?);
            render_list(context, &changes, |changes| {
                let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".into());
                let cells = changes
                    .iter()
                    .map(|c| vec![c.field.clone(), shown(&c.before), shown(&c.after)])
                    .collect::<Vec<_>>();
                rows(&["field", &from, &to], &cells)
            })?
        }
    };
    context.open_output(&[])?.finish(&text)?;
    Ok(Exit::Ok)
}

/// The revision that was asked for, and those that results are shown under besides.
pub(super) struct ChosenRevision<'a> {
    pub(super) revision: &'a Revision,
    pub(super) others: Vec<&'a Revision>,
    /// Whether all were asked for.
    pub(super) all: bool,
}

/// Finds a revision by its name in the settings; `all` is the default one beside every other.
pub(super) fn choose<'a>(
    catalogue: &'a Catalogue,
    name: &str,
) -> Result<ChosenRevision<'a>, Failure> {
    let all = name.eq_ignore_ascii_case("all");
    let revision = catalogue.find(if all { DEFAULT_REVISION } else { name })?;
    let others = catalogue.iter().filter(|r| all || r.main).collect();
    Ok(ChosenRevision {
        revision,
        others,
        all,
    })
}

fn line(revision: &Revision) -> Line {
    Line {
        name: revision.name.clone(),
        from: revision.from.clone(),
        commit: revision.commit.clone(),
        repository: revision.repository.clone(),
        compression: revision.compression.as_ref().map(|c| spelled(&c.formula)),
        upscaling: spelled(&revision.upscaling.formula.last),
        summary: revision.summary.clone(),
    }
}

/// Writes a list in the chosen format: one line a record for JSON lines, one row for CSV.
pub(super) fn render_list<T: Serialize>(
    context: &Context,
    list: &[T],
    table: impl FnOnce(&[T]) -> String,
) -> Result<String, Failure> {
    let internal = |e: serde_json::Error| Failure::new(Exit::Internal, e.to_string());
    Ok(match context.format()? {
        Format::Table => table(list),
        Format::Json => serde_json::to_string_pretty(list).map_err(internal)? + "\n",
        Format::Jsonl => {
            let lines: Result<Vec<_>, _> = list.iter().map(serde_json::to_string).collect();
            lines.map_err(internal)?.join("\n") + "\n"
        }
        Format::Csv => {
            let values: Result<Vec<_>, _> = list.iter().map(serde_json::to_value).collect();
            to_csv(&values.map_err(internal)?)
        }
    })
}
