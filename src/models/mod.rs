//! Weights of networks: the catalogue, downloads, local storage, verification.
//!
//! No weights are shipped, and none are downloaded unless the user asks for that.

mod catalogue;
mod error;
mod pull;
mod store;

pub use catalogue::{ANIMEVIDEO, CATALOGUE, Model, PIEAPP, Upscales};
pub use error::ModelError;
pub use pull::{PullProgress, pull};
pub use store::{ModelState, ModelStore, sha256_of_file};
