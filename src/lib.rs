//! Scores a processed video exactly as a Vidaio (Bittensor subnet 85) validator would, offline.
//!
//! Dependencies point one way: [`rules`] and [`scoring`] are pure, [`media`] is FFmpeg, [`metrics`]
//! turns frames into numbers, [`measure`] runs both over a pair of files, and [`cli`] is the only
//! room that prints, reads the environment or decides an exit code.
//!
//! Features: `subnet` adds the chain and wallets, `mine` the miner. Scoring, search, checks and reports need neither.

#[cfg(feature = "subnet")]
pub mod address;
pub mod assess;
pub mod batch;
#[cfg(feature = "subnet")]
pub mod chain;
pub mod check;
mod child;
pub mod cli;
pub mod config;
mod digest;
mod disk;
pub mod domain;
pub mod encode;
pub mod gates;
pub mod history;
pub mod https;
pub mod measure;
pub mod media;
pub mod metrics;
#[cfg(feature = "mine")]
pub mod miner;
pub mod models;
mod proc;
pub mod report;
pub mod rules;
pub mod scoring;
mod shown;
pub mod standing;
#[cfg(feature = "subnet")]
pub mod subnet;
pub mod text;
pub mod upscale;
pub mod verdict;
#[cfg(feature = "subnet")]
pub mod wallet;
pub mod worker;
