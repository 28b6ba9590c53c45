//! The fixture clips are made anew and give the figures that are written down.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::surroundings::{json, scratch_root};

#[test]
fn fixture_clips_score_as_written_down() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = scratch_root().join("fixtures");
    let made = Command::new(root.join("fixtures/make.sh"))
        .arg(&folder)
        .status()
        .unwrap();
    assert!(made.success());
    let text = std::fs::read_to_string(root.join("fixtures/expected.json")).unwrap();
    let expected: Value = serde_json::from_str(&text).unwrap();
    let clip = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    for case in expected["cases"].as_array().unwrap() {
        let output = case["output"].as_str().unwrap();
        let got = json(&[
            "score",
            "compress",
            &clip("reference.mp4"),
            &clip(output),
            "--threshold",
            "85",
            "--rules",
            "latest",
            "--format",
            "json",
        ]);
        for (key, tolerance) in [("vmaf_base", 0.3), ("vmaf_neg", 0.3), ("rate", 0.003)] {
            let found = match key {
                "rate" => &got["compression_rate"],
                "vmaf_base" => &got["measurement"]["vmaf"]["base"]["mean"],
                _ => &got["measurement"]["vmaf"]["neg"]["mean"],
            };
            let (found, want) = (found.as_f64().unwrap(), case[key].as_f64().unwrap());
            assert!(
                (found - want).abs() < tolerance,
                "{output} {key}: {found}, written down {want}"
            );
        }
    }
}
