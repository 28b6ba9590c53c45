//! `vidaio multipliers`, `ledger`, `rewards` and `explain` as programs and people meet them.

use std::fs;

use serde_json::{Value, json};

use super::command::snapshot_of;
use super::history::{folder, read};
use super::surroundings::{compressed, compressed_into, run, scratch_root, vidaio};

/// Fourteen rounds of upscaling and three of compression.
fn mixed() -> tempfile::TempDir {
    let root = tempfile::tempdir_in(scratch_root()).unwrap();
    let upscaling = [
        0.31, 0.35, 0.12, 0.33, 0.06, 0.41, 0.32, 0.07, 0.28, 0.36, 0.39, 0.05, 0.34, 0.37,
    ];
    for (i, s_f) in upscaling.iter().enumerate() {
        let round = json!({"round": i + 1, "task_type": "upscaling", "s_f": s_f,
            "s_q": if i % 5 == 2 { 0.45 } else { 0.72 }, "uid": 7, "miner_note": "kept"});
        let name = format!("performance_round_{:03}.json", i + 1);
        fs::write(root.path().join(name), round.to_string()).unwrap();
    }
    for (i, (s_f, vmaf)) in [(0.75, 95.0), (0.39, 88.0), (0.6, 92.0)].iter().enumerate() {
        let round = json!({"round": i + 15, "task_type": "compression", "s_f": s_f, "s_q": 0,
            "vmaf_score": vmaf, "vmaf_threshold": 89.0, "compression_rate": 0.2, "uid": 7});
        let name = format!("performance_round_{:03}.json", i + 15);
        fs::write(root.path().join(name), round.to_string()).unwrap();
    }
    root
}

fn population() -> tempfile::TempDir {
    let mut csv = "uid,task,accumulate_score,alpha_stake,validator_permit,hotkey,coldkey,ip,emission_snapshots\n".to_owned();
    for (uid, task, score, permit, ip) in [
        (1, "compression", 0.61, "", "10.0.0.1"),
        (2, "compression", 0.55, "", "10.0.0.2"),
        (3, "compression", 0.55, "", "10.0.0.3"),
        (4, "compression", 0.48, "true", "10.0.0.4"),
        (5, "compression", 0.31, "", "10.0.0.5"),
        (6, "compression", 0.22, "", "10.0.0.6"),
        (7, "compression", 0.09, "", "10.0.0.1"),
        (8, "upscaling", 0.29, "", "0.0.0.0"),
        (9, "upscaling", 0.04, "", "0.0.0.0"),
        (10, "upscaling", -1.0, "", "10.0.0.10"),
        (11, "", 0.2, "", "10.0.0.11"),
    ] {
        let snapshots = if uid % 2 == 1 {
            "6000000:10:1;6000360:10.5:1"
        } else {
            ""
        };
        csv += &format!(
            "{uid},{task},{score},{}0,{permit},hk{uid},ck{uid},{ip},{snapshots}\n",
            uid * 7
        );
    }
    folder(&[("population.csv", &csv)])
}

fn shown(name: &str, args: &[&str]) {
    snapshot_of(name, run(vidaio(args).current_dir(scratch_root())), args);
}

#[test]
fn tables_as_people_see_them() {
    let (history, population) = (mixed(), population());
    let history = history.path().to_str().unwrap();
    let population = population.path().join("population.csv");
    let population = population.to_str().unwrap();
    for (name, args) in [
        ("multipliers", &["multipliers", history][..]),
        (
            "multipliers-explained",
            &[
                "multipliers",
                history,
                "--explain",
                "--trends",
                "--rules",
                "2026-08-18",
                "--task",
                "upscaling",
                "--window",
                "5",
            ],
        ),
        (
            "multipliers-script",
            &["multipliers", history, "--rules", "script"],
        ),
        (
            "multipliers-next",
            &["multipliers", history, "--rules", "next"],
        ),
        ("ledger", &["ledger", history, "--rules", "2026-08-18"]),
        (
            "ledger-plot",
            &[
                "ledger", history, "--rules", "next", "--last", "2", "--plot",
            ],
        ),
        (
            "rewards-next",
            &[
                "rewards",
                population,
                "--rules",
                "next",
                "--burn-uid",
                "0",
                "--uid",
                "6",
                "--what-if",
                "uid=6,score=0.6",
            ],
        ),
        (
            "rewards-podium",
            &[
                "rewards",
                population,
                "--rules",
                "2026-08-18",
                "--podium",
                "hk2,20,-",
                "--all",
            ],
        ),
        ("explain-multipliers", &["explain", "multipliers"]),
        ("explain-score", &["explain", "score", "--rules", "next"]),
        (
            "explain-rewards",
            &["explain", "rewards", "--rules", "next"],
        ),
        (
            "explain-stake",
            &["explain", "stake", "--rules", "2026-08-18"],
        ),
        ("help-multipliers", &["multipliers", "--help"]),
        ("help-ledger", &["ledger", "--help"]),
        ("help-rewards", &["rewards", "--help"]),
    ] {
        shown(name, args);
    }
}

