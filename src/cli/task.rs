//! `--task`: both spellings are taken everywhere, and help shows the one that a command's records use.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use crate::domain::Task;

/// Shows `compress` and `upscale`.
pub(super) fn verb() -> impl TypedValueParser<Value = Task> {
    parser([Task::Compress, Task::Upscale].map(|t| (t.verb(), t.noun())))
}

/// Shows `upscaling` and `compression`.
pub(super) fn noun() -> impl TypedValueParser<Value = Task> {
    parser([Task::Upscale, Task::Compress].map(|t| (t.noun(), t.verb())))
}

fn parser(names: [(&'static str, &'static str); 2]) -> impl TypedValueParser<Value = Task> {
    let values = names.map(|(shown, alias)| PossibleValue::new(shown).alias(alias));
    PossibleValuesParser::new(values).try_map(|name| name.parse::<Task>())
}
