//! Multipliers as a table and as CSV.

use serde_json::{Map, Value};

use super::csv::to_csv;
use super::table::{key_values, rows, rules};
use crate::domain::Task;
use crate::history::SortOrder;
use crate::rules::{MultiplierRules, Revision};
use crate::scoring::{Direction, Marks};
use crate::standing::{MultiplierVerdict, TaskMultipliers, WindowRecord};

/// How much is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Detail {
    /// Each factor as a formula.
    pub explain: bool,
    /// A small curve of the scores.
    pub spark: bool,
}

/// Rounds that are listed by name in one cell.
const NAMED: usize = 12;

/// The limits of one task, in words for its factors.
struct Limits {
    bonus: String,
    penalty_f: String,
    penalty_q: Option<String>,
    above: f64,
}

fn limits(rules: &MultiplierRules, task: Task) -> Option<Limits> {
    Some(match task {
        Task::Upscale => Limits {
            bonus: format!("S_F > {}", rules.upscaling_bonus_above),
            penalty_f: format!("S_F < {}", rules.upscaling_penalty_f_below),
            penalty_q: Some(format!("S_Q < {}", rules.upscaling_penalty_q_below)),
            above: rules.upscaling_bonus_above,
        },
        Task::Compress => Limits {
            bonus: format!("S_f > {}", rules.compression_bonus_above?),
            penalty_f: format!("S_f < {}", rules.compression_penalty_f_below?),
            penalty_q: None,
            above: rules.compression_bonus_above?,
        },
    })
}

/// Multipliers as tables.
#[must_use]
pub fn multipliers_table(v: &MultiplierVerdict, revision: &Revision, detail: Detail) -> String {
    let order = match v.history.order {
        SortOrder::Timestamp => "by timestamp",
        SortOrder::Round => "by round",
        SortOrder::File => "by file name and place",
    };
    let mut text = key_values(&[
        ("rules", rules(&v.rules, &v.rules_commit)),
        (
            "history",
            format!(
                "{}: {} rounds in {} files, {order}",
                v.history.folder.display(),
                v.history.records,
                v.history.files
            ),
        ),
    ]);
    let mixed = v.tasks.values().any(|t| t.mixed_window);
    let shown = v.tasks.iter().filter(|(_, t)| t.rounds > 0);
    // Both tasks hold the same window there.
    for (task, found) in shown.take(if mixed { 1 } else { 2 }) {
        text.push('\n');
        text += &task_table(task.0, found, revision, detail);
    }
    if !v.notes.is_empty() {
        text.push('\n');
        for note in &v.notes {
            text += &format!("note: {note}\n");
        }
    }
    text
}

fn task_table(task: Task, t: &TaskMultipliers, revision: &Revision, detail: Detail) -> String {
    let name = if t.mixed_window {
        "upscaling and compression"
    } else {
        task.noun()
    };
    let span = match (t.records.first(), t.records.last()) {
        (Some(first), Some(last)) if t.records.len() > 1 => {
            format!("rounds {} to {}", first.label, last.label)
        }
        (Some(only), _) => format!("round {}", only.label),
        _ => "no round".into(),
    };
    let mut text = format!("{name}: {span}, {} of {}\n", t.records.len(), t.rounds);
    let score = task.score_name();
    if let (Some(rules), Some(total)) = (&revision.multipliers, t.total_multiplier) {
        text += &factors(task, t, rules, total);
        if detail.explain {
            text += &explained(t, rules);
        }
    }
    let mut facts = Vec::new();
    if let Some(ewma) = t.ewma {
        facts.push((
            "standing",
            format!(
                "{ewma:.6}, an exponentially weighted mean over {} rounds (decay {})",
                t.rounds, revision.ledger.decay
            ),
        ));
    }
    if let (Some(f), Some(q)) = (t.avg_s_f, t.avg_s_q) {
        let quality = if task == Task::Upscale || t.mixed_window {
            format!(", S_Q {q:.6}")
        } else {
            String::new()
        };
        facts.push(("average", format!("{score} {f:.6}{quality}")));
    }
    if let Some(tier) = &t.tier {
        facts.push(("tier", tier.clone()));
    }
    facts.extend(trend(t, detail.spark));
    text += &key_values(&facts);
    text += &next(task, t, revision);
    text + &also(t)
}

