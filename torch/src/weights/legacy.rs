//! Where the tensors of a legacy torch file are: five pickles, then each storage with its length before it.

use std::{
    collections::{HashMap, HashSet},
    fs::File,
    io::{Read, Seek, SeekFrom},
};

use super::{
    Located, WeightsError,
    pickle::{Machine, Object, Storage, Tensor, Value},
};

/// All pickles together; those of PIE-APP have about 3 kB.
const MAX_PICKLES: u64 = 1 << 16;

/// The number every such file starts with, as the pickle writes it.
pub(super) const MAGIC: [u8; 10] = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];

/// The only version of the format there is.
pub(super) const VERSION: i64 = 1001;

/// Whether the file starts like a pickle of protocol 2 to 5.
pub(super) fn recognise(file: &mut File) -> Result<bool, WeightsError> {
    let mut head = Vec::new();
    file.take(2).read_to_end(&mut head)?;
    file.seek(SeekFrom::Start(0))?;
    Ok(matches!(head[..], [0x80, 2..=5]))
}

pub(super) fn locate(file: &mut File) -> Result<Vec<Located>, WeightsError> {
    let length = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(0))?;
    let mut head = Vec::new();
    file.take(MAX_PICKLES).read_to_end(&mut head)?;
    let mut machine = Machine::new(&head);

    let magic = machine.run()?;
    if !matches!(machine.object(magic), Some(Object::Long(bytes)) if bytes[..] == MAGIC) {
        return Err(WeightsError::Format(
            "the magic number of a legacy torch file is not there".into(),
        ));
    }
    let version = machine.run()?;
    if !matches!(version, Value::Int(VERSION)) {
        return Err(WeightsError::Format(format!(
            "the format version is not {VERSION}"
        )));
    }
    let system = machine.run()?;
    check_system(&machine, system)?;
    let state = machine.run()?;
    let tensors = state_tensors(&machine, state)?;
    let keys = machine.run()?;
    let keys = storage_keys(&machine, keys)?;
    let start = machine.position() as u64;
    let places = storage_places(file, start, length, &keys, &tensors)?;
    tensors
        .into_iter()
        .map(|(name, tensor)| {
            let position = places
                .get(&tensor.storage.key)
                .map(|start| start + tensor.offset * 4)
                .ok_or_else(|| WeightsError::Format(format!("{name} has no data in the file")))?;
            Ok(Located {
                name,
                shape: tensor.shape,
                position,
            })
        })
        .collect()
}

/// The third pickle says how the writing machine stored numbers.
fn check_system(machine: &Machine<'_>, system: Value) -> Result<(), WeightsError> {
    let Some(Object::Dict(items)) = machine.object(system) else {
        return Err(WeightsError::Format(
            "the system information is no dictionary".into(),
        ));
    };
    let little = items.iter().any(|(key, value)| {
        machine.text(*key) == Some("little_endian") && matches!(value, Value::Bool(true))
    });
    if little {
        Ok(())
    } else {
        Err(WeightsError::Format(
            "the numbers are not little-endian".into(),
        ))
    }
}

/// The tensors of a state dictionary, by name in their order.
pub(super) fn state_tensors(
    machine: &Machine<'_>,
    state: Value,
) -> Result<Vec<(String, Tensor)>, WeightsError> {
    let Some(Object::Dict(items)) = machine.object(state) else {
        return Err(WeightsError::Format(
            "the state is no dictionary of tensors".into(),
        ));
    };
    let mut tensors: Vec<(String, Tensor)> = Vec::new();
    for (key, value) in items {
        let name = machine
            .text(*key)
            .ok_or_else(|| WeightsError::Format("a name in the state is no text".into()))?;
        let Some(Object::Tensor(tensor)) = machine.object(*value) else {
            return Err(WeightsError::Format(format!("{name} is no tensor")));
        };
        // A later entry of the same name replaces the earlier one, as it does in Python.
        tensors.retain(|(other, _)| other != name);
        tensors.push((name.to_owned(), tensor.clone()));
    }
    Ok(tensors)
}

fn storage_keys(machine: &Machine<'_>, keys: Value) -> Result<Vec<String>, WeightsError> {
    let Some(Object::List(items)) = machine.object(keys) else {
        return Err(WeightsError::Format("the storage keys are no list".into()));
    };
    items
        .iter()
        .map(|key| machine.text(*key).map(str::to_owned))
        .collect::<Option<_>>()
        .ok_or_else(|| WeightsError::Format("a storage key is no text".into()))
}

/// Walks over the storages and notes where the numbers of each start.
fn storage_places(
    file: &mut File,
    start: u64,
    length: u64,
    keys: &[String],
    tensors: &[(String, Tensor)],
) -> Result<HashMap<String, u64>, WeightsError> {
    let announced: HashMap<&str, &Storage> = tensors
        .iter()
        .map(|(_, tensor)| (tensor.storage.key.as_str(), &tensor.storage))
        .collect();
    let mut seen = HashSet::new();
    let mut places = HashMap::new();
    let mut position = start;
    for key in keys {
        if !seen.insert(key) {
            return Err(WeightsError::Format(format!(
                "storage {key} is listed twice"
            )));
        }
        if position + 8 > length {
            return Err(WeightsError::Length {
                expected: position + 8,
                actual: length,
            });
        }
        file.seek(SeekFrom::Start(position))?;
        let mut count = [0_u8; 8];
        file.read_exact(&mut count)?;
        let count = u64::from_le_bytes(count);
        if announced
            .get(key.as_str())
            .is_none_or(|storage| storage.count != count)
        {
            return Err(WeightsError::Format(format!(
                "storage {key} holds {count} numbers, which is not what its tensor says"
            )));
        }
        places.insert(key.clone(), position + 8);
        // `count` equals a number the pickle machine has bounded, so this cannot overflow.
        position += 8 + count * 4;
        if position > length {
            return Err(WeightsError::Length {
                expected: position,
                actual: length,
            });
        }
    }
    if position != length {
        return Err(WeightsError::Length {
            expected: position,
            actual: length,
        });
    }
    Ok(places)
}
