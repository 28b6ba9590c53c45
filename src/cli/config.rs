//! `vidaio config`.

use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use crate::config::{KEYS, MineSettings};
use crate::report::rows;

#[derive(Debug, clap::Args)]
pub(super) struct ConfigArgs {
    #[command(subcommand)]
    command: ConfigCommand,
}

#[derive(Debug, clap::Subcommand)]
enum ConfigCommand {
    /// Show every setting with its value and where it came from
    Show,
    /// Show which files are looked at
    Path,
}

#[derive(serde::Serialize)]
struct Row {
    key: &'static str,
    value: String,
    origin: String,
    meaning: &'static str,
}

pub(super) fn run(context: &Context, args: &ConfigArgs) -> Result<Exit, Failure> {
    let text = match args.command {
        ConfigCommand::Show => {
            context.settings()?;
            MineSettings::resolve(&context.layers)?;
            let all: Vec<Row> = context
                .layers
                .iter()
                .map(|(key, value, origin)| {
                    let known = KEYS.iter().find(|k| k.name == key);
                    Row {
                        key,
                        value: known.map_or(value, |k| k.shown(value)).to_owned(),
                        origin: origin.to_string(),
                        meaning: known.map_or("", |k| k.meaning),
                    }
                })
                .collect();
            super::list::render_list(context, &all, |all| {
                let cells = all
                    .iter()
                    .map(|r| {
                        vec![
                            r.key.into(),
                            r.value.clone(),
                            r.origin.clone(),
                            r.meaning.into(),
                        ]
                    })
                    .collect::<Vec<_>>();
                rows(&["setting", "value", "from", "meaning"], &cells)
            })?
        }
        ConfigCommand::Path => Context::files()
            .iter()
            .map(|path| {
                let state = if path.is_file() { "" } else { "  (not there)" };
                format!("{}{state}\n", path.display())
            })
            .collect(),
    };
    context.open_output(&[])?.finish(&text)?;
    Ok(Exit::Ok)
}
