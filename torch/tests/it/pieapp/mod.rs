//! PIE-APP of the worker: recorded scores, weights files good and bad, and the protocol.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
#![expect(
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    reason = "sizes of small test pictures"
)]

mod damaged;
mod golden;
mod images;
mod plain;
mod scores;
mod worker;
