//! What a Vidaio (Bittensor subnet 85) validator would say of a processed video.
//!
//! Dependencies point one way: [`rules`] and [`scoring`] are pure, [`media`] is FFmpeg, [`metrics`]
//! turns frames into numbers, [`measure`] runs both over a pair of files, and [`cli`] is the only
//! room that prints, reads the environment or decides an exit code.

pub mod address;
pub mod assess;
pub mod chain;
pub mod check;
pub mod cli;
pub mod config;
pub mod encode;
pub mod gates;
pub mod history;
pub mod measure;
pub mod media;
pub mod metrics;
pub mod miner;
pub mod models;
pub mod population;
pub mod report;
pub mod rules;
pub mod scoring;
pub mod standing;
pub mod subnet;
pub mod upscale;
pub mod verdict;
pub mod wallet;
pub mod worker;
