//! Multipliers, ledger and rewards against figures that the network's own code gave. Sources stand in
//! `fixtures/vectors/README.md`.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use vidaio::domain::{Origin, Task};
use vidaio::rules::{Catalogue, Revision};
use vidaio::scoring::rewards::{
    EmissionState, Miner, Payee, Population, RetentionState, Snapshot, retention, split,
};
use vidaio::scoring::{
    Direction, Round, Standing, marks, multipliers, trend, window_average, window_tier,
};

fn rows<T: DeserializeOwned>(name: &str) -> Vec<T> {
    let path = format!("{}/fixtures/vectors/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    let rows: Vec<T> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(rows.len() > 80, "{name} has lost rows");
    rows
}

/// Sums may be ordered otherwise, so figures agree to 1e-12 of their size.
fn near(got: f64, want: f64) -> bool {
    (got - want).abs() <= 1e-12 * want.abs().max(1e-9)
}

fn of_commit<'a>(catalogue: &'a Catalogue, commit: &str) -> &'a Revision {
    // These two are commits between two changes of rules.
    catalogue
        .find(match commit {
            "c5870e9" => "2025-10-16",
            other => other,
        })
        .unwrap()
}

#[derive(Deserialize)]
struct MultiplierRow {
    task: Task,
    records: Vec<(Task, f64, f64)>,
    counts: [u64; 3],
    factors: [f64; 4],
    average_f: f64,
    average_q: f64,
    tier: String,
}

#[test]
fn multipliers_equal_the_networks() {
    let catalogue = Catalogue::embedded().unwrap();
    let mut checked = 0;
    for revision in ["2025-10-20", "2026-08-18"] {
        let rules = catalogue
            .find(revision)
            .unwrap()
            .multipliers
            .clone()
            .unwrap();
        for (i, row) in rows::<MultiplierRow>("multipliers.jsonl")
            .iter()
            .enumerate()
        {
            let records: Vec<Round> = row
                .records
                .iter()
                .map(|(task, s_f, s_q)| Round {
                    s_f: *s_f,
                    s_q: *s_q,
                    ..Round::new(*task)
                })
                .collect();
            // Upscaling looks at the last ten of any task, compression at its own.
            let counted: Vec<&Round> = records
                .iter()
                .filter(|r| row.task == Task::Upscale || r.task == row.task)
                .collect();
            let window = &counted[counted.len().saturating_sub(10)..];
            if window.is_empty() {
                assert_eq!((row.counts, row.factors), ([0; 3], [1.0; 4]), "row {i}");
                assert_eq!(row.tier, "New Miner");
                continue;
            }
            let got = multipliers(
                &rules,
                10,
                window.iter().map(|r| marks(&rules, row.task, r)),
            );
            let counts = [got.bonus_count, got.penalty_f_count, got.penalty_q_count];
            assert_eq!(counts, row.counts, "row {i}");
            let factors = [got.bonus, got.penalty_f, got.penalty_q, got.total];
            assert_eq!(factors, row.factors, "row {i}");
            let average =
                |f: fn(&Round) -> f64| window_average(window.iter().rev().map(|r| f(r))).unwrap();
            assert_eq!(average(|r| r.s_f), row.average_f, "row {i}");
            assert_eq!(average(|r| r.s_q), row.average_q, "row {i}");
            assert_eq!(
                window_tier(&rules, row.average_f, got.total),
                row.tier,
                "row {i}"
            );
            checked += 1;
        }
    }
    assert!(checked > 400, "{checked}");
}

type ScriptRecord = (
    Option<Task>,
    Option<f64>,
    Option<f64>,
    Option<f64>,
    Option<f64>,
);

#[derive(Deserialize)]
struct ScriptRow {
    records: Vec<ScriptRecord>,
    counts: [u64; 3],
    factors: [f64; 4],
    tier: Option<String>,
    trend: Option<(f64, f64, String, f64)>,
}

