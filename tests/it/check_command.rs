//! `vidaio check`, and the manifests that it refuses.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::clips;
use super::gate_clips::{good, reference};
use super::surroundings::{Ran, browser, run, scratch_root, skip, vidaio};

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A manifest in a folder of its own.
fn manifest(name: &str, body: &str) -> PathBuf {
    let folder = scratch_root().join(format!("check-{name}"));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("check.toml");
    std::fs::write(&path, body).unwrap();
    path
}

fn check(manifest: &Path, extra: &[&str]) -> Ran {
    let mut args = vec!["check", text(manifest), "--quiet"];
    args.extend(extra);
    run(&mut vidaio(&args))
}

/// A case of the compression that passes every gate today.
fn case(name: &str, expect: &str) -> String {
    format!(
        "[[case]]\nname = \"{name}\"\ntask = \"compress\"\nrules = \"next\"\nthreshold = 85\n\
         reference = '{}'\noutput = '{}'\nexpect = {{ {expect} }}\n",
        reference().display(),
        good().display()
    )
}

#[test]
fn cases_pass_regress_and_fail_to_be_scored() {
    let ok = manifest(
        "ok",
        &case("fine", "min = 0.5, max = 0.9, verdict = \"pass\""),
    );
    let ran = check(&ok, &["--no-cache"]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(
        ran.stdout.contains("1 of 1 cases as expected"),
        "{}",
        ran.stdout
    );

    let body = [
        case("fine", "min = 0.5"),
        case("lower", "score = 0.99, tolerance = 0.01"),
        case("gate", "verdict = \"fail\", gate = \"codec\""),
        case("vmaf", "vmaf = 90.0"),
        case("high", "max = 0.1"),
    ]
    .concat();
    let report = scratch_root().join("check-bad.json");
    let ran = check(
        &manifest("bad", &body),
        &["--no-cache", "--json", text(&report), "--jobs", "2"],
    );
    assert_eq!(ran.code, 1, "{}{}", ran.stdout, ran.stderr);
    let got: Value = serde_json::from_str(&std::fs::read_to_string(report).unwrap()).unwrap();
    assert_eq!(
        (&got["passed"], &got["regressed"], &got["errors"]),
        (&1.into(), &4.into(), &0.into())
    );
    let names: Vec<&str> = got["cases"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        ["fine", "lower", "gate", "vmaf", "high"],
        "in the manifest's order"
    );
    let problems = |i: usize| got["cases"][i]["problems"][0].as_str().unwrap().to_owned();
    assert!(
        problems(1).contains("expected 0.990000 within 0.01"),
        "{}",
        problems(1)
    );
    assert!(problems(2).contains("no gate fails"), "{}", problems(2));
    assert!(problems(3).contains("VMAF") && problems(4).contains("at most 0.1"));

    // What does not fit together is a gate's verdict, as validators have it.
    let short = case(
        "short",
        "score = 0.0, gate = \"frame-count\", verdict = \"fail\"",
    )
    .replace(text(&good()), text(&clips::short()));
    let ran = check(&manifest("short", &short), &["--no-cache"]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);

    // A case that cannot be scored leaves the others standing.
    let broken = clips::broken(&good());
    let body = case("fine", "min = 0.5")
        + &case("broken", "min = 0.5").replace(text(&good()), text(&broken));
    let ran = check(&manifest("error", &body), &["--no-cache"]);
    assert_eq!(ran.code, 3, "{}{}", ran.stdout, ran.stderr);
    assert!(
        ran.stdout
            .contains("1 of 2 cases as expected, 0 regressed, 1 could not be scored")
    );
    assert!(ran.stdout.contains("ERROR broken: "), "{}", ran.stdout);
}

#[test]
fn junit_keeps_to_the_schema_that_ci_readers_use() {
    let body = case("fine", "min = 0.5")
        + &case("wrong & <odd>", "score = 0.1")
        + &case("broken", "min = 0.5").replace(text(&good()), text(&clips::broken(&good())));
    let file = scratch_root().join("check-junit.xml");
    let ran = check(
        &manifest("junit", &body),
        &["--no-cache", "--junit", text(&file)],
    );
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    let xml = std::fs::read_to_string(&file).unwrap();
    assert_eq!(xml.matches("<testcase ").count(), 3);
    assert_eq!(
        (
            xml.matches("<failure ").count(),
            xml.matches("<error ").count()
        ),
        (1, 1),
        "{xml}"
    );
    assert!(
        xml.contains("tests=\"3\"")
            && xml.contains("failures=\"1\"")
            && xml.contains("errors=\"1\"")
    );
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/junit.xsd");
    let Ok(output) = Command::new("xmllint")
        .args(["--noout", "--schema"])
        .args([&schema, &file])
        .output()
    else {
        skip(
            "junit_keeps_to_the_schema_that_ci_readers_use",
            "there is no xmllint (libxml2-utils)",
        );
        return;
    };
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    // The schema can say no.
    let bent = scratch_root().join("check-junit-bent.xml");
    std::fs::write(&bent, xml.replace("failures=\"1\"", "failures=\"one\"")).unwrap();
    let output = Command::new("xmllint")
        .args(["--noout", "--schema"])
        .args([&schema, &bent])
        .output()
        .unwrap();
    assert!(!output.status.success());
}

#[test]
fn measurements_are_kept_by_content_and_settings() {
    let cache = scratch_root().join("check-cache");
    let _not_there = std::fs::remove_dir_all(&cache);
    let cached = |manifest: &Path| {
        let report = scratch_root().join("check-cache.json");
        let ran = check(
            manifest,
            &["--cache", text(&cache), "--json", text(&report)],
        );
        assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
        let got: Value = serde_json::from_str(&std::fs::read_to_string(report).unwrap()).unwrap();
        (
            got["cases"][0]["cached"].clone(),
            got["cases"][0]["score"].clone(),
        )
    };
    let first = manifest("cached", &case("one", "min = 0.1"));
    let (fresh, score) = cached(&first);
    assert_eq!(fresh, false);
    assert_eq!(cached(&first), (true.into(), score.clone()));
    // Another name for the same bytes is the same measurement; other expectations and thresholds are not
    // part of it, either.
    let twin = scratch_root().join("check-twin.mp4");
    std::fs::copy(good(), &twin).unwrap();
    let renamed = case("two", "max = 0.99").replace(text(&good()), text(&twin));
    assert_eq!(
        cached(&manifest("cache-renamed", &renamed)),
        (true.into(), score)
    );
    // Other rules measure other frames, and other bytes are another file.
    let rules = case("three", "min = 0.1").replace("\"next\"", "\"2026-02-18\"");
    assert_eq!(cached(&manifest("cache-rules", &rules)).0, false);
    std::fs::write(
        &twin,
        [
            std::fs::read(good()).unwrap(),
            vec![0, 0, 0, 8, b'f', b'r', b'e', b'e'],
        ]
        .concat(),
    )
    .unwrap();
    assert_eq!(cached(&manifest("cache-renamed", &renamed)).0, false);
    // What is damaged in the cache is measured again.
    for entry in std::fs::read_dir(&cache).unwrap() {
        std::fs::write(entry.unwrap().path(), "{").unwrap();
    }
    assert_eq!(cached(&first).0, false);
}

#[test]
fn blessing_writes_what_came_out_and_keeps_everything_else() {
    let body = format!(
        "# kept\n{}\n# this one too\n{}",
        case("fresh", "").replace("expect = {  }\n", ""),
        case(
            "drifted",
            "score = 0.2, tolerance = 0.5, min = 0.0 # a bound"
        )
        .replace(" }", "")
        .replace("expect = {", "[case.expect]\n")
        .replace(", ", "\n")
    );
    let path = manifest("bless", &body);
    // Without a word about what is expected a check could not fail.
    let refused = check(&path, &["--no-cache"]);
    assert_eq!(refused.code, 3);
    assert!(
        refused.stderr.contains("nothing is expected of it"),
        "{}",
        refused.stderr
    );
    let ran = check(&path, &["--no-cache", "--bless"]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    for (case, field) in [
        ("fresh", "score"),
        ("fresh", "verdict"),
        ("drifted", "score"),
    ] {
        let line = ran
            .stdout
            .lines()
            .find(|l| l.starts_with(case) && l.contains(field));
        assert!(line.is_some(), "{case} {field}: {}", ran.stdout);
    }
    let new = std::fs::read_to_string(&path).unwrap();
    assert!(
        new.contains("# kept") && new.contains("# this one too") && new.contains("# a bound"),
        "{new}"
    );
    assert!(
        new.contains("min = 0.0")
            && new.contains("tolerance = 0.5")
            && !new.contains("score = 0.2\n"),
        "{new}"
    );
    assert_eq!(check(&path, &["--no-cache"]).code, 0);
    let again = check(&path, &["--no-cache", "--bless"]);
    assert!(again.stdout.contains("nothing changed"), "{}", again.stdout);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), new);
}

