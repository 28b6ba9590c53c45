//! `vidaio subnet` on a snapshot of a made-up subnet: tables as they are, numbers worked out apart.

use std::path::PathBuf;

use serde_json::Value;
use vidaio::subnet::Metagraph;

use super::node::generate;
use super::surroundings::{Ran, json, run, scratch_root, vidaio};

/// Uids of the subnet of the tables.
const UIDS: u16 = 48;

/// A snapshot as `--save` would have written it.
fn snapshot(name: &str, metagraph: &Metagraph) -> String {
    let path: PathBuf = scratch_root().join(format!("made-up-{name}.json"));
    std::fs::write(&path, serde_json::to_string(metagraph).unwrap()).unwrap();
    path.to_str().unwrap().to_owned()
}

fn made_up() -> Metagraph {
    let mut metagraph = generate::subnet(85, UIDS, 7_000_123);
    metagraph.read.spec_version = 293;
    metagraph.read.network = "finney".into();
    metagraph.read.endpoint = "wss://made.up:443".into();
    metagraph.read.read_at = "2026-11-21T12:00:00Z".into();
    metagraph.epoch = Some(vidaio::subnet::EpochLength::new(
        generate::TEMPO,
        293,
        false,
    ));
    metagraph
}

fn offline(name: &str, args: &[&str]) -> Ran {
    let path = snapshot(name, &made_up());
    run(&mut vidaio(&[&["subnet", "--from", &path], args].concat()))
}

fn whole(name: &str, args: &[&str]) -> Value {
    let path = snapshot(name, &made_up());
    json(&[&["subnet", "--from", &path, "--format", "json"], args].concat())
}

#[test]
fn tables_are_as_they_are() {
    for (name, args) in [
        ("overview", &[][..]),
        ("top", &["top", "-n", "5"]),
        ("top-by-stake", &["top", "-n", "3", "--by", "stake"]),
        ("miners", &["miners", "--active"]),
        ("distribution", &["distribution", "--parts", "6"]),
        ("health", &["health"]),
        ("neighbours", &["neighbours"]),
        ("uid-miner", &["uid", "31"]),
        ("uid-staked", &["uid", "39"]),
        ("uid-validator", &["uid", "2"]),
        ("uid-owner", &["uid", "20"]),
    ] {
        let ran = offline(&format!("table-{name}"), args);
        assert_eq!(ran.code, 0, "{name}: {}", ran.stderr);
        assert_eq!(ran.stderr, "", "{name}");
        insta::assert_snapshot!(format!("subnet-{name}"), ran.stdout);
    }
}

#[test]
fn a_miner_with_a_permit_is_a_miner_and_the_owner_is_apart() {
    let top = whole("roles", &["top", "-n", "100", "--by", "stake"]);
    let uids = |list: &Value| -> Vec<u64> {
        let list = list.as_array().unwrap().iter();
        list.map(|r| r["uid"].as_u64().unwrap()).collect()
    };
    let (miners, validators) = (uids(&top["miners"]), uids(&top["validators"]));
    assert_eq!(validators, [0, 1, 2, 3, 4, 5, 6, 7]);
    assert!(
        miners.contains(&39),
        "uid 39 holds a permit by its own stake"
    );
    assert!(
        !miners.contains(&20) && !miners.contains(&21),
        "they are the owner's"
    );
    assert_eq!(miners.len(), 48 - 8 - 2);
    // More stake, higher place.
    assert_eq!(miners[0], 47);
    let overview = whole("roles", &[]);
    assert_eq!(overview["permits"], 9);
    assert_eq!(overview["owner_uids"], 2);
}