#[test]
fn the_contract_of_multipliers_holds() {
    let history = mixed();
    let found = read(history.path(), &["--rules", "documented"]);
    assert_eq!(found["rules"], "documented");
    for task in ["upscaling", "compression"] {
        let keys = found["tasks"][task].as_object().unwrap();
        for key in [
            "rounds",
            "window",
            "bonus_count",
            "penalty_f_count",
            "penalty_q_count",
            "bonus_multiplier",
            "penalty_f_multiplier",
            "penalty_q_multiplier",
            "total_multiplier",
            "avg_s_f",
            "avg_s_q",
            "tier",
            "records",
        ] {
            assert!(keys.contains_key(key), "{task}.{key}");
        }
    }
    // Rounds 5 to 14: above 0.32 are 6, 10, 11, 13, 14; below 0.20 are 5, 8, 12; S_Q below 0.25 none.
    let up = &found["tasks"]["upscaling"];
    assert_eq!((&up["rounds"], &up["window"]), (&json!(14), &json!(10)));
    assert_eq!(up["bonus_count"], 5);
    assert_eq!(up["penalty_f_count"], 3);
    assert_eq!(up["penalty_q_count"], 0);
    assert_eq!(
        up["total_multiplier"],
        (1.0 + 0.5 * 0.15) * (1.0 - 3.0 / 10.0 * 0.2)
    );
    assert_eq!(up["records"][0]["miner_note"], "kept");
    assert_eq!(up["records"][0]["counts_for"]["penalty_f"], true);
    // The document's VMAF margin is counted and changes nothing.
    let down = &found["tasks"]["compression"];
    assert_eq!(down["penalty_q_multiplier"], 1.0);
    assert_eq!(down["vmaf_margin"]["count"], 2);
    assert_eq!(
        down["total_multiplier"],
        (1.0 + 1.0 / 10.0 * 0.15) * (1.0 - 1.0 / 10.0 * 0.2)
    );
    // The code of 2026-08-18 has other limits, and says so beside.
    let also = up["also"].as_array().unwrap();
    let newest = also.iter().find(|a| a["rules"] == "2026-08-18").unwrap();
    assert_eq!(
        (&newest["penalty_f_count"], &newest["penalty_q_count"]),
        (&json!(2), &json!(2))
    );
}

#[test]
fn next_has_no_multipliers_and_says_what_it_has() {
    let history = mixed();
    let found = read(
        history.path(),
        &["--rules", "next", "--task", "compression"],
    );
    let task = &found["tasks"]["compression"];
    assert_eq!(task["total_multiplier"], Value::Null);
    let want = [0.75, 0.39, 0.6]
        .iter()
        .fold(0.0, |a, s| 0.75 * a + 0.25 * s);
    assert_eq!(task["ewma"], want);
    assert!(task["also"].as_array().unwrap().len() >= 3);
    assert!(
        found["notes"][0]
            .as_str()
            .unwrap()
            .contains("no multipliers")
    );
    assert_eq!(found["tasks"].as_object().unwrap().len(), 1);
}

