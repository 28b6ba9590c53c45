//! Line graphs and histograms as SVG documents.

use plotters::prelude::{
    BLACK, ChartBuilder, Color as _, IntoDrawingArea as _, LineSeries, PathElement, RGBColor,
    Rectangle, SVGBackend, SeriesLabelPosition, WHITE,
};

/// A palette that colour-blind people can distinguish (Okabe and Ito).
const COLORS: [RGBColor; 6] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
];

/// One line.
#[derive(Debug, Clone, PartialEq)]
pub struct GraphLine {
    /// Its name in the legend.
    pub name: String,
    /// Its points, from left to right.
    pub points: Vec<(f64, f64)>,
}

/// A graph of lines.
#[derive(Debug, Clone, PartialEq)]
pub struct Graph {
    /// What it shows.
    pub title: String,
    /// Label of the x axis, with its unit.
    pub x: String,
    /// Label of the y axis, with its unit.
    pub y: String,
    /// The lines.
    pub lines: Vec<GraphLine>,
    /// Lower and upper end of the vertical axis; without, what the lines need.
    pub range: Option<(f64, f64)>,
}

impl Graph {
    fn bounds(&self) -> ((f64, f64), (f64, f64)) {
        let all = || self.lines.iter().flat_map(|line| &line.points);
        let ends = |values: &mut dyn Iterator<Item = f64>| {
            let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| {
                (l.min(v), h.max(v))
            });
            match (low.is_finite(), low < high) {
                (false, _) => (0.0, 1.0),
                (true, false) => (low - 0.5, low + 0.5),
                (true, true) => (low, high),
            }
        };
        let x = ends(&mut all().map(|p| p.0));
        let y = self.range.unwrap_or_else(|| {
            let (low, high) = ends(&mut all().map(|p| p.1));
            let room = (high - low) * 0.05;
            (
                if low >= 0.0 && low < room {
                    0.0
                } else {
                    low - room
                },
                high + room,
            )
        });
        (x, y)
    }

    /// Draws it.
    ///
    /// # Errors
    /// What the drawing library says.
    pub fn svg(&self, size: (u32, u32)) -> Result<String, String> {
        let failed = |e: &dyn std::fmt::Display| e.to_string();
        let mut text = String::new();
        {
            let area = SVGBackend::with_string(&mut text, size).into_drawing_area();
            area.fill(&WHITE).map_err(|e| failed(&e))?;
            let ((left, right), (bottom, top)) = self.bounds();
            let mut chart = ChartBuilder::on(&area)
                .caption(&self.title, ("sans-serif", 18))
                .margin(12)
                .x_label_area_size(40)
                .y_label_area_size(60)
                .build_cartesian_2d(left..right, bottom..top)
                .map_err(|e| failed(&e))?;
            chart
                .configure_mesh()
                .x_desc(&self.x)
                .y_desc(&self.y)
                .axis_style(BLACK)
                .draw()
                .map_err(|e| failed(&e))?;
            for (i, line) in self.lines.iter().enumerate() {
                let color = COLORS[i % COLORS.len()];
                chart
                    .draw_series(LineSeries::new(
                        line.points.iter().copied(),
                        color.stroke_width(2),
                    ))
                    .map_err(|e| failed(&e))?
                    .label(&line.name)
                    .legend(move |(x, y)| PathElement::new(vec![(x, y), (x + 18, y)], color));
            }
            if self.lines.len() > 1 {
                chart
                    .configure_series_labels()
                    .position(SeriesLabelPosition::UpperRight)
                    .background_style(WHITE.mix(0.8))
                    .border_style(BLACK)
                    .draw()
                    .map_err(|e| failed(&e))?;
            }
            area.present().map_err(|e| failed(&e))?;
        }
        Ok(text + "\n")
    }
}

/// Draws a histogram over equal parts of the range; `y` names what is counted.
///
/// # Errors
/// What the drawing library says.
pub fn histogram(
    title: &str,
    (x, y): (&str, &str),
    values: &[f64],
    parts: usize,
    size: (u32, u32),
) -> Result<String, String> {
    let failed = |e: &dyn std::fmt::Display| e.to_string();
    let (low, high) = values
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| {
            (l.min(*v), h.max(*v))
        });
    let (low, high) = if low < high {
        (low, high)
    } else {
        (low - 0.5, low + 0.5)
    };
    let width = (high - low) / parts.max(1) as f64;
    let mut counts = vec![0_u32; parts.max(1)];
    for value in values {
        let part = ((value - low) / width) as usize;
        counts[part.min(parts.max(1) - 1)] += 1;
    }
    let most = counts.iter().copied().max().unwrap_or(1).max(1);
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, size).into_drawing_area();
        area.fill(&WHITE).map_err(|e| failed(&e))?;
        let mut chart = ChartBuilder::on(&area)
            .caption(title, ("sans-serif", 18))
            .margin(12)
            .x_label_area_size(40)
            .y_label_area_size(60)
            .build_cartesian_2d(low..high, 0.0..f64::from(most) * 1.05)
            .map_err(|e| failed(&e))?;
        chart
            .configure_mesh()
            .x_desc(x)
            .y_desc(y)
            .axis_style(BLACK)
            .draw()
            .map_err(|e| failed(&e))?;
        let bars = counts.iter().enumerate().map(|(i, count)| {
            let from = low + width * i as f64;
            Rectangle::new(
                [(from, 0.0), (from + width, f64::from(*count))],
                COLORS[0].mix(0.7).filled(),
            )
        });
        chart.draw_series(bars).map_err(|e| failed(&e))?;
        area.present().map_err(|e| failed(&e))?;
    }
    Ok(text + "\n")
}
