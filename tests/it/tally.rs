//! How often something was killed, when, and what went wrong.

use std::io::Write as _;

/// When a command was killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// Before it had delivered anything.
    Before,
    /// After it had.
    After,
    /// It had ended by itself.
    Ended,
}

/// The figures of one command.
pub(crate) struct Tally {
    name: &'static str,
    moments: Vec<Moment>,
    faults: Vec<String>,
}

/// Names the number of kills of all commands together.
const VARIABLE: &str = "VIDAIO_KILLS";
/// As many as fit into a run of all tests.
const USUAL: usize = 50;

impl Tally {
    pub(crate) fn new(name: &'static str) -> Self {
        let (moments, faults) = (Vec::new(), Vec::new());
        Self {
            name,
            moments,
            faults,
        }
    }

    /// How many kills are a command's share.
    pub(crate) fn kills(percent: usize) -> usize {
        let asked = std::env::var(VARIABLE).ok();
        let all = asked.map_or(USUAL, |n| n.parse().expect("VIDAIO_KILLS is a number"));
        (all * percent).div_ceil(100)
    }

    pub(crate) fn killed(&mut self, moment: Moment) {
        self.moments.push(moment);
    }

    pub(crate) fn faults(&mut self, faults: impl IntoIterator<Item = String>) {
        let number = self.moments.len();
        let faults = faults.into_iter().map(|f| format!("kill {number}: {f}"));
        self.faults.extend(faults);
    }

    /// Tells the figures where somebody asked for them, and fails where something went wrong.
    pub(crate) fn tell(self) {
        let count = |moment| self.moments.iter().filter(|m| **m == moment).count();
        let line = format!(
            "{:<9} {:>5} kills {:>5} before delivery {:>5} after {:>5} had ended {:>5} faults\n",
            self.name,
            self.moments.len(),
            count(Moment::Before),
            count(Moment::After),
            count(Moment::Ended),
            self.faults.len()
        );
        if std::env::var_os(VARIABLE).is_some() {
            // Past the capture of the test harness.
            std::io::stdout().lock().write_all(line.as_bytes()).unwrap();
        }
        assert!(self.faults.is_empty(), "{line}{}", self.faults.join("\n"));
        assert!(
            count(Moment::Before) > 0,
            "nothing was killed at work: {line}"
        );
    }
}