#[test]
fn a_round_of_several_videos_is_one_step_under_next() {
    let lines: String = (0..12)
        .map(|i| format!("{{\"round\": 1, \"round_id\": \"r\", \"task_type\": \"compression\", \"s_f\": 0.{}}}\n", 90 - i))
        .collect();
    let one = folder(&[("a.jsonl", &lines)]);
    let ran = run(vidaio(&["ledger", "--rules", "next", "--format", "jsonl"]).arg(one.path()));
    let steps: Vec<Value> = ran
        .stdout
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    assert_eq!(steps.len(), 1);
    // The worst tenth of twelve is two: 0.79 and 0.80.
    let got = steps[0]["accumulate_score"].as_f64().unwrap();
    assert!((got - 0.25 * 0.795).abs() < 1e-15, "{got}");
    let bad = folder(&[("a.jsonl", "{\"task_type\": \"compression\", \"s_f\": -3}\n")]);
    let ran = run(vidaio(&["ledger", "--rules", "next"]).arg(bad.path()));
    assert_eq!(ran.code, 3);
    assert!(
        ran.stderr
            .contains("a.jsonl:1: a score of -3 means nothing under next"),
        "{}",
        ran.stderr
    );
}

#[test]
fn exclusion_latches_until_a_genuine_score() {
    let lines = "{\"task_type\": \"compression\", \"s_f\": 0.8}\n\
                 {\"task_type\": \"compression\", \"s_f\": -1}\n\
                 {\"task_type\": \"compression\", \"s_f\": -100}\n\
                 {\"task_type\": \"compression\", \"s_f\": 0.4}\n";
    let one = folder(&[("a.jsonl", lines)]);
    let ran = run(vidaio(&["ledger", "--rules", "next", "--format", "json"]).arg(one.path()));
    let steps: Vec<Value> = serde_json::from_str(&ran.stdout).unwrap();
    let values: Vec<f64> = steps
        .iter()
        .map(|s| s["accumulate_score"].as_f64().unwrap())
        .collect();
    assert_eq!(values, [0.2, -1.0, -1.0, 0.1]);
}

#[test]
fn organic_steps_and_new_hotkeys_are_replayed() {
    let lines = "{\"task_type\": \"upscaling\", \"s_f\": 0.4, \"s_q\": 0.8, \"hotkey\": \"a\"}\n\
                 {\"task_type\": \"upscaling\", \"organic\": true, \"grade\": 0, \"hotkey\": \"a\"}\n\
                 {\"task_type\": \"upscaling\", \"organic\": true, \"grade\": 3, \"hotkey\": \"a\"}\n\
                 {\"task_type\": \"upscaling\", \"s_f\": 0.4, \"s_q\": 0.8, \"hotkey\": \"b\"}\n\
                 {\"task_type\": \"compression\", \"s_f\": 0.4, \"compression_rate\": 1.2, \"hotkey\": \"b\"}\n";
    let one = folder(&[("a.jsonl", lines)]);
    let replay = |rules: &str| -> Vec<(String, f64)> {
        let ran = run(vidaio(&["ledger", "--rules", rules, "--format", "jsonl"]).arg(one.path()));
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        ran.stdout
            .lines()
            .map(|l| serde_json::from_str::<Value>(l).unwrap())
            .map(|s| {
                (
                    s["event"].as_str().unwrap().to_owned(),
                    s["accumulate_score"].as_f64().unwrap(),
                )
            })
            .collect()
    };
    let newest = replay("2026-08-18");
    let events: Vec<&str> = newest.iter().map(|(event, _)| event.as_str()).collect();
    assert_eq!(
        events,
        [
            "scored",
            "organic, graded",
            "organic, not recorded",
            "scored",
            "not smaller than the source"
        ]
    );
    let first = 0.4 * (1.0 - 0.75);
    assert_eq!(newest[1].1, first - 0.15 * first);
    assert_eq!(newest[3].1, first, "a new hotkey begins anew");
    assert_eq!(newest[4].1, 0.0);
    let october = replay("2025-10-20");
    assert_eq!(october[2].0, "organic, graded");
    // A grade is needed where grades are.
    let bad = folder(&[(
        "a.jsonl",
        "{\"task_type\": \"upscaling\", \"organic\": true}\n",
    )]);
    let ran = run(vidaio(&["ledger", "--rules", "2025-10-20"]).arg(bad.path()));
    assert_eq!(ran.code, 3);
    assert!(
        ran.stderr
            .contains("needs a grade of -1, 0, 1, 2 or 3, not none"),
        "{}",
        ran.stderr
    );
}

