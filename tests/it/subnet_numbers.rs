//! The numbers behind the tables, against worked cases and properties.

use proptest::prelude::*;
use vidaio::subnet::{
    Alpha, By, EpochLength, EpochRule, Fraction, Grade, RAO, Role, Tao, distribution, health,
    neighbours, spread,
};

use super::node::generate;

#[test]
fn figures_of_worked_cases() {
    let s = spread(&[4.0, 1.0, 3.0, 2.0]).unwrap();
    assert_eq!((s.count, s.sum, s.mean, s.median), (4, 10.0, 2.5, 2.5));
    // NumPy: np.percentile([1, 2, 3, 4], [90, 95, 99]), np.std([1, 2, 3, 4]).
    for (found, expected) in [
        (s.p90, 3.7),
        (s.p95, 3.85),
        (s.p99, 3.97),
        (s.standard_deviation, 1.118_033_988_749_895),
        // The mean difference of all 16 pairs is 1.25; by twice the mean of 2.5.
        (s.gini.unwrap(), 0.25),
    ] {
        assert!((found - expected).abs() < 1e-12, "{found} {expected}");
    }
    assert_eq!(spread(&[]), None);
    let one = spread(&[7.0]).unwrap();
    assert_eq!(
        (one.p99, one.standard_deviation, one.gini),
        (7.0, 0.0, Some(0.0))
    );
    assert_eq!(spread(&[0.0, 0.0]).unwrap().gini, None);
    // One of a hundred has everything.
    let mut all = vec![0.0; 99];
    all.push(5.0);
    assert!((spread(&all).unwrap().gini.unwrap() - 0.99).abs() < 1e-12);
}

proptest! {
    #[test]
    fn figures_keep_their_order(values in prop::collection::vec(0.0..1e6_f64, 1..80)) {
        let s = spread(&values).unwrap();
        let order = [s.min, s.median, s.p90, s.p95, s.p99, s.max];
        prop_assert!(order.windows(2).all(|pair| pair[0] <= pair[1]));
        prop_assert!(s.min <= s.mean + 1e-9 && s.mean <= s.max + 1e-9);
        if let Some(gini) = s.gini {
            prop_assert!((0.0..1.0).contains(&gini));
            // What everybody gets alike changes nothing by its unit.
            let doubled: Vec<f64> = values.iter().map(|v| v * 2.0).collect();
            prop_assert!((spread(&doubled).unwrap().gini.unwrap() - gini).abs() < 1e-9);
            // Pair by pair it is the same.
            let n = values.len() as f64;
            let pairs: f64 = values.iter()
                .map(|a| values.iter().map(|b| (a - b).abs()).sum::<f64>()).sum();
            prop_assert!((pairs / (2.0 * n * s.sum) - gini).abs() < 1e-9);
        }
    }

    #[test]
    fn every_value_falls_into_one_bar(uids in 8_u16..200, parts in 1_usize..30) {
        let metagraph = generate::subnet(85, uids, 7_000_123);
        let found = distribution(&metagraph, &[By::Stake, By::Emission], parts);
        for group in &found.groups {
            let counted: usize = group.histogram.iter().map(|bar| bar.count).sum();
            prop_assert_eq!(counted, group.spread.map_or(0, |s| s.count));
            prop_assert!(group.histogram.windows(2).all(|pair| pair[0].to == pair[1].from));
        }
    }

    #[test]
    fn amounts_are_written_with_all_decimals_and_their_unit(rao in any::<u64>()) {
        let text = Tao::from_rao(rao).to_string();
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        prop_assert_eq!(digits.parse::<u64>().unwrap(), rao);
        prop_assert!(text.ends_with(" TAO"));
    }
}

#[test]
fn amounts_add_up_and_stay_at_the_limit() {
    let sum: Alpha = [RAO, 2 * RAO, 5].map(Alpha::from_rao).into_iter().sum();
    assert_eq!(sum.to_string(), "3.000000005 alpha");
    assert_eq!((Alpha::from_rao(u64::MAX) + sum).rao(), u64::MAX);
}

#[test]
fn epochs_last_what_the_runtime_makes_of_the_tempo() {
    for (spec, knows_next, blocks, rule) in [
        (293, false, 361, EpochRule::Modulus),
        (393, false, 361, EpochRule::Modulus),
        (393, true, 360, EpochRule::AfterLast),
        (425, false, 360, EpochRule::AfterLast),
    ] {
        let epoch = EpochLength::new(360, spec, knows_next);
        assert_eq!((epoch.blocks, epoch.rule), (blocks, rule), "{spec}");
    }
}

#[test]
fn roles_go_by_permit_and_what_it_earns() {
    let mut metagraph = generate::subnet(85, 40, 7_000_123);
    let role = |m: &vidaio::subnet::Metagraph, uid: u16| m.role(m.uid(uid).unwrap());
    assert_eq!(role(&metagraph, 0), Role::Validator);
    assert_eq!(role(&metagraph, 39), Role::Miner);
    assert_eq!(role(&metagraph, 20), Role::Owner);
    // A validator that earns nothing yet is told by its stake.
    metagraph.neurons[0].dividends = Some(Fraction(0));
    assert_eq!(role(&metagraph, 0), Role::Validator);
    metagraph.neurons[0].total_stake_rao = Some(Alpha::from_rao(24_999 * RAO));
    assert_eq!(role(&metagraph, 0), Role::Miner);
    // A miner of much stake and with a permit still mines.
    metagraph.neurons[39].total_stake_rao = Some(Alpha::from_rao(30_000 * RAO));
    metagraph.neurons[39].incentive = Some(Fraction(1));
    assert_eq!(role(&metagraph, 39), Role::Miner);
    // Without a permit dividends are those of an earlier epoch.
    metagraph.neurons[1].validator_permit = Some(false);
    assert_eq!(role(&metagraph, 1), Role::Miner);
    // Where the chain does not tell, nobody is made a validator.
    metagraph.neurons[2].validator_permit = None;
    assert_eq!(role(&metagraph, 2), Role::Miner);
    metagraph.owner_hotkey = Some(metagraph.neurons[9].hotkey);
    assert_eq!(role(&metagraph, 9), Role::Owner);
}

