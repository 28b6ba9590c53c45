//! One test for each defect that a review of history, multipliers, ledger and rewards found.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use serde_json::{Value, json};

use super::history::{folder, read};
use super::surroundings::{Ran, compressed_into, run, scratch_root, vidaio};

fn multipliers(files: &[(&str, &str)], args: &[&str]) -> Ran {
    let one = folder(files);
    run(vidaio(&["multipliers"]).arg(one.path()).args(args))
}

fn ledger(text: &str, rules: &str) -> Vec<Value> {
    let one = folder(&[("a.jsonl", text)]);
    let ran = run(vidaio(&["ledger", "--rules", rules, "--format", "json"]).arg(one.path()));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    serde_json::from_str(&ran.stdout).unwrap()
}

#[test]
fn deep_nesting_overflows_no_stack() {
    for depth in [200, 20_000, 200_000] {
        let deep = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let line = format!(
            "{{\"s_f\": 0.5, \"s_q\": 1, \"task_type\": \"upscaling\", \"my\": 1, \"x\": {deep}}}\n"
        );
        let one = folder(&[("a.jsonl", &line), ("b.json", &line)]);
        let found = read(one.path(), &[]);
        let records = found["tasks"]["upscaling"]["records"].as_array().unwrap();
        assert_eq!(records.len(), 2);
        // The other keys are still there, the deep one as text.
        assert_eq!(records[0]["my"], 1);
        assert_eq!(records[0]["x"], deep);
    }
}

