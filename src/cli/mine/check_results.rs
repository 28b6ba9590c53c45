//! What `vidaio mine --check` has tried, and how it ended.

use serde::Serialize;

use super::super::failure::Failure;

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "Grade")]
pub(super) enum CheckState {
    /// Nothing is missing.
    Ok,
    /// Mining works, with a limitation.
    Warning,
    /// Mining does not work.
    Missing,
}

/// One check.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(in crate::cli) struct Tried {
    pub(super) what: String,
    pub(super) state: CheckState,
    pub(super) detail: String,
}

/// Everything that was tried, in its order.
pub(super) struct Tries(pub(super) Vec<Tried>);

impl Tries {
    pub(super) fn add(&mut self, what: &str, state: CheckState, detail: impl Into<String>) {
        self.0.push(Tried {
            what: what.into(),
            state,
            detail: detail.into(),
        });
    }

    /// Adds what a result says, and gives its value.
    pub(super) fn take<T>(&mut self, what: &str, tried: Result<(T, String), Failure>) -> Option<T> {
        match tried {
            Ok((value, detail)) => {
                self.add(what, CheckState::Ok, detail);
                Some(value)
            }
            Err(failure) => {
                self.add(what, CheckState::Missing, failure.message());
                None
            }
        }
    }
}
