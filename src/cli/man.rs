//! `vidaio man`: the manual, a page for each command.

use std::path::{Path, PathBuf};

use clap_mangen::Man;

use super::exit::Exit;
use super::failure::Failure;
use super::output::Output;

#[derive(Debug, clap::Args)]
pub(super) struct ManArgs {
    /// Folder for the pages; made if it is not there
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

pub(super) fn run(args: &ManArgs, command: clap::Command) -> Result<Exit, Failure> {
    fs_err::create_dir_all(&args.folder).map_err(|e| {
        Failure::unwritable(&args.folder, &e).hint("choose a folder you may write to")
    })?;
    let mut command = command.disable_help_subcommand(true);
    command.build();
    write_pages(&command, &args.folder)?;
    Ok(Exit::Ok)
}

/// Writes the page of a command and those of its own commands.
fn write_pages(command: &clap::Command, folder: &Path) -> Result<(), Failure> {
    let page = Man::new(command.clone())
        // An empty date would be left out, and what follows it taken for it.
        .date(" ")
        .source(concat!("vidaio ", env!("CARGO_PKG_VERSION")))
        .manual("vidaio");
    Output::open(Some(&folder.join(page.get_filename())), &[])?
        .finish_with(&mut |to| page.render(to))?;
    for inner in command.get_subcommands().filter(|c| !c.is_hide_set()) {
        write_pages(inner, folder)?;
    }
    Ok(())
}
