//! `--codec` and `--mode`, in the spelling of the field.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use crate::domain::{Codec, RateMode};

/// Codecs by name; `codecs` are those that a command takes, in the order in which help shows them.
pub(super) fn codec(codecs: &'static [Codec]) -> impl TypedValueParser<Value = Codec> {
    let names = codecs.iter().map(|codec| PossibleValue::new(codec.name()));
    PossibleValuesParser::new(names).try_map(|name| Codec::by_name(&name))
}

/// Rate control by name.
pub(super) fn mode() -> impl TypedValueParser<Value = RateMode> {
    PossibleValuesParser::new(RateMode::ALL.map(|mode| PossibleValue::new(mode.name())))
        .try_map(|name| RateMode::by_name(&name))
}
