//! Results as text: tables for terminals; JSON, JSON lines and CSV for programs.

mod check;
mod csv;
mod explain;
pub(crate) mod html;
mod ledger;
mod lint;
mod made;
mod multipliers;
mod page;
mod plots;
mod rewards;
mod score;
#[cfg(feature = "subnet")]
mod subnet;
mod svg;
mod table;
#[cfg(feature = "subnet")]
mod wallet;

pub use check::{check_page, check_table, junit};
pub use csv::to_csv;
pub use explain::{Topic, explain};
pub use ledger::{Curve, ledger_table, svg, terminal_plot};
pub use lint::lint_table;
pub use made::{made_table, plan_table, upscaled_table};
pub use multipliers::{Detail, multipliers_csv, multipliers_table};
pub use page::{PageEntry, report_page};
pub use plots::{Plot, PlotError, pieapp_frames, plot, vmaf_frames};
pub use rewards::{reward_of, rewards_table};
pub use score::{compression_table, upscaling_table};
#[cfg(feature = "subnet")]
pub use subnet::{
    diff_table, distribution_svg, distribution_table, health_table, miners_table, neighbours_table,
    neuron_table, overview_table, top_table,
};
pub use svg::{Graph, GraphLine, histogram};
pub use table::{key_values, rows};
#[cfg(feature = "subnet")]
pub use wallet::wallets_table;

/// One JSON document a line.
///
/// # Errors
/// A value that JSON cannot hold.
pub fn to_jsonl<T: serde::Serialize>(
    rows: impl IntoIterator<Item = T>,
) -> Result<String, serde_json::Error> {
    let mut text = String::new();
    for row in rows {
        text += &serde_json::to_string(&row)?;
        text.push('\n');
    }
    Ok(text)
}

/// Forms a result can take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A table for terminals.
    Table,
    /// One indented JSON document.
    Json,
    /// One JSON document a line.
    Jsonl,
    /// A header and rows; nested values are left out.
    Csv,
}

impl Format {
    /// Finds a form by its name in settings.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        Some(match name {
            "table" => Self::Table,
            "json" => Self::Json,
            "jsonl" => Self::Jsonl,
            "csv" => Self::Csv,
            _ => return None,
        })
    }

    /// Writes a value; `table` renders it for a terminal.
    ///
    /// # Errors
    /// A value that JSON cannot hold, such as a number that is not finite.
    pub fn render<T: serde::Serialize>(
        self,
        value: &T,
        table: impl FnOnce(&T) -> String,
    ) -> Result<String, serde_json::Error> {
        Ok(match self {
            Self::Table => table(value),
            Self::Json => serde_json::to_string_pretty(value)? + "\n",
            Self::Jsonl => serde_json::to_string(value)? + "\n",
            Self::Csv => to_csv(&[serde_json::to_value(value)?]),
        })
    }
}
