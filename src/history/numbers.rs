//! The round numbers that were seen, kept as runs: a million rounds in a row take one entry.

use std::collections::BTreeMap;

/// Most runs that are kept; a history with more gaps is not checked any further. Our choice.
const MOST_RUNS: usize = 100_000;

/// A set of numbers.
#[derive(Debug, Clone, Default)]
pub(super) struct Numbers {
    /// The run that grew last, apart from the rest because it nearly always grows again.
    current: Option<(u64, u64)>,
    runs: BTreeMap<u64, u64>,
    given_up: bool,
}

impl Numbers {
    /// Adds a number; returns whether it was there before.
    pub(super) fn insert(&mut self, number: u64) -> bool {
        if let Some((first, last)) = &mut self.current {
            if (*first..=*last).contains(&number) {
                return true;
            }
            if number == *last + 1 && !self.runs.contains_key(&number) {
                *last = number;
                return false;
            }
            self.runs.insert(*first, *last);
            self.current = None;
        }
        let before = self.runs.range(..=number).next_back();
        if before.is_some_and(|(_, last)| *last >= number) {
            return true;
        }
        if self.runs.len() >= MOST_RUNS {
            self.given_up = true;
            return false;
        }
        self.current = Some(match before {
            Some((&first, &last)) if last + 1 == number => {
                self.runs.remove(&first);
                (first, number)
            }
            _ => (number, number),
        });
        false
    }

    /// First and last number of every stretch that is missing between the least and the largest.
    pub(super) fn gaps(&self) -> Vec<(u64, u64)> {
        if self.given_up {
            return Vec::new();
        }
        let mut runs: Vec<(u64, u64)> = self.runs.iter().map(|(a, b)| (*a, *b)).collect();
        runs.extend(self.current);
        runs.sort_unstable();
        runs.windows(2)
            .filter(|pair| pair[1].0 > pair[0].1 + 1)
            .map(|pair| (pair[0].1 + 1, pair[1].0 - 1))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Numbers;

    fn of(numbers: &[u64]) -> (Vec<bool>, Vec<(u64, u64)>) {
        let mut set = Numbers::default();
        let seen = numbers.iter().map(|n| set.insert(*n)).collect();
        (seen, set.gaps())
    }

    #[test]
    fn order_does_not_matter() {
        assert_eq!(of(&[1, 3, 2, 4]).1, []);
        assert_eq!(of(&[9, 1, 5, 2, 8]).1, [(3, 4), (6, 7)]);
        assert_eq!(of(&[5, 4, 3, 2, 1]).1, []);
        assert_eq!(of(&[]).1, []);
    }

    #[test]
    fn a_number_that_comes_again_is_told() {
        assert_eq!(of(&[5, 6, 5, 6, 7]).0, [false, false, true, true, false]);
        assert_eq!(of(&[1, 2, 9, 2, 9]).0, [false, false, false, true, true]);
    }
}
