//! From a file to checked tensors, in pieces of bounded size.

use std::{
    collections::HashMap,
    fs::File,
    io::{Read, Seek, SeekFrom},
    path::Path,
};

use tch::{Device, Kind, Tensor};

use super::{Located, WeightsError, legacy, names, safetensors, zip};

/// Bytes read at a time: the largest tensor is 247 MB, and a second copy of it would double the peak.
const BLOCK: usize = 4 << 20;

#[cfg(target_endian = "big")]
compile_error!("weights are handed to libtorch as little-endian bytes");

/// All 32 tensors, as the file has them, on the processor.
#[derive(Debug)]
pub struct Weights(HashMap<String, Tensor>);

impl Weights {
    /// Takes one tensor out.
    ///
    /// # Errors
    /// [`WeightsError::Missing`] if it was taken before or never there.
    pub fn take(&mut self, name: &str) -> Result<Tensor, WeightsError> {
        self.0
            .remove(name)
            .ok_or_else(|| WeightsError::Missing(name.to_owned()))
    }
}

/// Reads a legacy `.pth` or a `.safetensors` file; the first bytes decide which it is, not the name.
///
/// # Errors
/// Says what is wrong with the file.
pub fn load(path: &Path) -> Result<Weights, WeightsError> {
    let mut file = File::open(path)?;
    let located = if legacy::recognise(&mut file)? {
        legacy::locate(&mut file)?
    } else {
        safetensors::locate(&mut file)?
    };
    check(&located)?;
    read(&mut file, located).map(Weights)
}

/// Reads all tensors of a file of any network: legacy or newer `.pth`, or `.safetensors`.
///
/// # Errors
/// Says what is wrong with the file.
pub fn load_any(path: &Path) -> Result<HashMap<String, Tensor>, WeightsError> {
    let mut file = File::open(path)?;
    let located = if zip::recognise(&mut file)? {
        zip::locate(&mut file)?
    } else if legacy::recognise(&mut file)? {
        legacy::locate(&mut file)?
    } else {
        safetensors::locate(&mut file)?
    };
    read(&mut file, located)
}

fn read(file: &mut File, located: Vec<Located>) -> Result<HashMap<String, Tensor>, WeightsError> {
    let mut tensors = HashMap::new();
    for place in located {
        let tensor = read_tensor(file, &place)?;
        tensors.insert(place.name, tensor);
    }
    Ok(tensors)
}

/// Compares what a file offers with what the network needs, before anything large is read.
fn check(located: &[Located]) -> Result<(), WeightsError> {
    let specs = names::specs();
    for spec in &specs {
        let place = located
            .iter()
            .find(|place| place.name == spec.name)
            .ok_or_else(|| WeightsError::Missing(spec.name.clone()))?;
        if place.shape != spec.shape {
            return Err(WeightsError::Shape {
                name: spec.name.clone(),
                actual: place.shape.clone(),
                expected: spec.shape.clone(),
            });
        }
    }
    match located
        .iter()
        .find(|place| specs.iter().all(|spec| spec.name != place.name))
    {
        Some(stranger) => Err(WeightsError::Unexpected(stranger.name.clone())),
        None => Ok(()),
    }
}

fn read_tensor(file: &mut File, place: &Located) -> Result<Tensor, WeightsError> {
    let elements: i64 = place.shape.iter().product();
    let tensor = Tensor::f_empty(&place.shape, (Kind::Float, Device::Cpu))?;
    let flat = tensor.f_view([elements])?;
    file.seek(SeekFrom::Start(place.position))?;
    let mut left = usize::try_from(elements).unwrap_or(0) * 4;
    let mut buffer = vec![0_u8; left.min(BLOCK)];
    let mut start = 0_i64;
    while left > 0 {
        let block = &mut buffer[..left.min(BLOCK)];
        file.read_exact(block)?;
        if !all_finite(block) {
            return Err(WeightsError::NotFinite(place.name.clone()));
        }
        let count = i64::try_from(block.len() / 4).unwrap_or(0);
        let piece = Tensor::f_from_data_size(block, &[count], Kind::Float)?;
        flat.f_narrow(0, start, count)?.f_copy_(&piece)?;
        start += count;
        left -= block.len();
    }
    Ok(tensor)
}

fn all_finite(bytes: &[u8]) -> bool {
    const EXPONENT: u32 = 0x7f80_0000;
    bytes
        .as_chunks::<4>()
        .0
        .iter()
        .all(|bytes| u32::from_le_bytes(*bytes) & EXPONENT != EXPONENT)
}
