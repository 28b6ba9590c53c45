//! Defects that a review of lint, check, report and batches found, one test each.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::clips;
use super::gate_clips::{good, hevc, reference};
use super::linting::{HEAD, compress, lenient, text};
use super::surroundings::{run, scratch_root, vidaio};

/// A copy that a test may lose.
fn copy(name: &str, of: &Path) -> PathBuf {
    let path = scratch_root().join(name);
    std::fs::copy(of, &path).unwrap();
    path
}

#[track_caller]
fn refuses_to_write_over(path: &Path, args: &[&str], code: i32) {
    let before = std::fs::read(path).unwrap();
    let ran = run(&mut vidaio(args));
    assert_eq!(ran.code, code, "{args:?}: {}", ran.stderr);
    assert!(ran.stderr.contains("hint: "), "{}", ran.stderr);
    assert!(
        std::fs::read(path).unwrap() == before,
        "{} was written over",
        path.display()
    );
}

#[test]
fn no_command_writes_over_what_it_reads() {
    let (reference, good) = (reference(), good());
    let victim = copy("victim.mp4", &good);
    let v = text(&victim);
    let lint = [
        "lint",
        text(&reference),
        text(&good),
        "--task",
        "compress",
        "--no-metrics",
        "--bundle",
        v,
        "-o",
        v,
    ];
    refuses_to_write_over(&victim, &lint, 2);
    refuses_to_write_over(&victim, &["lint", "-o", v, "--bundle", v, text(&good)], 2);

    let pairs = scratch_root().join("victim.csv");
    let body = format!(
        "task,reference,output,threshold\ncompress,{},{v},85\n",
        reference.display()
    );
    std::fs::write(&pairs, body).unwrap();
    refuses_to_write_over(
        &victim,
        &["score", "batch", text(&pairs), "-o", v, "--fresh"],
        2,
    );

    let saved = scratch_root().join("victim.json");
    let score = [
        "score",
        "compress",
        text(&reference),
        v,
        "--threshold",
        "85",
        "--save",
        text(&saved),
        "--quiet",
    ];
    assert_eq!(run(&mut vidaio(&score)).code, 0);
    refuses_to_write_over(
        &victim,
        &["report", text(&saved), "-o", v, "--threshold", "85"],
        2,
    );

    let manifest = scratch_root().join("victim.toml");
    let case = |reference: &Path| {
        format!(
            "[[case]]\nname = \"x\"\ntask = \"compress\"\nthreshold = 85\nreference = '{}'\noutput = '{v}'\n\
             command = [\"cp\", '{}', \"{{output}}\"]\nexpect = {{ min = 0.1 }}\n",
            reference.display(),
            clips::compressed().display()
        )
    };
    std::fs::write(&manifest, case(&victim)).unwrap();
    refuses_to_write_over(&victim, &["check", text(&manifest), "--no-cache"], 3);
    std::fs::write(&manifest, case(&reference)).unwrap();
    refuses_to_write_over(
        &victim,
        &["check", text(&manifest), "--no-cache", "--junit", v],
        2,
    );
    let same = scratch_root().join("victim.xml");
    let twice = [
        "check",
        text(&manifest),
        "--no-cache",
        "--junit",
        text(&same),
        "--html",
        text(&same),
    ];
    assert_eq!(run(&mut vidaio(&twice)).code, 2);
    let both = [
        "lint",
        text(&reference),
        text(&good),
        "--task",
        "compress",
        "--save",
        text(&same),
        "-o",
        text(&same),
    ];
    assert_eq!(run(&mut vidaio(&both)).code, 2);
}

#[test]
fn devices_and_pipes_end_at_once() {
    let pairs = scratch_root().join("device.csv");
    let (reference, good) = (reference(), good());
    let body = format!(
        "task,reference,output,threshold\ncompress,{},{},85\n",
        reference.display(),
        good.display()
    );
    std::fs::write(&pairs, body).unwrap();
    let batch = |output: &str| {
        run(&mut vidaio(&[
            "score",
            "batch",
            text(&pairs),
            "-o",
            output,
            "--rules",
            "next",
        ]))
    };
    assert_eq!(batch("/dev/full").code, 7);
    let out = batch("/dev/stdout");
    assert_eq!(
        (out.code, out.stdout.lines().count()),
        (0, 1),
        "{}",
        out.stderr
    );
    assert_eq!(run(&mut vidaio(&["score", "batch", "/dev/zero"])).code, 3);
    let fifo = scratch_root().join("device.fifo");
    let _not_there = std::fs::remove_file(&fifo);
    assert!(
        std::process::Command::new("mkfifo")
            .arg(&fifo)
            .status()
            .unwrap()
            .success()
    );
    let page = scratch_root().join("device.html");
    for args in [
        &["report", text(&fifo), "-o", text(&page)][..],
        &["score", "--from", text(&fifo), "--threshold", "85"],
    ] {
        assert_eq!(run(&mut vidaio(args)).code, 3, "{args:?}");
    }
}

