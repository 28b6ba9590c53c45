//! Super-resolution: frames in, larger frames out, whole or in tiles that leave no seam.

mod compact;
mod script;
mod tiles;

use std::fs::File;
use std::path::Path;

use tch::{Device, Kind, TchError, Tensor};

use crate::weights::{WeightsError, is_script, load_any};
use compact::Compact;
use script::Script;
pub use tiles::Tiling;

/// How exactly a network is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    /// 32 bits.
    Full,
    /// 16 bits; on a CUDA device only.
    Half,
}

/// Frames of one size that are upscaled together.
#[derive(Debug, Clone, Copy)]
pub struct Batch<'a> {
    /// How many.
    pub frames: u32,
    /// Rows of each.
    pub height: u32,
    /// Columns of each.
    pub width: u32,
    /// Factor that is wanted.
    pub scale: u32,
    /// How they are cut.
    pub tiling: Tiling,
    /// Row by row, red green blue.
    pub bytes: &'a [u8],
}

/// Why frames were not upscaled.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UpscaleError {
    /// The weights cannot be used.
    #[error("{0}")]
    Weights(#[from] WeightsError),
    /// A TorchScript file that does not behave as documented.
    #[error("{0}")]
    Script(String),
    /// There are more or fewer bytes than the frames have.
    #[error("{frames} pictures of this size have {expected} bytes, {actual} came")]
    Payload {
        /// Frames announced.
        frames: u32,
        /// Bytes of them.
        expected: u64,
        /// Bytes that came.
        actual: u64,
    },
    /// The network has another factor.
    #[error("the network enlarges {own} times; {wanted} is neither that nor half of it")]
    Scale {
        /// Of the network.
        own: u32,
        /// Asked for.
        wanted: u32,
    },
    /// libtorch failed.
    #[error("libtorch: {0}")]
    Torch(#[from] TchError),
}

#[derive(Debug)]
enum Network {
    Compact(Compact),
    Script(Script),
}

/// A loaded network.
#[derive(Debug)]
pub struct Upscaler {
    network: Network,
    device: Device,
    kind: Kind,
}

impl Upscaler {
    /// Loads a network from a `.safetensors`, `.pth` or TorchScript file; its content decides.
    ///
    /// # Errors
    /// Says what is wrong with the file.
    pub fn load(path: &Path, device: Device, precision: Precision) -> Result<Self, UpscaleError> {
        let kind = match precision {
            Precision::Full => Kind::Float,
            Precision::Half => Kind::Half,
        };
        let mut file = File::open(path).map_err(WeightsError::from)?;
        let network = if is_script(&mut file)? {
            Network::Script(Script::load(path, device, kind)?)
        } else {
            Network::Compact(Compact::new(load_any(path)?, device, kind)?)
        };
        Ok(Self {
            network,
            device,
            kind,
        })
    }

    /// Kind of network.
    #[must_use]
    pub fn architecture(&self) -> &'static str {
        match self.network {
            Network::Compact(_) => "compact",
            Network::Script(_) => "torchscript",
        }
    }

    /// Its own factor.
    #[must_use]
    pub fn scale(&self) -> u32 {
        match &self.network {
            Network::Compact(n) => n.scale(),
            Network::Script(n) => n.scale(),
        }
    }

    /// Number of its parameters; 0 where they cannot be counted.
    #[must_use]
    pub fn parameters(&self) -> u64 {
        match &self.network {
            Network::Compact(n) => n.parameters(),
            Network::Script(n) => n.parameters(),
        }
    }

    /// Upscales frames given as numbers from 0 to 1, `[n, 3, rows, columns]`; what comes back is not
    /// clamped.
    ///
    /// # Errors
    /// A factor that the network has not, or libtorch failing.
    pub fn forward(&self, pictures: &Tensor, scale: u32) -> Result<Tensor, UpscaleError> {
        let own = self.scale();
        if scale != own && scale * 2 != own {
            return Err(UpscaleError::Scale { own, wanted: scale });
        }
        let pictures = pictures.f_to_device(self.device)?.f_to_kind(self.kind)?;
        let large = tch::no_grad(|| match &self.network {
            Network::Compact(n) => n.forward(&pictures),
            Network::Script(n) => n.forward(&pictures),
        })?;
        if scale == own {
            return Ok(large.f_to_kind(Kind::Float)?);
        }
        // Bicubic with a = -0.75, pixel centres at halves, edges repeated, no smoothing before.
        let size = large.size();
        let half = [size[2] / 2, size[3] / 2];
        let large = large.f_to_kind(Kind::Float)?;
        Ok(large.f_upsample_bicubic2d(half, false, Some(0.5), Some(0.5))?)
    }

    /// Upscales frames of bytes.
    ///
    /// # Errors
    /// Bytes that are no such frames, a factor that the network has not, or libtorch failing.
    pub fn enlarge(&self, batch: &Batch<'_>) -> Result<Vec<u8>, UpscaleError> {
        let (height, width) = (i64::from(batch.height), i64::from(batch.width));
        let expected =
            u64::from(batch.frames) * u64::from(batch.height) * u64::from(batch.width) * 3;
        if expected != batch.bytes.len() as u64 || expected == 0 {
            return Err(UpscaleError::Payload {
                frames: batch.frames,
                expected,
                actual: batch.bytes.len() as u64,
            });
        }
        let shape = [i64::from(batch.frames), height, width, 3];
        let bytes = Tensor::f_from_data_size(batch.bytes, &shape, Kind::Uint8)?;
        let pictures = bytes
            .f_to_device(self.device)?
            .f_permute([0, 3, 1, 2])?
            .f_to_kind(Kind::Float)?
            .f_div_scalar(255.0)?;
        let scale = i64::from(batch.scale);
        let large = Tensor::f_empty(
            [shape[0], height * scale, width * scale, 3],
            (Kind::Uint8, Device::Cpu),
        )?;
        for tile in batch.tiling.tiles(height, width) {
            let seen = pictures
                .f_narrow(2, tile.seen.top, tile.seen.rows)?
                .f_narrow(3, tile.seen.left, tile.seen.columns)?;
            let made = self.forward(&seen, batch.scale)?;
            let (top, left) = (
                tile.kept.top - tile.seen.top,
                tile.kept.left - tile.seen.left,
            );
            let kept = made
                .f_narrow(2, top * scale, tile.kept.rows * scale)?
                .f_narrow(3, left * scale, tile.kept.columns * scale)?
                .f_clamp(0.0, 1.0)?
                .f_mul_scalar(255.0)?
                .f_round()?
                .f_to_kind(Kind::Uint8)?
                .f_permute([0, 2, 3, 1])?;
            large
                .f_narrow(1, tile.kept.top * scale, tile.kept.rows * scale)?
                .f_narrow(2, tile.kept.left * scale, tile.kept.columns * scale)?
                .f_copy_(&kept)?;
        }
        let count = large.numel();
        let mut out = vec![0_u8; count];
        large.f_copy_data(&mut out, count)?;
        Ok(out)
    }
}
