//! The search for the setting that scores best: a machine without clock, file or encoder. It proposes a
//! setting, is told what was measured, and decides; it only ever chooses among what was measured.
//!
//! The curve of VMAF over quality is smooth as a rule, so a few points find the place where the score is
//! highest. What the score is made of is the revision's business: the search only knows its worth for
//! a VMAF and a size. Where VMAF does not fall with quality, where it lies flat, or where the prediction
//! keeps missing, the bracket of a passing and a failing neighbour closes all the same.

mod model;
mod point;

pub use point::{Level, Point, Seed, Standing, Variant};

use model::Model;

/// What a VMAF and a number of bytes are worth, by the metrics alone.
pub type Worth<'a> = dyn Fn(f64, f64) -> f64 + Sync + 'a;

/// What the search keeps to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Settings on the axis of quality.
    pub levels: u32,
    /// Most probes.
    pub probes: usize,
    /// VMAF that is aimed at: the threshold and a margin.
    pub target: f64,
    /// Gain in worth, as a share, that is worth another probe.
    pub gain: f64,
    /// How many standard errors of the seed the first probe stays on the safe side.
    pub caution: f64,
}

/// What is to be done next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Proposal {
    /// Make and measure this.
    Probe {
        /// Set of parameters.
        variant: Variant,
        /// Where on the axis.
        level: Level,
    },
    /// Nothing more.
    Done(Why),
}

/// Why a search is over.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// Nothing that could be tried promises more.
    Best,
    /// As many probes as were allowed.
    Probes,
    /// Every setting fails a gate.
    Nothing,
    /// Encoders failed too often.
    Failures,
    /// No time for another.
    Time,
}

/// Failures of encoders after which a search gives up.
const FAILURES: usize = 3;
/// How far from the model's word towards the most that can be hoped for an open stretch is tried.
const TOWARDS_HOPE: f64 = 0.35;
/// Share of a measured fall of VMAF that is the gentlest to hope for behind it.
const GENTLE: f64 = 0.6;
/// How many times the usual gain must be possible where the model promises none.
const OPEN: f64 = 4.0;
/// Probes of one set of parameters beside the usual one.
const PROBES_OF_A_VARIANT: usize = 3;
/// VMAF above the target from which on one point of a curve is not enough to stop at.
const LANDED: f64 = 0.3;

/// A search for one clip.
pub struct Search<'a> {
    seed: Seed,
    limits: Limits,
    worth: &'a Worth<'a>,
    points: Vec<Point>,
    variants: usize,
    failed: Vec<(Variant, Level)>,
}

impl<'a> Search<'a> {
    /// A search with the usual parameters alone.
    #[must_use]
    pub fn new(seed: Seed, limits: Limits, worth: &'a Worth<'a>) -> Self {
        Self {
            seed,
            limits,
            worth,
            points: Vec::new(),
            variants: 1,
            failed: Vec::new(),
        }
    }

    /// Adds a set of parameters that is tried once the usual one has landed; gives its number.
    pub fn add_variant(&mut self) -> Variant {
        self.variants += 1;
        self.variants - 1
    }

    /// What was measured of a setting.
    pub fn observe(&mut self, point: Point) {
        self.points.push(point);
    }

    /// An encoder failed on a setting.
    pub fn observe_failure(&mut self, variant: Variant, level: Level) {
        self.failed.push((variant, level));
    }

    /// Everything that was measured, in its order.
    #[must_use]
    pub fn points(&self) -> &[Point] {
        &self.points
    }

    /// Index of the best point that passes every gate; of equal ones the smaller file.
    #[must_use]
    pub fn best(&self) -> Option<usize> {
        let better = |a: &Point, b: &Point| {
            a.worth
                .total_cmp(&b.worth)
                .then(b.bytes.cmp(&a.bytes))
                .is_gt()
        };
        let mut best: Option<usize> = None;
        for (i, point) in self.points.iter().enumerate() {
            if point.standing == Standing::Passes
                && best.is_none_or(|b| better(point, &self.points[b]))
            {
                best = Some(i);
            }
        }
        best
    }

