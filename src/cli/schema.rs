//! `vidaio schema`: the JSON schemas that results keep to.

use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
#[cfg(feature = "mine")]
use super::mine::Tried;
#[cfg(feature = "subnet")]
use super::subnet::UidReport;
#[cfg(feature = "subnet")]
use super::wallet::{Opened, Signed, Verified};
use crate::assess::LintVerdict;
use crate::check::CheckReport;
use crate::encode::{MadeRecord, ProbeRecord};
use crate::measure::Measurement;
use crate::standing::{LedgerSchema, MultiplierVerdict, RewardVerdict};
#[cfg(feature = "subnet")]
use crate::subnet;
use crate::upscale::UpscaledRecord;
use crate::verdict::{CompressionVerdict, UpscaleVerdict};
#[cfg(feature = "subnet")]
use crate::wallet::WalletEntry;

#[derive(Debug, clap::Args)]
pub(super) struct SchemaArgs {
    /// Which record
    record: Record,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Record {
    /// What `--save` writes
    Measurement,
    /// What `score compress --format json` prints
    Compress,
    /// What `score upscale --format json` prints
    Upscale,
    /// What `multipliers --format json` prints
    Multipliers,
    /// What `ledger --format json` prints
    Ledger,
    /// What `rewards --format json` prints
    Rewards,
    /// What `lint --format json` prints
    Lint,
    /// What `check --json` writes
    Check,
    /// What `compress --format json` prints
    Made,
    /// A line of `compress --log`
    Probe,
    /// What `upscale --format json` prints
    Upscaled,
    /// What `subnet --save` writes
    #[cfg(feature = "subnet")]
    Metagraph,
    /// What `subnet --format json` prints
    #[cfg(feature = "subnet")]
    Subnet,
    /// What `subnet top --format json` prints
    #[cfg(feature = "subnet")]
    SubnetTop,
    /// What `subnet miners --format json` prints
    #[cfg(feature = "subnet")]
    SubnetMiners,
    /// What `subnet distribution --format json` prints
    #[cfg(feature = "subnet")]
    SubnetDistribution,
    /// What `subnet health --format json` prints
    #[cfg(feature = "subnet")]
    SubnetHealth,
    /// What `subnet neighbours --format json` prints
    #[cfg(feature = "subnet")]
    SubnetNeighbours,
    /// What `subnet uid --format json` prints
    #[cfg(feature = "subnet")]
    SubnetUid,
    /// What `subnet diff --format json` prints
    #[cfg(feature = "subnet")]
    SubnetDiff,
    /// What `wallet list --format json` prints
    #[cfg(feature = "subnet")]
    Wallets,
    /// What `wallet show NAME/HOTKEY --format json` prints
    #[cfg(feature = "subnet")]
    WalletHotkey,
    /// What `wallet sign --format json` prints
    #[cfg(feature = "subnet")]
    WalletSigned,
    /// What `wallet verify --format json` prints
    #[cfg(feature = "subnet")]
    WalletVerified,
    /// What `mine --check --format json` prints
    #[cfg(feature = "mine")]
    MineCheck,
}

pub(super) fn run(context: &Context, args: &SchemaArgs) -> Result<Exit, Failure> {
    let schema = match args.record {
        Record::Measurement => schemars::schema_for!(Measurement),
        Record::Compress => schemars::schema_for!(CompressionVerdict),
        Record::Upscale => schemars::schema_for!(UpscaleVerdict),
        Record::Multipliers => schemars::schema_for!(MultiplierVerdict),
        Record::Ledger => schemars::schema_for!(LedgerSchema),
        Record::Rewards => schemars::schema_for!(RewardVerdict),
        Record::Lint => schemars::schema_for!(LintVerdict),
        Record::Check => schemars::schema_for!(CheckReport),
        Record::Made => schemars::schema_for!(MadeRecord),
        Record::Upscaled => schemars::schema_for!(UpscaledRecord),
        Record::Probe => schemars::schema_for!(ProbeRecord),
        #[cfg(feature = "subnet")]
        Record::Metagraph => schemars::schema_for!(subnet::Metagraph),
        #[cfg(feature = "subnet")]
        Record::Subnet => schemars::schema_for!(subnet::Overview),
        #[cfg(feature = "subnet")]
        Record::SubnetTop => schemars::schema_for!(subnet::TopVerdict),
        #[cfg(feature = "subnet")]
        Record::SubnetMiners => schemars::schema_for!(subnet::MinersVerdict),
        #[cfg(feature = "subnet")]
        Record::SubnetDistribution => schemars::schema_for!(subnet::DistributionVerdict),
        #[cfg(feature = "subnet")]
        Record::SubnetHealth => schemars::schema_for!(subnet::HealthVerdict),
        #[cfg(feature = "subnet")]
        Record::SubnetNeighbours => schemars::schema_for!(subnet::NeighboursVerdict),
        #[cfg(feature = "subnet")]
        Record::SubnetUid => schemars::schema_for!(UidReport<'_>),
        #[cfg(feature = "subnet")]
        Record::SubnetDiff => schemars::schema_for!(subnet::Changes),
        #[cfg(feature = "subnet")]
        Record::WalletHotkey => schemars::schema_for!(Opened<'_>),
        #[cfg(feature = "subnet")]
        Record::WalletSigned => schemars::schema_for!(Signed),
        #[cfg(feature = "subnet")]
        Record::WalletVerified => schemars::schema_for!(Verified),
        #[cfg(feature = "subnet")]
        Record::Wallets => schemars::schema_for!(Vec<WalletEntry>),
        #[cfg(feature = "mine")]
        Record::MineCheck => schemars::schema_for!(Vec<Tried>),
    };
    let text = serde_json::to_string_pretty(&schema)?;
    context.open_output(&[])?.finish(&(text + "\n"))?;
    Ok(Exit::Ok)
}
