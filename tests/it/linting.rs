//! `vidaio lint` as tests call it, and what they want of its answer.

use std::path::Path;

use serde_json::Value;

use super::gate_clips::reference;
use super::surroundings::{run, vidaio};

pub(crate) const HEAD: &str = "2026-08-18";
pub(crate) const SEED: &str = "2025-10-20";

pub(crate) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// What `vidaio lint` says.
pub(crate) struct Lint {
    pub(crate) code: i32,
    pub(crate) json: Value,
}

impl Lint {
    pub(crate) fn of(&self, gate: &str) -> &Value {
        let gates = self.json["gates"].as_array().unwrap();
        gates
            .iter()
            .find(|g| g["gate"] == gate)
            .unwrap_or_else(|| panic!("no gate {gate}: {}", self.json))
    }

    pub(crate) fn failed(&self) -> Vec<&str> {
        let gates = self.json["gates"].as_array().unwrap();
        gates
            .iter()
            .filter(|g| g["outcome"] == "fail")
            .map(|g| g["gate"].as_str().unwrap())
            .collect()
    }

    pub(crate) fn warnings(&self) -> Vec<&str> {
        let warnings = self.json["warnings"].as_array().unwrap();
        warnings
            .iter()
            .map(|w| w["name"].as_str().unwrap())
            .collect()
    }

    #[track_caller]
    pub(crate) fn passes(self) -> Self {
        assert_eq!(
            (self.failed(), self.code),
            (vec![], 0),
            "{}",
            self.json["reason"]
        );
        self
    }

    #[track_caller]
    pub(crate) fn trips(self, gates: &[&str]) -> Self {
        assert_eq!((self.failed().as_slice(), self.code), (gates, 1));
        assert_eq!(self.json["decided_by"], gates[0]);
        for gate in gates {
            let found = self.of(gate);
            assert!(
                found["mend"].as_str().is_some_and(|m| !m.is_empty()),
                "{found}"
            );
            assert!(
                found["reason"].as_str().is_some_and(|m| !m.is_empty()),
                "{found}"
            );
            assert!(found["cost"].is_object(), "{found}");
        }
        self
    }
}

pub(crate) fn lint(
    reference: &Path,
    output: &Path,
    task: &str,
    rules: &str,
    extra: &[&str],
) -> Lint {
    let mut args = vec!["lint", text(reference), text(output), "--task", task];
    args.extend(["--rules", rules, "--format", "json", "--quiet"]);
    args.extend(extra);
    let ran = run(&mut vidaio(&args));
    let json = serde_json::from_str(&ran.stdout)
        .unwrap_or_else(|e| panic!("{e}: {} {}", ran.stdout, ran.stderr));
    Lint {
        code: ran.code,
        json,
    }
}

pub(crate) fn compress(output: &Path, rules: &str, extra: &[&str]) -> Lint {
    let mut args = vec!["--threshold", "60"];
    args.extend(extra);
    lint(&reference(), output, "compress", rules, &args)
}

/// Judged by today's rules with a low threshold, which only warps of the picture miss.
pub(crate) fn lenient(output: &Path) -> Lint {
    lint(
        &reference(),
        output,
        "compress",
        "next",
        &["--threshold", "10"],
    )
}

/// The same without measuring: for gates that look at the files alone.
pub(crate) fn files(output: &Path, rules: &str, extra: &[&str]) -> Lint {
    let mut args = vec!["--no-metrics"];
    args.extend(extra);
    compress(output, rules, &args)
}
