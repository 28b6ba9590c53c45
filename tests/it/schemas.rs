//! The JSON schemas that are checked in are those of the program, and results keep to their keys.

use super::surroundings::{run, vidaio};

#[test]
fn checked_in_schemas_are_current() {
    let mut records = vec![
        "measurement",
        "compress",
        "upscale",
        "multipliers",
        "ledger",
        "rewards",
        "lint",
        "check",
        "made",
        "probe",
        "upscaled",
    ];
    if cfg!(feature = "subnet") {
        records.extend([
            "metagraph",
            "subnet",
            "subnet-top",
            "subnet-miners",
            "subnet-distribution",
            "subnet-health",
            "subnet-neighbours",
            "subnet-uid",
            "subnet-diff",
            "wallets",
            "wallet-hotkey",
            "wallet-signed",
            "wallet-verified",
        ]);
    }
    if cfg!(feature = "mine") {
        records.push("mine-check");
    }
    for record in records {
        let ran = run(&mut vidaio(&["schema", record]));
        let path = format!("{}/docs/schema/{record}.json", env!("CARGO_MANIFEST_DIR"));
        let stored = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            ran.stdout == stored,
            "docs/schema/{record}.json is stale: `vidaio schema {record} -o docs/schema/{record}.json`"
        );
    }
}

#[test]
fn a_result_validates_against_its_schema() {
    let (reference, output) = (super::clips::reference(), super::clips::compressed());
    let args = [
        "score",
        "compress",
        reference.to_str().unwrap(),
        output.to_str().unwrap(),
    ];
    let result = super::surroundings::json(
        &[&args[..], &["--threshold", "60", "--format", "json"]].concat(),
    );
    let schema: serde_json::Value =
        serde_json::from_str(&run(&mut vidaio(&["schema", "compress"])).stdout).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(&result)
        .map(|e| e.to_string())
        .collect();
    assert!(errors.is_empty(), "{errors:?}");
    let mut wrong = result;
    wrong["s_f"] = "high".into();
    assert!(!validator.is_valid(&wrong));
}

#[test]
fn standings_validate_against_their_schemas() {
    let root = env!("CARGO_MANIFEST_DIR");
    let history = format!("{root}/fixtures/history");
    let population = format!("{root}/fixtures/population.csv");
    for rules in ["documented", "script", "2026-08-18", "next"] {
        for args in [
            &["multipliers", &history, "--trends"][..],
            &["ledger", &history],
            &["rewards", &population],
        ] {
            let result = super::surroundings::json(
                &[args, &["--rules", rules, "--format", "json"]].concat(),
            );
            let schema: serde_json::Value =
                serde_json::from_str(&run(&mut vidaio(&["schema", args[0]])).stdout).unwrap();
            let validator = jsonschema::validator_for(&schema).unwrap();
            let errors: Vec<String> = validator
                .iter_errors(&result)
                .map(|e| e.to_string())
                .collect();
            assert!(errors.is_empty(), "{args:?} {rules}: {errors:?}");
        }
    }
}
