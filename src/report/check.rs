//! Results of checks as a table, as JUnit for CI, and as a page.

use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::html::{Cell, page, table};
use super::table::rows;
use crate::check::{CaseResult, CaseState, CheckReport, Verdict};
use crate::rules::spelled;

fn word(state: CaseState) -> &'static str {
    match state {
        CaseState::Passed => "ok",
        CaseState::Regressed => "REGRESSED",
        CaseState::Error => "ERROR",
    }
}

fn verdict(case: &CaseResult) -> String {
    match (case.verdict, case.gate) {
        (None, _) => "-".into(),
        (Some(Verdict::Pass), _) => "pass".into(),
        (Some(Verdict::Fail), gate) => {
            format!("fail: {}", gate.map_or_else(String::new, |g| spelled(&g)))
        }
    }
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "-".into(), |v| format!("{v:.6}"))
}

/// A table of all cases, then what is wrong, then the count.
#[must_use]
pub fn check_table(report: &CheckReport) -> String {
    let cells: Vec<Vec<String>> = report
        .cases
        .iter()
        .map(|c| {
            vec![
                c.name.clone(),
                word(c.state).into(),
                c.rules.clone(),
                number(c.score),
                number(c.expected.score),
                number(c.vmaf),
                verdict(c),
                if c.cached { "cached" } else { "" }.into(),
            ]
        })
        .collect();
    let header = [
        "case", "result", "rules", "score", "expected", "VMAF", "gates", "",
    ];
    let mut text = rows(&header, &cells);
    text.push('\n');
    for case in report.cases.iter().filter(|c| c.state != CaseState::Passed) {
        for problem in &case.problems {
            text += &format!("{} {}: {problem}\n", word(case.state), case.name);
        }
    }
    text + &format!(
        "{} of {} cases as expected, {} regressed, {} could not be scored\n",
        report.passed,
        report.cases.len(),
        report.regressed,
        report.errors
    )
}

/// JUnit XML, as CI services read it.
///
/// # Errors
/// What the XML library says.
pub fn junit(report: &CheckReport) -> Result<String, String> {
    let mut whole = Report::new("vidaio check");
    whole.set_time(Duration::from_secs_f64(report.seconds.max(0.0)));
    let mut suite = TestSuite::new(report.manifest.clone());
    suite.set_time(Duration::from_secs_f64(report.seconds.max(0.0)));
    for case in &report.cases {
        let status = match case.state {
            CaseState::Passed => TestCaseStatus::success(),
            state => {
                let (kind, name) = if state == CaseState::Regressed {
                    (NonSuccessKind::Failure, "regression")
                } else {
                    (NonSuccessKind::Error, "error")
                };
                let mut status = TestCaseStatus::non_success(kind);
                status.set_type(name);
                status.set_message(case.problems.join("; "));
                status
            }
        };
        let mut test = TestCase::new(case.name.clone(), status);
        test.set_classname(format!("{}.{}", spelled(&case.task), case.rules));
        test.set_time(Duration::from_secs_f64(case.seconds.max(0.0)));
        test.set_system_out(format!(
            "score {}, metrics alone {}, VMAF {}, gates {}, rules {} ({}), seed {}{}",
            number(case.score),
            number(case.score_metrics),
            number(case.vmaf),
            verdict(case),
            case.rules,
            case.rules_commit,
            case.seed,
            if case.cached {
                ", measurement from the cache"
            } else {
                ""
            }
        ));
        suite.add_test_case(test);
    }
    whole.add_test_suite(suite);
    whole.to_string().map_err(|e| e.to_string())
}

/// A page with every case.
#[must_use]
pub fn check_page(report: &CheckReport) -> String {
    let summary = format!(
        "<p><span data-key=\"passed\">{}</span> of <span data-key=\"cases\">{}</span> cases as \
         expected, <span data-key=\"regressed\">{}</span> regressed, <span data-key=\"errors\">{}</span> \
         could not be scored; {:.1} s.</p>\n",
        report.passed,
        report.cases.len(),
        report.regressed,
        report.errors,
        report.seconds
    );
    let rows: Vec<Vec<Cell>> = report
        .cases
        .iter()
        .map(|c| {
            let class = if c.state == CaseState::Passed {
                "pass"
            } else {
                "fail"
            };
            vec![
                Cell::text(&c.name),
                Cell::text(word(c.state)).class(class),
                Cell::text(spelled(&c.task)),
                Cell::text(&c.rules),
                Cell::number(format!("{}.score", c.name), c.score),
                Cell::number(format!("{}.expected", c.name), c.expected.score),
                Cell::number(format!("{}.vmaf", c.name), c.vmaf),
                Cell::text(verdict(c)),
                Cell::text(c.problems.join("; ")),
            ]
        })
        .collect();
    let header = [
        "case",
        "result",
        "task",
        "rules",
        "score",
        "expected",
        "VMAF",
        "gates",
        "what is wrong",
    ];
    page("vidaio check", &(summary + &table(&header, &rows)))
}
