//! Commands of a manifest, which make clips and outputs.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::cache::{Cache, MadeBy};
use super::case::Case;

/// Last lines of a failed command's output that its error shows. Our choice.
const TOLD: usize = 6;

/// Runs a command in a folder. Its output is shown only if it fails.
///
/// # Errors
/// The command and the last lines of its output.
pub(super) fn run(folder: &Path, command: &[OsString]) -> Result<(), String> {
    let [program, arguments @ ..] = command else {
        return Err("the command is empty".into());
    };
    let folder = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    // A program with a slash is meant from the manifest's folder, as its arguments are.
    let shown = |part: &OsString| crate::shown::path(Path::new(part));
    let bytes = program.as_encoded_bytes();
    let program_path = if bytes.contains(&b'/') && !bytes.starts_with(b"/") {
        folder
            .canonicalize()
            .unwrap_or_else(|_| folder.to_path_buf())
            .join(program)
    } else {
        program.into()
    };
    let output = Command::new(program_path)
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .map_err(|e| format!("`{}` cannot be run ({e})", shown(program)))?;
    if output.status.success() {
        return Ok(());
    }
    let printed = [output.stdout, output.stderr].concat();
    let printed = String::from_utf8_lossy(&printed);
    let lines: Vec<&str> = printed.lines().collect();
    let end = &lines[lines.len().saturating_sub(TOLD)..];
    Err(format!(
        "`{}` failed ({}): {}",
        command.iter().map(shown).collect::<Vec<_>>().join(" "),
        output.status,
        end.join(" | ")
    ))
}

/// Makes a case's output by its command, unless the same command made the same file before.
///
/// # Errors
/// A sentence with what went wrong.
pub(super) fn make(case: &Case, cache: &Cache, rerun: bool) -> Result<(), String> {
    if case.command.is_empty() {
        return Ok(());
    }
    let digest = |path: &Path| {
        cache
            .digest(path)
            .map_err(|e| format!("{}: {}", path.display(), e.kind()))
    };
    let made_by = MadeBy {
        command: &case.command,
        output: crate::shown::path(&case.output),
        reference: digest(&case.reference)?,
        payload: case.payload.as_deref().map(digest).transpose()?,
    };
    if !rerun
        && case.output.is_file()
        && let (Some(made), Ok(now)) = (cache.made(&made_by), cache.digest(&case.output))
        && made == now
    {
        return Ok(());
    }
    let folder = case.manifest.parent().unwrap_or(Path::new(""));
    let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let output = absolute(&case.output);
    if let Some(parent) = output.parent() {
        std::fs::create_dir_all(parent).map_err(|e| format!("{}: {e}", parent.display()))?;
    }
    // The encoder writes under another name with the same ending, so that what is there is whole.
    let mut name: OsString = format!("making-{}-{}-", std::process::id(), case.position).into();
    name.push(output.file_name().unwrap_or_default());
    let temporary = output.with_file_name(name);
    let named = case.command.iter().any(|part| part.contains("{output}"));
    let payload = case.payload.as_deref().map(absolute).unwrap_or_default();
    let values = [
        ("{reference}", absolute(&case.reference)),
        ("{output}", temporary.clone()),
        ("{payload}", payload),
    ];
    let command: Vec<OsString> = case
        .command
        .iter()
        .map(|part| filled(part, &values))
        .collect();
    let done = run(folder, &command).and_then(|()| {
        if !named {
            return Ok(());
        }
        std::fs::rename(&temporary, &output)
            .map_err(|e| format!("`{}` wrote no {{output}} ({e})", case.command[0]))
    });
    if done.is_err() {
        let _nothing_half_written_stays = std::fs::remove_file(&temporary);
    }
    done?;
    cache.forget(&case.output);
    cache.remember(&made_by, &digest(&case.output)?);
    Ok(())
}

/// An argument with its placeholders replaced, byte by byte: names need not be UTF-8.
fn filled(part: &str, values: &[(&str, PathBuf)]) -> OsString {
    let mut filled = OsString::new();
    let mut rest = part;
    loop {
        let found = values
            .iter()
            .filter_map(|(placeholder, value)| Some((rest.find(placeholder)?, placeholder, value)))
            .min_by_key(|(at, ..)| *at);
        let Some((at, placeholder, value)) = found else {
            filled.push(rest);
            return filled;
        };
        filled.push(&rest[..at]);
        filled.push(value);
        rest = &rest[at + placeholder.len()..];
    }
}
