//! Records of a history, in each kind of file. The first byte says which: 0 a list, 1 JSON lines, 2 CSV.

use std::path::Path;

use serde_json::Value;
use vidaio::history::{Bad, Gaps, HistoryError, Kept, Record, Scan, Sequence, read, sources};

/// Names of the files, by the first byte.
const NAMES: [&str; 3] = ["of.json", "of.jsonl", "of.csv"];

/// Reads a history and holds it to its promises.
pub fn check(folder: &Path, data: &[u8]) {
    let Some((kind, text)) = data.split_first() else {
        return;
    };
    let name = NAMES[usize::from(*kind) % NAMES.len()];
    let (scan, kept) = records(folder, name, text, Bad::Skip).expect("what is bad is passed over");
    assert_eq!(scan.records, kept.len() as u64);
    let flawless = scan.bad_records == 0 && scan.bad_files == 0;
    assert_eq!(scan.first_bad.is_none(), flawless);
    let strict = records(folder, name, text, Bad::Refuse);
    assert_eq!(strict.is_ok(), flawless, "{strict:?}");
    let (mut sequence, mut gaps) = (Sequence::default(), Gaps::default());
    for kept in &kept {
        within_bounds(&kept.record);
        sequence.see(&kept.record);
        gaps.see(&kept.record);
        let _no_matter = sequence.key(&kept.record);
    }
    let _no_matter = (sequence.ties(), sequence.in_order(), gaps.note());
    written_out(folder, &kept);
}

fn within_bounds(record: &Record) {
    let round = &record.round;
    for score in [round.s_f, round.s_q, round.vmaf, round.threshold] {
        assert!((-100.0..=100.0).contains(&score), "{record:?}");
    }
    assert!(round.rate.is_none_or(|r| (0.0..=1e9).contains(&r)));
    assert!(record.number.is_none_or(|n| n <= 1 << 53));
}

/// Every record, written out with all its keys as a line and as an item of a list, reads the same.
fn written_out(folder: &Path, kept: &[Kept]) {
    let rows: Vec<String> = kept
        .iter()
        .map(|kept| Value::Object(kept.keys()).to_string())
        .collect();
    let before: Vec<Record> = kept.iter().map(|kept| kept.record).collect();
    let (lines, list) = (rows.join("\n"), format!("[{}]", rows.join(",")));
    for (name, text) in [("again.jsonl", lines), ("again.json", list)] {
        let again = records(folder, name, text.as_bytes(), Bad::Refuse);
        let (_, again) = again.unwrap_or_else(|e| panic!("{e}: {text}"));
        let again: Vec<Record> = again.iter().map(|kept| kept.record).collect();
        assert_eq!(again, before, "{text}");
    }
}

/// What one file holds; afterwards the folder is empty again.
fn records(
    folder: &Path,
    name: &str,
    text: &[u8],
    bad: Bad,
) -> Result<(Scan, Vec<Kept>), HistoryError> {
    let path = folder.join(name);
    std::fs::write(&path, text).expect("there is room for a small file");
    let mut kept = Vec::new();
    let files = sources(folder).expect("one file");
    let scan = read(&files, bad, &mut |entry| {
        kept.push(Kept::from(entry));
    });
    std::fs::remove_file(&path).expect("the file is ours");
    Ok((scan?, kept))
}
