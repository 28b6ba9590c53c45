//! Help, lists and calculations, as they look.

use std::io::Write as _;
use std::process::Stdio;

use super::surroundings::{Ran, json, run, scratch_root, vidaio};
use super::{clips, gate_clips};

fn snapshot(name: &str, args: &[&str]) {
    snapshot_of(name, run(&mut vidaio(args)), args);
}

/// Compares what a run said with what it said before; temporary folders go by one name.
pub(crate) fn snapshot_of(name: &str, ran: Ran, args: &[&str]) {
    let text = format!(
        "$ vidaio {}\n[{}]\n{}{}",
        args.join(" "),
        ran.code,
        ran.stdout,
        ran.stderr
    );
    snapshot_text(name, &text);
}

fn snapshot_text(name: &str, text: &str) {
    let home = scratch_root();
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_snapshot_path("../snapshots");
    settings.add_filter(&regex_escape(home.to_str().unwrap()), "[scratch]");
    settings.add_filter(r"\[scratch\]/\.tmp\w+", "[folder]");
    settings.bind(|| insta::assert_snapshot!(name, text));
}

fn regex_escape(text: &str) -> String {
    text.chars()
        .flat_map(|c| {
            if c.is_alphanumeric() || c == '/' {
                vec![c]
            } else {
                vec!['\\', c]
            }
        })
        .collect()
}

#[test]
fn help_and_lists() {
    for (name, args) in [
        ("help-score", &["score", "--help"][..]),
        ("help-calc-compress", &["calc", "compress", "--help"]),
        ("help-models", &["models", "--help"]),
        ("help-lint", &["lint", "--help"]),
        ("help-check", &["check", "--help"]),
        ("help-report", &["report", "--help"]),
        ("help-plot", &["plot", "--help"]),
        ("help-batch", &["score", "batch", "--help"]),
        ("nothing", &[]),
        ("rules-list", &["rules", "list"]),
        ("rules-diff", &["rules", "diff", "2026-08-18", "next"]),
        ("rules-show", &["rules", "show", "documented"]),
        ("models-list", &["models", "list"]),
        ("config-show", &["config", "show"]),
        (
            "calc-compress",
            &[
                "calc",
                "compress",
                "--vmaf",
                "85",
                "--rate",
                "0.3",
                "--threshold",
                "70",
            ],
        ),
        (
            "calc-upscale",
            &[
                "calc", "upscale", "--pieapp", "0.3", "--vmaf", "90", "--length", "10",
            ],
        ),
        ("calc-pool", &["calc", "pool", "95", "90", "85", "80", "75"]),
        (
            "calc-error",
            &[
                "calc",
                "compress",
                "--vmaf",
                "NaN",
                "--rate",
                "0.3",
                "--threshold",
                "70",
            ],
        ),
    ] {
        snapshot(name, args);
    }
}

#[test]
fn help_lists_the_commands_of_the_build() {
    if cfg!(feature = "mine") {
        snapshot("help", &["--help"]);
        return;
    }
    let help = run(&mut vidaio(&["--help"])).stdout;
    let listed = |name: &str| help.lines().any(|l| l.trim_start().starts_with(name));
    assert!(listed("score ") && listed("multipliers "), "{help}");
    for (command, feature) in [
        ("mine", "mine"),
        ("worker", "mine"),
        ("subnet", "subnet"),
        ("wallet", "subnet"),
    ] {
        if feature == "subnet" && cfg!(feature = "subnet") {
            continue;
        }
        assert!(!listed(command), "{help}");
        for arguments in [
            &[command][..],
            &[command, "--help"],
            &[command, "list", "-x"],
        ] {
            let ran = run(&mut vidaio(arguments));
            assert_eq!(ran.code, 4, "{arguments:?}: {}", ran.stderr);
            let wanted = format!("not in this build of vidaio (feature `{feature}`)\nhint: ");
            assert!(ran.stderr.contains(&wanted), "{}", ran.stderr);
            let help = run(&mut vidaio(&["help", command])).stdout;
            assert!(
                help.contains("Not in this build") && help.contains("make build"),
                "{help}"
            );
        }
    }
}

