//! Names whose bytes are no UTF-8 text, as old archives and Latin-1 mounts have them.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use super::making::{compress, folder, grainy};
use super::surroundings::{Ran, run, vidaio};

fn odd(folder: &Path, name: &[u8]) -> PathBuf {
    folder.join(OsStr::from_bytes(name))
}

fn json(ran: &Ran) -> serde_json::Value {
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    serde_json::from_str(&ran.stdout).unwrap()
}

#[test]
fn videos_are_made_under_such_names_in_such_folders() {
    let folder = odd(&folder("odd-names"), b"f\xF6lder");
    std::fs::create_dir(&folder).unwrap();
    let input = odd(&folder, b"in\xFF.mp4");
    std::fs::copy(grainy(), &input).unwrap();
    let output = odd(&folder, b"it's \xFE.mp4");
    let made = json(&compress(
        &input,
        &output,
        &["--threshold", "60", "--max-probes", "2", "--format", "json"],
    ));
    assert!(output.is_file());
    assert!(
        made["output"]
            .as_str()
            .unwrap()
            .ends_with(r"f\xF6lder/it's \xFE.mp4"),
        "{}",
        made["output"]
    );
    let warnings = made["warnings"].to_string();
    assert!(
        warnings.contains("the name is not UTF-8 text"),
        "{warnings}"
    );

    let large = odd(&folder, b"large\xFF.mp4");
    let mut upscale = vidaio(&["upscale", "--scale", "2", "--format", "json"]);
    let made = json(&run(upscale.arg(&input).arg(&large)));
    assert!(large.is_file());
    assert!(
        made["output"].as_str().unwrap().ends_with(r"large\xFF.mp4"),
        "{}",
        made["output"]
    );
    assert!(
        made["warnings"]
            .to_string()
            .contains("the name is not UTF-8 text")
    );
}

#[test]
fn results_escape_such_names_and_say_so() {
    let folder = folder("odd-results");
    let (input, output) = (odd(&folder, b"a\xFF.mp4"), odd(&folder, b"b\xFE.mp4"));
    std::fs::copy(grainy(), &input).unwrap();
    std::fs::copy(grainy(), &output).unwrap();
    let history = odd(&folder, b"h\xFD");
    let asked = ["--threshold", "60", "--format", "json"];
    let mut score = vidaio(&[&["score", "compress"], &asked[..]].concat());
    let scored = json(&run(score
        .arg(&input)
        .arg(&output)
        .arg("--history")
        .arg(&history)));
    let text = scored.to_string();
    assert!(
        text.contains(r"b\\xFE.mp4") && text.contains("the name is not UTF-8 text"),
        "{text}"
    );
    let mut lint = vidaio(&[&["lint", "--task", "compress"], &asked[..]].concat());
    let linted = run(lint.arg(&input).arg(&output));
    assert!(
        linted.stdout.contains(r"b\\xFE.mp4"),
        "{} {}",
        linted.stdout,
        linted.stderr
    );
    let rounds = json(&run(
        vidaio(&["multipliers", "--format", "json"]).arg(&history)
    ));
    assert!(
        rounds["history"]["folder"]
            .as_str()
            .unwrap()
            .ends_with(r"h\xFD"),
        "{rounds}"
    );
}
