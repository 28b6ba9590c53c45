//! Progress bars on a terminal, nothing otherwise.

use std::sync::Mutex;

use indicatif::{ProgressBar, ProgressStyle};

use crate::measure::{Progress, Step};

/// Draws one bar for each step, or none.
pub(super) struct Bars {
    draw: bool,
    current: Mutex<Option<ProgressBar>>,
}

impl Bars {
    pub(super) fn new(draw: bool) -> Self {
        Self {
            draw,
            current: Mutex::new(None),
        }
    }

    fn with(&self, act: impl FnOnce(&mut Option<ProgressBar>)) {
        // A bar is only decoration: after a panic elsewhere it is still usable.
        act(&mut self
            .current
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner));
    }
}

/// A bar that counts bytes.
pub(super) fn byte_bar(draw: bool, total: u64) -> ProgressBar {
    if !draw {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(total);
    if let Ok(style) = ProgressStyle::with_template("fetch {wide_bar} {bytes}/{total_bytes} {eta}")
    {
        bar.set_style(style);
    }
    bar
}

impl Progress for Bars {
    fn begin(&self, step: Step, units: u64) {
        if !self.draw {
            return;
        }
        let name = match step {
            Step::Encode => "encode",
            Step::Upscale => "upscale",
            Step::Read => "read",
            Step::Vmaf => "decode, VMAF",
            Step::Pieapp => "PIE-APP",
        };
        // An encoder does not say how far it is.
        let (bar, template) = if units == 0 {
            let bar = ProgressBar::new_spinner();
            bar.enable_steady_tick(std::time::Duration::from_millis(120));
            (bar, "{msg:>12} {spinner} {elapsed}")
        } else {
            let template = "{msg:>12} {wide_bar} {pos}/{len} {eta}";
            (ProgressBar::new(units), template)
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(name);
        self.with(|current| *current = Some(bar));
    }

    fn advance(&self) {
        self.with(|current| {
            if let Some(bar) = current {
                bar.inc(1);
            }
        });
    }

    fn end(&self) {
        self.with(|current| {
            if let Some(bar) = current.take() {
                bar.finish_and_clear();
            }
        });
    }
}
