//! JSON lines, read in blocks that are parsed on all cores and handed on in order.

use std::io::Read;

use rayon::prelude::*;

use super::error::HistoryError;
use super::fields::Fields;
use super::folder::Source;
use super::read::{Entry, Reader};
use super::record::Record;

/// Bytes of a block: enough to keep a core busy for a millisecond or two.
const BLOCK: usize = 1 << 20;
/// Longest line. A record has some three hundred bytes.
const LONGEST: usize = 16 << 20;

/// One line that was parsed: where it lies in its block, and what it holds.
struct Line {
    start: usize,
    end: usize,
    parsed: Result<Record, (u64, String)>,
}

pub(super) fn read(reader: &mut Reader<'_>, index: usize, source: &Source) -> Result<(), HistoryError> {
    let mut file = match std::fs::File::open(&source.path) {
        Ok(file) => file,
        Err(e) => return reader.bad_file(source, e),
    };
    let mut rest = Vec::new();
    let (mut number, mut first, mut ended) = (0_u64, true, false);
    while !ended {
        let mut blocks = Vec::new();
        while blocks.len() < rayon::current_num_threads() && !ended {
            match block(&mut file, &mut rest) {
                Ok(Some(block)) => blocks.push(block),
                Ok(None) => ended = true,
                Err(e) => return reader.bad_file(source, e),
            }
        }
        let parsed: Vec<Vec<Line>> = blocks.par_iter().map(|block| parse(block)).collect();
        for (block, lines) in blocks.iter().zip(parsed) {
            for line in lines {
                number += 1;
                let mut text = &block[line.start..line.end];
                let mut parsed = line.parsed;
                if std::mem::take(&mut first)
                    && let Some(without) = text.strip_prefix(b"\xef\xbb\xbf")
                {
                    text = without;
                    parsed = record(text);
                }
                if text.trim_ascii().is_empty() {
                    continue;
                }
                match parsed {
                    Ok(record) => reader.take(&Entry::json(record, index, number, text)),
                    Err((column, what)) => reader.bad_place(source, number, column, &what)?,
                }
            }
        }
    }
    Ok(())
}

/// The next whole lines of a file; `rest` holds the beginning of the line after them.
fn block(file: &mut impl Read, rest: &mut Vec<u8>) -> std::io::Result<Option<Vec<u8>>> {
    let mut block = std::mem::take(rest);
    loop {
        let wanted = BLOCK as u64;
        let read = file.by_ref().take(wanted).read_to_end(&mut block)?;
        if read == 0 {
            return Ok((!block.is_empty()).then_some(block));
        }
        if let Some(at) = memchr::memrchr(b'\n', &block) {
            rest.extend_from_slice(&block[at + 1..]);
            block.truncate(at + 1);
            return Ok(Some(block));
        }
        if block.len() > LONGEST {
            return Err(std::io::Error::new(
                std::io::ErrorKind::InvalidData,
                "a line is far too long: the file must have one JSON object a line",
            ));
        }
    }
}

fn parse(block: &[u8]) -> Vec<Line> {
    let mut lines = Vec::with_capacity(block.len() / 128);
    let mut start = 0;
    while start < block.len() {
        let end = memchr::memchr(b'\n', &block[start..]).map_or(block.len(), |n| start + n);
        lines.push(Line {
            start,
            end,
            parsed: record(&block[start..end]),
        });
        start = end + 1;
    }
    lines
}

/// A record, or the column and what is wrong there.
fn record(line: &[u8]) -> Result<Record, (u64, String)> {
    let fields: Fields<'_> =
        serde_json::from_slice(line).map_err(|e| (e.column() as u64, e.to_string()))?;
    Record::new(&fields).map_err(|what| (1, what))
}
