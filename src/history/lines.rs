//! JSON lines.

use super::blocks::{count, each, lines};
use super::entry::LocatedRecord;
use super::error::HistoryError;
use super::fields::RecordFields;
use super::folder::HistoryFile;
use super::reader::Reader;
use super::record::Record;

/// One parsed line: its position in the block, and its record.
struct Line {
    start: usize,
    end: usize,
    parsed: Result<Record, (u64, String)>,
}

pub(super) fn read(
    reader: &mut Reader<'_>,
    index: usize,
    source: &HistoryFile,
) -> Result<(), HistoryError> {
    let file = match source.open() {
        Ok(file) => file,
        Err(e) => return reader.bad_file(source, e),
    };
    let mut number = 0;
    let mut outcome = Ok(());
    let read = each(file, parse, |block| {
        for line in block.result {
            number += 1;
            let text = &block.text[line.start..line.end];
            match line.parsed {
                Ok(record) => reader.take(&LocatedRecord::json(record, index, number, text)),
                Err(_) if text.trim_ascii().is_empty() => {}
                Err((column, what)) => {
                    outcome = reader.bad_record(source, number, column, &what);
                    if outcome.is_err() {
                        return false;
                    }
                }
            }
        }
        true
    });
    match read {
        Ok(()) => outcome,
        Err(e) => reader.bad_file(source, e),
    }
}

fn parse(text: &[u8]) -> Vec<Line> {
    let mut parsed = Vec::with_capacity(count(text));
    parsed.extend(lines(text).map(|(start, end)| {
        let parsed = record(&text[start..end]);
        Line { start, end, parsed }
    }));
    parsed
}

/// A record, or the column and what is wrong there.
fn record(line: &[u8]) -> Result<Record, (u64, String)> {
    // The parser accepts any bytes in keys that it skips, and those could not be written out again.
    let text = std::str::from_utf8(line)
        .map_err(|e| (e.valid_up_to() as u64 + 1, "this is not UTF-8 text".into()))?;
    let fields: RecordFields<'_> =
        serde_json::from_str(text).map_err(|e| (e.column() as u64, e.to_string()))?;
    Record::new(&fields).map_err(|what| (1, what))
}
