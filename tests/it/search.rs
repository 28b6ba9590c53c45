//! The search on encoders that are made up: known curves, noise, plateaus, curves that turn, encoders that
//! fail. No file, no clock.

use proptest::prelude::*;
use vidaio::domain::{EstimatedBytes, Vmaf};
use vidaio::encode::search::{
    Feasibility, Level, Point, Proposal, Search, SearchLimits, Seed, StopReason, Variant,
};

/// An encoder that is a formula.
struct MadeUp {
    levels: u32,
    /// VMAF by level.
    vmaf: Box<dyn Fn(Level) -> f64>,
    /// Bytes by level.
    bytes: Box<dyn Fn(Level) -> f64>,
    /// Levels at which it breaks.
    breaks: Box<dyn Fn(Variant, Level) -> bool>,
    /// What a variant adds to VMAF and takes from the bytes, as a share.
    variants: Vec<(f64, f64)>,
}

const SOURCE: f64 = 10_000_000.0;
const TARGET: f64 = 89.02;

/// The newest rules: size counts for 0.7, VMAF for 0.3, and the threshold is a cliff.
fn objective(Vmaf(vmaf): Vmaf, EstimatedBytes(bytes): EstimatedBytes) -> f64 {
    let rate = bytes / SOURCE;
    if vmaf < TARGET || rate >= 0.8 {
        return 0.0;
    }
    (0.7 * (1.0 - rate) + 0.3 * vmaf / 100.0) / 1.12
}

impl MadeUp {
    /// A curve as encoders have it: flat near 100, then falling ever faster.
    fn usual(levels: u32, knee: f64, steep: f64, size: f64, shrink: f64) -> Self {
        let at = move |level: Level| f64::from(level) / f64::from(levels);
        Self {
            levels,
            vmaf: Box::new(move |l| {
                (100.0 - 8.0 * ((at(l) - knee) * steep).exp()).clamp(0.0, 100.0)
            }),
            bytes: Box::new(move |l| size * SOURCE * (-shrink * at(l)).exp()),
            breaks: Box::new(|_, _| false),
            variants: Vec::new(),
        }
    }

    fn point(&self, variant: Variant, level: Level) -> Point {
        let (mut vmaf, mut bytes) = ((self.vmaf)(level), (self.bytes)(level));
        if let Some((more, less)) = variant.checked_sub(1).map(|i| self.variants[i]) {
            vmaf += more;
            bytes *= 1.0 - less;
        }
        let rate = bytes / SOURCE;
        let feasibility = match (rate >= 0.8, vmaf < TARGET) {
            (true, true) => Feasibility::Hopeless,
            (true, false) => Feasibility::TooBig,
            (false, true) => Feasibility::TooCoarse,
            (false, false) => Feasibility::Passes,
        };
        Point {
            variant,
            level,
            vmaf,
            bytes: bytes.round() as u64,
            objective: objective(Vmaf(vmaf), EstimatedBytes(bytes.round())),
            feasibility,
            on_curve: true,
        }
    }

    /// The best that any level gives.
    fn optimum(&self) -> f64 {
        let all = (0..self.levels).map(|level| self.point(0, level).objective);
        all.fold(0.0, f64::max)
    }

    /// Level at which VMAF first falls under the target.
    fn crossing(&self) -> f64 {
        let crossing = (0..self.levels).find(|l| (self.vmaf)(*l) < TARGET);
        f64::from(crossing.unwrap_or(self.levels - 1))
    }

    /// A seed that is `off` standard errors wrong.
    fn seed(&self, off: f64, spread: f64) -> Seed {
        let span = f64::from(self.levels);
        Seed {
            level: (self.crossing() + off * spread).clamp(0.0, span - 1.0),
            spread,
            vmaf_slope: -40.0 / span,
            size_slope: -3.0 / span,
        }
    }
}

/// What a run gave.
struct Ran {
    points: Vec<Point>,
    best: Option<Point>,
    tried: usize,
    why: StopReason,
}

