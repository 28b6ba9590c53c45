//! Where the tensors of a newer torch file are: a zip archive with one pickle and one file a storage, none
//! of them compressed.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use super::{
    Located, WeightsError, legacy,
    pickle::{Machine, Object, Value},
};

/// Longest pickle accepted: those of large networks have some hundred kB.
const MAX_PICKLE: u64 = 8 << 20;

/// Dictionaries that training programs put around the state, the smoothed one first.
const WRAPPERS: [&str; 3] = ["params_ema", "params", "state_dict"];

/// Whether the file starts like a zip archive.
pub(super) fn recognise(file: &mut File) -> Result<bool, WeightsError> {
    let mut head = Vec::new();
    file.take(4).read_to_end(&mut head)?;
    file.seek(SeekFrom::Start(0))?;
    Ok(head == *b"PK\x03\x04")
}

/// Whether an archive holds a program beside its numbers: TorchScript.
pub(crate) fn is_script(file: &mut File) -> Result<bool, WeightsError> {
    if !recognise(file)? {
        return Ok(false);
    }
    let archive = open(file)?;
    Ok(archive
        .file_names()
        .flatten()
        .any(|name| name.contains("/code/")))
}

fn open(file: &mut File) -> Result<::zip::ZipArchive<&mut File>, WeightsError> {
    ::zip::ZipArchive::new(file).map_err(|e| WeightsError::Format(format!("the archive: {e}")))
}

pub(super) fn locate(file: &mut File) -> Result<Vec<Located>, WeightsError> {
    let wrong = |text: String| WeightsError::Format(text);
    let mut archive = open(file)?;
    let name = archive
        .file_names()
        .flatten()
        .find(|name| name.ends_with("/data.pkl"))
        .map(std::borrow::Cow::into_owned)
        .ok_or_else(|| wrong("the archive has no data.pkl".into()))?;
    let folder = name.trim_end_matches("data.pkl").to_owned();
    let mut pickle = Vec::new();
    {
        let entry = archive
            .by_name(&name)
            .map_err(|e| wrong(format!("data.pkl: {e}")))?;
        entry.take(MAX_PICKLE + 1).read_to_end(&mut pickle)?;
    }
    if pickle.len() as u64 > MAX_PICKLE {
        return Err(wrong("data.pkl is too long".into()));
    }
    let mut machine = Machine::new(&pickle);
    let state = machine.run()?;
    let tensors = legacy::state_tensors(&machine, unwrapped(&machine, state))?;
    let mut located = Vec::with_capacity(tensors.len());
    for (name, tensor) in tensors {
        let path = format!("{folder}data/{}", tensor.storage.key);
        let entry = archive
            .by_name(&path)
            .map_err(|e| wrong(format!("the data of {name}: {e}")))?;
        let stored = entry.compression() == ::zip::CompressionMethod::Stored;
        let start = entry.data_start().filter(|_| stored).ok_or_else(|| {
            wrong(format!(
                "the data of {name} is compressed, which torch never does"
            ))
        })?;
        if entry.size() != tensor.storage.count * 4 {
            return Err(wrong(format!(
                "the data of {name} has {} bytes, its tensor says {}",
                entry.size(),
                tensor.storage.count * 4
            )));
        }
        located.push(Located {
            name,
            shape: tensor.shape,
            position: start + tensor.offset * 4,
        });
    }
    Ok(located)
}

/// The state itself, out of the dictionaries that training programs put around it.
fn unwrapped(machine: &Machine<'_>, state: Value) -> Value {
    let Some(Object::Dict(items)) = machine.object(state) else {
        return state;
    };
    let inner = |wanted: &str| {
        items
            .iter()
            .find(|(key, _)| machine.text(*key) == Some(wanted))
            .map(|(_, value)| *value)
            .filter(|value| matches!(machine.object(*value), Some(Object::Dict(_))))
    };
    WRAPPERS
        .iter()
        .find_map(|name| inner(name))
        .unwrap_or(state)
}
