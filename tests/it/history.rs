//! Folders of history: formats, order, and everything that can be wrong with them.

use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use serde_json::{Value, json};

use super::surroundings::{Ran, run, scratch_root, vidaio};

pub(crate) fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir_in(scratch_root()).unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn multipliers(folder: &Path, extra: &[&str]) -> Ran {
    let rules: &[&str] = if extra.contains(&"--rules") {
        &[]
    } else {
        &["--rules", "2026-08-18"]
    };
    run(vidaio(&["multipliers"]).arg(folder).args(rules).args(extra))
}

/// The JSON of a folder that can be read.
pub(crate) fn read(folder: &Path, extra: &[&str]) -> Value {
    let ran = multipliers(folder, &[&["--format", "json"], extra].concat());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    serde_json::from_str(&ran.stdout).unwrap()
}

fn scores(found: &Value, task: &str) -> Vec<f64> {
    found["tasks"][task]["records"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["s_f"].as_f64().unwrap())
        .collect()
}

/// The command fails with a code, and says all of this.
fn refused(folder: &Path, extra: &[&str], code: i32, says: &[&str]) {
    let ran = multipliers(folder, extra);
    assert_eq!(ran.code, code, "{}", ran.stderr);
    assert_eq!(ran.stdout, "");
    assert!(ran.stderr.contains("\nhint: ") || ran.stderr.starts_with("error: "));
    for text in says {
        assert!(
            ran.stderr.contains(text),
            "`{text}` is not in: {}",
            ran.stderr
        );
    }
    assert!(ran.stderr.contains("hint: "), "{}", ran.stderr);
}

#[test]
fn every_format_gives_the_same() {
    let rows: Vec<Value> = (1..=14)
        .map(|i| {
            let task = if i % 4 == 0 { "compression" } else { "upscaling" };
            json!({"round": i, "task_type": task, "s_f": f64::from(i) / 30.0, "s_q": 0.6,
                   "vmaf_score": 91.5, "vmaf_threshold": 89, "compression_rate": 0.1, "note": "a b"})
        })
        .collect();
    let lines: String = rows.iter().map(|r| format!("{r}\n")).collect();
    let mut csv =
        "round,task_type,s_f,s_q,vmaf_score,vmaf_threshold,compression_rate,note\n".to_owned();
    for r in &rows {
        let task = r["task_type"].as_str().unwrap();
        csv += &format!("{},{task},{},0.6,91.5,89,0.1,a b\n", r["round"], r["s_f"]);
    }
    let quoted = csv.replace("a b", "\"a b\"");
    let whole = Value::from(rows.clone()).to_string();
    let singles = tempfile::tempdir_in(scratch_root()).unwrap();
    for row in &rows {
        // Without leading zeros: 10 must come after 9.
        let name = format!("performance_round_{}.json", row["round"]);
        fs::write(singles.path().join(name), row.to_string()).unwrap();
    }
    let mut seen = vec![read(singles.path(), &[])["tasks"].clone()];
    for (name, text) in [
        ("a.json", &whole),
        ("a.jsonl", &lines),
        ("a.csv", &csv),
        ("quoted.csv", &quoted),
        ("crlf.csv", &csv.replace('\n', "\r\n")),
        ("bom.csv", &format!("\u{feff}{csv}")),
        ("bom.jsonl", &format!("\u{feff}{lines}")),
    ] {
        let one = folder(&[(name, text)]);
        let found = read(one.path(), &[]);
        assert_eq!(found["history"]["order"], "round", "{name}");
        seen.push(found["tasks"].clone());
    }
    // Where a record stood is all that differs.
    for tasks in &mut seen {
        for task in ["upscaling", "compression"] {
            for record in tasks[task]["records"].as_array_mut().unwrap() {
                let record = record.as_object_mut().unwrap();
                record.remove("file");
                record.remove("line");
                let number = record["vmaf_threshold"].as_f64().unwrap();
                record.insert("vmaf_threshold".into(), number.into());
                assert_eq!(record["note"], "a b");
            }
        }
    }
    assert!(seen.iter().all(|tasks| *tasks == seen[0]));
    assert_eq!(seen[0]["upscaling"]["rounds"], 11);
    assert_eq!(seen[0]["compression"]["rounds"], 3);
}

