//! What a metagraph says: who validates, who mines, who is paid what, and what changed.
//!
//! Pure: a [`Metagraph`] comes from [`crate::chain`] or from a snapshot, and everything here is worked
//! out from it alone.

mod amount;
mod changes;
mod distribution;
mod emission;
mod epoch;
mod health;
mod metagraph;
mod neighbours;
mod neuron;
mod overview;
mod percentile;
mod ranking;
mod role;

pub use amount::{Alpha, RAO, Tao};
pub use changes::{ChangeKind, ChangedValue, Changes, DIFF_SCHEMA, SubnetChange, changes};
pub use distribution::{
    DISTRIBUTION_SCHEMA, DistributionVerdict, GroupDistribution, HistogramBar, SummaryStatistics,
    distribution, spread,
};
pub use emission::{BLOCKS_A_DAY, in_tao, per_day};
pub use epoch::{EpochLength, EpochRule};
pub use health::{Grade, HEALTH_SCHEMA, HealthVerdict, Indicator, IndicatorUnit, health};
pub use metagraph::{
    Axon, Fraction, METAGRAPH_SCHEMA, Metagraph, MetagraphError, Neuron, Pool, Price, PriceSource,
    Reading, Registration, Route,
};
pub use neighbours::{
    NEIGHBOURS_SCHEMA, Neighbours, NeighboursVerdict, SharedIdentity, neighbours,
};
pub use neuron::{ChainPlaces, NEURON_SCHEMA, NeuronVerdict, Ranks, ServedAxon, Share, neuron};
pub use overview::{MINERS_SCHEMA, MinersVerdict, OVERVIEW_SCHEMA, Overview, miners, overview};
pub use ranking::{By, Ranked, TOP_SCHEMA, TopVerdict, top};
pub use role::{Role, VALIDATOR_STAKE};