#[test]
fn scored_rounds_become_a_history() {
    let history = tempfile::tempdir_in(scratch_root()).unwrap();
    let folder = history.path().join("new");
    let score = || compressed_into(&folder);
    assert_eq!(run(&mut score()).code, 0);
    // Two at once lose nothing.
    let mut both: Vec<_> = (0..4)
        .map(|_| score().stdout(std::process::Stdio::null()).spawn().unwrap())
        .collect();
    assert!(both.iter_mut().all(|child| child.wait().unwrap().success()));
    let mut names: Vec<String> = fs::read_dir(&folder)
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.starts_with('.'))
        .collect();
    names.sort();
    let want: Vec<String> = (1..=5)
        .map(|i| format!("performance_round_{i:03}.json"))
        .collect();
    assert_eq!(names, want);
    let found = read(&folder, &[]);
    assert_eq!(found["history"]["order"], "timestamp");
    let records = found["tasks"]["compression"]["records"].as_array().unwrap();
    let scored: Value =
        serde_json::from_str(&run(score().args(["--format", "json"])).stdout).unwrap();
    assert_eq!(records[0]["s_f"], scored["s_f"]);
    assert_eq!(records[0]["compression_rate"], scored["compression_rate"]);
    assert_eq!(records[0]["rules"], "documented");
    // The first free number after the highest, whatever else is there.
    fs::write(folder.join("performance_round_041.json"), "{}").unwrap();
    assert_eq!(run(&mut score()).code, 0);
    assert!(folder.join("performance_round_042.json").is_file());
    // A file in the folder's place is refused before any work.
    let file = folder.join("performance_round_001.json");
    let ran = run(compressed(&["--history"]).arg(&file));
    assert_eq!((ran.code, ran.stdout.as_str()), (3, ""));
    assert!(ran.stderr.contains("this is a file"), "{}", ran.stderr);
}

#[test]
fn a_curve_is_drawn_into_a_file() {
    let history = mixed();
    let svg = scratch_root().join("ledger.svg");
    let ran = run(vidaio(&["ledger", "--rules", "2026-08-18", "--svg"])
        .arg(&svg)
        .arg(history.path()));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let text = fs::read_to_string(&svg).unwrap();
    assert!(text.starts_with("<svg") && text.trim_end().ends_with("</svg>"));
    let line = text.split("<polyline").nth(1).unwrap();
    assert!(text.contains("accumulate_score under 2026-08-18") && line.contains("points="));
    let ran = run(vidaio(&["ledger", "--plot", "--format", "csv"]).arg(history.path()));
    assert_eq!(ran.code, 2);
}

#[test]
fn rewards_of_next_follow_its_states() {
    let file = population();
    let file = file.path().join("population.csv");
    let split = |extra: &[&str]| -> Value {
        let ran = run(vidaio(&[
            "rewards",
            "--rules",
            "next",
            "--format",
            "json",
            "--burn-uid",
            "0",
        ])
        .arg(&file)
        .args(extra));
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        serde_json::from_str(&ran.stdout).unwrap()
    };
    let of = |split: &Value, uid: u64| -> Value {
        split["miners"]
            .as_array()
            .unwrap()
            .iter()
            .find(|m| m["uid"] == uid)
            .unwrap()
            .clone()
    };
    let near = |got: &Value, want: f64| (got.as_f64().unwrap() - want).abs() < 1e-12;
    let idle = split(&[]);
    // Five parts of fifteen of 0.8 of 0.8; one upscaling miner is above the floor and has the track.
    assert!(near(&of(&idle, 1)["weight"], 0.8 * 0.8 * 5.0 / 15.0));
    assert!(near(&of(&idle, 2)["weight"], 0.8 * 0.8 * 4.0 / 15.0));
    assert!(
        near(&of(&idle, 3)["weight"], 0.8 * 0.8 * 3.0 / 15.0),
        "ties go to the lower uid"
    );
    assert!(near(&of(&idle, 8)["weight"], 0.8 * 0.2));
    assert!(near(&of(&idle, 0)["weight"], 0.2));
    assert_eq!(of(&idle, 0)["role"], "burn");
    assert_eq!(of(&idle, 9)["left_out"], "its standing is under the floor");
    let units: u64 = idle["miners"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| m["u16"].as_u64().unwrap())
        .sum();
    assert_eq!(units, 65_535);
    let crown = split(&["--state", "crown", "--podium", "20,-,21"]);
    assert!(near(&of(&crown, 20)["weight"], 0.9 * 0.7));
    assert!(near(&of(&crown, 21)["weight"], 0.9 * 0.1));
    assert!(
        near(&of(&crown, 0)["weight"], 0.9 * 0.2),
        "the place of one who left is burnt"
    );
    let podium = split(&["--podium", "hk1"]);
    assert!(near(
        &of(&podium, 1)["weight"],
        0.6 * 0.8 * 5.0 / 15.0 + 0.4 * 0.7
    ));
    // One address is paid once, and the lower uid has it.
    let lifted = split(&["--floor", "0.05"]);
    assert_eq!(
        of(&lifted, 7)["left_out"],
        "it shares address or coldkey with uid 1"
    );
    // What uid 6 needs to be among the first five: more than 0.31 of uid 5.
    let needs = &of(&idle, 6)["requirement"];
    assert_eq!(
        (&needs["rank"], &needs["standing_needed"]),
        (&json!(6), &json!(0.31))
    );
    assert_eq!(needs["equal_is_enough"], false);
}