#[test]
fn a_compression_under_rules_without_the_task_is_no_panic() {
    let pairs = scratch_root().join("early.csv");
    std::fs::write(&pairs, "task,reference,output,threshold\ncompress,a,b,85\n").unwrap();
    let ran = run(&mut vidaio(&[
        "score",
        "batch",
        text(&pairs),
        "--rules",
        "2025-06-06",
    ]));
    assert_eq!(ran.code, 3);
    assert!(
        ran.stderr
            .contains("row 1: 2025-06-06 has no compression task"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_check_goes_by_the_rules_that_a_person_names() {
    let manifest = scratch_root().join("named-rules.toml");
    let body = format!(
        "[[case]]\nname = \"x\"\ntask = \"compress\"\nthreshold = 85\nreference = '{}'\noutput = '{}'\nexpect = {{ min = 0.1 }}\n",
        reference().display(),
        good().display()
    );
    std::fs::write(&manifest, body).unwrap();
    let rules = |extra: &[&str]| {
        let mut args = vec!["check", text(&manifest), "--json", "-"];
        args.extend(extra);
        let ran = run(&mut vidaio(&args));
        let got: Value =
            serde_json::from_str(&ran.stdout).unwrap_or_else(|e| panic!("{e}: {}", ran.stderr));
        got["cases"][0]["rules"].as_str().unwrap().to_owned()
    };
    assert_eq!(rules(&[]), "next");
    assert_eq!(rules(&["--rules", "documented"]), "documented");
    assert_eq!(
        run(&mut vidaio(&["check", text(&manifest), "--rules", "bogus"])).code,
        2
    );
    let written = scratch_root().join("named-rules.json");
    let _not_there = std::fs::remove_file(&written);
    let ran = run(&mut vidaio(&[
        "check",
        text(&manifest),
        "-o",
        text(&written),
        "--json",
    ]));
    assert!(ran.stdout.is_empty() && written.is_file());
}

#[test]
fn a_report_shows_no_pictures_of_another_file() {
    let output = copy("other.mp4", &good());
    let saved = scratch_root().join("other.json");
    let reference = reference();
    let score = [
        "score",
        "compress",
        text(&reference),
        text(&output),
        "--threshold",
        "85",
        "--save",
        text(&saved),
        "--quiet",
    ];
    assert_eq!(run(&mut vidaio(&score)).code, 0);
    std::fs::copy(clips::compressed(), &output).unwrap();
    let page = scratch_root().join("other.html");
    let ran = run(&mut vidaio(&[
        "report",
        text(&saved),
        "--threshold",
        "85",
        "-o",
        text(&page),
    ]));
    assert_eq!(ran.code, 0);
    assert!(
        ran.stderr.contains("it is not the file that was measured"),
        "{}",
        ran.stderr
    );
}

#[test]
fn an_offset_that_begins_later_is_a_shift_and_advice_fits_the_file() {
    let lost = hevc(
        "gate-lost-third.mp4",
        "-vf select=not(eq(n\\,3)),setpts=N/(25*TB) -r 25",
    );
    let found = compress(&lost, HEAD, &[]);
    assert!(
        !found.warnings().contains(&"offset"),
        "{}",
        found.json["warnings"]
    );
    let shift = found.json["warnings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|w| w["name"] == "shift")
        .unwrap();
    assert!(
        shift["found"]
            .as_str()
            .unwrap()
            .starts_with("from about frame 3 on"),
        "{shift}"
    );
    // A late clip does not repeat frames; only its first ones are the same.
    let late = hevc(
        "gate-late.mp4",
        "-vf tpad=start=2:start_mode=clone,trim=end_frame=50",
    );
    let said = lenient(&late).json["warnings"].to_string();
    assert!(!said.contains("frames of the output repeat"), "{said}");
}

#[test]
fn the_deciding_gate_is_the_reason_of_a_score() {
    let reference = reference();
    let poor = hevc("gate-poor-gamma.mp4", "-vf eq=gamma=1.06,gblur=sigma=9");
    let score = [
        "score",
        "compress",
        text(&reference),
        text(&poor),
        "--threshold",
        "95",
        "--rules",
        HEAD,
        "--format",
        "json",
        "--quiet",
    ];
    let got: Value = serde_json::from_str(&run(&mut vidaio(&score)).stdout).unwrap();
    let decided = got["gates"]["decided_by"].as_str().unwrap();
    assert!(["vmaf-delta", "tone"].contains(&decided), "{decided}");
    assert!(
        ["gate", "vmaf-model-delta"].contains(&got["reason"].as_str().unwrap()),
        "{}",
        got["reason"]
    );
}
