//! Arguments that say what a validator asked for.

use std::path::{Path, PathBuf};

use super::codec;
use super::failure::Failure;
use super::input;
use crate::domain::{Origin, RateMode, Task, codec_family};
use crate::gates::TaskRequest;
use crate::rules::{CompressionRules, Revision};

/// What was asked for, beside the threshold.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "What the validator asked for")]
pub(super) struct AskedArgs {
    /// Codec family of a compression: av1, hevc, h264 or vp9 [default: any that the rules allow]
    #[arg(long, global = true, value_name = "FAMILY", value_parser = family)]
    codec: Option<String>,
    /// How the bitrate of a compression is steered; CRF asks for none
    #[arg(long, global = true, value_parser = codec::mode(), ignore_case = true)]
    mode: Option<RateMode>,
    /// Bitrate asked for of a compression, in megabits a second
    #[arg(long, global = true, value_name = "MBPS", value_parser = input::megabits, allow_negative_numbers = true)]
    bitrate: Option<f64>,
    /// The clip that was handed out for an upscaling, whose reference is another
    #[arg(long, global = true, value_name = "FILE")]
    pub(super) payload: Option<PathBuf>,
    /// Factor of an upscaling [default: told by the sizes]
    #[arg(long, global = true, value_name = "2|4", value_parser = clap::value_parser!(u32).range(1..=16))]
    scale: Option<u32>,
    /// The sealed original behind the reference of a compression, to show how near the output is to it
    #[arg(long, global = true, value_name = "FILE")]
    pub(super) original: Option<PathBuf>,
    /// Where the task comes from
    #[arg(long, global = true, value_enum, default_value = "synthetic")]
    pub(super) origin: OriginArgument,
}

/// Where a task comes from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum OriginArgument {
    /// Made by the validator
    #[default]
    Synthetic,
    /// A customer's
    Organic,
    /// An item of a competition
    Competition,
}

impl From<OriginArgument> for Origin {
    fn from(argument: OriginArgument) -> Self {
        match argument {
            OriginArgument::Synthetic => Self::Synthetic,
            OriginArgument::Organic => Self::Organic,
            OriginArgument::Competition => Self::Competition,
        }
    }
}

fn family(text: &str) -> Result<String, String> {
    let family = codec_family(text);
    if ["av1", "hevc", "h264", "vp9"].contains(&family.as_str()) {
        Ok(family)
    } else {
        Err("validators ask for av1, hevc, h264 or vp9".into())
    }
}

/// The threshold given, or the only one of a revision.
pub(super) fn threshold(given: Option<f64>, revision: &Revision) -> Result<f64, Failure> {
    let rules = revision.compression.as_ref();
    let only = rules.and_then(CompressionRules::only_threshold);
    given.or(only).ok_or_else(|| {
        let asked: &[f64] = rules.map_or(&[], |c| &c.thresholds);
        let list: Vec<String> = asked.iter().map(f64::to_string).collect();
        Failure::usage("a compression task needs --threshold").hint(format!(
            "under {} validators ask for {}",
            revision.name,
            list.join(", ")
        ))
    })
}

impl AskedArgs {
    /// The request, with the threshold of a compression.
    pub(super) fn request(&self, threshold: Option<f64>) -> TaskRequest {
        TaskRequest {
            threshold,
            codec: self.codec.clone(),
            mode: self.mode,
            bitrate: self.bitrate,
            scale: self.scale,
        }
    }

    /// Refuses flags that belong to the other task, rather than ignoring them.
    pub(super) fn check(&self, task: Task) -> Result<(), Failure> {
        let foreign: &[(&str, bool)] = match task {
            Task::Compress => &[
                ("--payload", self.payload.is_some()),
                ("--scale", self.scale.is_some()),
            ],
            Task::Upscale => &[
                ("--codec", self.codec.is_some()),
                ("--mode", self.mode.is_some()),
                ("--bitrate", self.bitrate.is_some()),
                ("--original", self.original.is_some()),
            ],
        };
        if let Some((flag, _)) = foreign.iter().find(|(_, given)| *given) {
            return Err(Failure::usage(format!("{flag} belongs to the other task"))
                .hint("--help says which flag is for which task"));
        }
        if task == Task::Upscale && self.origin == OriginArgument::Competition {
            return Err(Failure::usage("competitions have compressions only")
                .hint("leave --origin out for an upscaling"));
        }
        Ok(())
    }

    /// Files that are read beside the pair.
    pub(super) fn files(&self) -> impl Iterator<Item = &Path> {
        self.payload
            .as_deref()
            .into_iter()
            .chain(self.original.as_deref())
    }
}