#[test]
fn commands_make_outputs_once_and_whole() {
    let folder = scratch_root().join("check-made");
    let _not_there = std::fs::remove_dir_all(&folder);
    let made = folder.join("made.mp4");
    let counter = folder.join("runs");
    let script = format!("echo x >> '{}'; cp \"$1\" \"$2\"", counter.display());
    let body = case("made", "min = 0.1").replace(text(&good()), text(&made))
        + &format!(
            "command = [\"sh\", \"-c\", '''{script}''', \"sh\", '{}', \"{{output}}\"]\n",
            good().display()
        );
    let path = manifest(
        "made",
        &body
            .replace("expect =", "#")
            .replace("command", "expect = { min = 0.1 }\ncommand"),
    );
    let cache = folder.join("cache");
    let args = ["--cache", text(&cache)];
    assert_eq!(
        check(&path, &args).code,
        0,
        "{}",
        check(&path, &args).stderr
    );
    assert_eq!(check(&path, &args).code, 0);
    let runs = || std::fs::read_to_string(&counter).unwrap().lines().count();
    assert_eq!(
        runs(),
        1,
        "the same command on the same reference makes the same file"
    );
    assert_eq!(check(&path, &[&args[..], &["--rerun"]].concat()).code, 0);
    assert_eq!(runs(), 2);
    // A file that was changed since is made again.
    std::fs::write(&made, b"changed").unwrap();
    assert_eq!(check(&path, &args).code, 0);
    assert_eq!(runs(), 3);
    // A command that fails leaves what is there, and nothing half written.
    let failing = std::fs::read_to_string(&path).unwrap().replace(
        "cp \"$1\"",
        "cp \"$1\" \"$2\"; echo told; exit 7; cp \"$1\"",
    );
    std::fs::write(&path, failing).unwrap();
    let ran = check(&path, &args);
    assert_eq!(ran.code, 3, "{}", ran.stdout);
    assert!(
        ran.stdout.contains("told") && ran.stdout.contains("exit status: 7"),
        "{}",
        ran.stdout
    );
    let left: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    assert!(
        left.iter()
            .all(|n| !n.to_string_lossy().starts_with("making-")),
        "{left:?}"
    );
    assert_eq!(
        std::fs::read(&made).unwrap(),
        std::fs::read(good()).unwrap()
    );
}

