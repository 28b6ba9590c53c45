//! `vidaio models`.

use std::path::PathBuf;

use serde::Serialize;

use super::context::{Context, Verbosity};
use super::exit::Exit;
use super::failure::Failure;
use super::list::render_list;
use super::progress::byte_bar;
use crate::models::{CATALOGUE, ModelState, ModelStore, Upscales, pull};
use crate::report::rows;

#[derive(Debug, clap::Args)]
pub(super) struct ModelsArgs {
    #[command(subcommand)]
    command: ModelsCommand,
}

#[derive(Debug, clap::Subcommand)]
enum ModelsCommand {
    /// List the known weights and what is here of them
    List,
    /// Fetch weights from where they are published; goes on where an earlier fetch stopped
    Pull {
        /// Name from `vidaio models list`
        name: String,
        /// Fetch from this address instead; the digest must still be the published one
        #[arg(long)]
        from: Option<String>,
    },
    /// Read weights whole and compare them with the published digest
    Verify {
        /// Name from `vidaio models list`
        name: String,
    },
    /// Take in a copy of published weights that you have
    Import {
        /// Name from `vidaio models list`
        name: String,
        /// The file; it is only read
        file: PathBuf,
    },
}

#[derive(Serialize)]
struct Line {
    name: &'static str,
    state: String,
    bytes: u64,
    sha256: &'static str,
    path: PathBuf,
    licence: &'static str,
    purpose: &'static str,
    addresses: &'static [&'static str],
    upscales: Option<Upscales>,
}

pub(super) fn run(context: &Context, args: ModelsArgs) -> Result<Exit, Failure> {
    let store = ModelStore::new(context.models_dir(&context.settings()?)?);
    let text = match args.command {
        ModelsCommand::List => {
            let lines: Vec<Line> = CATALOGUE
                .iter()
                .map(|m| Line {
                    name: m.name,
                    state: match store.state(m) {
                        ModelState::Missing => "not here".into(),
                        ModelState::Partial(bytes) => format!("{bytes} bytes fetched"),
                        ModelState::Present(bytes) if bytes == m.bytes => "here".into(),
                        ModelState::Present(_) => "here, but of the wrong length".into(),
                    },
                    bytes: m.bytes,
                    sha256: m.sha256,
                    path: store.path(m),
                    licence: m.licence,
                    purpose: m.purpose,
                    addresses: m.addresses,
                    upscales: m.upscales,
                })
                .collect();
            render_list(context, &lines, |lines| {
                let cells = lines
                    .iter()
                    .map(|l| {
                        let path = l.path.display().to_string();
                        vec![
                            l.name.into(),
                            l.state.clone(),
                            l.bytes.to_string(),
                            l.licence.into(),
                            path,
                        ]
                    })
                    .collect::<Vec<_>>();
                rows(&["name", "state", "bytes", "licence", "path"], &cells)
            })?
        }
        ModelsCommand::Pull { name, from } => {
            let model = ModelStore::model(&name)?;
            if context.verbosity != Verbosity::Quiet {
                context.warn(&format!("{}: {}", model.name, model.licence));
            }
            let addresses: Vec<String> = match from {
                Some(address) => vec![address],
                None => model.addresses.iter().map(|a| (*a).to_owned()).collect(),
            };
            let bar = byte_bar(context.may_draw(), model.bytes);
            let path = pull(&store, model, &addresses, &|have, _| bar.set_position(have));
            bar.finish_and_clear();
            format!("{}\n", path?.display())
        }
        ModelsCommand::Verify { name } => {
            let model = ModelStore::model(&name)?;
            format!("{}: SHA-256 as published\n", store.verify(model)?.display())
        }
        ModelsCommand::Import { name, file } => {
            let model = ModelStore::model(&name)?;
            if !file.is_file() {
                let what = if file.exists() {
                    "it is no plain file"
                } else {
                    "there is no such file"
                };
                return Err(Failure::bad_input(format!("{}: {what}", file.display()))
                    .hint("name the file of weights that you have"));
            }
            format!("{}\n", store.import(model, &file)?.display())
        }
    };
    context.open_output(&[])?.finish(&text)?;
    Ok(Exit::Ok)
}
