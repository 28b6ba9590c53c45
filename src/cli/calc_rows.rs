//! Many calculations at once: JSON lines in, JSON lines out.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use rayon::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::context::Context;
use super::exit::Exit;
use super::failure::{Failure, unreadable};
use super::output::{Output, to_stdout};
use crate::scoring::ScoringError;
use crate::text::{Text, comma_before};

/// Lines worked out together: enough to keep all cores busy, few enough to stream.
const BATCH: usize = 4096;

pub(super) fn open(path: &Path) -> Result<Box<dyn BufRead>, Failure> {
    let source: Box<dyn Read> = if path == Path::new("-") {
        Box::new(std::io::stdin())
    } else {
        Box::new(fs_err::File::open(path).map_err(|e| {
            let hint = "name a readable file, or `-` for standard input";
            Failure::bad_input(e.to_string()).hint(hint)
        })?)
    };
    let text = Text::new(source).map_err(|e| unreadable(path, &e))?;
    Ok(Box::new(BufReader::new(text)))
}

/// Bytes of the longest line that is read.
const LONGEST_LINE: u64 = 1 << 16;

/// Reads rows, works each out and writes one line for each, in order. A bad row ends the run with
/// its line number; the rows before it have been written.
pub(super) fn read_lines<R: DeserializeOwned + Send + Sync, T: Serialize + Send>(
    context: &Context,
    path: &Path,
    calc: impl Fn(&R) -> Result<T, ScoringError> + Sync,
) -> Result<Exit, Failure> {
    let output = context.open_output(&[path])?;
    let mut reader = open(path)?;
    let wrong = |line: u64, e: &std::io::Error| {
        Failure::bad_input(format!("{}:{line}: {e}", path.display()))
            .hint("the file must be UTF-8 text, one JSON object a line")
    };
    let mut kept = String::new();
    let (mut line_number, mut ended) = (0, false);
    while !ended {
        let mut batch = Vec::with_capacity(BATCH);
        while batch.len() < BATCH {
            let mut line = String::new();
            let n = reader
                .by_ref()
                .take(LONGEST_LINE)
                .read_line(&mut line)
                .map_err(|e| wrong(line_number + 1, &e))?;
            if n == 0 {
                ended = true;
                break;
            }
            line_number += 1;
            if n as u64 == LONGEST_LINE {
                let location = format!("{}:{line_number}", path.display());
                return Err(
                    Failure::bad_input(format!("{location}: the line is far too long"))
                        .hint("the file must have one JSON object a line"),
                );
            }
            if !line.trim().is_empty() {
                batch.push((line_number, line));
            }
        }
        let results: Vec<Result<String, Failure>> = batch
            .par_iter()
            .map(|(number, line)| {
                let location = || format!("{}:{number}", path.display());
                let row: R = serde_json::from_str(line).map_err(|e| {
                    // Where it stopped; columns are counted from 1.
                    let comma = comma_before(line, e.column().saturating_sub(1));
                    let what = comma.unwrap_or_else(|| e.to_string());
                    Failure::bad_input(format!("{}: {what}", location()))
                        .hint("each line is one JSON object; see `vidaio calc --help` for its keys")
                })?;
                let result = calc(&row).map_err(|e| {
                    Failure::bad_input(format!("{}: {e}", location()))
                        .hint("correct or remove this line")
                })?;
                serde_json::to_string(&result)
                    .map_err(|e| Failure::new(Exit::Internal, format!("{}: {e}", location())))
            })
            .collect();
        for result in results {
            match result {
                Ok(line) => kept += &(line + "\n"),
                Err(failure) => {
                    if let Output::Stdout = output {
                        to_stdout(&kept)?;
                    }
                    return Err(failure);
                }
            }
        }
        if let Output::Stdout = output {
            to_stdout(&kept)?;
            kept.clear();
        }
    }
    output.finish(&kept)?;
    Ok(Exit::Ok)
}
