//! Regression checks: a manifest of cases, each a pair with what is expected of it.

mod bless;
mod cache;
mod case;
mod command;
mod error;
mod manifest;
mod order;
mod run;

pub use bless::{Blessed, bless};
pub use cache::Cache;
pub use case::{
    Case, CaseResult, CaseState, Expectation, Scored, TOLERANCE, VMAF_TOLERANCE, Verdict,
};
pub use error::{CaseError, ManifestError};
pub use manifest::{Manifest, ManifestUse, load};
pub use run::{CHECK_SCHEMA, CheckReport, Checker, run_cases};