#[test]
fn pipes_and_devices_are_not_read() {
    let one = folder(&[("1.json", "{\"s_f\": 0.4}")]);
    assert!(
        Command::new("mkfifo")
            .arg(one.path().join("a.jsonl"))
            .status()
            .unwrap()
            .success()
    );
    symlink("/dev/zero", one.path().join("b.json")).unwrap();
    symlink("/dev/zero", one.path().join("c.csv")).unwrap();
    let ran = run(vidaio(&["multipliers"]).arg(one.path()));
    assert_eq!(ran.code, 3);
    assert!(
        ran.stderr
            .contains("a.jsonl: cannot be read (it is no regular file)"),
        "{}",
        ran.stderr
    );
    let ran = run(vidaio(&["multipliers", "--skip-bad"]).arg(one.path()));
    assert_eq!(ran.code, 0);
    assert!(
        ran.stderr
            .contains("0 records and 3 files were passed over"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_long_list_is_gone_over_once() {
    // Three hundred thousand records took minutes when every place was counted from the start.
    let list: Vec<String> = (1..=300_000)
        .map(|i| {
            format!("\n{{\"round\": {i}, \"s_f\": 0.5, \"s_q\": 1, \"task_type\": \"upscaling\"}}")
        })
        .collect();
    let one = folder(&[("a.json", &format!("[{}]", list.join(",")))]);
    let found = read(one.path(), &[]);
    assert_eq!(found["tasks"]["upscaling"]["rounds"], 300_000);
    assert_eq!(found["tasks"]["upscaling"]["records"][9]["line"], 300_001);
}

#[test]
fn organic_rounds_count_as_validators_store_them() {
    let round = "{\"s_f\": 0.35, \"s_q\": 0.8, \"task_type\": \"upscaling\"}\n";
    let organic = "{\"organic\": true, \"grade\": 3, \"task_type\": \"upscaling\"}\n";
    let text = round.repeat(2) + &organic.repeat(3);
    for (rules, want) in [("2025-10-20", 1.075), ("2026-08-18", 1.03)] {
        let one = folder(&[("a.jsonl", &text)]);
        let found = read(one.path(), &["--rules", rules]);
        assert_eq!(
            found["tasks"]["upscaling"]["total_multiplier"], want,
            "{rules}"
        );
        let steps = ledger(&text, rules);
        assert_eq!(steps.last().unwrap()["multiplier"], want, "{rules}");
    }
    let one = folder(&[("a.jsonl", &text)]);
    let notes = read(one.path(), &[])["notes"].to_string();
    assert!(
        notes.contains("organic rounds that 2026-08-18 does not store: 3"),
        "{notes}"
    );
}

#[test]
fn a_new_hotkey_begins_a_new_window_and_a_new_standing() {
    let round = |hotkey: &str, s_f: f64| {
        format!(
            "{{\"s_f\": {s_f}, \"s_q\": 0.8, \"task_type\": \"upscaling\", \"hotkey\": \"{hotkey}\"}}\n"
        )
    };
    let text = round("a", 0.05).repeat(5) + &round("b", 0.35).repeat(3);
    let one = folder(&[("a.jsonl", &text)]);
    let found = read(one.path(), &[]);
    let task = &found["tasks"]["upscaling"];
    assert_eq!(
        (
            &task["rounds"],
            &task["bonus_count"],
            &task["penalty_f_count"]
        ),
        (&json!(3), &json!(3), &json!(0))
    );
    assert_eq!(
        ledger(&text, "2026-08-18").last().unwrap()["multiplier"],
        task["total_multiplier"]
    );
    assert!(found["notes"].to_string().contains("changes of hotkey: 1"));
    // The first rules did not reset.
    let found = read(one.path(), &["--rules", "2025-06-06"]);
    assert_eq!(found["tasks"]["upscaling"]["rounds"], 8);
    let text = round("a", 0.8).repeat(3) + &round("b", 0.1);
    assert_eq!(
        ledger(&text, "next").last().unwrap()["accumulate_score"],
        0.25 * 0.1
    );
}

#[test]
fn scores_of_other_rules_are_told() {
    let text =
        "{\"s_f\": 0.8, \"task_type\": \"compression\", \"rules\": \"documented\"}\n".repeat(2);
    let ran = multipliers(&[("a.jsonl", &text)], &["--rules", "2026-08-18"]);
    let want = "2 of 2 rounds were scored under documented, not under 2026-08-18";
    assert!(
        ran.stderr.contains(want) && ran.stdout.contains(want),
        "{}",
        ran.stderr
    );
    let ran = multipliers(&[("a.jsonl", &text)], &["--quiet"]);
    assert!(!ran.stdout.contains("were scored under"));
}

#[test]
fn a_stored_round_comes_after_all_that_are_there() {
    let score = |history: &std::path::Path| run(&mut compressed_into(history));
    let one = folder(&[("old.csv", "round,s_f\n1,0.5\n7,0.5\n3,0.5\n")]);
    assert_eq!(score(one.path()).code, 0);
    assert!(one.path().join("performance_round_008.json").is_file());
    // Numbers that are none are passed over, and the last there is leaves no place for another.
    let one = folder(&[(
        "performance_round_18446744073709551615.json",
        "{\"s_f\": 0.5}",
    )]);
    assert_eq!(score(one.path()).code, 0);
    assert!(one.path().join("performance_round_001.json").is_file());
    let one = folder(&[("performance_round_9007199254740992.json", "{\"s_f\": 0.5}")]);
    let ran = score(one.path());
    assert_eq!(ran.code, 7);
    assert!(
        ran.stderr.contains("no number is left after it"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_score_that_fails_begins_no_history() {
    let root = tempfile::tempdir_in(scratch_root()).unwrap();
    let video = root.path().join("no.mp4");
    fs::write(&video, "no video").unwrap();
    let ran = run(
        vidaio(&["score", "compress", "--threshold", "60", "--history"])
            .arg(root.path().join("new/history"))
            .arg(&video)
            .arg(&video),
    );
    assert_eq!(ran.code, 3);
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);
}

#[test]
fn empty_lines_of_a_csv_are_no_rounds() {
    for text in [
        "s_f\n0.5\n\n0.4\n",
        "s_f\n\"0.5\"\n\n0.4\n",
        "s_f\r\n0.5\r\n\r\n0.4\r\n",
    ] {
        let one = folder(&[("a.csv", text)]);
        assert_eq!(read(one.path(), &[])["history"]["records"], 2, "{text:?}");
    }
}

#[test]
fn lines_are_counted_as_an_editor_does() {
    for (text, line) in [
        ("s_f,x\r\n\"0.1\",1\r\n0.2,1\r\nbad,1\r\n", 4),
        ("s_f,x\n\"0.1\",1\n\n\nbad,1\n", 5),
        ("s_f,x\n\"0.1\",\"two\nlines\"\nbad,1\n", 4),
    ] {
        let ran = multipliers(&[("a.csv", text)], &[]);
        assert!(
            ran.stderr.contains(&format!("a.csv:{line}:")),
            "{text:?}: {}",
            ran.stderr
        );
    }
    let one = folder(&[(
        "p.csv",
        "uid,task,accumulate_score\n\n1,compression,0.5\n\n\n2,compression,x\n",
    )]);
    let ran = run(vidaio(&["rewards"]).arg(one.path().join("p.csv")));
    assert!(
        ran.stderr.contains("p.csv:6: accumulate_score"),
        "{}",
        ran.stderr
    );
}

#[test]
fn numbers_are_missing_only_where_no_round_has_them() {
    let alternating: String = (1..=10)
        .map(|i| {
            format!(
                "{{\"round\": {i}, \"s_f\": 0.4, \"s_q\": 1, \"task_type\": \"{}\"}}\n",
                ["compression", "upscaling"][i % 2]
            )
        })
        .collect();
    let ran = multipliers(&[("a.jsonl", &alternating)], &["--task", "upscaling"]);
    assert_eq!(ran.stderr, "");
    let round = |number: u32, time: u32| {
        format!(
            "{{\"round\": {number}, \"timestamp\": {time}, \"s_f\": 0.4, \"s_q\": 1, \"task_type\": \"upscaling\"}}\n"
        )
    };
    let text = round(1, 10) + &round(3, 20) + &round(2, 30) + &round(4, 40);
    assert_eq!(multipliers(&[("a.jsonl", &text)], &[]).stderr, "");
    let odd: String = (0..6).map(|i| round(2 * i + 1, i)).collect();
    let ran = multipliers(&[("a.jsonl", &odd)], &[]);
    assert!(
        ran.stderr.contains("missing: 5 (2, 4, 6, 8, 10)\n"),
        "{}",
        ran.stderr
    );
}

#[test]
fn equal_times_are_parted_by_round_or_told() {
    let round = |number: &str, s_f: f64| {
        format!(
            "{{{number} \"timestamp\": 10, \"s_f\": {s_f}, \"s_q\": 1, \"task_type\": \"upscaling\"}}\n"
        )
    };
    let text = round("\"round\": 2,", 0.2) + &round("\"round\": 1,", 0.1);
    let scores: Vec<Value> = ledger(&text, "2026-08-18")
        .iter()
        .map(|s| s["s_f"].clone())
        .collect();
    assert_eq!(scores, [0.1, 0.2]);
    let ran = multipliers(&[("a.jsonl", &(round("", 0.2) + &round("", 0.1)))], &[]);
    assert!(
        ran.stderr
            .contains("rounds that have the time of the round before: 1"),
        "{}",
        ran.stderr
    );
    let times = |i: u32, number: u32| {
        format!(
            "{{\"round\": {number}, \"timestamp\": {i}, \"s_f\": 0.4, \"s_q\": 1, \"task_type\": \"upscaling\"}}\n"
        )
    };
    let ran = multipliers(
        &[("a.jsonl", &(times(1, 5) + &times(2, 6) + &times(3, 5)))],
        &[],
    );
    assert!(
        ran.stderr
            .contains("the number of another round of their task: 1, the first is 5"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_record_without_any_known_key_is_none() {
    for (name, text) in [
        ("a.json", "{\"rounds\": [{\"round\": 1, \"s_f\": 0.5}]}"),
        ("a.jsonl", "{\"S_F\": 0.5}\n"),
        ("a.csv", "S_F,Round\n0.5,1\n"),
    ] {
        let ran = multipliers(&[(name, text)], &[]);
        assert_eq!(ran.code, 3, "{name}");
    }
}

#[test]
fn nothing_is_written_into_the_history_or_over_itself() {
    let one = folder(&[("1.json", "{\"s_f\": 0.4}")]);
    let inside = one.path().join("out.JSON");
    let ran = run(vidaio(&["multipliers", "-o"]).arg(&inside).arg(one.path()));
    assert_eq!(ran.code, 2);
    let ran = run(vidaio(&["ledger", "--svg"])
        .arg(one.path().join("x.csv"))
        .arg(one.path()));
    assert_eq!(ran.code, 2);
    let twice = scratch_root().join("twice.svg");
    let ran = run(vidaio(&["ledger", "--svg"])
        .arg(&twice)
        .arg("-o")
        .arg(&twice)
        .arg(one.path()));
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("-o and --svg name the same file"));
    assert_eq!(fs::read_dir(one.path()).unwrap().count(), 1);
}

#[test]
fn a_replay_that_stops_names_the_place_and_the_cure() {
    let text = "{\"s_f\": 0.4, \"s_q\": 1, \"task_type\": \"upscaling\"}\n\
                {\"organic\": true, \"task_type\": \"upscaling\"}\n";
    let one = folder(&[("a.jsonl", text)]);
    let ran = run(vidaio(&["ledger", "--rules", "2026-08-18"]).arg(one.path()));
    assert!(
        ran.stderr
            .contains("a.jsonl:2: an organic upscaling needs a grade"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("hint: write `grade` into the record"));
}

#[test]
fn a_score_without_meaning_is_named_where_it_stands() {
    let text = "{\"s_f\": 0.4, \"task_type\": \"compression\"}\n\
                {\"s_f\": -3, \"task_type\": \"compression\"}\n\
                {\"s_f\": 0.4, \"task_type\": \"compression\"}\n";
    let one = folder(&[("a.jsonl", text)]);
    for command in ["ledger", "multipliers"] {
        let ran = run(vidaio(&[command, "--rules", "next"]).arg(one.path()));
        assert_eq!(ran.code, 3);
        assert!(
            ran.stderr
                .contains("a.jsonl:2: a score of -3 means nothing"),
            "{}",
            ran.stderr
        );
    }
}

#[test]
fn steps_of_next_say_what_entered() {
    let text = "{\"organic\": true, \"grade\": 2, \"task_type\": \"upscaling\"}\n\
                {\"s_f\": 0.8, \"task_type\": \"compression\"}\n\
                {\"s_f\": 0.025, \"task_type\": \"compression\", \"round_id\": \"r\"}\n\
                {\"s_f\": 0.9, \"task_type\": \"compression\", \"round_id\": \"r\"}\n";
    let steps = ledger(text, "next");
    assert_eq!(steps[0]["event"], "organic, not recorded");
    assert_eq!(steps[2]["s_f"], 0.025);
}

#[test]
fn the_window_of_the_script_holds_both_tasks_whatever_is_shown() {
    let text: String = (1..=12)
        .map(|i| format!("{{\"round\": {i}, \"s_f\": 0.5, \"s_q\": 1, \"vmaf_score\": 90, \"vmaf_threshold\": 85, \"task_type\": \"{}\"}}\n", ["compression", "upscaling"][i % 2]))
        .collect();
    let one = folder(&[("a.jsonl", &text)]);
    let both = read(one.path(), &["--rules", "script"]);
    let one_task = read(one.path(), &["--rules", "script", "--task", "upscaling"]);
    assert_eq!(both["tasks"]["upscaling"], one_task["tasks"]["upscaling"]);
    assert_eq!(
        both["tasks"]["upscaling"]["records"]
            .as_array()
            .unwrap()
            .len(),
        10
    );
}

#[test]
fn hints_do_not_send_in_circles() {
    let text = "{\"uid\": 5, \"s_f\": 0.4, \"s_q\": 1, \"task_type\": \"upscaling\"}\n";
    let ran = multipliers(
        &[("a.jsonl", text)],
        &["--uid", "5", "--task", "compression"],
    );
    assert!(
        ran.stderr.contains("hint: leave --task out"),
        "{}",
        ran.stderr
    );
    let circle = scratch_root().join("circle");
    let _from_an_earlier_run = fs::remove_file(&circle);
    symlink("circle", &circle).unwrap();
    let ran = run(vidaio(&["multipliers"]).arg(&circle));
    assert!(
        ran.code == 3 && !ran.stderr.contains("--skip-bad"),
        "{}",
        ran.stderr
    );
}

fn rewards(text: &str, args: &[&str]) -> Ran {
    let one = folder(&[("p.csv", text)]);
    run(vidaio(&["rewards", "--format", "json"])
        .arg(one.path().join("p.csv"))
        .args(args))
}

fn requirement(found: &Value, uid: u64) -> Value {
    let miners = found["miners"].as_array().unwrap();
    miners.iter().find(|m| m["uid"] == uid).unwrap()["requirement"].clone()
}

#[test]
fn what_is_needed_is_what_is_paid() {
    let text: String = "uid,task,accumulate_score,coldkey\n".to_owned()
        + &(1..=60_u32)
            .map(|uid| {
                format!(
                    "{uid},compression,{},c{uid}\n",
                    f64::from((uid * 37) % 50) / 100.0
                )
            })
            .collect::<String>();
    for rules in [
        "2025-06-06",
        "2025-10-20",
        "2025-11-12",
        "2026-03-12",
        "2026-03-16",
        "2026-06-24",
        "2026-08-18",
        "next",
    ] {
        let found: Value =
            serde_json::from_str(&rewards(&text, &["--rules", rules]).stdout).unwrap();
        for uid in [1_u64, 17, 30, 44, 50, 60] {
            let needs = requirement(&found, uid);
            let needed = needs["standing_needed"].as_f64().unwrap();
            let just = if needs["equal_is_enough"] == true {
                needed
            } else {
                needed + 1e-9
            };
            for (score, paid) in [(just, true), (just - 2e-9, false)] {
                if score < 0.0 {
                    continue;
                }
                let change = format!("uid={uid},score={score:?}");
                let ran = rewards(&text, &["--rules", rules, "--what-if", &change]);
                let after: Value = serde_json::from_str(&ran.stdout).unwrap();
                let weight = after["what_if"]["after"]["weight"].as_f64().unwrap();
                assert_eq!(weight > 0.0, paid, "{rules}, uid {uid}, {score}: {weight}");
            }
        }
    }
}

#[test]
fn a_shared_owner_is_in_the_way_even_below_the_floor() {
    let text = "uid,task,accumulate_score,coldkey\n1,compression,0.5,c\n2,compression,0.0,c\n3,compression,0.0,d\n";
    let found: Value = serde_json::from_str(&rewards(text, &["--rules", "next"]).stdout).unwrap();
    let needs = requirement(&found, 2);
    assert_eq!(needs["obstacle"], json!({"kind": "same-owner", "uid": 1}));
    assert_eq!(needs["standing_needed"], Value::Null);
    let found: Value =
        serde_json::from_str(&rewards(text, &["--rules", "next", "--floor", "0"]).stdout).unwrap();
    let needs = requirement(&found, 3);
    assert_eq!(
        (&needs["standing_needed"], &needs["equal_is_enough"]),
        (&json!(0.0), &json!(false))
    );
}

#[test]
fn others_change_by_what_they_are_paid() {
    let text = "uid,task,accumulate_score\n1,compression,0.5\n2,compression,0.4\n3,upscaling,0.3\n9,upscaling,0.1\n";
    let ran = rewards(
        text,
        &[
            "--rules",
            "2026-08-18",
            "--what-if",
            "uid=9,score=0.3,task=compression",
        ],
    );
    let found: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(found["what_if"]["others_changed"], 3);
}

#[test]
fn populations_of_the_first_days_need_no_task() {
    let ran = rewards(
        "uid,accumulate_score\n1,0.5\n2,0.25\n",
        &["--rules", "2025-06-06"],
    );
    let found: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(found["miners"][0]["weight"], 0.5 / 0.75);
    assert_eq!(found["weight_sum"], 1.0);
}

#[test]
fn odd_populations_are_named_by_column() {
    for (text, args, says) in [
        (
            "uid,task,accumulate_score,emission_snapshots\n1,compression,0.5,123\n",
            &[][..],
            "p.csv:2: emission_snapshots: `123` is no",
        ),
        (
            "uid,task,accumulate_score,validator_permit\n1,compression,0.5,7\n",
            &[],
            "p.csv:2: validator_permit: `7` is neither",
        ),
        (
            "uid,task,accumulate_score\n1,compression,1e308\n",
            &[],
            "accumulate_score: 1e308 is no standing",
        ),
        (
            "uid,task,accumulate_score\n1,compression,0.5\n",
            &["--rules", "next", "--podium", "3,3"],
            "uid 3 stands on the podium twice",
        ),
    ] {
        let ran = rewards(text, args);
        assert!(
            ran.stderr.contains(says),
            "`{says}` is not in: {}",
            ran.stderr
        );
    }
    let one = folder(&[("p.json", "{\"uid\": 1}")]);
    let ran = run(vidaio(&["rewards"]).arg(one.path().join("p.json")));
    assert!(
        ran.stderr
            .contains("a JSON file must hold a list of miners"),
        "{}",
        ran.stderr
    );
}

#[test]
fn explanations_are_those_of_the_revision() {
    let text =
        |topic: &str, rules: &str| run(&mut vidaio(&["explain", topic, "--rules", rules])).stdout;
    assert!(text("score", "2025-05-05").contains("the length does not count"));
    assert!(text("multipliers", "2025-05-05").contains("0.05 x score"));
    assert!(!text("rewards", "2025-05-05").contains("multiplier"));
    assert!(text("stake", "2026-08-18").contains("given tasks first. That is not so."));
    let ran = run(&mut vidaio(&["explain", "stake", "--rules", "all"]));
    assert!(
        ran.code == 2 && ran.stderr.contains("one revision is needed here"),
        "{}",
        ran.stderr
    );
}

#[test]
fn records_of_one_line_are_told_apart() {
    let record = "{\"s_f\": 0.5, \"s_q\": 1, \"task_type\": \"upscaling\"}";
    let one = folder(&[("a.json", &format!("[{record},{record}]"))]);
    let found = read(one.path(), &["--trends", "--window", "1"]);
    let task = &found["tasks"]["upscaling"];
    assert_eq!(task["records"][0]["label"], "a.json[2]");
    assert_eq!(task["recent_scores"].as_array().unwrap().len(), 2);
}
