//! The revision that the settings name.

use super::failure::Failure;
use crate::rules::{Catalogue, DEFAULT_REVISION, Revision};

/// The revision that was asked for, and those whose scores are shown beside it.
pub(super) struct ChosenRevision<'a> {
    pub(super) revision: &'a Revision,
    pub(super) others: Vec<&'a Revision>,
    /// Whether all were asked for.
    pub(super) all: bool,
}

/// Finds a revision by its name in the settings; `all` is the default one beside every other.
pub(super) fn choose<'a>(
    catalogue: &'a Catalogue,
    name: &str,
) -> Result<ChosenRevision<'a>, Failure> {
    let all = name.eq_ignore_ascii_case("all");
    let revision = catalogue.find(if all { DEFAULT_REVISION } else { name })?;
    let others = catalogue.iter().filter(|r| all || r.main).collect();
    Ok(ChosenRevision {
        revision,
        others,
        all,
    })
}
