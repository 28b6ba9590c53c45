//! The ledger as a table, as a curve in the terminal and as a curve in a file.

use plotters::prelude::{
    BLACK, ChartBuilder, IntoDrawingArea as _, LineSeries, RGBColor, SVGBackend, WHITE,
};
use textplots::{Chart, Plot as _, Shape};

use super::table::{key_values, rows, rules};
use crate::domain::Task;
use crate::rules::Revision;
use crate::scoring::Standing;
use crate::standing::{HistoryFacts, LedgerStep};

/// Most points of a curve; beyond, every second one is dropped. Our choice.
const POINTS: usize = 4096;

/// The standing after each step, at a reduced resolution for drawing.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    points: Vec<(f64, f64)>,
    stride: u64,
    count: u64,
}

impl Default for Curve {
    fn default() -> Self {
        Self {
            points: Vec::new(),
            stride: 1,
            count: 0,
        }
    }
}

impl Curve {
    /// Takes the next value.
    #[expect(clippy::cast_precision_loss, reason = "a position on a drawing")]
    pub fn add(&mut self, value: f64) {
        if self.count.is_multiple_of(self.stride) {
            self.points.push(((self.count + 1) as f64, value));
        }
        self.count += 1;
        if self.points.len() > POINTS {
            let mut keep = false;
            self.points.retain(|_| {
                keep = !keep;
                keep
            });
            self.stride *= 2;
        }
    }

    fn highest(&self) -> f64 {
        self.points.iter().map(|(_, y)| *y).fold(0.0, f64::max)
    }
}

/// The newest steps, and where they end.
#[must_use]
pub fn ledger_table(
    revision: &Revision,
    history: &HistoryFacts,
    shown: &[LedgerStep],
    count: u64,
    standings: &[(Task, &Standing)],
) -> String {
    let mut text = key_values(&[
        ("rules", rules(&revision.name, &revision.commit)),
        ("decay", revision.ledger.decay.to_string()),
        (
            "history",
            format!(
                "{}: {} rounds in {} files",
                history.folder.display(),
                history.records,
                history.files
            ),
        ),
    ]);
    text.push('\n');
    if count > shown.len() as u64 {
        text += &format!(
            "the newest {} of {count} steps (--last N shows more, --format csv all)\n",
            shown.len()
        );
    }
    text += &step_rows(shown);
    text.push('\n');
    text + &key_values(&ends(revision, standings))
}

fn step_rows(shown: &[LedgerStep]) -> String {
    let cells: Vec<Vec<String>> = shown
        .iter()
        .map(|step| {
            vec![
                step.round
                    .map_or_else(|| format!("#{}", step.position), |n| n.to_string()),
                step.task_type.0.noun().into(),
                format!("{:.6}", step.s_f),
                format!("{:.6}", step.multiplier),
                format!("{:.6}", step.before),
                format!("{:.6}", step.accumulate_score),
                step.event.into(),
            ]
        })
        .collect();
    let header = [
        "round",
        "task",
        "score",
        "multiplier",
        "before",
        "after",
        "what",
    ];
    rows(&header, &cells)
}

/// Where the steps end, by task.
fn ends(revision: &Revision, standings: &[(Task, &Standing)]) -> Vec<(&'static str, String)> {
    let mut ends = Vec::new();
    for (task, standing) in standings {
        if standing.task() != Some(*task) {
            continue;
        }
        ends.push((
            "standing",
            format!("{:.6} as {} miner", standing.value(), task.noun()),
        ));
        if revision.multipliers.is_some() {
            let m = standing.multipliers();
            ends.push((
                "multiplier",
                format!("{:.6}, tier {}", m.total, standing.tier()),
            ));
            ends.push((
                "success rate",
                format!(
                    "{:.4} ({} records kept, {} rounds since the last reset)",
                    standing.success_rate(),
                    standing.records_kept(),
                    standing.rounds_ever()
                ),
            ));
        }
    }
    ends
}

/// The curve in characters.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "a drawing")]
pub fn terminal_plot(curve: &Curve) -> String {
    let points: Vec<(f32, f32)> = curve
        .points
        .iter()
        .map(|(x, y)| (*x as f32, *y as f32))
        .collect();
    let most = points.last().map_or(1.0, |(x, _)| x.max(2.0));
    let mut chart =
        Chart::new_with_y_range(160, 48, 1.0, most, 0.0, (curve.highest() as f32).max(0.01));
    let shape = Shape::Lines(&points);
    let chart = chart.lineplot(&shape);
    chart.axis();
    chart.figures();
    let lines: Vec<String> = chart
        .to_string()
        .lines()
        .map(|line| line.trim_end().to_owned())
        .collect();
    format!("\n{}\n", lines.join("\n"))
}

/// The curve as an SVG document.
///
/// # Errors
/// What the drawing library says.
pub fn svg(title: &str, curve: &Curve) -> Result<String, String> {
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, (960, 400)).into_drawing_area();
        let failed = |e: &dyn std::fmt::Display| e.to_string();
        area.fill(&WHITE).map_err(|e| failed(&e))?;
        let last = curve.points.last().map_or(2.0, |(x, _)| x.max(2.0));
        let highest = (curve.highest() * 1.05).max(0.01);
        let mut chart = ChartBuilder::on(&area)
            .caption(title, ("sans-serif", 18))
            .margin(12)
            .x_label_area_size(32)
            .y_label_area_size(56)
            .build_cartesian_2d(1.0..last, 0.0..highest)
            .map_err(|e| failed(&e))?;
        chart
            .configure_mesh()
            .x_desc("step")
            .axis_style(BLACK)
            .draw()
            .map_err(|e| failed(&e))?;
        let line = LineSeries::new(curve.points.iter().copied(), RGBColor(31, 119, 180));
        chart.draw_series(line).map_err(|e| failed(&e))?;
        area.present().map_err(|e| failed(&e))?;
    }
    Ok(text + "\n")
}