/// The commands that help lists under `arguments`, and those under them, as names of pages.
fn pages_of(arguments: &[&str], pages: &mut Vec<String>) {
    pages.push(format!(
        "vidaio{}.1",
        arguments
            .iter()
            .map(|a| format!("-{a}"))
            .collect::<String>()
    ));
    let help = run(&mut vidaio(&[arguments, &["--help"]].concat())).stdout;
    let Some((_, commands)) = help.split_once("\nCommands:\n") else {
        return;
    };
    let names = commands.lines().take_while(|l| !l.is_empty());
    for name in names
        .filter(|l| !l.starts_with("   "))
        .filter_map(|l| l.split_whitespace().next())
    {
        if name != "help" {
            pages_of(&[arguments, &[name]].concat(), pages);
        }
    }
}

#[test]
fn every_command_has_a_manual_page() {
    let folder = tempfile::tempdir_in(scratch_root()).unwrap();
    let man = folder.path().join("new/man1");
    let ran = run(&mut vidaio(&["man", man.to_str().unwrap()]));
    assert_eq!((ran.code, ran.stdout.as_str()), (0, ""), "{}", ran.stderr);
    let mut written: Vec<String> = std::fs::read_dir(&man)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let mut wanted = Vec::new();
    pages_of(&[], &mut wanted);
    written.sort();
    wanted.sort();
    assert_eq!(written, wanted);
    assert!(
        written.contains(&"vidaio-score-compress.1".into()),
        "{written:?}"
    );
    for page in &written {
        let text = std::fs::read_to_string(man.join(page)).unwrap();
        assert!(
            text.contains(".SH SYNOPSIS") && text.contains(".TH "),
            "{page}"
        );
    }
    let taken = folder.path().join("file");
    std::fs::write(&taken, "").unwrap();
    let ran = run(&mut vidaio(&["man", taken.to_str().unwrap()]));
    assert!(
        ran.code == 7 && ran.stderr.contains("hint: "),
        "{}",
        ran.stderr
    );
}

#[test]
fn calc_gives_the_contract_in_json() {
    let got = json(&[
        "calc",
        "compress",
        "--vmaf",
        "85",
        "--rate",
        "0.3",
        "--threshold",
        "70",
        "--format",
        "json",
    ]);
    let mut keys: Vec<&String> = got.as_object().unwrap().keys().collect();
    keys.sort();
    assert_eq!(
        keys,
        [
            "compression_component",
            "quality_component",
            "reason",
            "rules",
            "s_f"
        ]
    );
    let got = json(&[
        "calc", "upscale", "--pieapp", "0.3", "--vmaf", "90", "--length", "10", "--format", "json",
    ]);
    let mut keys: Vec<&String> = got.as_object().unwrap().keys().collect();
    keys.sort();
    assert_eq!(keys, ["rules", "s_f", "s_l", "s_pre", "s_q", "tier"]);
}

