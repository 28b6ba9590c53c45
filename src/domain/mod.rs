//! Words of the field that several rooms share: one idea, one type.

mod codec;
mod origin;
mod rate_control;
mod task;
mod units;

pub use codec::{Codec, UnknownCodec, codec_family};
pub use origin::Origin;
pub use rate_control::{RateControl, RateMode, RateModeError};
pub use task::{RecordedTask, Task, UnknownTask};
pub use units::{Bytes, CompressionRate, EstimatedBytes, MiB, Seconds, Vmaf};
