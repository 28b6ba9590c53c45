//! PIE-APP weights: which tensors there are, and how they come off a file.
//!
//! Two formats are read, the legacy pickle the authors published and safetensors. A format module only
//! says where each tensor is; everything that is checked is checked here, once.

mod legacy;
mod load;
mod names;
mod pickle;
mod safetensors;
pub mod synthetic;
mod write;
mod zip;

use std::io;

pub use load::{Weights, load, load_any};
pub use names::{PARAMETERS, Spec, specs};
pub use write::{Format, write_synthetic};
pub(crate) use zip::is_script;

/// Where one float32 tensor is in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Located {
    /// Its name in the state dictionary.
    name: String,
    /// Its shape.
    shape: Vec<i64>,
    /// Offset of its first byte from the start of the file.
    position: u64,
}

/// Why weights could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WeightsError {
    /// The file cannot be read.
    #[error("cannot read the file: {0}")]
    Io(#[from] io::Error),
    /// The file is of another kind.
    #[error("not a weights file: {0}")]
    Format(String),
    /// The pickle does something a state dictionary never does.
    #[error("the pickle is refused: {0}")]
    Pickle(String),
    /// The file ends early or goes on too long.
    #[error(
        "the file has {actual} bytes, its contents say {expected}: the download is incomplete or damaged"
    )]
    Length {
        /// What the headers add up to.
        expected: u64,
        /// The size of the file.
        actual: u64,
    },
    /// A tensor is not there.
    #[error("tensor {0} is missing")]
    Missing(String),
    /// There is a tensor the network does not have.
    #[error("tensor {0} does not belong to PIE-APP")]
    Unexpected(String),
    /// A tensor has another shape.
    #[error("tensor {name} has shape {actual:?}, PIE-APP needs {expected:?}")]
    Shape {
        /// The tensor.
        name: String,
        /// What the file says.
        actual: Vec<i64>,
        /// What the network needs.
        expected: Vec<i64>,
    },
    /// A tensor holds an infinity or no number at all.
    #[error("tensor {0} holds a value that is not finite")]
    NotFinite(String),
    /// libtorch could not hold a tensor.
    #[error("libtorch: {0}")]
    Torch(#[from] tch::TchError),
}