#[test]
fn bad_manifests_are_told_with_their_place() {
    let told = |name: &str, body: &str| {
        let ran = check(&manifest(name, body), &["--no-cache"]);
        assert_eq!(ran.code, 3, "{name}: {}", ran.stderr);
        assert!(ran.stderr.contains("hint: "), "{}", ran.stderr);
        ran.stderr
    };
    let unknown = case("one", "min = 0.1") + "treshold = 85\n";
    let said = told("unknown", &unknown);
    assert!(
        said.contains("check.toml:9:1: unknown field `treshold`"),
        "{said}"
    );
    let said = told("unknown-expect", &case("one", "scor = 0.1"));
    assert!(said.contains(":8:12: unknown field `scor`"), "{said}");
    assert!(told("syntax", "[[case]\n").contains("check.toml:1:"));
    assert!(told("type", &case("one", "min = \"high\"")).contains("invalid type"));
    assert!(told("empty", "").contains("there is no [[case]] in it"));
    assert!(told("only-defaults", "[defaults]\nseed = 1\n").contains("there is no [[case]]"));
    let said = told(
        "twice",
        &(case("same", "min = 0.1") + &case("same", "min = 0.1")),
    );
    assert!(
        said.contains("check.toml:9: case `same`: another case has this name"),
        "{said}"
    );
    let missing = case("one", "min = 0.1").replace(text(&good()), "nowhere.mp4");
    let said = told("missing", &missing);
    assert!(
        said.contains("case `one`") && said.contains("nowhere.mp4: there is no such file"),
        "{said}"
    );
    let needs =
        |name: &str, need: &str| case(name, "min = 0.1") + &format!("needs = [\"{need}\"]\n");
    let said = told(
        "circle",
        &[needs("a", "b"), needs("b", "c"), needs("c", "a")].concat(),
    );
    assert!(
        said.contains("cases go round in a circle: a -> b -> c -> a"),
        "{said}"
    );
    assert!(told("nobody", &needs("a", "x")).contains("it needs `x`, and no case has that name"));
    assert!(
        told(
            "rules",
            &case("one", "min = 0.1").replace("next", "2024-01-01")
        )
        .contains("no rules are known for 2024-01-01")
    );
    assert!(told("bounds", &case("one", "min = 0.5, max = 0.1")).contains("lies above"));
    assert!(told("nan", &case("one", "score = nan")).contains("not a finite number"));
    let inner = manifest(
        "include-inner",
        "include = [\"../check-include/check.toml\"]\n",
    );
    let said = told("include", &format!("include = ['{}']\n", inner.display()));
    assert!(said.contains("manifests go round in a circle"), "{said}");
    let ran = run(&mut vidaio(&["check", "/nowhere/check.toml"]));
    assert_eq!(ran.code, 3);
    assert!(
        ran.stderr
            .contains("/nowhere/check.toml: there is no such file"),
        "{}",
        ran.stderr
    );
    let prepare = "prepare = [[\"false\"]]\n".to_owned() + &case("one", "min = 0.1");
    let ran = check(&manifest("prepare", &prepare), &["--no-cache"]);
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(ran.stderr.contains("`false` failed"), "{}", ran.stderr);
}

