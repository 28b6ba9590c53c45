//! The graphs of the mechanism document, drawn from a revision as it stands, and frames of a
//! measurement.

use super::svg::{Graph, GraphLine};
use crate::measure::Measurement;
use crate::rules::{CompressionRules, FinalFormula, MultiplierRules, Revision, short_commit};
use crate::scoring::{
    CompressionInput, Marks, ScoringError, compression_rules, compression_score, length_score,
    multipliers, quality_score, upscale_score,
};

/// Points of a curve.
const POINTS: u32 = 400;

/// Which graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plot {
    /// The sigmoid inside the quality transform.
    Sigmoid,
    /// S_Q over PIE-APP.
    Quality,
    /// S_L over seconds.
    Length,
    /// S_F over S_pre.
    Final,
    /// S_f over the compression rate for several VMAF scores.
    Compression,
    /// Bonus and penalties over the number of rounds.
    Multipliers,
}

/// Draws a graph of a revision; `threshold` is that of a compression.
///
/// # Errors
/// A revision that does not have what the graph shows.
pub fn plot(which: Plot, revision: &Revision, threshold: f64) -> Result<Graph, PlotError> {
    let upscaling = &revision.upscaling.formula;
    let titled = |title: &str, x: &str, y: &str, lines: Vec<GraphLine>| Graph {
        title: format!(
            "{title}, {} ({})",
            revision.name,
            short_commit(&revision.commit)
        ),
        x: x.into(),
        y: y.into(),
        lines,
        range: None,
    };
    Ok(match which {
        Plot::Sigmoid => {
            let points = curve(-6.0, 6.0, |x| Ok(1.0 / (1.0 + (-x).exp())))?;
            let mut graph = titled("Sigmoid", "x", "sigmoid(x)", vec![line("sigmoid", points)]);
            graph.range = Some((0.0, 1.0));
            graph
        }
        Plot::Quality => {
            let most = revision.upscaling.pieapp.aggregation.cap.unwrap_or(5.0);
            let points = curve(0.0, most, |p| quality_score(upscaling.quality, p))?;
            titled("Quality", "PIE-APP", "S_Q", vec![line("S_Q", points)])
        }
        Plot::Length => {
            let points = curve(0.0, 400.0, |l| length_score(upscaling.length, l))?;
            titled(
                "Length",
                "content length in seconds",
                "S_L",
                vec![line("S_L", points)],
            )
        }
        Plot::Final => {
            if upscaling.last == FinalFormula::QualityOnly {
                return Err(PlotError::None {
                    rules: revision.name.clone(),
                    what: "S_pre: its score is S_Q itself",
                });
            }
            // With a perfect PIE-APP only the length changes S_pre, and vice versa.
            let points = curve(0.0, 1.0, |s_pre| {
                let half = |share: f64| 321.0_f64.powf(share.clamp(0.0, 1.0)) - 1.0;
                let s_l = ((s_pre - upscaling.weight_quality) / upscaling.weight_length).max(0.0);
                let s_q = ((s_pre - upscaling.weight_length * s_l) / upscaling.weight_quality)
                    .clamp(0.0, 1.0);
                let pieapp = pieapp_of(revision, s_q)?;
                Ok(upscale_score(upscaling, pieapp, 100.0, half(s_l))?.s_f)
            })?;
            titled("Final score", "S_pre", "S_F", vec![line("S_F", points)])
        }
        Plot::Compression => {
            let rules = compression_rules(revision)?;
            let title = format!("Compression at a threshold of {threshold}");
            let lines = compression_lines(rules, threshold)?;
            let mut graph = titled(
                &title,
                "compression rate (output by input bytes)",
                "S_f",
                lines,
            );
            graph.range = Some((0.0, 1.0));
            graph
        }
        Plot::Multipliers => {
            let Some(rules) = &revision.multipliers else {
                return Err(PlotError::None {
                    rules: revision.name.clone(),
                    what: "multipliers",
                });
            };
            let x = format!("rounds that count, of {}", rules.window);
            titled("Multipliers", &x, "factor", multiplier_lines(rules))
        }
    })
}

/// Why a graph cannot be drawn.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlotError {
    /// The revision has no such thing.
    #[error("{rules} has no {what}")]
    None {
        /// Name of the revision.
        rules: String,
        /// What it lacks.
        what: &'static str,
    },
    /// A formula.
    #[error(transparent)]
    Scoring(#[from] ScoringError),
}

