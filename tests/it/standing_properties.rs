//! What must hold of multipliers, ledger and rewards whatever the numbers.

use std::collections::BTreeMap;

use proptest::prelude::*;
use vidaio::domain::Task;
use vidaio::rules::{Revision, WeightMode};
use vidaio::scoring::rewards::{
    EmissionState, Miner, Payee, Population, Snapshot, largest_is_65535, split, sum_is_65535,
};
use vidaio::scoring::{Round, Standing, marks, multipliers};

use super::surroundings::rules;

fn revisions() -> impl Iterator<Item = &'static Revision> {
    rules().iter()
}

fn task() -> impl Strategy<Value = Task> {
    prop_oneof![Just(Task::Upscale), Just(Task::Compress)]
}

fn round(task: Task) -> impl Strategy<Value = Round> {
    let score = prop_oneof![
        8 => 0.0..1.2_f64,
        1 => Just(-100.0),
        1 => prop::sample::select(vec![0.07, 0.2, 0.25, 0.3, 0.32, 0.4, 0.5, 0.74])
    ];
    (
        score,
        0.0..1.0_f64,
        60.0..100.0_f64,
        80.0..95.0_f64,
        0.01..1.3_f64,
    )
        .prop_map(move |(s_f, s_q, vmaf, threshold, rate)| Round {
            s_f,
            s_q,
            vmaf,
            threshold,
            rate: Some(rate),
            ..Round::new(task)
        })
}

fn total(revision: &Revision, task: Task, window: &[Round]) -> Option<f64> {
    let rules = revision.multipliers.as_ref()?;
    let marks = window.iter().map(|r| marks(rules, task, r));
    Some(multipliers(rules, rules.window, marks).total)
}

fn miner() -> impl Strategy<Value = Miner> {
    (
        0_u16..200,
        prop::option::weighted(0.9, task()),
        prop_oneof![6 => 0.0..1.15_f64, 1 => Just(0.0), 1 => Just(0.3), 1 => Just(-1.0)],
        0.0..5000.0_f64,
        any::<bool>(),
        prop::collection::vec((0.0..100.0_f64, -1.0..3.0_f64), 0..12),
    )
        .prop_map(
            |(uid, task, standing, alpha_stake, validator_permit, seen)| Miner {
                uid,
                task,
                standing,
                alpha_stake,
                validator_permit,
                address: Some(format!("10.0.{}.{}", uid % 3, uid / 2)),
                snapshots: seen
                    .into_iter()
                    .zip(0_u64..)
                    .map(|((alpha_stake, emission), i)| Snapshot {
                        block: 6_000_000 + 360 * i,
                        alpha_stake,
                        emission,
                    })
                    .collect(),
                ..Miner::default()
            },
        )
}

