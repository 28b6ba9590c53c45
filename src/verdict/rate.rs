//! The compression rate of a pair of files.

use crate::media::ClipFacts;
use crate::rules::RateRule;
use crate::scoring::compression_rate;

/// Output bytes by source bytes, as a revision takes them.
pub(super) fn rate_of(rule: RateRule, output: &ClipFacts, source: &ClipFacts) -> f64 {
    match rule {
        RateRule::AtMostOne => compression_rate(output.bytes, source.bytes),
        RateRule::AsIs => output.bytes as f64 / source.bytes as f64,
    }
}
