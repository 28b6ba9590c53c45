//! Networks of any kind, exported as TorchScript: `[n, 3, rows, columns]` from 0 to 1 in, the same larger
//! out. That is how a user brings a network whose architecture is not built in.

use std::path::Path;

use tch::{CModule, Device, Kind, Tensor};

use super::UpscaleError;

/// Side of the frame that a network is tried on.
const TRIAL: i64 = 64;

/// A TorchScript network.
#[derive(Debug)]
pub(super) struct Script {
    module: CModule,
    scale: u32,
    parameters: u64,
}

impl Script {
    pub(super) fn load(path: &Path, device: Device, kind: Kind) -> Result<Self, UpscaleError> {
        let mut module = CModule::load_on_device(path, device)
            .map_err(|e| UpscaleError::Script(format!("libtorch cannot load it: {e}")))?;
        module.f_set_eval()?;
        module.to(device, kind, false);
        let trial = Tensor::f_zeros([1, 3, TRIAL, TRIAL], (kind, device))?;
        let made = tch::no_grad(|| module.forward_ts(&[trial])).map_err(|e| {
            UpscaleError::Script(format!(
                "it does not take pictures as [1, 3, {TRIAL}, {TRIAL}]: {e}"
            ))
        })?;
        let size = made.size();
        let factor = match size.as_slice() {
            [1, 3, rows, columns] if rows == columns && rows % TRIAL == 0 => rows / TRIAL,
            _ => 0,
        };
        let scale = u32::try_from(factor).ok().filter(|s| (1..=8).contains(s));
        let scale = scale.ok_or_else(|| {
            UpscaleError::Script(format!(
                "it makes {size:?} of [1, 3, {TRIAL}, {TRIAL}], which is no enlarged picture"
            ))
        })?;
        let parameters = module
            .named_parameters()
            .map_or(0, |all| all.iter().map(|(_, t)| t.numel() as u64).sum());
        Ok(Self {
            module,
            scale,
            parameters,
        })
    }

    pub(super) fn scale(&self) -> u32 {
        self.scale
    }

    pub(super) fn parameters(&self) -> u64 {
        self.parameters
    }

    pub(super) fn forward(&self, pictures: &Tensor) -> Result<Tensor, UpscaleError> {
        Ok(self.module.forward_ts(&[pictures])?)
    }
}