    /// What to do next.
    #[must_use]
    pub fn propose(&self) -> Proposal {
        if self.points.len() + self.failed.len() >= self.limits.probes {
            return Proposal::Done(Why::Probes);
        }
        if self.failed.len() >= FAILURES {
            return Proposal::Done(Why::Failures);
        }
        let hopeless = |p: &Point| p.on_curve && p.variant == 0 && p.standing == Standing::Hopeless;
        if self.points.iter().any(hopeless) {
            return Proposal::Done(Why::Nothing);
        }
        if let Some(level) = self.next_of_curve() {
            return Proposal::Probe { variant: 0, level };
        }
        let Some(best) = self.best() else {
            return Proposal::Done(Why::Nothing);
        };
        match self.next_of_variants(&self.points[best]) {
            Some((variant, level)) => Proposal::Probe { variant, level },
            None => Proposal::Done(Why::Best),
        }
    }

    fn last(&self) -> Level {
        self.limits.levels - 1
    }

    fn tried(&self, variant: Variant, level: Level) -> bool {
        let measured = |p: &Point| p.on_curve && p.variant == variant && p.level == level;
        self.points.iter().any(measured) || self.failed.contains(&(variant, level))
    }

    /// The next level of the usual parameters, or nothing once they have landed.
    fn next_of_curve(&self) -> Option<Level> {
        let on_curve: Vec<&Point> = self
            .points
            .iter()
            .filter(|p| p.on_curve && p.variant == 0)
            .collect();
        let (finest, coarsest) = self.window(&on_curve)?;
        if on_curve.is_empty() {
            let first = self.seed.cautious(self.limits.caution);
            let mut level = first.clamp(finest, coarsest);
            // A setting at which the encoder broke is not tried again.
            while self.tried(0, level) && level > finest {
                level -= 1;
            }
            return (!self.tried(0, level)).then_some(level);
        }
        if self.best().is_none_or(|best| !self.points[best].on_curve)
            && !on_curve.iter().any(|p| p.standing == Standing::Passes)
        {
            return self.towards_passing(&on_curve, (finest, coarsest));
        }
        self.towards_better(&on_curve, (finest, coarsest))
    }

    /// Levels that no gate has closed: finer than all that fail for a poor picture although VMAF is
    /// high enough, coarser than all that fail for their size.
    fn window(&self, on_curve: &[&Point]) -> Option<(Level, Level)> {
        let of = |standing| on_curve.iter().filter(move |p| p.standing == standing);
        let finest = of(Standing::TooBig).map(|p| p.level + 1).max().unwrap_or(0);
        let gate = |p: &&&Point| p.vmaf >= self.limits.target;
        let coarsest = match of(Standing::TooCoarse).filter(gate).map(|p| p.level).min() {
            Some(0) => return None,
            Some(level) => level - 1,
            None => self.last(),
        };
        (finest <= coarsest).then_some((finest, coarsest))
    }

    /// Nothing passes yet: finer where the picture is too poor, coarser where the file is too big.
    fn towards_passing(&self, on_curve: &[&Point], window: (Level, Level)) -> Option<Level> {
        let model = Model::new(&self.seed, &self.points, self.limits.target);
        let of = |standing| on_curve.iter().filter(move |p| p.standing == standing);
        let coarse = of(Standing::TooCoarse).map(|p| p.level).min();
        let big = of(Standing::TooBig).map(|p| p.level).max();
        let (low, high) = (
            big.map_or(window.0, |level| level + 1).max(window.0),
            coarse
                .map_or(window.1, |level| level.saturating_sub(1))
                .min(window.1),
        );
        if low > high || coarse == Some(0) {
            return None;
        }
        let aimed = (low..=high)
            .rev()
            .find(|level| {
                let cushion = if big.is_some() {
                    0.0
                } else {
                    0.15 * model.reach(*level).min(4.0)
                };
                model.predict(0, *level).vmaf >= self.limits.target + cushion
            })
            .unwrap_or(low);
        // Missing twice on one side, the distance grows: predictions are of no help there.
        let misses = on_curve.len() as u32;
        let step = (self.seed.spread.max(1.0) as Level).max(1) * misses.saturating_sub(1);
        let level = match (coarse, big) {
            (Some(coarse), None) => aimed.min(coarse.saturating_sub(step)),
            (None, Some(big)) => aimed.max(big + step),
            _ => aimed,
        };
        self.free(level.clamp(low, high), low, high)
    }