fn line(name: impl Into<String>, points: Vec<(f64, f64)>) -> GraphLine {
    GraphLine {
        name: name.into(),
        points,
    }
}

fn curve(
    from: f64,
    to: f64,
    value: impl Fn(f64) -> Result<f64, ScoringError>,
) -> Result<Vec<(f64, f64)>, ScoringError> {
    (0..=POINTS)
        .map(|i| {
            let x = from + (to - from) * f64::from(i) / f64::from(POINTS);
            Ok((x, value(x)?))
        })
        .collect()
}

/// The PIE-APP value whose S_Q this is, found by bisection: S_Q falls monotonically.
fn pieapp_of(revision: &Revision, s_q: f64) -> Result<f64, ScoringError> {
    let cap = revision.upscaling.pieapp.aggregation.cap;
    let (mut low, mut high) = (0.0, cap.unwrap_or(1e6));
    for _ in 0..80 {
        let middle = f64::midpoint(low, high);
        if quality_score(revision.upscaling.formula.quality, middle)? > s_q {
            low = middle;
        } else {
            high = middle;
        }
    }
    Ok(f64::midpoint(low, high))
}

fn compression_lines(
    rules: &CompressionRules,
    threshold: f64,
) -> Result<Vec<GraphLine>, ScoringError> {
    let above = f64::midpoint(threshold, 100.0);
    [threshold - 2.5, threshold, above, 100.0]
        .into_iter()
        .filter(|vmaf| (0.0..=100.0).contains(vmaf))
        .map(|vmaf| {
            let points = curve(0.01, 1.0, |rate| {
                let input = CompressionInput {
                    vmaf,
                    rate,
                    threshold,
                };
                Ok(compression_score(rules.formula, rules.constants, input)?.s_f)
            })?;
            Ok(line(format!("VMAF {vmaf}"), points))
        })
        .collect()
}

fn multiplier_lines(rules: &MultiplierRules) -> Vec<GraphLine> {
    let window = rules.window;
    let of = |marks: Marks, factor: fn(&crate::scoring::Multipliers) -> f64| {
        (0..=window)
            .map(|count| {
                let rounds = (0..window).map(|i| if i < count { marks } else { Marks::default() });
                (count as f64, factor(&multipliers(rules, window, rounds)))
            })
            .collect()
    };
    let bonus = Marks {
        bonus: true,
        ..Marks::default()
    };
    let penalty_f = Marks {
        penalty_f: true,
        ..Marks::default()
    };
    let penalty_q = Marks {
        penalty_q: true,
        ..Marks::default()
    };
    vec![
        line("bonus", of(bonus, |m| m.bonus)),
        line("S_F penalty", of(penalty_f, |m| m.penalty_f)),
        line("quality penalty", of(penalty_q, |m| m.penalty_q)),
    ]
}

/// VMAF of every measured frame, both models.
#[must_use]
pub fn vmaf_frames(m: &Measurement) -> Graph {
    let lines = [("base", &m.vmaf.base), ("NEG", &m.vmaf.neg)]
        .into_iter()
        .filter_map(|(name, model)| {
            let values = &model.as_ref()?.per_frame;
            let points = m.vmaf.frames.iter().zip(values);
            Some(line(name, points.map(|(i, v)| (*i as f64, *v)).collect()))
        })
        .collect();
    Graph {
        title: "VMAF by frame".into(),
        x: "frame".into(),
        y: "VMAF".into(),
        lines,
        range: None,
    }
}

/// PIE-APP of every measured frame, where it was measured.
#[must_use]
pub fn pieapp_frames(m: &Measurement) -> Option<Graph> {
    let lines: Vec<GraphLine> = m
        .pieapp
        .iter()
        .chain(&m.other_pieapp)
        .map(|run| {
            let points = run.frames.iter().zip(&run.per_frame);
            let name = format!(
                "{}, seed {}",
                crate::rules::spelled(&run.channels),
                run.seed
            );
            line(name, points.map(|(i, v)| (*i as f64, *v)).collect())
        })
        .collect();
    (!lines.is_empty()).then(|| Graph {
        title: "PIE-APP by frame".into(),
        x: "frame".into(),
        y: "PIE-APP, as the network gives it".into(),
        lines,
        range: None,
    })
}
