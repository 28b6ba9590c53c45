//! The page: one HTML file without a script, which a browser reloads by itself.

use std::fmt::Write as _;

use super::health::Health;
use super::info::MinerInfo;
use super::windows::TaskWindow;
use crate::miner::request_record::{RequestOutcome, RequestRecord};
use crate::report::html::{Cell, escape, page, table};

/// Seconds after which a browser loads the page again. Our choice.
const REFRESH: u32 = 10;

/// Addresses and paths are long words, and phone screens are narrow.
const STYLE: &str = "<style>code{overflow-wrap:anywhere}td{white-space:nowrap}\
     td:last-child{white-space:normal;min-width:10rem}</style>";

/// What the page shows.
pub(super) struct PageContent<'a> {
    pub(super) info: &'a MinerInfo,
    pub(super) health: Health,
    /// The newest first.
    pub(super) requests: Vec<RequestRecord>,
    pub(super) windows: Vec<TaskWindow>,
    pub(super) extras: Vec<(&'static str, String)>,
    /// Unix seconds.
    pub(super) now: f64,
}

pub(super) fn render(content: &PageContent<'_>) -> String {
    let mut body = format!("<meta http-equiv=\"refresh\" content=\"{REFRESH}\">\n{STYLE}\n");
    let word = if content.health.healthy {
        "<span class=\"pass\">well</span>"
    } else {
        "<span class=\"fail\">not well</span>"
    };
    let _written = writeln!(
        body,
        "<p>{word}, up {}. Hotkey <code>{}</code>.</p>",
        ago(content.info.started.elapsed().as_secs_f64()),
        escape(&content.info.hotkey)
    );
    body += "<h2>Health</h2>\n";
    let rows: Vec<Vec<Cell>> = content
        .health
        .parts
        .iter()
        .map(|part| {
            let word = Cell::text(if part.healthy { "well" } else { "not well" });
            vec![
                Cell::text(part.name),
                word.class(if part.healthy { "pass" } else { "fail" }),
                Cell::text(part.detail.as_str()),
            ]
        })
        .collect();
    body += &table(&["part", "", "says"], &rows);
    body += &standing(&content.windows);
    body += &requests(&content.requests, content.now);
    body += "<h2>Set up</h2>\n";
    let row = |name: &str, value: &str| vec![Cell::text(name), Cell::text(value)];
    let lines = content.info.lines.iter().chain(&content.extras);
    let mut rows: Vec<Vec<Cell>> = lines.map(|(name, value)| row(name, value)).collect();
    let machine = content.info.equipment.get().into_iter().flatten();
    rows.extend(machine.map(|(name, value)| row(name, value)));
    body += &table(&["what", "how"], &rows);
    page("vidaio mine", &body)
}

fn standing(windows: &[TaskWindow]) -> String {
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

fn requests(records: &[RequestRecord], now: f64) -> String {
    if records.is_empty() {
        return "<h2>Requests</h2>\n<p>No validator has asked yet.</p>\n".into();
    }
    let mut validators: Vec<(String, usize, f64)> = Vec::new();
    for record in records {
        let Some(validator) = record.validator else {
            continue;
        };
        let name = validator.to_string();
        match validators.iter_mut().find(|(known, ..)| *known == name) {
            Some((_, count, _)) => *count += 1,
            None => validators.push((name, 1, record.ended_at)),
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
    let rows: Vec<Vec<Cell>> = records
        .iter()
        .map(|r| {
            let class = match r.outcome {
                RequestOutcome::Delivered => "pass",
                RequestOutcome::Refused => "warn",
                RequestOutcome::Failed => "fail",
            };
            vec![
                Cell::text(format!("{} ago", ago(now - r.ended_at))),
                Cell::text(r.task.map_or("-", |t| t.0.noun())),
                Cell::text(r.name.as_str()),
                Cell::text(r.outcome.name()).class(class),
                Cell::text(number(r.score, 4)),
                Cell::text(match r.threshold {
                    Some(threshold) => format!("{} of {threshold}", number(r.vmaf, 2)),
                    None => number(r.vmaf, 2),
                }),
                Cell::text(format!("{:.1} s", r.seconds)),
                Cell::text(format!("{} → {}", r.bytes.0, r.bytes.1)),
                Cell::text(format!("{} {}", r.tools, r.device)),
                Cell::text(r.rules.as_str()),
                Cell::text(r.reason.as_str()),
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
