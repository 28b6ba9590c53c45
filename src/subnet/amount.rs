//! Money. TAO is the chain's coin, alpha the subnet's; both are counted in rao, 1e9 to one.

use std::fmt;
use std::iter::Sum;
use std::ops::Add;

use serde::{Deserialize, Serialize};

/// Rao in one TAO or one alpha.
pub const RAO: u64 = 1_000_000_000;

macro_rules! coin {
    ($(#[$meta:meta])* $name:ident, $unit:literal) => {
        $(#[$meta])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
            schemars::JsonSchema,
        )]
        #[serde(transparent)]
        pub struct $name(u64);

        impl $name {
            /// Its unit, in words.
            pub const UNIT: &'static str = $unit;

            /// Of an amount in rao.
            #[must_use]
            pub const fn from_rao(rao: u64) -> Self {
                Self(rao)
            }

            /// In rao.
            #[must_use]
            pub const fn rao(self) -> u64 {
                self.0
            }

            /// In whole coins, rounded to a double.
            #[must_use]
            pub fn whole(self) -> f64 {
                self.0 as f64 / RAO as f64
            }
        }

        /// All nine decimals and the unit.
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&format!("{}.{:09} {}", self.0 / RAO, self.0 % RAO, $unit))
            }
        }

        impl Add for $name {
            type Output = Self;

            /// No sum of amounts that a chain holds comes near the limit, where it stays.
            fn add(self, other: Self) -> Self {
                Self(self.0.saturating_add(other.0))
            }
        }

        impl Sum for $name {
            fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
                amounts.fold(Self(0), Add::add)
            }
        }
    };
}

coin! {
    /// An amount of the chain's coin, in rao.
    Tao, "TAO"
}
coin! {
    /// An amount of the subnet's coin, in rao of alpha. A total stake is one, too: it counts alpha and,
    /// by the chain's weight, TAO.
    Alpha, "alpha"
}
