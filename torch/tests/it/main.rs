//! All integration tests of the worker, as one binary.

mod pieapp;
mod upscale;
