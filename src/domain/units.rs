//! Numbers that must not be taken for each other.

use serde::{Deserialize, Serialize};

/// A VMAF score or threshold, in points from 0 to 100.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Vmaf(pub f64);

/// Bytes of the output divided by bytes of the source, above 0.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CompressionRate(pub f64);

/// A length of time in seconds.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seconds(pub f64);

/// A number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Bytes(pub u64);

/// A number of bytes that is predicted, not counted.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct EstimatedBytes(pub f64);

/// A number of mebibytes (1,048,576 bytes each).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MiB(pub u64);

impl From<MiB> for Bytes {
    fn from(mebibytes: MiB) -> Self {
        Self(mebibytes.0.saturating_mul(1 << 20))
    }
}
