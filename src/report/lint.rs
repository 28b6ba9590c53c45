//! Gates as a table.

use std::fmt::Write as _;

use super::table::{key_values, rows, rules};
use crate::assess::LintVerdict;
use crate::gates::{Cost, Outcome};
use crate::rules::spelled;

fn cost(cost: &Cost) -> String {
    let score = match (cost.score, cost.ledger) {
        (Some(score), _) => format!("score {score}"),
        (None, _) => "no score is recorded".into(),
    };
    if let Some(factor) = cost.ledger_factor {
        return format!("{score}, {:.0} % of the standing", (1.0 - factor) * 100.0);
    }
    match cost.ledger {
        Some(value) if Some(value) != cost.score => format!("{score}, {value} in the standing"),
        Some(_) => score,
        None if cost.score.is_some() => format!("{score}, the standing is left alone"),
        None => score,
    }
}

/// Every gate in the validator's order, then what decides and what else lowers a score.
#[must_use]
pub fn lint_table(v: &LintVerdict) -> String {
    let gates = rows(
        &["#", "gate", "verdict", "measured", "limit"],
        &gate_cells(v),
    );
    format!(
        "{}\n{gates}\n{}{}\n{}\n",
        key_values(&head(v)),
        failures(v),
        notes(v),
        conclusion(v)
    )
}

fn head(v: &LintVerdict) -> Vec<(&'static str, String)> {
    let mut head = vec![
        ("rules", rules(&v.rules, &v.rules_commit)),
        (
            "task",
            format!("{}, {}", spelled(&v.task), spelled(&v.origin)),
        ),
        ("reference", crate::shown::path(&v.reference)),
        ("output", crate::shown::path(&v.output)),
    ];
    if let Some(spread) = &v.spread {
        let gates: Vec<String> = spread
            .gates
            .iter()
            .map(|g| format!("{} {:.0} %", spelled(&g.gate), g.failed * 100.0))
            .collect();
        let gates = if gates.is_empty() {
            String::new()
        } else {
            format!(": {}", gates.join(", "))
        };
        head.push((
            "draws",
            format!(
                "{:.1} % of {} fail{gates}; the worst, seed {}, is shown",
                spread.failed * 100.0,
                spread.draws,
                spread.worst_seed
            ),
        ));
    }
    head
}

fn gate_cells(v: &LintVerdict) -> Vec<Vec<String>> {
    v.gates
        .iter()
        .enumerate()
        .map(|(i, gate)| {
            let mut name = spelled(&gate.gate);
            if let (Some(code), Outcome::Fail) = (&gate.code, gate.outcome) {
                name = format!("{name} {code}");
            }
            vec![
                (i + 1).to_string(),
                name,
                gate.outcome.word().into(),
                gate.measured.clone(),
                gate.limit.clone(),
            ]
        })
        .collect()
}

/// Gates that fail or warn, with the cost and the fix.
fn failures(v: &LintVerdict) -> String {
    let mut text = String::new();
    for gate in &v.gates {
        if !matches!(gate.outcome, Outcome::Fail | Outcome::Warn) {
            continue;
        }
        let name = spelled(&gate.gate);
        let word = gate.outcome.word();
        let decides = if Some(gate.gate) == v.decided_by {
            ", decides"
        } else {
            ""
        };
        let why = gate.reason.as_deref().unwrap_or(&gate.measured);
        let _ = writeln!(text, "{word} {name}{decides}: {why}");
        if let Some(paid) = &gate.cost {
            let _ = writeln!(text, "     costs: {}", cost(paid));
        }
        if let Some(fix) = &gate.fix {
            let _ = writeln!(text, "     mend:  {fix}");
        }
    }
    text
}

fn notes(v: &LintVerdict) -> String {
    let mut text = String::new();
    for warning in &v.warnings {
        let _ = writeln!(text, "note {}: {}", warning.name, warning.found);
        let _ = writeln!(text, "     mend:  {}", warning.fix);
    }
    if !v.live_gates_not_judged.is_empty() {
        let names: Vec<String> = v.live_gates_not_judged.iter().map(spelled).collect();
        let _ = writeln!(
            text,
            "note {} does not have these gates of the live network: {}\n     `--rules latest` judges them",
            v.rules,
            names.join(", ")
        );
    }
    text
}

fn conclusion(v: &LintVerdict) -> String {
    let open = v
        .gates
        .iter()
        .filter(|g| g.outcome == Outcome::NotJudged)
        .count();
    let rest = if open == 0 {
        String::new()
    } else {
        format!("; {open} could not be judged here")
    };
    match (&v.reason, v.passed) {
        (Some(reason), false) => format!("FAIL: {reason}{rest}"),
        _ => match v.ledger {
            Some(ledger) => format!(
                "PASS: no gate fails, but a file that is not smaller costs {ledger} in the standing{rest}"
            ),
            None => format!("PASS: no gate fails{rest}"),
        },
    }
}
