//! The libtorch side of vidaio: PIE-APP and super-resolution on whole frames, behind the message protocol
//! of `vidaio-worker-protocol`. Frames are bytes in, a raw score or frames come out; rules of a validator
//! live elsewhere.

#![warn(missing_docs)]

pub mod pieapp;
pub mod platform;
pub mod serve;
pub mod upscale;
pub mod weights;
