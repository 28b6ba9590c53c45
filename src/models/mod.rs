//! Weights of networks: what they are called, where they come from, where they lie, whether they are whole.
//!
//! No weights are shipped, and none are fetched without being asked for.

mod catalogue;
mod error;
mod pull;
mod store;

pub use catalogue::{ANIMEVIDEO, CATALOGUE, Model, PIEAPP, Upscales};
pub use error::ModelError;
pub use pull::{PullProgress, pull};
pub use store::{ModelState, ModelStore, sha256_of_file};