#[test]
fn the_script_revision_multiplies_as_the_published_script_does() {
    let catalogue = Catalogue::embedded().unwrap();
    let rules = catalogue
        .find("script")
        .unwrap()
        .multipliers
        .clone()
        .unwrap();
    for (i, row) in rows::<ScriptRow>("script_multipliers.jsonl")
        .iter()
        .enumerate()
    {
        let records: Vec<Round> = row
            .records
            .iter()
            .map(|(task, s_f, s_q, vmaf, threshold)| Round {
                s_f: s_f.unwrap_or(0.0),
                s_q: s_q.unwrap_or(0.0),
                vmaf: vmaf.unwrap_or(0.0),
                threshold: threshold.unwrap_or(0.0),
                ..Round::new(task.unwrap_or(Task::Upscale))
            })
            .collect();
        let window = &records[records.len().saturating_sub(10)..];
        let got = multipliers(&rules, 10, window.iter().map(|r| marks(&rules, r.task, r)));
        assert_eq!(
            [got.bonus_count, got.penalty_f_count, got.penalty_q_count],
            row.counts,
            "row {i}"
        );
        assert_eq!(
            [got.bonus, got.penalty_f, got.penalty_q, got.total],
            row.factors,
            "row {i}"
        );
        if let Some(tier) = &row.tier {
            assert_eq!(window_tier(&rules, 0.0, got.total), tier, "row {i}");
        }
        let scores: Vec<f64> = records.iter().map(|r| r.s_f).collect();
        let got = trend(&scores, 10);
        let Some((recent, earlier, name, percent)) = &row.trend else {
            assert_eq!(got, None, "row {i}");
            continue;
        };
        let got = got.unwrap();
        assert!(near(got.recent, *recent), "row {i}");
        if records.len() < 20 {
            // The script compares the last window with itself; nothing is compared here.
            assert_eq!((recent, got.earlier), (earlier, None), "row {i}");
        } else if *earlier > 0.0 {
            assert!(near(got.earlier.unwrap(), *earlier), "row {i}");
            assert!(near(got.percent.unwrap(), *percent), "row {i}");
            let want = match name.as_str() {
                "improving" => Direction::Improving,
                "declining" => Direction::Declining,
                _ => Direction::Stable,
            };
            assert_eq!(got.direction, Some(want), "row {i}");
        } else {
            // Below zero (-100 records) the script's factors of 1.1 and 0.9 point the wrong way.
            assert!(near(got.earlier.unwrap(), *earlier), "row {i}");
        }
    }
}

#[derive(Deserialize)]
struct ReplayRow {
    commit: String,
    scenario: String,
    events: Vec<Event>,
}

#[derive(Deserialize)]
struct Event {
    task: Task,
    organic: bool,
    s_f: f64,
    s_q: f64,
    rate: Option<f64>,
    hotkey: Option<String>,
    after: [f64; 7],
    counts: [usize; 5],
    tier: String,
    now: Task,
}

#[test]
fn the_ledger_replays_as_validators_do() {
    let catalogue = Catalogue::embedded().unwrap();
    let mut events = 0;
    for (i, row) in rows::<ReplayRow>("replay.jsonl").iter().enumerate() {
        let revision = of_commit(&catalogue, &row.commit);
        let mut standing = Standing::default();
        for (j, event) in row.events.iter().enumerate() {
            let place = format!("row {i}, {}, {}, event {j}", row.commit, row.scenario);
            if event.hotkey.is_some() {
                standing.new_hotkey(&revision.ledger);
            }
            #[expect(
                clippy::cast_possible_truncation,
                reason = "grades are small whole numbers"
            )]
            let (origin, grade) = match (event.organic, event.task) {
                (false, _) => (Origin::Synthetic, None),
                (true, Task::Upscale) => (Origin::Organic, Some(event.s_f as i8)),
                (true, Task::Compress) => (Origin::Organic, None),
            };
            let round = Round {
                s_f: event.s_f,
                s_q: event.s_q,
                rate: event.rate,
                origin,
                grade,
                ..Round::new(event.task)
            };
            standing.step(revision, &round).unwrap();
            let m = standing.multipliers();
            let count = |n: u64| usize::try_from(n).unwrap();
            assert_eq!(
                [
                    count(m.bonus_count),
                    count(m.penalty_f_count),
                    count(m.penalty_q_count),
                    count(standing.rounds_ever()),
                    standing.records_kept()
                ],
                event.counts,
                "{place}"
            );
            assert_eq!(
                [m.bonus, m.penalty_f, m.penalty_q, m.total],
                event.after[1..5],
                "{place}"
            );
            assert!(
                near(standing.value(), event.after[0]),
                "{place}: {}",
                standing.value()
            );
            assert!(near(standing.average(), event.after[5]), "{place}");
            assert!(near(standing.success_rate(), event.after[6]), "{place}");
            assert_eq!(standing.tier(), event.tier, "{place}");
            assert_eq!(standing.task(), Some(event.now), "{place}");
            events += 1;
        }
    }
    assert!(events > 1_000, "{events}");
}