fn run(encoder: &MadeUp, seed: Seed, probes: usize) -> Ran {
    let limits = SearchLimits {
        levels: encoder.levels,
        probes,
        target: TARGET,
        gain: 0.0005,
        caution: 0.4,
    };
    let mut search = Search::new(seed, limits, &objective);
    for _ in &encoder.variants {
        search.add_variant();
    }
    let mut tried = 0;
    let why = loop {
        match search.propose() {
            Proposal::Done(why) => break why,
            Proposal::Probe { variant, level } => {
                tried += 1;
                assert!(tried <= probes, "more probes than were allowed");
                assert!(level < encoder.levels, "a level that is not on the axis");
                let seen = |p: &Point| (p.variant, p.level) == (variant, level);
                assert!(!search.points().iter().any(seen), "measured twice");
                if (encoder.breaks)(variant, level) {
                    search.observe_failure(variant, level);
                } else {
                    search.observe(encoder.point(variant, level));
                }
            }
        }
    };
    let best = search.best().map(|i| search.points()[i]);
    Ran {
        points: search.points().to_vec(),
        best,
        tried,
        why,
    }
}

/// What must hold whatever the encoder does.
fn holds(encoder: &MadeUp, ran: &Ran) {
    let Some(best) = ran.best else {
        assert!(
            ran.points
                .iter()
                .all(|p| p.feasibility != Feasibility::Passes)
        );
        return;
    };
    // What is chosen was measured, exactly as it is stated.
    assert_eq!(best, encoder.point(best.variant, best.level));
    assert_eq!(best.feasibility, Feasibility::Passes);
    // Nothing that was measured and passes is better, the first file that passed included.
    for point in ran
        .points
        .iter()
        .filter(|p| p.feasibility == Feasibility::Passes)
    {
        assert!(best.objective >= point.objective);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn known_curves_are_searched_to_a_hundredth_of_their_best(
        fine in prop::bool::ANY, knee in 0.2..0.9_f64, steep in 2.0..9.0_f64,
        size in 0.3..1.5_f64, shrink in 2.0..6.0_f64, off in -2.0..2.0_f64, spread in 0.02..0.12_f64,
    ) {
        let levels = if fine { 861 } else { 56 };
        let encoder = MadeUp::usual(levels, knee, steep, size, shrink);
        let optimum = encoder.optimum();
        let ran = run(&encoder, encoder.seed(off, spread * f64::from(levels)), 10);
        holds(&encoder, &ran);
        if optimum > 0.0 {
            let found = ran.best.map_or(0.0, |b| b.objective);
            prop_assert!(found >= 0.99 * optimum, "{found} of {optimum} after {} probes", ran.tried);
        }
    }

    #[test]
    fn good_seeds_need_few_probes(
        knee in 0.3..0.8_f64, steep in 3.0..7.0_f64, size in 0.5..1.2_f64, shrink in 2.5..5.0_f64,
        off in -1.0..1.0_f64,
    ) {
        let encoder = MadeUp::usual(221, knee, steep, size, shrink);
        let ran = run(&encoder, encoder.seed(off, 8.0), 4);
        holds(&encoder, &ran);
        if encoder.optimum() > 0.0 {
            let found = ran.best.map_or(0.0, |b| b.objective);
            prop_assert!(found >= 0.99 * encoder.optimum(), "{found} of {}", encoder.optimum());
        }
    }

    #[test]
    fn noise_plateaus_and_turns_never_lead_to_what_was_not_measured(
        knee in 0.2..0.9_f64, steep in 2.0..9.0_f64, noise in 0.0..3.0_f64, salt in 0_u32..1000,
        flat in 1_u32..30, turn in 0.0..6.0_f64, off in -3.0..3.0_f64, probes in 1_usize..16,
    ) {
        let mut encoder = MadeUp::usual(120, knee, steep, 1.0, 4.0);
        let usual = std::mem::replace(&mut encoder.vmaf, Box::new(|_| 0.0));
        encoder.vmaf = Box::new(move |level| {
            let hash = level.wrapping_mul(2_654_435_761).wrapping_add(salt * 40_503) >> 16;
            let jitter = (f64::from(hash % 1000) / 500.0 - 1.0) * noise;
            let step = level / flat * flat;
            (usual(step) + jitter + (f64::from(level) / 9.0).sin() * turn).clamp(0.0, 100.0)
        });
        let ran = run(&encoder, encoder.seed(off, 6.0), probes);
        prop_assert!(ran.tried <= probes);
        holds(&encoder, &ran);
    }

    #[test]
    fn broken_encoders_end_the_search_and_cost_nothing_that_was_there(
        knee in 0.3..0.8_f64, share in 0.0..1.0_f64, salt in 0_u32..1000, off in -2.0..2.0_f64,
    ) {
        let mut encoder = MadeUp::usual(120, knee, 5.0, 1.0, 4.0);
        encoder.variants = vec![(0.2, 0.01), (-1.0, 0.05)];
        encoder.breaks = Box::new(move |variant, level| {
            let hash = (level + 131 * variant as u32 + salt).wrapping_mul(2_654_435_761) >> 16;
            f64::from(hash % 1000) < share * 1000.0
        });
        let ran = run(&encoder, encoder.seed(off, 6.0), 12);
        holds(&encoder, &ran);
        if share >= 1.0 {
            prop_assert_eq!(ran.why, StopReason::Failures);
        }
    }
}

#[test]
fn a_better_set_of_parameters_is_found_and_lands_by_itself() {
    let mut encoder = MadeUp::usual(221, 0.5, 5.0, 1.0, 4.0);
    let plain = run(&encoder, encoder.seed(0.3, 8.0), 16).best.unwrap();
    encoder.variants = vec![(-0.5, 0.0), (0.6, 0.01), (0.0, -0.2)];
    let ran = run(&encoder, encoder.seed(0.3, 8.0), 16);
    let best = ran.best.unwrap();
    assert_eq!(best.variant, 2, "{best:?}");
    assert!(best.objective > plain.objective);
    // Half a point better, it lands where the usual parameters would already fail.
    assert!(best.level > plain.level);
    holds(&encoder, &ran);
}

#[test]
fn where_nothing_can_pass_the_search_says_so() {
    // At every quality either the file is too big or VMAF too low.
    let encoder = MadeUp::usual(120, 0.1, 6.0, 3.0, 1.0);
    let ran = run(&encoder, encoder.seed(0.0, 6.0), 20);
    assert_eq!(ran.best, None);
    assert_eq!(ran.why, StopReason::Nothing);
    assert!(ran.tried <= 10, "{} probes to find that out", ran.tried);
}

#[test]
fn a_file_off_the_curve_counts_but_bends_nothing() {
    let encoder = MadeUp::usual(221, 0.5, 5.0, 1.0, 4.0);
    let limits = SearchLimits {
        levels: 221,
        probes: 8,
        target: TARGET,
        gain: 0.0005,
        caution: 0.4,
    };
    let seed = encoder.seed(0.0, 8.0);
    let mut search = Search::new(seed, limits, &objective);
    let mut safe = encoder.point(0, 70);
    safe.on_curve = false;
    // A faster preset: much bigger and poorer than the curve.
    safe.bytes *= 2;
    safe.vmaf -= 2.0;
    safe.objective = objective(Vmaf(safe.vmaf), EstimatedBytes(safe.bytes as f64));
    search.observe(safe);
    assert_eq!(search.best(), Some(0));
    let Proposal::Probe { level, .. } = search.propose() else {
        panic!("nothing proposed");
    };
    assert!((f64::from(level) - seed.level).abs() < 8.0, "{level}");
}

#[test]
fn gates_that_only_a_better_picture_passes_close_what_lies_behind_them() {
    // VMAF is high enough everywhere, but from level 60 on another gate fails.
    let encoder = MadeUp::usual(120, 2.0, 1.0, 1.0, 4.0);
    let limits = SearchLimits {
        levels: 120,
        probes: 20,
        target: 50.0,
        gain: 0.0005,
        caution: 0.4,
    };
    let value = |_: Vmaf, EstimatedBytes(bytes): EstimatedBytes| 1.0 - bytes / SOURCE;
    let seed = Seed {
        level: 90.0,
        spread: 6.0,
        vmaf_slope: -0.3,
        size_slope: -0.03,
    };
    let mut search = Search::new(seed, limits, &value);
    while let Proposal::Probe { variant, level } = search.propose() {
        let mut point = encoder.point(variant, level);
        point.feasibility = if level < 60 {
            Feasibility::Passes
        } else {
            Feasibility::TooCoarse
        };
        point.objective = if level < 60 {
            value(Vmaf(point.vmaf), EstimatedBytes(point.bytes as f64))
        } else {
            0.0
        };
        search.observe(point);
    }
    let best = search.points()[search.best().unwrap()];
    assert!((55..60).contains(&best.level), "{best:?}");
}
