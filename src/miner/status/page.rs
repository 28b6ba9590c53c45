//! The page: one HTML file made by the server, without a script, which a browser fetches anew by itself.

use std::fmt::Write as _;

use super::health::Health;
use super::serve::Facts;
use super::standing::Window;
use crate::miner::rounds::{Outcome, Served};
use crate::report::html::{Cell, escape, page, table};

/// Seconds after which a browser fetches the page again.
const AGAIN: u32 = 10;

/// Addresses and paths are long words, and phones narrow.
const STYLE: &str = "<style>code{overflow-wrap:anywhere}td{white-space:nowrap}\
     td:last-child{white-space:normal;min-width:10rem}</style>";

/// What the page shows.
pub(super) struct Shown<'a> {
    pub(super) facts: &'a Facts,
    pub(super) health: Health,
    pub(super) last: Vec<Served>,
    pub(super) windows: Vec<Window>,
    pub(super) extras: Vec<(&'static str, String)>,
    pub(super) now: f64,
}

pub(super) fn render(shown: &Shown<'_>) -> String {
    let mut body = format!("<meta http-equiv=\"refresh\" content=\"{AGAIN}\">\n{STYLE}\n");
    let word = if shown.health.well {
        "<span class=\"pass\">well</span>"
    } else {
        "<span class=\"fail\">not well</span>"
    };
    let _written = writeln!(
        body,
        "<p>{word}, up {}. Hotkey <code>{}</code>.</p>",
        ago(shown.facts.since.elapsed().as_secs_f64()),
        escape(&shown.facts.hotkey)
    );
    body += "<h2>Health</h2>\n";
    let rows: Vec<Vec<Cell>> = shown
        .health
        .parts
        .iter()
        .map(|part| {
            let word = Cell::text(if part.well { "well" } else { "not well" });
            vec![
                Cell::text(part.name),
                word.class(if part.well { "pass" } else { "fail" }),
                Cell::text(part.says.as_str()),
            ]
        })
        .collect();
    body += &table(&["part", "", "says"], &rows);
    body += &standing(&shown.windows);
    body += &requests(&shown.last, shown.now);
    body += "<h2>Set up</h2>\n";
    let row = |name: &str, value: &str| vec![Cell::text(name), Cell::text(value)];
    let lines = shown.facts.lines.iter().chain(&shown.extras);
    let mut rows: Vec<Vec<Cell>> = lines.map(|(name, value)| row(name, value)).collect();
    let machine = shown.facts.machine.get().into_iter().flatten();
    rows.extend(machine.map(|(name, value)| row(name, value)));
    body += &table(&["what", "how"], &rows);
    page("vidaio mine", &body)
}

fn standing(windows: &[Window]) -> String {
    if windows.is_empty() {
        return "<h2>Rounds</h2>\n<p>No scored round was served yet.</p>\n".into();
    }
    let rows: Vec<Vec<Cell>> = windows
        .iter()
        .map(|w| {
            let [bonus, f, q, total] = w.factors;
            vec![
                Cell::text(w.task.noun()),
                Cell::text(w.rounds.to_string()),
                Cell::text(format!("{:.4}", w.average)),
                Cell::text(format!("{bonus:.3}")),
                Cell::text(format!("{f:.3}")),
                Cell::text(format!("{q:.3}")),
                Cell::text(format!("{total:.3}")),
            ]
        })
        .collect();
    let heads = [
        "task",
        "rounds",
        "average",
        "bonus",
        "penalty f",
        "penalty q",
        "multiplier",
    ];
    format!(
        "<h2>Rounds</h2>\n<p>The last ten of each task, by this miner's own prediction. Multipliers are \
         those of <code>documented</code>; <code>next</code> has none.</p>\n{}",
        table(&heads, &rows)
    )
}

fn requests(last: &[Served], now: f64) -> String {
    if last.is_empty() {
        return "<h2>Requests</h2>\n<p>No validator has asked yet.</p>\n".into();
    }
    let mut validators: Vec<(String, usize, f64)> = Vec::new();
    for served in last {
        let Some(validator) = served.validator else {
            continue;
        };
        let name = validator.to_string();
        match validators.iter_mut().find(|(known, ..)| *known == name) {
            Some((_, count, _)) => *count += 1,
            None => validators.push((name, 1, served.at)),
        }
    }
    let seen: Vec<Vec<Cell>> = validators
        .iter()
        .map(|(name, count, at)| {
            vec![
                Cell::text(name.as_str()),
                Cell::text(count.to_string()),
                Cell::text(format!("{} ago", ago(now - at))),
            ]
        })
        .collect();
    let rows: Vec<Vec<Cell>> = last
        .iter()
        .map(|s| {
            let (word, class) = match s.outcome {
                Outcome::Delivered => ("delivered", "pass"),
                Outcome::Refused => ("refused", "warn"),
                Outcome::Failed => ("failed", "fail"),
            };
            vec![
                Cell::text(format!("{} ago", ago(now - s.at))),
                Cell::text(s.task.map_or("-", |t| t.noun())),
                Cell::text(s.name.as_str()),
                Cell::text(word).class(class),
                Cell::text(number(s.score, 4)),
                Cell::text(match s.threshold {
                    Some(threshold) => format!("{} of {threshold}", number(s.vmaf, 2)),
                    None => number(s.vmaf, 2),
                }),
                Cell::text(format!("{:.1} s", s.seconds)),
                Cell::text(format!("{} → {}", s.bytes.0, s.bytes.1)),
                Cell::text(format!("{} {}", s.by, s.device)),
                Cell::text(s.rules.as_str()),
                Cell::text(s.reason.as_str()),
            ]
        })
        .collect();
    let heads = [
        "when", "task", "name", "how", "score", "VMAF", "took", "bytes", "by", "rules", "why",
    ];
    format!(
        "<h2>Requests</h2>\n{}<h2>Validators seen</h2>\n{}",
        table(&heads, &rows),
        table(&["hotkey", "requests shown here", "last"], &seen)
    )
}

fn number(value: Option<f64>, digits: usize) -> String {
    value.map_or_else(|| "-".into(), |v| format!("{v:.digits$}"))
}

fn ago(seconds: f64) -> String {
    match seconds {
        s if s < 120.0 => format!("{s:.0} s"),
        s if s < 7200.0 => format!("{:.0} min", s / 60.0),
        s if s < 172_800.0 => format!("{:.0} h", s / 3600.0),
        s => format!("{:.0} d", s / 86_400.0),
    }
}