#[test]
fn populations_that_make_no_sense_are_refused() {
    let check = |text: &str, name: &str, says: &str, args: &[&str], code: i32| {
        let one = folder(&[(name, text)]);
        let ran = run(vidaio(&["rewards"]).arg(one.path().join(name)).args(args));
        assert_eq!(ran.code, code, "{text}: {}", ran.stderr);
        assert!(
            ran.stderr.contains(says),
            "`{says}` is not in: {}",
            ran.stderr
        );
        assert!(ran.stderr.contains("hint: "));
    };
    let good = "uid,task,accumulate_score\n1,compression,0.5\n";
    check(
        "uid,task,accumulate_score\n1,compression,x\n",
        "p.csv",
        "p.csv:2: accumulate_score",
        &[],
        3,
    );
    check(
        "uid,task,accumulate_score\n1,dance,0.5\n",
        "p.csv",
        "p.csv:2: task: `dance`",
        &[],
        3,
    );
    check(
        "uid,task,accumulate_score\n1,compression,NaN\n",
        "p.csv",
        "not a finite number",
        &[],
        3,
    );
    check(
        "uid,task,accumulate_score\n1,compression,-3\n",
        "p.csv",
        "only -1 has a meaning",
        &[],
        3,
    );
    check(
        &format!("{good}1,upscaling,0.2\n"),
        "p.csv",
        "uid 1 stands here a second time",
        &[],
        3,
    );
    check(
        "uid,task,accumulate_score\n",
        "p.csv",
        "there is no miner in it",
        &[],
        3,
    );
    check(
        "[{\"uid\": 1}]",
        "p.json",
        "missing field `accumulate_score`",
        &[],
        3,
    );
    check(
        "{\"uid\": 1, \"score\": 0.5}\nno\n",
        "p.jsonl",
        "p.jsonl:2: ",
        &[],
        3,
    );
    check(good, "p.csv", "there is no uid 9 in it", &["--uid", "9"], 2);
    check(
        good,
        "p.csv",
        "there is no uid 9 in the population",
        &["--what-if", "uid=9,score=1"],
        2,
    );
    check(
        good,
        "p.csv",
        "no miner of the population has the hotkey",
        &["--rules", "next", "--podium", "hkx"],
        2,
    );
    check(
        good,
        "p.csv",
        "2025-10-20 has none",
        &["--rules", "2025-10-20", "--podium", "1"],
        2,
    );
    check(
        good,
        "p.csv",
        "--floor is for revisions with a floor",
        &["--floor", "0.1"],
        2,
    );
    check(
        good,
        "p.csv",
        "--state is for revisions with states",
        &["--state", "idle"],
        2,
    );
    let ran = run(&mut vidaio(&["rewards", "none.csv"]));
    assert_eq!(ran.code, 3);
    assert!(ran.stderr.contains("none.csv: cannot be read"));
}

#[test]
fn bad_flags_of_the_new_commands_are_refused() {
    for args in [
        &["multipliers"][..],
        &["multipliers", ".", "--window", "0"],
        &["multipliers", ".", "--task", "sing"],
        &["multipliers", ".", "--rules", "2024-01-01"],
        &["ledger", ".", "--last", "0"],
        &["rewards", "x.csv", "--pool", "-1"],
        &["rewards", "x.csv", "--what-if", "score=1"],
        &["rewards", "x.csv", "--what-if", "uid=1,score=x"],
        &["explain"],
        &["explain", "love"],
    ] {
        assert_eq!(run(&mut vidaio(args)).code, 2, "{args:?}");
    }
}
