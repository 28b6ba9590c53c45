//! The libtorch side of vidaio: PIE-APP on whole frames, behind the message protocol of
//! `vidaio-worker-protocol`. Frames are bytes in, a raw score comes out; rules of a validator live elsewhere.

pub mod pieapp;
pub mod platform;
pub mod serve;
pub mod weights;
