//! Tables as spreadsheets of many countries write them, and text that is not UTF-8.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;

use super::history::{folder, read};
use super::surroundings::{Ran, run, scratch_root, vidaio};

const ROUNDS: &str =
    "round,task_type,s_f,s_q,note\n1,upscaling,0.31,0.6,a\n2,upscaling,0.5,0.7,größer\n";

type Encode = fn(&str) -> Vec<u8>;

fn utf8_marked(text: &str) -> Vec<u8> {
    format!("\u{feff}{text}").into_bytes()
}

fn little(text: &str) -> Vec<u8> {
    let units = std::iter::once(0xfeff).chain(text.encode_utf16());
    units.flat_map(u16::to_le_bytes).collect()
}

fn big(text: &str) -> Vec<u8> {
    let units = std::iter::once(0xfeff).chain(text.encode_utf16());
    units.flat_map(u16::to_be_bytes).collect()
}

fn unmarked(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// A folder with one file.
fn one(name: &str, bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir_in(scratch_root()).unwrap();
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    (folder, path)
}

fn without_notes(mut found: Value) -> Value {
    let found = found.as_object_mut().unwrap();
    found.remove("notes");
    found.remove("history");
    Value::Object(found.clone())
}

fn refused(ran: &Ran, said: &[&str]) {
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    for part in said {
        assert!(ran.stderr.contains(part), "{part}: {}", ran.stderr);
    }
}

#[test]
fn a_history_is_read_whatever_wrote_it() {
    let plain = folder(&[("a.csv", ROUNDS)]);
    let wanted = without_notes(read(plain.path(), &[]));
    let quoted = ROUNDS.replace("größer", "\"größer\"");
    let encodes: [Encode; 3] = [utf8_marked, little, big];
    for text in [ROUNDS, &quoted] {
        for (separator, said) in [(",", None), (";", Some("semicolons")), ("\t", Some("tabs"))] {
            let text = text.replace(',', separator);
            for encode in encodes {
                let (folder, _) = one("a.csv", &encode(&text));
                assert_eq!(without_notes(read(folder.path(), &[])), wanted);
                let ran = run(vidaio(&["ledger", "--rules", "2026-08-18"]).arg(folder.path()));
                let note = said.map(|s| format!("a.csv: read with {s} as separators"));
                assert_eq!(ran.code, 0, "{}", ran.stderr);
                assert_eq!(ran.stderr.contains("as separators"), note.is_some());
                assert!(
                    ran.stderr.contains(&note.unwrap_or_default()),
                    "{}",
                    ran.stderr
                );
            }
        }
    }
}

#[test]
fn json_is_read_in_every_encoding_too() {
    let lines = "{\"round\":1,\"s_f\":0.31,\"s_q\":0.6,\"note\":\"ö\"}\n{\"round\":2,\"s_f\":0.5,\"s_q\":0.7}\n";
    let list = format!("[{}]", lines.trim().replace('\n', ","));
    for (name, text) in [("a.jsonl", lines), ("a.json", list.as_str())] {
        let plain = folder(&[(name, text)]);
        let wanted = without_notes(read(plain.path(), &[]));
        for encode in [utf8_marked as Encode, little, big] {
            let (folder, _) = one(name, &encode(text));
            assert_eq!(without_notes(read(folder.path(), &[])), wanted);
        }
        let (folder, _) = one(name, &unmarked(text));
        let ran = run(vidaio(&["multipliers"]).arg(folder.path()));
        refused(
            &ran,
            &[
                "without a byte order mark",
                "hint: save the file again as UTF-8",
            ],
        );
    }
}

#[test]
fn several_tables_are_noted_once() {
    let more = ROUNDS
        .replace(',', ";")
        .replace("\n1;", "\n3;")
        .replace("\n2;", "\n4;");
    let three = folder(&[
        ("a.csv", ROUNDS),
        ("b.csv", &more),
        ("c.csv", "round;s_f;s_q\n5;0.4;0.6\n"),
    ]);
    let ran = run(vidaio(&["multipliers", "--rules", "2026-08-18"]).arg(three.path()));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let note = "b.csv and 1 more file: read with semicolons as separators";
    assert_eq!(ran.stderr.matches(note).count(), 1, "{}", ran.stderr);
}

#[test]
fn decimal_commas_are_named_in_a_history() {
    for (text, place) in [
        ("round;s_f\n1;0,85\n", "a.csv:2:3: s_f: "),
        ("round\ts_f\n1\t0,85\n", "a.csv:2:3: s_f: "),
        ("round,s_f\n1,\"0,85\"\n", "a.csv:2:"),
    ] {
        for encode in [utf8_marked as Encode, little] {
            let (folder, _) = one("a.csv", &encode(text));
            let ran = run(vidaio(&["multipliers"]).arg(folder.path()));
            refused(&ran, &[place, "`0,85` has a decimal comma: write 0.85"]);
        }
    }
    let json = folder(&[("a.json", "{\"s_f\": \"0,85\"}")]);
    let ran = run(vidaio(&["multipliers"]).arg(json.path()));
    refused(&ran, &["s_f: `0,85` has a decimal comma: write 0.85"]);
}

fn rewards(path: &Path) -> Ran {
    run(vidaio(&["rewards", "--rules", "next", "--format", "json"]).arg(path))
}

#[test]
fn a_population_is_read_whatever_wrote_it() {
    let text = "uid,task,accumulate_score,emission_snapshots\n1,compression,0.6,6000000:10:1;6000360:10.5:1\n2,upscaling,0.3,\n";
    let (_plain, path) = one("p.csv", text.as_bytes());
    let wanted = rewards(&path);
    assert_eq!(wanted.code, 0, "{}", wanted.stderr);
    let semicolons = text.replace(
        "6000000:10:1;6000360:10.5:1",
        "\"6000000:10:1,6000360:10.5:1\"",
    );
    let semicolons = semicolons.replace(',', ";");
    for (text, said) in [
        (text.to_owned(), None),
        (semicolons, Some("with semicolons as separators")),
        (text.replace(',', "\t"), Some("with tabs as separators")),
    ] {
        for encode in [utf8_marked as Encode, little, big] {
            let (_folder, path) = one("p.csv", &encode(&text));
            let ran = rewards(&path);
            assert_eq!(
                (ran.code, &ran.stdout),
                (0, &wanted.stdout),
                "{}",
                ran.stderr
            );
            assert!(
                ran.stderr.contains(said.unwrap_or_default()),
                "{}",
                ran.stderr
            );
        }
        let (_folder, path) = one("p.csv", &unmarked(&text));
        refused(
            &rewards(&path),
            &[
                "without a byte order mark",
                "hint: save the file again as UTF-8",
            ],
        );
    }
    for (text, said) in [
        (
            "uid;accumulate_score\n1;0,6\n",
            "p.csv:2: accumulate_score: `0,6` has a decimal comma: write 0.6",
        ),
        (
            "uid,accumulate_score\n1,\"0,6\"\n",
            "p.csv:2: accumulate_score: `0,6` has a decimal comma",
        ),
        (
            "uid;accumulate_score;alpha_stake\n1;0.6;1.234,5\n",
            "alpha_stake: `1.234,5` has a decimal comma: write 1234.5",
        ),
        (
            "uid;accumulate_score;emission_snapshots\n1;0.6;6:1,5:1\n",
            "`1,5` has a decimal comma: write 1.5",
        ),
    ] {
        let (_folder, path) = one("p.csv", text.as_bytes());
        refused(&rewards(&path), &[said]);
    }
}

#[test]
fn a_batch_is_read_whatever_wrote_it() {
    let text = "task;reference;output;threshold\ncompress;no.mp4;no.mp4;85\n";
    for (bytes, said) in [
        (
            text.as_bytes().to_vec(),
            ["with semicolons as separators", "1 of 1 rows failed"],
        ),
        (
            little(&text.replace(';', "\t")),
            ["with tabs as separators", "1 of 1 rows failed"],
        ),
        (big(&text.replace(';', ",")), ["", "1 of 1 rows failed"]),
        (
            text.replace("85", "85,5").into_bytes(),
            [
                "p.csv:2: threshold: `85,5` has a decimal comma",
                "write 85.5",
            ],
        ),
        (
            unmarked(text),
            ["without a byte order mark", "save the file again as UTF-8"],
        ),
    ] {
        let (_folder, path) = one("p.csv", &bytes);
        refused(&run(vidaio(&["score", "batch"]).arg(path)), &said);
    }
}

#[test]
fn calculations_are_read_whatever_wrote_them() {
    let row = "{\"pieapp\": 0.3, \"vmaf\": 90, \"length\": 10}\n";
    let calc = |bytes: &[u8]| {
        let (_folder, path) = one("rows.jsonl", bytes);
        run(vidaio(&["calc", "upscale", "--input"]).arg(path))
    };
    let wanted = calc(row.as_bytes());
    assert_eq!(wanted.code, 0, "{}", wanted.stderr);
    for encode in [utf8_marked as Encode, little, big] {
        assert_eq!(calc(&encode(row)).stdout, wanted.stdout);
    }
    refused(&calc(&unmarked(row)), &["without a byte order mark"]);
    refused(
        &calc(b"{\"pieapp\": 0,3, \"vmaf\": 90, \"length\": 10}\n"),
        &["`0,3` has a decimal comma: write 0.3"],
    );
}

#[test]
fn scores_in_a_list_are_not_torn_at_decimal_commas() {
    let pool = |bytes: &[u8]| {
        let (_folder, path) = one("scores.txt", bytes);
        run(vidaio(&["calc", "pool", "--format", "json", "--input"]).arg(path))
    };
    let wanted = pool(b"93.5 94.2");
    for text in ["93.5,94.2", "93.5;94.2", "93.5\t94.2\n", "[93.5,\n 94.2]"] {
        for encode in [utf8_marked as Encode, little] {
            assert_eq!(pool(&encode(text)).stdout, wanted.stdout, "{text}");
        }
    }
    assert_eq!(pool(b"90,80").code, 0);
    assert_eq!(pool(b"90,80,70 60,50,40").code, 0);
    for text in ["93,5 94,2", "93,5;94,2", "93,5\n94,2\n", "93,5\n100\n"] {
        refused(
            &pool(text.as_bytes()),
            &["`93,5` has a decimal comma: write 93.5"],
        );
    }
    let ran = run(&mut vidaio(&["calc", "pool", "93,5"]));
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr
            .contains("`93,5` has a decimal comma: write 93.5"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_long_table_in_utf16_is_read_in_blocks() {
    let mut text = "round\ttask_type\ts_f\ts_q\tnote\n".to_owned();
    for round in 1..=20_000 {
        let note = if round == 15_000 {
            "\"quoted\""
        } else {
            "größe 😀"
        };
        text += &format!("{round}\tupscaling\t0.5\t0.6\t{note}\n");
    }
    let (folder, _) = one("a.csv", &little(&text));
    let ran = run(
        vidaio(&["ledger", "--format", "csv", "--rules", "2026-08-18"])
            .arg(folder.path())
            .stdout(Stdio::piped()),
    );
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(ran.stdout.lines().count(), 20_001);
}