    /// Something passes: the level that promises most, within the bracket that is still open.
    fn towards_better(&self, on_curve: &[&Point], window: (Level, Level)) -> Option<Level> {
        let model = Model::new(&self.seed, &self.points, self.limits.target);
        let best = self.points[self.best()?].worth;
        // A coarser neighbour of a failing level may pass where VMAF is not monotonic; that is luck
        // which is not looked for.
        let passing = on_curve.iter().filter(|p| p.standing == Standing::Passes);
        let coarsest_passing = passing.clone().map(|p| p.level).max()?;
        let finest_passing = passing.map(|p| p.level).min()?;
        let fails = |p: &&&Point| p.standing == Standing::TooCoarse;
        let failing = on_curve
            .iter()
            .filter(fails)
            .map(|p| p.level)
            .filter(|level| *level > coarsest_passing)
            .min();
        let high = failing
            .map_or(window.1, |level| level.saturating_sub(1))
            .min(window.1);
        // How far beyond what was measured a prediction is trusted.
        let trust = (3.0 * self.seed.spread).max(4.0) as Level;
        let (low, high) = (
            window.0.max(finest_passing.saturating_sub(trust)),
            high.min(coarsest_passing.saturating_add(trust)),
        );
        let promised = |level: Level| {
            let predicted = model.predict(0, level);
            let cushion = 0.02 * model.reach(level).min(5.0);
            let vmaf = predicted.vmaf - cushion;
            if vmaf < self.limits.target {
                return f64::NEG_INFINITY;
            }
            (self.worth)(predicted.vmaf, predicted.ln_bytes.exp())
        };
        let needed = best + best.abs() * self.limits.gain;
        let aimed = (low..=high)
            .filter(|level| !self.tried(0, *level))
            .map(|level| (level, promised(level)))
            .filter(|(_, worth)| *worth > needed)
            .max_by(|a, b| a.1.total_cmp(&b.1))
            .map(|(level, _)| level);
        let stalled = self.stalled(on_curve);
        // A gate that VMAF says nothing of: where between both it begins to fail is not to be predicted.
        let gate = |p: &&Point| p.standing == Standing::TooCoarse && p.vmaf >= self.limits.target;
        let gated = on_curve.iter().copied().filter(gate).map(|p| p.level).min();
        if let Some(gated) = gated.filter(|g| failing == Some(*g) && *g > coarsest_passing + 1) {
            let middle = coarsest_passing + (gated - coarsest_passing) / 2;
            return (promised(middle) > needed)
                .then(|| self.free(middle, coarsest_passing + 1, gated - 1))
                .flatten();
        }
        match (aimed, failing) {
            // The prediction keeps falling to one side: halve what is open.
            (Some(_) | None, Some(failing)) if stalled && failing - coarsest_passing > 1 => {
                let middle = coarsest_passing + (failing - coarsest_passing) / 2;
                let (a, b) = (
                    model.predict(0, coarsest_passing).vmaf,
                    model.predict(0, failing).vmaf,
                );
                // Only where the open stretch is worth it: a tiny one is landed on.
                ((a - b).abs() > 0.05 || a < b)
                    .then(|| self.free(middle, coarsest_passing + 1, failing - 1))
                    .flatten()
            }
            (None, Some(failing)) => self.open(&model, best, coarsest_passing, failing),
            (None, None) if coarsest_passing < high => {
                // Nothing has failed yet: a standard error of the seed is still open.
                let open = (self.seed.spread.ceil() as Level).max(2);
                let failing = coarsest_passing.saturating_add(open).min(high + 1);
                let above = on_curve.first().map_or(0.0, |p| p.vmaf) - self.limits.target;
                if on_curve.len() == 1 && above > LANDED {
                    // One point tells no slope, and the seed's may be far off.
                    let next = (coarsest_passing + (open / 2).max(1)).min(high);
                    return self.free(next, coarsest_passing, high);
                }
                self.open(&model, best, coarsest_passing, failing)
            }
            (aimed, _) => aimed,
        }
    }

