//! Serving validators.
//!
//! So far the rules of the artifact exchange alone: nothing here listens yet.

pub mod artifact;