#[test]
fn active_means_emission_and_not_stake() {
    let metagraph = made_up();
    let all = whole("active", &["miners"]);
    let active = whole("active", &["miners", "--active"]);
    // The last tenth earns nothing, and every miner has stake.
    let unpaid = usize::from(UIDS / 10);
    assert_eq!(all["miners"], 38);
    assert_eq!(all["active"], 38 - unpaid);
    assert_eq!(all["staked_without_emission"], unpaid);
    assert_eq!(all["list"].as_array().unwrap().len(), 38);
    assert_eq!(active["list"].as_array().unwrap().len(), 38 - unpaid);
    let paid: u64 = metagraph
        .neurons
        .iter()
        .filter(|n| n.uid >= 8 && n.uid != 20 && n.uid != 21)
        .map(|n| n.emission_rao.unwrap().rao())
        .sum();
    let alpha = paid as f64 / 1e9;
    let close = |value: &Value, expected: f64| {
        let value = value.as_f64().unwrap();
        assert!(
            (value - expected).abs() < 1e-9 * expected.abs(),
            "{value} {expected}"
        );
    };
    close(&all["emission_alpha"], alpha);
    close(&all["emission_alpha_per_day"], alpha * 7200.0 / 361.0);
    close(&all["emission_tao"], alpha * 0.02);
    close(&all["emission_tao_per_day"], alpha * 7200.0 / 361.0 * 0.02);
}

#[test]
fn rows_go_to_csv_and_to_json_lines() {
    let csv = offline("rows", &["miners", "--format", "csv"]).stdout;
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines.len(), 1 + 38);
    for unit in [
        "stake_alpha",
        "emission_alpha_per_day",
        "emission_tao_per_day",
    ] {
        assert!(lines[0].split(',').any(|name| name == unit), "{}", lines[0]);
    }
    let jsonl = offline("rows", &["distribution", "--format", "jsonl"]).stdout;
    assert_eq!(jsonl.lines().count(), 6);
    let csv = offline("rows", &["distribution", "--format", "csv"]).stdout;
    assert!(csv.lines().next().unwrap().contains("spread.gini"), "{csv}");
    let csv = offline("rows", &["neighbours", "--format", "csv"]).stdout;
    assert!(csv.contains(",31,ip,203.0.113.99,31 32 33\n"), "{csv}");
}