#[test]
fn times_come_before_rounds_and_rounds_before_files() {
    // By file name: 1, 2, 3. By round: 2, 3, 1. By time: 3, 1, 2.
    let record = |s_f: f64, round: u32, time: &str| {
        format!(
            "{{\"s_f\": {s_f}, \"s_q\": 1, \"task_type\": \"upscaling\", \"round\": {round}{time}}}"
        )
    };
    let timed = folder(&[
        (
            "1.json",
            &record(0.1, 3, ", \"timestamp\": \"2026-08-18T10:00:00+02:00\""),
        ),
        ("2.json", &record(0.2, 1, ", \"timestamp\": 1787043600000")),
        (
            "3.json",
            &record(0.3, 2, ", \"timestamp\": \"2026-08-17 23:00:00\""),
        ),
    ]);
    let found = read(timed.path(), &[]);
    assert_eq!(found["history"]["order"], "timestamp");
    assert_eq!(scores(&found, "upscaling"), [0.3, 0.1, 0.2]);
    let numbered = folder(&[
        ("1.json", &record(0.1, 3, ", \"timestamp\": 1787040000")),
        ("2.json", &record(0.2, 1, "")),
        ("3.json", &record(0.3, 2, "")),
    ]);
    let found = read(numbered.path(), &[]);
    assert_eq!(found["history"]["order"], "round");
    assert_eq!(scores(&found, "upscaling"), [0.2, 0.3, 0.1]);
    let plain = "{\"s_f\": 0.2, \"s_q\": 1, \"task_type\": \"upscaling\"}";
    let by_name = folder(&[
        ("round_10.json", &plain.replace("0.2", "0.4")),
        ("round_9.json", plain),
        ("round_1.json", &record(0.1, 7, "")),
    ]);
    let found = read(by_name.path(), &[]);
    assert_eq!(found["history"]["order"], "file");
    assert_eq!(scores(&found, "upscaling"), [0.1, 0.2, 0.4]);
}