#[test]
fn many_rows_come_back_in_order_and_in_full() {
    let mut child = vidaio(&["calc", "upscale", "--input", "-", "--rules", "2026-08-18"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || {
        for i in 0..20_000 {
            let p = f64::from(i) / 10_000.0;
            writeln!(input, "{{\"pieapp\": {p}, \"vmaf\": 90, \"length\": 10}}").unwrap();
        }
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.lines().count(), 20_000);
    let rules = vidaio::rules::Catalogue::embedded().unwrap();
    let formula = rules.find("2026-08-18").unwrap().upscaling.formula;
    for (i, line) in text.lines().enumerate().step_by(997) {
        let got: serde_json::Value = serde_json::from_str(line).unwrap();
        let want =
            vidaio::scoring::upscale_score(&formula, i as f64 / 10_000.0, 90.0, 10.0).unwrap();
        assert_eq!(
            got["s_f"].as_f64().unwrap().to_bits(),
            want.s_f.to_bits(),
            "row {i}"
        );
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let mut child = vidaio(&["rules", "list", "--format", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(
        (output.status.code(), output.stderr.as_slice()),
        (Some(0), &b""[..])
    );
}

#[test]
fn what_lint_and_check_show() {
    let (reference, good) = (gate_clips::reference(), gate_clips::good());
    let lint = |extra: &[&str]| {
        let mut command = vidaio(&["lint", "--no-metrics", "--threshold", "85"]);
        command.arg(&reference).arg(&good).args(extra);
        run(&mut command)
    };
    // Sizes in bytes depend on the encoder's version, so a frame count and a codec have to do.
    let ran = lint(&[
        "--task",
        "compress",
        "--rules",
        "2026-08-18",
        "--codec",
        "av1",
    ]);
    let shown: Vec<&str> = ran
        .stdout
        .lines()
        .filter(|l| !l.contains(" rate "))
        .collect();
    snapshot_text("lint-table", &shown.join("\n"));
    let ran = lint(&["--task", "upscale"]);
    snapshot_text("lint-error", &ran.stderr);
    let manifest = scratch_root().join("snapshot-check.toml");
    let body = format!(
        "[[case]]\nname = \"codec\"\ntask = \"compress\"\nrules = \"2025-10-20\"\nthreshold = 85\n\
         reference = '{}'\noutput = '{}'\nexpect = {{ score = 0.5, verdict = \"pass\" }}\n",
        reference.display(),
        clips::short().display()
    );
    std::fs::write(&manifest, body).unwrap();
    let mut command = vidaio(&["check", "--no-cache"]);
    let ran = run(command.arg(&manifest));
    snapshot_text("check-table", &ran.stdout);
}

#[test]
fn settings_come_from_their_layers() {
    let folder = tempfile::tempdir_in(scratch_root()).unwrap();
    std::fs::write(
        folder.path().join("vidaio.toml"),
        "rules = \"2025-10-20\"\nthreds = 2\n",
    )
    .unwrap();
    let ran = run(vidaio(&[
        "calc",
        "compress",
        "--vmaf",
        "90",
        "--rate",
        "0.1",
        "--threshold",
        "90",
        "--format",
        "json",
    ])
    .current_dir(folder.path()));
    assert!(
        ran.stdout.contains("\"rules\": \"2025-10-20\""),
        "{}",
        ran.stdout
    );
    assert!(ran.stderr.contains(
        "vidaio.toml:2: setting `threds` is unknown and ignored; did you mean `threads`?"
    ));
    let ran = run(vidaio(&["config", "show", "--rules", "next"]).current_dir(folder.path()));
    assert!(
        ran.stdout
            .lines()
            .any(|l| l.starts_with("rules") && l.contains("next") && l.contains("flag --rules"))
    );
    std::fs::write(folder.path().join("vidaio.toml"), "rules = ").unwrap();
    let ran = run(vidaio(&["config", "show"]).current_dir(folder.path()));
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr.contains("vidaio.toml") && ran.stderr.contains("line 1"),
        "{}",
        ran.stderr
    );
}

#[test]
fn completions_and_doctor_and_versions() {
    for shell in ["bash", "zsh", "fish"] {
        let ran = run(&mut vidaio(&["completions", shell]));
        assert!(ran.code == 0 && ran.stdout.contains("vidaio"), "{shell}");
    }
    let doctor = json(&["doctor", "--format", "json"]);
    let of = |what: &str| {
        doctor
            .as_array()
            .unwrap()
            .iter()
            .find(|l| l["what"] == what)
            .unwrap()["state"]
            .clone()
    };
    assert_eq!(
        (of("libvmaf"), of("FFmpeg libraries")),
        ("ok".into(), "ok".into())
    );
    let ran = run(&mut vidaio(&["--version", "--verbose"]));
    assert!(
        ran.stdout.starts_with("vidaio 0.") && ran.stdout.contains("libvmaf 3."),
        "{}",
        ran.stdout
    );
    let features = if cfg!(feature = "mine") {
        "features subnet, mine\n"
    } else if cfg!(feature = "subnet") {
        "features subnet; without mine\n"
    } else {
        "features without subnet and mine\n"
    };
    assert!(ran.stdout.contains(features), "{}", ran.stdout);
}
