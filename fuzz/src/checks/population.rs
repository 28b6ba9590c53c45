//! Rows of a population, in each kind of file. The first byte says which: 0 a list, 1 JSON lines, 2 CSV.

use std::collections::HashSet;
use std::path::Path;
use std::sync::LazyLock;

use vidaio::rules::Catalogue;
use vidaio::scoring::rewards::{EmissionState, Miner, Population, split};
use vidaio::standing::{PopulationError, read_population};

/// Names of the files, by the first byte.
const NAMES: [&str; 3] = ["of.json", "of.jsonl", "of.csv"];

/// Reads a population and holds it to its promises.
pub fn check(folder: &Path, data: &[u8]) {
    let Some((kind, text)) = data.split_first() else {
        return;
    };
    let name = NAMES[usize::from(*kind) % NAMES.len()];
    let miners = match read(folder, name, text) {
        Ok(miners) => miners,
        Err(PopulationError::Bad { line, what, .. }) => {
            assert!(line >= 1 && !what.is_empty());
            return;
        }
        Err(_) => return,
    };
    assert!(!miners.is_empty());
    let mut seen = HashSet::new();
    for miner in &miners {
        assert!(seen.insert(miner.uid), "a uid stands there twice");
        within_bounds(miner);
    }
    if name == "of.jsonl" {
        let list = listed(text);
        assert_eq!(read(folder, "of.json", &list).ok(), Some(miners.clone()));
    }
    shared_out(miners);
}

fn within_bounds(miner: &Miner) {
    assert!(miner.standing == -1.0 || (0.0..=1000.0).contains(&miner.standing));
    assert!(miner.alpha_stake.is_finite());
    assert!(miner.snapshots.is_sorted_by_key(|s| s.block));
    let mut numbers = miner
        .snapshots
        .iter()
        .flat_map(|s| [s.alpha_stake, s.emission]);
    assert!(numbers.all(f64::is_finite));
}

/// JSON lines as a list.
fn listed(text: &[u8]) -> Vec<u8> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let lines: Vec<&[u8]> = text
        .split(|b| *b == b'\n')
        .filter(|line| !line.trim_ascii().is_empty())
        .collect();
    [b"[", lines.join(&b","[..]).as_slice(), b"]"].concat()
}

/// Whatever the numbers of a population are, its weights are numbers.
fn shared_out(miners: Vec<Miner>) {
    static RULES: LazyLock<Catalogue> =
        LazyLock::new(|| Catalogue::embedded().expect("the rules are our own"));
    let population = Population {
        miners,
        burn_uid: None,
        podium: Vec::new(),
        state: EmissionState::Idle,
        tempo: 360,
    };
    for rules in RULES.iter().map(|revision| &revision.rewards) {
        let split = split(rules, &population);
        assert!(split.total().is_finite(), "{split:?}");
        assert!(split.weights.values().all(|w| *w >= 0.0), "{split:?}");
    }
}

fn read(folder: &Path, name: &str, text: &[u8]) -> Result<Vec<Miner>, PopulationError> {
    let path = folder.join(name);
    std::fs::write(&path, text).expect("there is room for a small file");
    let listed = read_population(&path);
    std::fs::remove_file(&path).expect("the file is ours");
    listed.map(|listed| listed.miners)
}