fn population() -> impl Strategy<Value = Population> {
    let state = prop::sample::select(vec![
        EmissionState::Idle,
        EmissionState::Podium,
        EmissionState::Crown,
    ]);
    let podium = prop::collection::vec(prop::option::of(200_u16..220), 0..4);
    (prop::collection::vec(miner(), 0..40), podium, state).prop_map(
        |(mut miners, podium, state)| {
            miners.sort_by_key(|m| m.uid);
            miners.dedup_by_key(|m| m.uid);
            Population {
                miners,
                burn_uid: Some(255),
                podium,
                state,
                tempo: 360,
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn multipliers_stay_in_their_bounds(task in task(), rounds in prop::collection::vec(round(Task::Upscale), 0..=10)) {
        for revision in revisions() {
            let Some(rules) = &revision.multipliers else { continue };
            let got = total(revision, task, &rounds).unwrap();
            let least = (1.0 - rules.penalty_f_max) * (1.0 - rules.penalty_q_max);
            prop_assert!(got >= least - 1e-12 && got <= 1.0 + rules.bonus_max + 1e-12, "{} {got}", revision.name);
            if task == Task::Compress && rules.compression_margin.is_none() {
                prop_assert!(got >= 1.0 - rules.penalty_f_max - 1e-12);
            }
        }
    }

    #[test]
    fn rounds_before_the_window_and_their_order_change_nothing(
        before in prop::collection::vec(round(Task::Upscale), 0..12),
        window in prop::collection::vec(round(Task::Upscale), 10),
    ) {
        let revision = rules().find("2026-08-18").unwrap();
        let replay = |before: &[Round]| {
            let mut standing = Standing::default();
            for round in before.iter().chain(&window) {
                standing.step(revision, round).unwrap();
            }
            (*standing.multipliers(), standing.average())
        };
        let mut turned = before.clone();
        turned.reverse();
        prop_assert_eq!(replay(&before), replay(&turned));
        let mut last = [&before[..], &window[..]].concat();
        last.drain(..before.len());
        prop_assert_eq!(replay(&before).0.total, total(revision, Task::Upscale, &last).unwrap());
    }

    #[test]
    fn one_more_good_round_never_lowers_the_bonus(window in prop::collection::vec(round(Task::Upscale), 0..=10)) {
        for revision in revisions() {
            let Some(rules) = &revision.multipliers else { continue };
            let good = Round { s_f: 2.0, s_q: 1.0, ..Round::new(Task::Upscale) };
            let mut longer = window.clone();
            longer.push(good);
            let start = longer.len().saturating_sub(10);
            let bonus = |rounds: &[Round]| {
                let marks = rounds.iter().map(|r| marks(rules, Task::Upscale, r));
                multipliers(rules, rules.window, marks).bonus
            };
            prop_assert!(bonus(&longer[start..]) >= bonus(&window));
        }
    }

    #[test]
    fn a_split_history_replays_as_the_whole(
        rounds in prop::collection::vec((task(), 0.0..1.0_f64, 0.0..1.0_f64, 0.1..1.2_f64), 1..30),
        cut in 0_usize..30,
    ) {
        let rounds: Vec<Round> = rounds
            .into_iter()
            .map(|(task, s_f, s_q, rate)| Round { s_f, s_q, rate: Some(rate), ..Round::new(task) })
            .collect();
        let cut = cut.min(rounds.len());
        for revision in revisions() {
            let play = |standing: &mut Standing, part: &[Round]| {
                for round in part {
                    standing.step(revision, round).unwrap();
                }
            };
            let mut whole = Standing::default();
            play(&mut whole, &rounds);
            let mut first = Standing::default();
            play(&mut first, &rounds[..cut]);
            let mut second = first.clone();
            play(&mut second, &rounds[cut..]);
            prop_assert_eq!(whole.value().to_bits(), second.value().to_bits());
            prop_assert_eq!(whole.multipliers(), second.multipliers());
            // No standing is negative, and none exceeds the largest multiplier.
            prop_assert!((0.0..=1.15).contains(&whole.value()), "{} {}", revision.name, whole.value());
        }
    }

    #[test]
    fn weights_are_shares(population in population()) {
        for revision in revisions() {
            let rules = &revision.rewards;
            let got = split(rules, &population);
            prop_assert!(got.weights.values().all(|w| *w >= 0.0 && w.is_finite()), "{} {got:?}", revision.name);
            let total = got.total();
            let anyone = got.weights.values().any(|w| *w > 0.0);
            match rules.mode {
                WeightMode::W0 | WeightMode::W1 | WeightMode::W2 | WeightMode::W3 | WeightMode::Next => {
                    prop_assert!(!anyone || (total - 1.0).abs() < 1e-9, "{} {total}", revision.name);
                }
                _ => prop_assert!(total <= 1.0 + 1e-9, "{} {total}", revision.name),
            }
            // What is burnt is burnt whole, up to a population that the weights leave empty.
            if rules.burn > 0.0 && anyone {
                let burnt = got.weights[&Payee::Uid(255)];
                prop_assert!((burnt - rules.burn * total).abs() < 1e-9);
            }
            for uid in got.left_out.keys() {
                prop_assert_eq!(got.weights.get(&Payee::Uid(*uid)).copied().unwrap_or(0.0), 0.0);
            }
        }
    }

    #[test]
    fn the_grid_is_filled_exactly(weights in prop::collection::btree_map(0_u16..256, prop_oneof![0.0..1.0_f64, 1e-18..1e-6_f64], 1..60)) {
        let weights: BTreeMap<Payee, f64> = weights.into_iter().map(|(uid, w)| (Payee::Uid(uid), w)).collect();
        let positive = weights.values().filter(|w| **w > 0.0).count();
        prop_assume!(positive > 0);
        let units = sum_is_65535(&weights).unwrap();
        prop_assert_eq!(units.values().sum::<u32>(), 65_535);
        prop_assert_eq!(units.len(), positive);
        prop_assert!(units.values().all(|u| *u >= 1));
        let sum: f64 = weights.values().sum();
        for (payee, units) in &units {
            // Tiny weights are lifted to one unit, which comes off the heaviest.
            let ideal = weights[payee] / sum * 65_535.0;
            prop_assert!((f64::from(*units) - ideal).abs() <= 62.0, "{ideal} {units}");
        }
        let largest = largest_is_65535(&weights).into_values().max();
        prop_assert_eq!(largest, Some(65_535));
    }
}

#[test]
fn the_grid_is_the_networks_own() {
    // Worked by hand: ideals 21845 each; then 32767.5 twice, the spare unit to the lower uid; then a
    // weight too small for a unit, which gets one.
    let grid = |weights: &[(u16, f64)]| {
        let weights = weights
            .iter()
            .map(|(uid, w)| (Payee::Uid(*uid), *w))
            .collect();
        sum_is_65535(&weights)
            .unwrap()
            .into_values()
            .collect::<Vec<_>>()
    };
    assert_eq!(grid(&[(1, 0.2), (2, 0.2), (3, 0.2)]), [21_845; 3]);
    assert_eq!(grid(&[(4, 0.5), (9, 0.5)]), [32_768, 32_767]);
    assert_eq!(grid(&[(1, 1.0), (2, 1e-9)]), [65_534, 1]);
    assert_eq!(grid(&[(1, 1.0), (2, 0.0)]), [65_535]);
    assert!(sum_is_65535(&BTreeMap::from([(Payee::Burn, f64::NAN)])).is_err());
}