    /// A level between a passing and a failing one that the model gives no hope, although it may
    /// well pass: curves differ, and beyond two passing points VMAF may fall as gently as between
    /// them, and hardly more gently. Only where passing would be worth it.
    fn open(&self, model: &Model<'_>, best: f64, passing: Level, failing: Level) -> Option<Level> {
        if failing - passing < 2 {
            return None;
        }
        let (vmaf, slope) = self.gentlest(passing)?;
        let needed = best + best.abs() * self.limits.gain * OPEN;
        let promises = |level: &Level| {
            let hoped = vmaf + slope * f64::from(level - passing);
            let bytes = model.predict(0, *level).ln_bytes.exp();
            hoped >= self.limits.target && (self.worth)(hoped, bytes) > needed
        };
        let hoped = (passing + 1..failing).rev().find(promises)?;
        // Between where the model says it ends and where hope ends, nearer to the model.
        let crossing = (passing..failing)
            .rev()
            .find(|level| model.predict(0, *level).vmaf >= self.limits.target)
            .unwrap_or(passing);
        let beyond = f64::from(hoped.saturating_sub(crossing)) * TOWARDS_HOPE;
        let level = (crossing + beyond.ceil() as Level).clamp(passing + 1, failing - 1);
        self.free(level, passing + 1, failing - 1)
    }

    /// VMAF at the coarsest passing level, and the gentlest fall to hope for behind it.
    fn gentlest(&self, passing: Level) -> Option<(f64, f64)> {
        let usual = |p: &&Point| p.on_curve && p.variant == 0;
        let edge = self
            .points
            .iter()
            .filter(usual)
            .find(|p| p.level == passing)?;
        let before = self
            .points
            .iter()
            .filter(usual)
            .filter(|p| p.level < passing)
            .max_by_key(|p| p.level);
        let measured = before.map(|b| (edge.vmaf - b.vmaf) / f64::from(passing - b.level));
        let slope = match measured {
            Some(slope) if slope < 0.0 => slope * GENTLE,
            _ => self.seed.vmaf_slope * GENTLE,
        };
        Some((edge.vmaf, slope))
    }

    /// Whether the last two probes of the curve both failed although they were predicted to pass.
    fn stalled(&self, on_curve: &[&Point]) -> bool {
        let mut latest = on_curve.iter().rev();
        let fails = |p: Option<&&Point>| p.is_some_and(|p| p.standing == Standing::TooCoarse);
        fails(latest.next()) && fails(latest.next())
    }

    /// The level itself, or the nearest one that was not tried.
    fn free(&self, level: Level, low: Level, high: Level) -> Option<Level> {
        (0..=high.saturating_sub(low)).find_map(|away| {
            let below = level.checked_sub(away).filter(|l| *l >= low);
            let above = level.checked_add(away).filter(|l| *l <= high);
            [below, above]
                .into_iter()
                .flatten()
                .find(|l| !self.tried(0, *l))
        })
    }

    /// Other sets of parameters, each first where the usual one landed, then where it would land.
    fn next_of_variants(&self, best: &Point) -> Option<(Variant, Level)> {
        let landed = self
            .points
            .iter()
            .filter(|p| p.variant == 0 && p.on_curve && p.standing == Standing::Passes)
            .max_by(|a, b| a.worth.total_cmp(&b.worth))?
            .level;
        let model = Model::new(&self.seed, &self.points, self.limits.target);
        let needed = best.worth + best.worth.abs() * self.limits.gain;
        for variant in 1..self.variants {
            let own = self.points.iter().filter(|p| p.variant == variant);
            let failed = self.failed.iter().any(|(v, _)| *v == variant);
            let count = own.clone().count();
            if count == 0 && !failed {
                return Some((variant, landed));
            }
            let hopeless = own.clone().any(|p| p.standing == Standing::Hopeless);
            if failed || hopeless || count >= PROBES_OF_A_VARIANT {
                continue;
            }
            let reach = (2.0 * self.seed.spread).max(4.0) as Level;
            let better = (landed.saturating_sub(reach)
                ..=landed.saturating_add(reach).min(self.last()))
                .filter(|level| !self.tried(variant, *level))
                .filter_map(|level| {
                    let predicted = model.predict(variant, level);
                    let cushion = 0.02 * model.reach(level).min(5.0);
                    (predicted.vmaf - cushion >= self.limits.target).then(|| {
                        (
                            level,
                            (self.worth)(predicted.vmaf, predicted.ln_bytes.exp()),
                        )
                    })
                })
                .filter(|(_, worth)| *worth > needed)
                .max_by(|a, b| a.1.total_cmp(&b.1));
            if let Some((level, _)) = better {
                return Some((variant, level));
            }
        }
        None
    }
}
