//! One pass over all files of a history.

use super::entry::LocatedRecord;
use super::error::HistoryError;
use super::folder::{FileFormat, HistoryFile};
use super::reader::{Bad, Reader, Scan};
use super::{json, lines, table};

/// Calls `sink` with every record, file by file, in the order in which the records are stored.
///
/// # Errors
/// The first file or record that cannot be read, unless such are to be skipped.
pub fn read(
    sources: &[HistoryFile],
    bad: Bad,
    sink: &mut dyn FnMut(&LocatedRecord<'_>),
) -> Result<Scan, HistoryError> {
    let mut reader = Reader::new(bad, sink);
    for (index, source) in sources.iter().enumerate() {
        match source.kind {
            FileFormat::Json => json::read(&mut reader, index, source)?,
            FileFormat::Lines => lines::read(&mut reader, index, source)?,
            FileFormat::Csv => table::read(&mut reader, index, source)?,
        }
    }
    Ok(reader.finish())
}