#[test]
fn health_can_reach_its_top_and_its_bottom() {
    let mut best = generate::subnet(85, 256, 7_000_123);
    best.epoch = Some(EpochLength::new(360, 459, true));
    best.owner_coldkey = Some(generate::account(1, 0x99));
    for neuron in &mut best.neurons {
        neuron.coldkey = Some(generate::account(neuron.uid, 0x21));
        neuron.axon = neuron.axon.map(|mut axon| {
            axon.ip = std::net::Ipv4Addr::from(0x0a00_0000 + u32::from(neuron.uid)).into();
            axon
        });
        neuron.last_update = Some(7_000_100);
        if neuron.uid >= generate::VALIDATORS {
            neuron.emission_rao = Some(Alpha::from_rao(RAO));
        }
    }
    let found = health(&best);
    let poor: Vec<&str> = found
        .indicators
        .iter()
        .filter(|i| i.grade != Grade::Good)
        .map(|i| i.name)
        .collect();
    assert_eq!(poor, [""; 0]);
    assert_eq!((found.score, found.grade), (Some(100.0), Grade::Good));
    let mut worst = generate::subnet(85, 20, 7_000_123);
    worst.epoch = Some(EpochLength::new(360, 459, true));
    worst.blocks_since_last_step = Some(9000);
    worst.owner_coldkey = Some(generate::account(7, 0x20));
    for neuron in &mut worst.neurons {
        neuron.last_update = Some(1);
        neuron.axon = None;
        let validates = neuron.uid == 0;
        neuron.validator_permit = Some(validates);
        neuron.dividends = Some(Fraction(if validates { 65535 } else { 0 }));
        neuron.coldkey = Some(generate::account(
            if neuron.uid == 19 { 7 } else { 0 },
            0x20,
        ));
        neuron.incentive = Some(Fraction(if neuron.uid == 19 { 60_000 } else { 1 }));
        // One of nine that are paid has nearly everything.
        let rao = match neuron.uid {
            1 => 1_000 * RAO,
            2..=4 => 1,
            _ => 0,
        };
        neuron.emission_rao = Some(Alpha::from_rao(rao));
    }
    let found = health(&worst);
    let good: Vec<(&str, Grade)> = found
        .indicators
        .iter()
        .filter(|i| i.grade != Grade::Poor)
        .map(|i| (i.name, i.grade))
        .collect();
    // Four miners cannot be less equal than 0.75, which is fair.
    assert_eq!(good, [("concentration of pay", Grade::Fair)]);
    assert_eq!(found.score, Some(5.0));
}

#[test]
fn what_the_owner_earns_as_a_miner_is_withheld_whatever_else_it_does() {
    let mut metagraph = generate::subnet(85, 40, 7_000_123);
    let part = |m: &vidaio::subnet::Metagraph, uid: usize| m.neurons[uid].incentive.unwrap().part();
    let all: f64 = (0..40).map(|uid| part(&metagraph, uid)).sum();
    let whole: f64 = metagraph
        .neurons
        .iter()
        .map(|n| n.emission_rao.unwrap().whole())
        .sum();
    let expected = whole / 2.0 * (part(&metagraph, 20) + part(&metagraph, 21)) / all;
    assert!((metagraph.withheld_alpha().unwrap() - expected).abs() < 1e-9);
    // Nearly what the chain lists for the two.
    let listed: f64 = (20..22)
        .map(|u| metagraph.neurons[u].emission_rao.unwrap().whole())
        .sum();
    assert!(
        (expected / listed - 1.0).abs() < 0.01,
        "{expected} {listed}"
    );
    // The owner's hotkey validates and has most of the incentive.
    metagraph.owner_hotkey = Some(metagraph.neurons[0].hotkey);
    metagraph.neurons[0].incentive = Some(Fraction(60_000));
    assert_eq!(metagraph.role(&metagraph.neurons[0]), Role::Validator);
    let found = health(&metagraph);
    let withheld = found
        .indicators
        .iter()
        .find(|i| i.name == "pay withheld")
        .unwrap();
    assert!(withheld.value.unwrap() > 0.4, "{withheld:?}");
    assert_eq!(vidaio::subnet::overview(&metagraph).owner_uids, 3);
}

#[test]
fn neighbours_are_found_and_the_lowest_is_kept() {
    let metagraph = generate::subnet(85, 48, 7_000_123);
    let found = neighbours(&metagraph);
    assert_eq!(found.groups.len(), 1);
    assert_eq!(found.groups[0].uids, [31, 32, 33]);
    assert_eq!(found.groups[0].kept, Some(31));
    let left: Vec<(u16, u16)> = found.left_out.into_iter().collect();
    assert_eq!(left, [(32, 31), (33, 31)]);
}
