//! `vidaio lint --bundle` without a pair: outputs that were sent together.

use std::path::{Path, PathBuf};

use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::list::render_list;
use crate::gates::{BATCH_DUPLICATE, duplicate_sizes};
use crate::report::rows;
use crate::rules::Revision;

/// Files with their sizes in bytes.
pub(super) fn sizes(paths: &[PathBuf]) -> Result<Vec<(String, u64)>, Failure> {
    paths
        .iter()
        .map(|path| match fs_err::metadata(path) {
            Ok(meta) if meta.is_file() => Ok((path.display().to_string(), meta.len())),
            Ok(_) => Err(
                Failure::bad_input(format!("{}: not a file", path.display()))
                    .hint("name the videos of the bundle"),
            ),
            Err(e) => Err(Failure::bad_input(e.to_string()).hint("check the path")),
        })
        .collect()
}

/// Which outputs have as many bytes as another.
pub(super) fn run(
    context: &Context,
    revision: &Revision,
    paths: &[PathBuf],
    bundle: &[(String, u64)],
) -> Result<Exit, Failure> {
    let inputs: Vec<&Path> = paths.iter().map(PathBuf::as_path).collect();
    let output = context.open_output(&inputs)?;
    if !revision
        .gates
        .compression
        .iter()
        .any(|name| name == BATCH_DUPLICATE)
    {
        context.warn(&format!(
            "{} has no such gate: this is the verdict of 2026-06-24 to 2026-08-18",
            revision.name
        ));
    }
    let bytes: Vec<u64> = bundle.iter().map(|(_, bytes)| *bytes).collect();
    let groups = duplicate_sizes(&bytes);
    let lines: Vec<BundleLine> = bundle
        .iter()
        .enumerate()
        .map(|(i, (file, bytes))| BundleLine {
            file: file.clone(),
            bytes: *bytes,
            duplicate_of: groups
                .iter()
                .find(|group| group.contains(&i))
                .map(|group| {
                    let others = group.iter().filter(|j| **j != i);
                    others.map(|j| bundle[*j].0.clone()).collect()
                })
                .unwrap_or_default(),
        })
        .collect();
    let text = render_list(context, &lines, |lines| {
        let cells: Vec<Vec<String>> = lines
            .iter()
            .map(|line| {
                let verdict = if line.duplicate_of.is_empty() {
                    "pass".to_owned()
                } else {
                    format!("FAIL: as many bytes as {}", line.duplicate_of.join(", "))
                };
                vec![line.file.clone(), line.bytes.to_string(), verdict]
            })
            .collect();
        rows(
            &["file", "bytes", "duplicate (2026-06-24 to 2026-08-18)"],
            &cells,
        )
    })?;
    output.finish(&text)?;
    Ok(if groups.is_empty() {
        Exit::Ok
    } else {
        Exit::GateFailed
    })
}

#[derive(serde::Serialize)]
struct BundleLine {
    file: String,
    bytes: u64,
    duplicate_of: Vec<String>,
}
