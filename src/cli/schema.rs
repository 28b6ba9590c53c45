//! `vidaio schema`: the JSON schemas that results keep to.

use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::mine::Tried;
use super::subnet::ShownUid;
use super::wallet::{Opened, Signed, Verified};
use crate::assess::LintVerdict;
use crate::check::CheckReport;
use crate::encode::{MadeRecord, ProbeRecord};
use crate::measure::Measurement;
use crate::standing::{LedgerSchema, MultiplierVerdict, RewardVerdict};
use crate::subnet;
use crate::upscale::UpscaledRecord;
use crate::verdict::{CompressionVerdict, UpscaleVerdict};
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
    Metagraph,
    /// What `subnet --format json` prints
    Subnet,
    /// What `subnet top --format json` prints
    SubnetTop,
    /// What `subnet miners --format json` prints
    SubnetMiners,
    /// What `subnet distribution --format json` prints
    SubnetDistribution,
    /// What `subnet health --format json` prints
    SubnetHealth,
    /// What `subnet neighbours --format json` prints
    SubnetNeighbours,
    /// What `subnet uid --format json` prints
    SubnetUid,
    /// What `subnet diff --format json` prints
    SubnetDiff,
    /// What `wallet list --format json` prints
    Wallets,
    /// What `wallet show NAME/HOTKEY --format json` prints
    WalletHotkey,
    /// What `wallet sign --format json` prints
    WalletSigned,
    /// What `wallet verify --format json` prints
    WalletVerified,
    /// What `mine --check --format json` prints
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
        Record::Metagraph => schemars::schema_for!(subnet::Metagraph),
        Record::Subnet => schemars::schema_for!(subnet::Overview),
        Record::SubnetTop => schemars::schema_for!(subnet::TopVerdict),
        Record::SubnetMiners => schemars::schema_for!(subnet::MinersVerdict),
        Record::SubnetDistribution => schemars::schema_for!(subnet::DistributionVerdict),
        Record::SubnetHealth => schemars::schema_for!(subnet::HealthVerdict),
        Record::SubnetNeighbours => schemars::schema_for!(subnet::NeighboursVerdict),
        Record::SubnetUid => schemars::schema_for!(ShownUid<'_>),
        Record::SubnetDiff => schemars::schema_for!(subnet::Changes),
        Record::WalletHotkey => schemars::schema_for!(Opened<'_>),
        Record::WalletSigned => schemars::schema_for!(Signed),
        Record::WalletVerified => schemars::schema_for!(Verified),
        Record::Wallets => schemars::schema_for!(Vec<WalletEntry>),
        Record::MineCheck => schemars::schema_for!(Vec<Tried>),
    };
    let text = serde_json::to_string_pretty(&schema)
        .map_err(|e| Failure::new(Exit::Internal, e.to_string()))?;
    context.open_output(&[])?.finish(&(text + "\n"))?;
    Ok(Exit::Ok)
}
