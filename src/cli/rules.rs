//! `vidaio rules`.

use serde::Serialize;

use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::list::render_list;
use crate::report::rows;
use crate::rules::{Catalogue, Revision, diff, spelled};

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
                .render(revision, |r| toml::to_string(r).unwrap_or_default())?
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
