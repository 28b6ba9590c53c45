//! What can be made to go wrong.

use std::time::Duration;

/// A fault of one method; of a runtime call by the name of its function.
#[derive(Debug, Clone)]
pub(crate) enum Fault {
    /// The connection ends instead of an answer.
    Close,
    /// Text that is no JSON.
    Text(&'static str),
    /// An answer of another kind.
    Result(serde_json::Value),
    /// The answer is cut off in the middle.
    Cut,
    /// A refusal with code and words.
    Refuse(i32, &'static str),
    /// The answer comes late.
    Late(Duration),
}
