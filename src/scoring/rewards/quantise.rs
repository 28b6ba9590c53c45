//! Weights on the chain's grid of 16-bit numbers.

use std::collections::BTreeMap;

use num_bigint::BigInt;
use num_rational::BigRational;

use super::population::Payee;

const LARGEST: u32 = u16::MAX as u32;

/// Why weights have no place on the grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QuantiseError {
    /// More positive weights than units.
    #[error("{0} positive weights do not fit on a grid of 65535 units")]
    TooMany(usize),
    /// A weight is NaN or infinite.
    #[error("a weight is not finite")]
    NotFinite,
}

/// Whole numbers that sum to 65535 exactly: largest remainders, ties to the lower uid, at least one
/// unit for each positive weight. Every deciding step is exact, so two machines agree to the bit.
///
/// Source: `vidaio/tokenomics/quantize.py` of validator-vidaio at `b71f22d5`.
///
/// # Errors
/// Weights that are not finite, or more of them than units.
pub fn sum_is_65535(weights: &BTreeMap<Payee, f64>) -> Result<BTreeMap<Payee, u32>, QuantiseError> {
    let mut exact = Vec::new();
    for (payee, weight) in weights.iter().filter(|(_, w)| **w > 0.0 || w.is_nan()) {
        let weight = BigRational::from_float(*weight).ok_or(QuantiseError::NotFinite)?;
        exact.push((*payee, weight));
    }
    if exact.len() > LARGEST as usize {
        return Err(QuantiseError::TooMany(exact.len()));
    }
    let total: BigRational = exact.iter().map(|(_, w)| w).sum();
    let grid = BigRational::from_integer(BigInt::from(LARGEST));
    let mut rows: Vec<(Payee, u32, BigRational)> = exact
        .into_iter()
        .map(|(payee, weight)| {
            let ideal = weight / &total * &grid;
            // An ideal share is at most 65535.
            let floor = u32::try_from(ideal.to_integer()).unwrap_or(LARGEST);
            (payee, floor.max(1), ideal.fract())
        })
        .collect();
    let given: u32 = rows.iter().map(|(_, units, _)| units).sum();
    if given <= LARGEST {
        rows.sort_by(|a, b| b.2.cmp(&a.2).then(a.0.cmp(&b.0)));
        let count = rows.len();
        for i in 0..(LARGEST - given) as usize {
            if count > 0 {
                rows[i % count].1 += 1;
            }
        }
    } else {
        // Units that lifted tiny weights to one come off the heaviest, in turn, never below one.
        rows.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
        let (mut missing, count, mut i) = (given - LARGEST, rows.len(), 0);
        while missing > 0 {
            let units = &mut rows[i % count].1;
            if *units > 1 {
                *units -= 1;
                missing -= 1;
            }
            i += 1;
        }
    }
    Ok(rows
        .into_iter()
        .map(|(payee, units, _)| (payee, units))
        .collect())
}

/// Whole numbers of which the largest is 65535, as the chain library forms them before it sends
/// weights: 32-bit floats, divided by the largest, rounded half to even, zeros dropped.
///
/// Source: `bittensor/utils/weight_utils.py` of opentensor/bittensor at `00f0b69`. The subnet's caps on
/// weights, which are settings of the chain, are not applied.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the library casts to 32 bits, and values are 0 to 65535"
)]
pub fn largest_is_65535(weights: &BTreeMap<Payee, f64>) -> BTreeMap<Payee, u32> {
    let cast: Vec<(Payee, f64)> = weights
        .iter()
        .map(|(payee, weight)| (*payee, f64::from(*weight as f32)))
        .filter(|(_, weight)| *weight > 0.0)
        .collect();
    let largest = cast.iter().map(|(_, w)| *w).fold(0.0, f64::max);
    cast.into_iter()
        .map(|(payee, weight)| {
            let units = (weight / largest * f64::from(LARGEST)).round_ties_even();
            (payee, units as u32)
        })
        .filter(|(_, units)| *units > 0)
        .collect()
}