#[test]
fn ten_thousand_cases_are_no_burden() {
    let body: String = (0..10_000)
        .map(|i| {
            let needs = if i == 9_999 {
                String::new()
            } else {
                format!("needs = [\"case-{}\"]\n", i + 1)
            };
            case(&format!("case-{i}"), "min = 0.1") + &needs
        })
        .collect();
    let path = manifest("many", &body);
    let cache = scratch_root().join("check-many-cache");
    let begun = std::time::Instant::now();
    let ran = check(
        &path,
        &["--cache", text(&cache), "--jobs", "2", "--json", "-"],
    );
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let got: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(got["passed"], 10_000);
    assert_eq!(got["cases"][0]["name"], "case-0");
    // Not a measure of speed: a way of ordering that takes the square of their number would take hours.
    assert!(begun.elapsed().as_secs() < 300);
}

#[test]
fn the_page_of_a_check_reads_back_in_a_browser() {
    let page = scratch_root().join("check-page.html");
    let body = case("fine", "min = 0.5") + &case("wrong <b>", "score = 0.1");
    let ran = check(
        &manifest("page", &body),
        &["--no-cache", "--html", text(&page), "--json"],
    );
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let Some(seen) = browser("the_page_of_a_check_reads_back_in_a_browser", &page) else {
        return;
    };
    assert_eq!(
        (seen.value("cases"), seen.value("regressed")),
        ("2".into(), "1".into())
    );
    let score: f64 = seen.value("fine.score").parse().unwrap();
    assert_eq!(score, report["cases"][0]["score"].as_f64().unwrap());
    assert_eq!(seen.value("wrong <b>.expected"), "0.1");
}

#[test]
fn the_projects_own_cases_pass() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/check.toml");
    let ran = check(&path, &["--no-cache"]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(
        ran.stdout.contains("6 of 6 cases as expected"),
        "{}",
        ran.stdout
    );
}