fn factors(task: Task, t: &TaskMultipliers, rules: &MultiplierRules, total: f64) -> String {
    let Some(limits) = limits(rules, task) else {
        return String::new();
    };
    let row = |name: &str,
               count: Option<u64>,
               pick: fn(&Marks) -> bool,
               factor: Option<f64>,
               limit: String| {
        vec![
            name.to_owned(),
            format!("{}/{}", count.unwrap_or(0), t.window),
            format!("{:.6}", factor.unwrap_or(1.0)),
            limit,
            named(&t.records, pick),
        ]
    };
    let score = task.score_name();
    let (bonus, penalty_f, penalty_q) = if t.mixed_window {
        let own = |s: &str| s.to_owned();
        (own("by task"), own("by task"), Some(own("by task")))
    } else {
        (limits.bonus, limits.penalty_f, limits.penalty_q)
    };
    let mut lines = vec![
        row(
            "bonus",
            t.bonus_count,
            |m| m.bonus,
            t.bonus_multiplier,
            bonus,
        ),
        row(
            &format!("{score} penalty"),
            t.penalty_f_count,
            |m| m.penalty_f,
            t.penalty_f_multiplier,
            penalty_f,
        ),
    ];
    if let Some(limit) = penalty_q {
        lines.push(row(
            "quality penalty",
            t.penalty_q_count,
            |m| m.penalty_q,
            t.penalty_q_multiplier,
            limit,
        ));
    }
    if let Some(margin) = &t.vmaf_margin {
        lines.push(vec![
            "VMAF margin".into(),
            format!("{}/{}", margin.count, t.window),
            "undefined".into(),
            format!("VMAF < threshold + {}", margin.points),
            named(&t.records, |m| m.near_threshold),
        ]);
    }
    lines.push(vec![
        "total".into(),
        String::new(),
        format!("{total:.6}"),
        String::new(),
        format!("{:+.2} %", (total - 1.0) * 100.0),
    ]);
    rows(
        &["factor", "count", "multiplier", "counts", "rounds"],
        &lines,
    )
}

/// The rounds that count for something, by name.
fn named(records: &[WindowRecord], pick: fn(&Marks) -> bool) -> String {
    let names: Vec<&str> = records
        .iter()
        .filter(|r| pick(&r.counts_for))
        .map(|r| r.label.as_str())
        .collect();
    match names.len() {
        0 => "-".into(),
        n if n > NAMED => format!("{}, … ({} more)", names[..NAMED].join(", "), n - NAMED),
        _ => names.join(", "),
    }
}

fn explained(t: &TaskMultipliers, rules: &MultiplierRules) -> String {
    let line = |name: &str, sign: char, count: Option<u64>, most: f64, factor: Option<f64>| {
        format!(
            "  {name} = 1 {sign} ({}/{}) x {most} = {}\n",
            count.unwrap_or(0),
            t.window,
            factor.unwrap_or(1.0)
        )
    };
    let shown = |f: Option<f64>| f.unwrap_or(1.0).to_string();
    let short = if (t.records.len() as u64) < t.window {
        format!(
            "  {} rounds so far, and counts are divided by {} all the same\n",
            t.records.len(),
            t.window
        )
    } else {
        String::new()
    };
    line(
        "bonus",
        '+',
        t.bonus_count,
        rules.bonus_max,
        t.bonus_multiplier,
    ) + &line(
        "score penalty",
        '-',
        t.penalty_f_count,
        rules.penalty_f_max,
        t.penalty_f_multiplier,
    ) + &line(
        "quality penalty",
        '-',
        t.penalty_q_count,
        rules.penalty_q_max,
        t.penalty_q_multiplier,
    ) + &format!(
        "  total = {} x {} x {} = {}\n",
        shown(t.bonus_multiplier),
        shown(t.penalty_f_multiplier),
        shown(t.penalty_q_multiplier),
        shown(t.total_multiplier)
    ) + &short
}

fn trend(t: &TaskMultipliers, spark: bool) -> Vec<(&'static str, String)> {
    let Some(trend) = &t.trend else {
        return if t.recent_scores.is_empty() {
            Vec::new()
        } else {
            vec![("trend", "one round alone has none".into())]
        };
    };
    let text = match (trend.earlier, trend.direction) {
        (Some(earlier), Some(direction)) => {
            let word = match direction {
                Direction::Improving => "improving",
                Direction::Declining => "declining",
                Direction::Stable => "stable",
            };
            let percent = trend
                .percent
                .map_or_else(String::new, |p| format!(" ({p:+.2} %)"));
            format!("{word}{percent}: {:.6} after {earlier:.6}", trend.recent)
        }
        _ => format!(
            "{:.6}; there is no whole window before to compare with",
            trend.recent
        ),
    };
    let mut lines = vec![("trend", text)];
    if spark {
        lines.push(("scores", sparkline(&t.recent_scores)));
    }
    lines
}

