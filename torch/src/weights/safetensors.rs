//! Where the tensors of a safetensors file are: a length, a JSON table, then the data.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{Read, Seek, SeekFrom},
};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Located, WeightsError};

/// Longest table accepted; that of PIE-APP has about 3 kB.
const MAX_TABLE: u64 = 1 << 20;

/// One line of the table.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) dtype: String,
    pub(super) shape: Vec<u64>,
    pub(super) data_offsets: [u64; 2],
}

pub(super) fn locate(file: &mut File) -> Result<Vec<Located>, WeightsError> {
    let length = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(0))?;
    if length < 8 {
        return Err(WeightsError::Format(format!("it has only {length} bytes")));
    }
    let mut head = [0_u8; 8];
    file.read_exact(&mut head)?;
    if head.starts_with(b"PK") {
        return Err(WeightsError::Format(
            "it is a zip archive of newer torch; save it as safetensors or in the legacy form"
                .into(),
        ));
    }
    let table_length = u64::from_le_bytes(head);
    if table_length > MAX_TABLE {
        return Err(WeightsError::Format(
            "it is neither a legacy torch file nor safetensors".into(),
        ));
    }
    let data = 8 + table_length;
    if data > length {
        return Err(WeightsError::Length {
            expected: data,
            actual: length,
        });
    }
    let mut json = Vec::new();
    file.take(table_length).read_to_end(&mut json)?;
    let table: BTreeMap<String, Value> = serde_json::from_slice(&json)
        .map_err(|e| WeightsError::Format(format!("the table is no JSON object: {e}")))?;
    let mut located = Vec::new();
    let mut expected = data;
    for (name, value) in table {
        if name == "__metadata__" {
            continue;
        }
        let entry: Entry = serde_json::from_value(value)
            .map_err(|e| WeightsError::Format(format!("the entry of {name}: {e}")))?;
        let (place, end) = entry_place(name, &entry, data)?;
        expected = expected.max(end);
        located.push(place);
    }
    if expected != length {
        return Err(WeightsError::Length {
            expected,
            actual: length,
        });
    }
    Ok(located)
}

/// The place of one tensor and the offset of the byte behind it.
fn entry_place(name: String, entry: &Entry, data: u64) -> Result<(Located, u64), WeightsError> {
    if entry.dtype != "F32" {
        return Err(WeightsError::Format(format!(
            "{name} is {}, not F32",
            entry.dtype
        )));
    }
    let bytes = entry
        .shape
        .iter()
        .try_fold(4_u64, |product, side| product.checked_mul(*side));
    let [begin, end] = entry.data_offsets;
    let position = data.checked_add(begin);
    let after = data.checked_add(end);
    let shape = entry
        .shape
        .iter()
        .map(|side| i64::try_from(*side))
        .collect::<Result<Vec<_>, _>>();
    match (bytes, position, after, shape) {
        (Some(bytes), Some(position), Some(after), Ok(shape))
            if end.checked_sub(begin) == Some(bytes) =>
        {
            Ok((
                Located {
                    name,
                    shape,
                    position,
                },
                after,
            ))
        }
        _ => Err(WeightsError::Format(format!(
            "the offsets of {name} do not fit its shape"
        ))),
    }
}
