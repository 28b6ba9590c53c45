//! Arguments of the commands of `vidaio subnet`.

use std::path::PathBuf;

use crate::address::Address;
use crate::subnet::By;

#[derive(Debug, clap::Args)]
pub(super) struct DistributionArgs {
    /// Only this quantity [default: all]
    #[arg(long, value_enum)]
    pub(super) by: Option<ByArgument>,
    /// Parts of the histogram
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=200))]
    pub(super) parts: u16,
    /// Draw the histogram into an SVG file
    #[arg(long, value_name = "FILE")]
    pub(super) svg: Option<PathBuf>,
    /// Whose histogram is drawn into the file
    #[arg(long, value_enum, default_value_t = GroupArgument::Miners)]
    pub(super) group: GroupArgument,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum ByArgument {
    /// Total stake
    Stake,
    /// Emission of the last epoch
    Emission,
    /// Incentive, which only miners have
    Incentive,
    /// Dividends, which only validators have
    Dividends,
}

impl From<ByArgument> for By {
    fn from(argument: ByArgument) -> Self {
        match argument {
            ByArgument::Stake => Self::Stake,
            ByArgument::Emission => Self::Emission,
            ByArgument::Incentive => Self::Incentive,
            ByArgument::Dividends => Self::Dividends,
        }
    }
}

/// What can rank miners.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum MinersBy {
    /// Total stake
    Stake,
    /// Emission of the last epoch
    Emission,
    /// Incentive; validators are ranked by stake then
    Incentive,
}

impl From<MinersBy> for By {
    fn from(argument: MinersBy) -> Self {
        match argument {
            MinersBy::Stake => Self::Stake,
            MinersBy::Emission => Self::Emission,
            MinersBy::Incentive => Self::Incentive,
        }
    }
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(super) enum GroupArgument {
    Miners,
    Validators,
}

#[derive(Debug, clap::Args)]
pub(super) struct UidArgs {
    /// The uid
    pub(super) uid: Option<u16>,
    /// The hotkey instead
    #[arg(long, value_name = "SS58", conflicts_with = "uid")]
    pub(super) hotkey: Option<Address>,
    /// Folder of this miner's rounds: adds its standing
    #[arg(long, value_name = "DIR")]
    pub(super) history: Option<PathBuf>,
    /// The miners with their standings, as `vidaio rewards` reads them: adds the paid places
    #[arg(long, value_name = "FILE")]
    pub(super) rewards: Option<PathBuf>,
    /// Pass over rounds that cannot be read, and say how many
    #[arg(long, requires = "history")]
    pub(super) skip_bad: bool,
}