#[test]
fn a_histogram_is_drawn() {
    let svg = scratch_root().join("stake.svg");
    let args = [
        "distribution",
        "--by",
        "stake",
        "--group",
        "validators",
        "--svg",
    ];
    let ran = offline("svg", &[&args[..], &[svg.to_str().unwrap()]].concat());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let drawn = std::fs::read_to_string(&svg).unwrap();
    assert!(drawn.starts_with("<svg") && drawn.contains("validators of subnet 85 by stake"));
    let args = [
        "distribution",
        "--by",
        "dividends",
        "--svg",
        "/tmp/never.svg",
    ];
    let ran = offline("svg", &args);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("there is no dividends of miners"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_uid_is_set_against_the_paid_places_of_a_population_and_its_own_history() {
    let root = env!("CARGO_MANIFEST_DIR");
    let population = scratch_root().join("places.csv");
    let mut text = "uid,task,accumulate_score\n".to_owned();
    for uid in 30..40 {
        text += &format!("{uid},upscaling,0.{uid}\n");
    }
    std::fs::write(&population, text).unwrap();
    let rewards = population.to_str().unwrap();
    let args = ["uid", "31", "--rewards", rewards, "--rules", "2026-08-18"];
    let shown = whole("places", &args);
    let reward = &shown["rules"]["reward"];
    assert_eq!(shown["rules"]["rules"], "2026-08-18");
    assert_eq!(reward["requirement"]["rank"], 9);
    assert_eq!(reward["requirement"]["paid"], false);
    assert!(
        (reward["distance"].as_f64().unwrap() - (0.31 - 0.35)).abs() < 1e-9,
        "{reward}"
    );
    // The standing of its own rounds goes before the file's.
    let history = format!("{root}/fixtures/history");
    let ledger = json(&[
        "ledger",
        &history,
        "--rules",
        "2026-08-18",
        "--format",
        "json",
    ]);
    let standing = &ledger.as_array().unwrap().last().unwrap()["accumulate_score"];
    let shown = whole("places", &[&args[..], &["--history", &history]].concat());
    assert_eq!(
        &shown["rules"]["standings"][0]["accumulate_score"],
        standing
    );
    assert_eq!(&shown["rules"]["reward"]["accumulate_score"], standing);
    assert_eq!(shown["rules"]["standing_from_history"], true);
    // A history of another task says so.
    let compression = scratch_root().join("places-compression.csv");
    std::fs::write(
        &compression,
        "uid,task,accumulate_score\n31,compression,0.4\n",
    )
    .unwrap();
    let args = [
        "uid",
        "31",
        "--rewards",
        compression.to_str().unwrap(),
        "--history",
        &history,
    ];
    let ran = offline("places", &args);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("the history holds no round"),
        "{}",
        ran.stderr
    );
    let ran = offline("places", &["uid", "9", "--rewards", rewards]);
    assert_eq!(ran.code, 3);
    assert!(ran.stderr.contains("uid 9 is not in it"), "{}", ran.stderr);
}

#[test]
fn a_uid_is_found_by_its_hotkey() {
    let hotkey = generate::hotkey(33).to_string();
    assert_eq!(
        whole("by-hotkey", &["uid", "--hotkey", &hotkey])["neuron"]["uid"],
        33
    );
    let stranger = generate::account(9, 0x77).to_string();
    for (args, says) in [
        (
            &["uid", "--hotkey", &stranger][..],
            "is not registered on subnet 85",
        ),
        (&["uid", "48"], "there is no uid 48"),
        (&["uid", "--hotkey", "5Grw"], "invalid value"),
        (&["uid"], "which uid?"),
        (&["uid", "3", "--rules", "nope"], "nope"),
        (&["top", "--by", "dividends"], "invalid value 'dividends'"),
        (&["--netuid", "3"], "it is a snapshot of subnet 85"),
        (&["--block", "3"], "--from reads a snapshot"),
        (&["top", "--block", "3"], "--from reads a snapshot"),
        (
            &["top", "--save", "/tmp/never.json"],
            "--from reads a snapshot",
        ),
        (&["watch"], "watch follows the chain"),
    ] {
        let ran = offline("wrong", args);
        assert_eq!(ran.code, 2, "{args:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(says), "{args:?}: {}", ran.stderr);
    }
}

#[test]
fn results_do_not_overwrite_each_other_or_what_is_read() {
    let folder = tempfile::tempdir_in(scratch_root()).unwrap();
    let snapshot = snapshot("outputs", &made_up());
    let population = folder.path().join("p.csv");
    std::fs::write(&population, "uid,task,accumulate_score\n31,upscaling,0.5\n").unwrap();
    let population = population.to_str().unwrap();
    let twice = folder.path().join("one.json");
    let (twice, other) = (
        twice.to_str().unwrap(),
        format!("{}/./one.json", folder.path().display()),
    );
    for args in [
        &["subnet", "--from", &snapshot, "-o", &snapshot][..],
        &[
            "subnet",
            "uid",
            "31",
            "--from",
            &snapshot,
            "--rewards",
            population,
            "-o",
            population,
        ],
        &[
            "subnet",
            "distribution",
            "--from",
            &snapshot,
            "--svg",
            twice,
            "-o",
            &other,
        ],
        &[
            "subnet",
            "distribution",
            "--from",
            &snapshot,
            "--svg",
            &snapshot,
        ],
        &[
            "subnet",
            "--network",
            "local",
            "--save",
            twice,
            "-o",
            &other,
        ],
        &["subnet", "--network", "local", "--save", "-"],
        &[
            "subnet",
            "uid",
            "31",
            "--network",
            "local",
            "--rewards",
            population,
            "--save",
            population,
        ],
    ] {
        let before = std::fs::read(&snapshot).unwrap();
        let ran = run(&mut vidaio(args));
        assert_eq!(ran.code, 2, "{args:?}: {}", ran.stderr);
        assert_eq!(std::fs::read(&snapshot).unwrap(), before);
        assert!(!std::path::Path::new(twice).exists(), "{args:?}");
    }
}

#[test]
fn what_one_snapshot_does_not_tell_is_no_change() {
    let before = made_up();
    let mut after = made_up();
    after.unknown = vec!["axons".into()];
    (after.tempo, after.owner_coldkey) = (None, None);
    for neuron in &mut after.neurons {
        (neuron.axon, neuron.coldkey, neuron.validator_permit) = (None, None, None);
        (neuron.emission_rao, neuron.total_stake_rao) = (None, None);
    }
    let paths = [
        snapshot("silent-before", &before),
        snapshot("silent-after", &after),
    ];
    for [a, b] in [[&paths[0], &paths[1]], [&paths[1], &paths[0]]] {
        let ran = run(&mut vidaio(&["subnet", "diff", a, b]));
        assert!(ran.stdout.contains("changes  0"), "{}", ran.stdout);
    }
}

#[test]
fn two_snapshots_are_compared() {
    let before = made_up();
    let mut after = made_up();
    after.read.block += 7200;
    after.read.spec_version = 459;
    let other = generate::account(1, 0x55);
    after.owner_hotkey = Some(other);
    after.neurons[9].hotkey = other;
    after.neurons[10].validator_permit = Some(true);
    after.neurons[39].validator_permit = Some(false);
    after.neurons[11].axon = None;
    after.neurons[12].axon.as_mut().unwrap().port = 9000;
    let stopped = vidaio::subnet::Alpha::from_rao(0);
    after.neurons[13].emission_rao = Some(stopped);
    // Four percent are not told, six are.
    let grown = |rao: u64, percent: u64| vidaio::subnet::Alpha::from_rao(rao / 100 * percent);
    let rao = before.neurons[14].emission_rao.unwrap().rao();
    after.neurons[14].emission_rao = Some(grown(rao, 104));
    after.neurons[15].total_stake_rao = Some(grown(
        before.neurons[15].total_stake_rao.unwrap().rao(),
        106,
    ));
    after.neurons.pop();
    let paths = [
        snapshot("diff-before", &before),
        snapshot("diff-after", &after),
    ];
    let diff = |args: &[&str]| {
        run(&mut vidaio(
            &[&["subnet", "diff", &paths[0], &paths[1]], args].concat(),
        ))
    };
    let ran = diff(&[]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    insta::assert_snapshot!("subnet-diff", ran.stdout);
    let lines = diff(&["--format", "jsonl"]).stdout;
    assert_eq!(lines.lines().count(), 10, "{lines}");
    let csv = diff(&["--format", "csv"]).stdout;
    assert!(
        csv.starts_with("after,before,change,hotkey,uid,unit\n"),
        "{csv}"
    );
    assert!(diff(&["--threshold", "1"]).stdout.contains("changes  11"));
    let same = run(&mut vidaio(&["subnet", "diff", &paths[0], &paths[0]]));
    assert!(
        same.code == 0 && same.stdout.contains("changes  0"),
        "{}",
        same.stdout
    );
    let back = run(&mut vidaio(&["subnet", "diff", &paths[1], &paths[0]]));
    assert!(back.stderr.contains("goes back in time"), "{}", back.stderr);
    let mut foreign = made_up();
    foreign.netuid = 84;
    let foreign = snapshot("diff-foreign", &foreign);
    let ran = run(&mut vidaio(&["subnet", "diff", &paths[0], &foreign]));
    assert!(
        ran.code == 3 && ran.stderr.contains("a snapshot of subnet 84"),
        "{}",
        ran.stderr
    );
    let ran = diff(&["--block", "3"]);
    assert!(
        ran.code == 2 && ran.stderr.contains("reads nothing else"),
        "{}",
        ran.stderr
    );
}

#[test]
fn results_validate_against_their_schemas() {
    let schema = |record: &str| -> Value {
        serde_json::from_str(&run(&mut vidaio(&["schema", record])).stdout).unwrap()
    };
    let path = snapshot("schema", &made_up());
    let stored: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    let mut results = vec![("metagraph", stored)];
    for (record, args) in [
        ("subnet", &[][..]),
        ("subnet-top", &["top"]),
        ("subnet-miners", &["miners"]),
        ("subnet-distribution", &["distribution"]),
        ("subnet-health", &["health"]),
        ("subnet-neighbours", &["neighbours"]),
        ("subnet-uid", &["uid", "31"]),
    ] {
        results.push((record, whole("schema", args)));
    }
    let diff = json(&["subnet", "diff", &path, &path, "--format", "json"]);
    results.push(("subnet-diff", diff));
    for (record, result) in results {
        let validator = jsonschema::validator_for(&schema(record)).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(&result)
            .map(|e| e.to_string())
            .collect();
        assert!(errors.is_empty(), "{record}: {errors:?}");
        assert!(!validator.is_valid(&Value::Array(vec![])), "{record}");
    }
}