/// Eight heights from the least to the largest score; markers below zero stand at the foot.
fn sparkline(scores: &[f64]) -> String {
    const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let real = || scores.iter().copied().filter(|s| *s >= 0.0);
    let (least, most) = (real().fold(f64::MAX, f64::min), real().fold(0.0, f64::max));
    scores
        .iter()
        .map(|score| {
            let part = if most > least {
                ((score - least) / (most - least)).clamp(0.0, 1.0)
            } else {
                0.5
            };
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "0 to 7"
            )]
            HEIGHTS[(part * 7.0).round() as usize]
        })
        .collect()
}

/// What the next rounds would change.
fn next(task: Task, t: &TaskMultipliers, revision: &Revision) -> String {
    let (Some(outlook), Some(rules)) = (&t.outlook, &revision.multipliers) else {
        return String::new();
    };
    let (Some(limits), Some(now)) = (limits(rules, task), t.total_multiplier) else {
        return String::new();
    };
    let mut text = String::new();
    match (outlook.leaves_next, t.records.first()) {
        (Some(marks), Some(first)) => {
            text += &format!(
                "next: round {} leaves the window; it counts for {}\n",
                first.label,
                counted(marks)
            );
        }
        _ => {
            let room = t.window - t.records.len() as u64;
            text += &format!("next: no round leaves the window for {room} more\n");
        }
    }
    let above = if t.mixed_window {
        "its bonus limit".to_owned()
    } else {
        limits.above.to_string()
    };
    let best = outlook.bonus_run.last().copied().unwrap_or(now);
    // The first run that lifts, the first that lifts further, and the one that reaches the most.
    let mut steps: Vec<usize> = Vec::new();
    let reaching = |value: f64| outlook.bonus_run.iter().position(|v| *v > value);
    let lifts = reaching(now);
    let further = lifts.and_then(|run| reaching(outlook.bonus_run[run]));
    let full = outlook.bonus_run.iter().position(|v| *v >= best);
    for run in [lifts, further, full].into_iter().flatten() {
        if outlook.bonus_run[run] > now && !steps.contains(&run) {
            steps.push(run);
        }
    }
    if steps.is_empty() {
        text +=
            &format!("      more rounds above {above} keep you at {now:.4}, the most there is\n");
    } else {
        let parts: Vec<String> = steps
            .iter()
            .map(|run| {
                let rounds = if *run == 0 { "round" } else { "rounds" };
                format!("{} more {rounds}: {:.4}", run + 1, outlook.bonus_run[*run])
            })
            .collect();
        text += &format!("      above {above}, {}\n", parts.join("; "));
    }
    text + &format!(
        "      one round between the limits: {:.4}; one below them all: {:.4}\n",
        outlook.after_neutral, outlook.after_poor
    )
}

fn counted(marks: Marks) -> &'static str {
    match (marks.bonus, marks.penalty_f, marks.penalty_q) {
        (true, _, true) => "the bonus and the quality penalty",
        (true, _, false) => "the bonus",
        (false, true, true) => "both penalties",
        (false, true, false) => "the score penalty",
        (false, false, true) => "the quality penalty",
        (false, false, false) => "nothing",
    }
}

fn also(t: &TaskMultipliers) -> String {
    if t.also.is_empty() {
        return String::new();
    }
    let parts: Vec<String> = t
        .also
        .iter()
        .map(|a| {
            format!(
                "{} {:.4} ({}/{}/{})",
                a.rules, a.total_multiplier, a.bonus_count, a.penalty_f_count, a.penalty_q_count
            )
        })
        .collect();
    format!("other rules: {}\n", parts.join(", "))
}

/// One row for each task.
#[must_use]
pub fn multipliers_csv(v: &MultiplierVerdict) -> String {
    let lines: Vec<Value> = v
        .tasks
        .iter()
        .filter_map(|(task, found)| {
            let Ok(Value::Object(fields)) = serde_json::to_value(found) else {
                return None;
            };
            let mut line = Map::new();
            let nested = [
                "records",
                "vmaf_margin",
                "outlook",
                "trend",
                "recent_scores",
                "also",
            ];
            let fields = fields
                .into_iter()
                .filter(|(key, _)| !nested.contains(&key.as_str()));
            line.insert("rules".into(), v.rules.clone().into());
            line.insert("task_type".into(), task.0.noun().into());
            line.extend(fields);
            Some(Value::Object(line))
        })
        .collect();
    to_csv(&lines)
}
