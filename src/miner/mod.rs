//! Serving validators.
//!
//! So far the rules of the artifact exchange and the view of who may ask: nothing here listens yet.

pub mod artifact;
mod permits;

pub use permits::PermitView;