#[test]
fn ties_and_gaps_are_told() {
    let lines = "{\"round\": 1, \"s_f\": 0.1, \"s_q\": 1, \"task_type\": \"upscaling\"}\n\
                 {\"round\": 1, \"s_f\": 0.2, \"s_q\": 1, \"task_type\": \"upscaling\"}\n\
                 {\"round\": 5, \"s_f\": 0.3, \"s_q\": 1, \"task_type\": \"upscaling\"}\n";
    let one = folder(&[("a.jsonl", lines)]);
    let ran = multipliers(one.path(), &[]);
    assert!(
        ran.stderr.contains(
            "rounds that have the number of another round of their task: 1, the first is 1"
        )
    );
    assert!(
        ran.stderr
            .contains("round numbers that are missing: 3 (2 to 4)"),
        "{}",
        ran.stderr
    );
    // Several videos of one round are neither.
    let videos = lines.replace("\"round\": 1,", "\"round\": 1, \"round_id\": \"x\",");
    let one = folder(&[("a.jsonl", &videos.replace("\"round\": 5", "\"round\": 2"))]);
    let ran = multipliers(one.path(), &[]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
}

#[test]
fn missing_keys_are_told_and_count_as_the_script_counts_them() {
    let one = folder(&[(
        "a.jsonl",
        "{\"uid\": 1}\n{\"s_f\": 0.4}\n{\"s_f\": null, \"s_q\": 0.9}\n",
    )]);
    let ran = multipliers(one.path(), &["--format", "json"]);
    for text in [
        "task_type is missing in 3 of 3 records",
        "s_f is missing in 2 of 3 records",
        "s_q is missing in 2 of 3 records",
    ] {
        assert!(ran.stderr.contains(text), "{}", ran.stderr);
    }
    let found: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(scores(&found, "upscaling"), [0.0, 0.4, 0.0]);
    assert_eq!(found["tasks"]["upscaling"]["penalty_q_count"], 2);
    let ran = multipliers(one.path(), &["--format", "json", "--quiet"]);
    assert_eq!(ran.stderr, "");
}

#[test]
fn miners_are_kept_apart() {
    let one = folder(&[(
        "a.jsonl",
        "{\"uid\": 7, \"s_f\": 0.4, \"s_q\": 1, \"task_type\": \"upscaling\"}\n\
         {\"uid\": 9, \"s_f\": 0.1, \"s_q\": 1, \"task_type\": \"upscaling\"}\n",
    )]);
    refused(one.path(), &[], 2, &["belong to 2 miners", "--uid: 7, 9"]);
    assert_eq!(
        scores(&read(one.path(), &["--uid", "9"]), "upscaling"),
        [0.1]
    );
    refused(
        one.path(),
        &["--uid", "8"],
        3,
        &["none of its 2 rounds", "uid 7, 9"],
    );
    refused(
        one.path(),
        &["--uid", "7", "--task", "compression"],
        3,
        &["none of its 2 rounds"],
    );
}

#[test]
fn folders_that_are_none_are_refused() {
    let root = tempfile::tempdir_in(scratch_root()).unwrap();
    refused(
        &root.path().join("none"),
        &[],
        3,
        &["none: there is no such folder"],
    );
    refused(root.path(), &[], 3, &["there is no round in it"]);
    let file = root.path().join("round.json");
    fs::write(&file, "{}").unwrap();
    refused(&file, &[], 3, &["this is a file"]);
    fs::write(&file, "[]").unwrap();
    refused(root.path(), &[], 3, &["1 files without a record"]);
    fs::write(root.path().join("a.csv"), "s_f,task_type\n").unwrap();
    fs::write(root.path().join("b.jsonl"), "\n\n").unwrap();
    refused(root.path(), &[], 3, &["3 files without a record"]);
}

#[test]
fn records_that_are_none_are_named_by_place() {
    for (name, text, place, what) in [
        ("a.json", "{\"s_f\": 0.1", "a.json:1:11", "EOF"),
        (
            "a.json",
            "[{\"s_f\": 0.1},\n {\"s_f\": \"NaN\"}]",
            "a.json:2:",
            "s_f: `NaN` is not a number",
        ),
        ("a.json", "{\"s_f\": NaN}", "a.json:1:", "expected value"),
        (
            "a.json",
            "{\"s_f\": 1e999}",
            "a.json:1:",
            "number out of range",
        ),
        (
            "a.json",
            "7",
            "a.json:1:1",
            "a record, which is a JSON object",
        ),
        (
            "a.jsonl",
            "{\"s_f\": 0}\n{\"s_f\": \"Infinity\"}\n",
            "a.jsonl:2:",
            "s_f: `Infinity` is not a number",
        ),
        (
            "a.jsonl",
            "{\"s_f\": 0}\n\n{\"s_f\": 1e300}\n",
            "a.jsonl:3:1",
            "s_f: 1e300 lies outside -100 to 100",
        ),
        (
            "a.jsonl",
            "{\"round\": -3}\n",
            "a.jsonl:1:1",
            "round: -3 is negative",
        ),
        (
            "a.jsonl",
            "{\"round\": 1.5}\n",
            "a.jsonl:1:1",
            "round: 1.5 is no whole number",
        ),
        ("a.jsonl", "{\"uid\": 70000}\n", "a.jsonl:1:1", "uid: 70000"),
        (
            "a.jsonl",
            "{\"task_type\": \"sing\"}\n",
            "a.jsonl:1:1",
            "`sing` is neither upscaling nor",
        ),
        (
            "a.jsonl",
            "{\"timestamp\": \"soon\"}\n",
            "a.jsonl:1:1",
            "`soon` is no time",
        ),
        (
            "a.jsonl",
            "{\"success\": \"maybe\"}\n",
            "a.jsonl:1:",
            "success: `maybe` is neither",
        ),
        (
            "a.jsonl",
            "{\"s_f\": 0}\nnonsense\n",
            "a.jsonl:2:",
            "expected",
        ),
        (
            "a.csv",
            "s_f,round\n0.1,1\nNaN,2\n",
            "a.csv:3:1",
            "s_f: NaN is not a finite number",
        ),
        (
            "a.csv",
            "s_f,round\n0.1,1\n0.2,x\n",
            "a.csv:3:5",
            "round: `x` is not a number",
        ),
        (
            "a.csv",
            "s_f,round\n0.1,1\n0.2\n",
            "a.csv:3:1",
            "1 cells where the header has 2",
        ),
        (
            "a.csv",
            "s_f,x\n\"0.1\",1\n\"q\",1\n",
            "a.csv:3:",
            "s_f: `q` is not a number",
        ),
        (
            "a.csv",
            "s_f,round,x\n0.1,1,\n,,\n",
            "a.csv:3:1",
            "no key of a round is in it",
        ),
        (
            "a.csv",
            "x,y\n1,2\n",
            "a.csv:1:1",
            "the first line must be a header",
        ),
    ] {
        let one = folder(&[(name, text)]);
        refused(one.path(), &[], 3, &[place, what]);
    }
    let bytes = tempfile::tempdir_in(scratch_root()).unwrap();
    fs::write(
        bytes.path().join("a.csv"),
        b"s_f,task_type\n0.1,upscaling\n0.2,\xff\xfe\n",
    )
    .unwrap();
    refused(
        bytes.path(),
        &[],
        3,
        &["a.csv:3:", "this is not UTF-8 text"],
    );
    let bytes = tempfile::tempdir_in(scratch_root()).unwrap();
    fs::write(
        bytes.path().join("a.jsonl"),
        b"{\"s_f\": 0.1}\n{\"s_f\": 0.2, \"note\": \"\xff\"}\n",
    )
    .unwrap();
    refused(
        bytes.path(),
        &[],
        3,
        &["a.jsonl:2:23", "this is not UTF-8 text"],
    );
}

#[test]
fn a_table_written_out_keeps_ids_as_text_and_numbers_as_numbers() {
    let rows = "s_f,s_q,task_type,round_id,hotkey,success,note\n+.5,1,upscaling,5e10,0123,1.0,7\n";
    let one = folder(&[("a.csv", rows)]);
    let ran = multipliers(one.path(), &["--format", "json"]);
    let found: Value = serde_json::from_str(&ran.stdout).unwrap();
    let record = &found["tasks"]["upscaling"]["records"][0];
    assert_eq!(record["s_f"], 0.5);
    assert_eq!(record["round_id"], "5e10");
    assert_eq!(record["hotkey"], "0123");
    assert_eq!(record["success"], true);
    assert_eq!(record["note"], 7);
}

#[test]
fn what_cannot_be_read_can_be_passed_over() {
    let one = folder(&[
        (
            "1.json",
            "{\"s_f\": 0.4, \"s_q\": 1, \"task_type\": \"upscaling\"}",
        ),
        ("2.json", "{\"s_f\": "),
        (
            "3.jsonl",
            "{\"s_f\": 0.5, \"s_q\": 1, \"task_type\": \"upscaling\"}\nno\n",
        ),
        (
            "4.csv",
            "s_f,s_q,task_type\nx,1,upscaling\n0.6,1,upscaling\n",
        ),
    ]);
    symlink("loop.json", one.path().join("loop.json")).unwrap();
    refused(one.path(), &[], 3, &["2.json:1:"]);
    let ran = multipliers(one.path(), &["--skip-bad", "--format", "json"]);
    assert!(
        ran.stderr
            .contains("3 records and 1 files were passed over, the first: "),
        "{}",
        ran.stderr
    );
    let found: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(scores(&found, "upscaling"), [0.4, 0.5, 0.6]);
    assert_eq!(found["history"]["skipped_records"], 3);
    assert_eq!(found["history"]["skipped_files"], 1);
    let bad = folder(&[("2.json", "{\"s_f\": ")]);
    refused(
        bad.path(),
        &["--skip-bad"],
        3,
        &["nothing in it could be read"],
    );
}

#[test]
fn odd_files_are_survived() {
    let one = folder(&[
        (
            "round_1.json",
            "{\"s_f\": 0.4, \"s_q\": 1, \"task_type\": \"upscaling\"}",
        ),
        (".hidden.json", "nonsense"),
        ("readme.txt", "nonsense"),
    ]);
    let odd = std::ffi::OsStr::from_bytes(b"round_2\xff.json");
    fs::write(
        one.path().join(odd),
        "{\"s_f\": 0.5, \"s_q\": 1, \"task_type\": \"upscaling\"}",
    )
    .unwrap();
    fs::create_dir(one.path().join("old.json")).unwrap();
    symlink(one.path(), one.path().join("self.json")).unwrap();
    assert_eq!(scores(&read(one.path(), &[]), "upscaling"), [0.4, 0.5]);
    symlink("circle.json", one.path().join("circle.json")).unwrap();
    refused(one.path(), &[], 3, &["circle.json: cannot be read"]);
    fs::remove_file(one.path().join("circle.json")).unwrap();
    let locked = one.path().join("locked.json");
    fs::write(&locked, "{}").unwrap();
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(&locked).is_err() {
        refused(one.path(), &[], 3, &["locked.json: cannot be read"]);
    } else {
        // For the superuser no file is unreadable; a dangling link takes its place.
        fs::remove_file(&locked).unwrap();
        symlink("nowhere", &locked).unwrap();
        refused(one.path(), &[], 3, &["locked.json: cannot be read"]);
    }
}

#[test]
fn results_are_not_laid_into_the_history() {
    let one = folder(&[(
        "1.json",
        "{\"s_f\": 0.4, \"s_q\": 1, \"task_type\": \"upscaling\"}",
    )]);
    let inside = one.path().join("result.json");
    refused(
        one.path(),
        &["-o", inside.to_str().unwrap()],
        2,
        &["read as rounds the next time"],
    );
    assert!(!inside.exists());
}

#[test]
fn long_files_come_in_order_through_all_cores() {
    // Several blocks of half a megabyte, so that workers meet them at once.
    let lines: String = (1..=60_000)
        .map(|i| {
            format!(
                "{{\"round\": {i}, \"task_type\": \"upscaling\", \"s_f\": {}, \"s_q\": 0.75}}\n",
                f64::from(i) / 1e5
            )
        })
        .collect();
    let csv: String = "round,task_type,s_f,s_q\n".to_owned()
        + &(1..=60_000)
            .map(|i| format!("{i},upscaling,{},0.75\n", f64::from(i) / 1e5))
            .collect::<String>();
    // A quotation mark near the end: the rest is read row by row.
    let late = csv.replace("\n59000,upscaling", "\n59000,\"upscaling\"");
    assert!(lines.len() > 3 << 20 && csv.len() > 3 << 19);
    for (name, text) in [("a.jsonl", &lines), ("a.csv", &csv), ("late.csv", &late)] {
        let one = folder(&[(name, text)]);
        let found = read(one.path(), &[]);
        assert_eq!(found["tasks"]["upscaling"]["rounds"], 60_000);
        let want: Vec<f64> = (59_991..=60_000).map(|i| f64::from(i) / 1e5).collect();
        assert_eq!(scores(&found, "upscaling"), want, "{name}");
        let last = &found["tasks"]["upscaling"]["records"][9];
        assert_eq!(
            last["line"],
            if name.ends_with("csv") {
                60_001
            } else {
                60_000
            },
            "{name}"
        );
        let broken = folder(&[(name, &text.replace("0.59", "0.59x"))]);
        let line = text.lines().position(|l| l.contains("0.59")).unwrap() + 1;
        refused(broken.path(), &[], 3, &[&format!(":{line}:")]);
    }
}

#[test]
fn rounds_out_of_order_are_sorted_for_the_ledger_too() {
    let lines: Vec<String> = (1..=30)
        .map(|i| {
            format!(
                "{{\"round\": {i}, \"task_type\": \"upscaling\", \"s_f\": 0.{i:02}, \"s_q\": 0.75}}"
            )
        })
        .collect();
    let mut shuffled = lines.clone();
    shuffled.reverse();
    shuffled.swap(3, 20);
    let ledger = |lines: &[String]| {
        let one = folder(&[("a.jsonl", &lines.join("\n"))]);
        let ran = run(vidaio(&["ledger", "--format", "csv"]).arg(one.path()));
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        ran.stdout
    };
    assert_eq!(ledger(&lines), ledger(&shuffled));
    assert_eq!(ledger(&lines).lines().count(), 31);
}