/// Uid, task, standing, alpha stake, permit.
type MinerRow = (u16, Option<Task>, f64, Option<f64>, u8);

#[derive(Deserialize)]
struct WeightRow {
    commit: String,
    kind: String,
    burn_uid: u16,
    miners: Vec<MinerRow>,
    snapshots: HashMap<u16, Vec<(u64, f64, f64)>>,
    podium: Vec<(String, usize)>,
    weights: Vec<(u16, f64)>,
    sum: f64,
    retention: HashMap<u16, (String, Option<f64>, f64, f64)>,
}

fn population(row: &WeightRow) -> Population {
    let miners = row
        .miners
        .iter()
        .map(|(uid, task, standing, stake, permit)| Miner {
            uid: *uid,
            task: *task,
            standing: *standing,
            alpha_stake: stake.unwrap_or(0.0),
            validator_permit: *permit != 0,
            hotkey: Some(format!("hk{uid}")),
            snapshots: row
                .snapshots
                .get(uid)
                .into_iter()
                .flatten()
                .map(|(block, alpha_stake, emission)| Snapshot {
                    block: *block,
                    alpha_stake: *alpha_stake,
                    emission: *emission,
                })
                .collect(),
            ..Miner::default()
        })
        .collect();
    let mut podium = vec![None; row.podium.iter().map(|(_, rank)| *rank).max().unwrap_or(0)];
    for (hotkey, rank) in &row.podium {
        podium[rank - 1] = hotkey.strip_prefix("hk").map(|n| n.parse().unwrap());
    }
    Population {
        miners,
        burn_uid: Some(row.burn_uid),
        podium,
        state: EmissionState::Idle,
        tempo: 360,
    }
}

#[test]
fn weights_equal_the_networks() {
    let catalogue = Catalogue::embedded().unwrap();
    let mut commits = BTreeMap::new();
    let (mut exact, mut all) = (0, 0);
    for (i, row) in rows::<WeightRow>("weights.jsonl").iter().enumerate() {
        let revision = of_commit(&catalogue, &row.commit);
        let population = population(row);
        let got = split(&revision.rewards, &population);
        let place = format!("row {i}, {} ({}), {}", row.commit, revision.name, row.kind);
        let uids: Vec<Payee> = got.weights.keys().copied().collect();
        let want: Vec<Payee> = row
            .weights
            .iter()
            .map(|(uid, _)| Payee::Uid(*uid))
            .collect();
        assert_eq!(uids, want, "{place}");
        for (uid, want) in &row.weights {
            let got = got.weights[&Payee::Uid(*uid)];
            assert!(near(got, *want), "{place}, uid {uid}: {got} {want}");
            exact += usize::from(got.to_bits() == want.to_bits());
            all += 1;
        }
        assert!(near(got.total(), row.sum), "{place}");
        for miner in &population.miners {
            let Some((status, retained, emission, growth)) = row.retention.get(&miner.uid) else {
                continue;
            };
            let got = retention(&miner.snapshots, 10, 360);
            let (name, value) = match got.state {
                RetentionState::TooFewSnapshots => ("new_or_insufficient_history", None),
                RetentionState::NoEmission => ("no_recent_emission", None),
                RetentionState::Known { retained } => ("ok", Some(retained)),
            };
            assert_eq!(
                (name, value),
                (status.as_str(), *retained),
                "{place}, uid {}",
                miner.uid
            );
            assert!(near(got.emission, *emission), "{place}");
            // The code reports a loss of stake as 0 where it has a signal to form.
            let known = matches!(got.state, RetentionState::Known { .. });
            let shown = if known {
                got.stake_growth.max(0.0)
            } else {
                got.stake_growth
            };
            assert!(near(shown, *growth), "{place}");
        }
        *commits.entry(revision.rewards.mode).or_insert(0) += 1;
    }
    assert_eq!(commits.len(), 8, "{commits:?}");
    // Most agree to the last bit; the rest differ by the order of additions inside a pool.
    assert!(exact * 10 > all * 9, "{exact} of {all}");
}
