//! Properties that hold for every input.

use proptest::prelude::*;
use vidaio::rules::{CompressionFormula, Revision};
use vidaio::scoring::{
    CompressionInput, compression_score, harmonic_mean_libvmaf, harmonic_mean_plain,
    harmonic_mean_strict, mean, quality_score,
};

use super::surroundings::rules;

fn revisions() -> impl Iterator<Item = &'static Revision> {
    rules().iter().filter(|r| r.main)
}

fn s_f(revision: &Revision, vmaf: f64, rate: f64, threshold: f64) -> f64 {
    let rules = revision.compression.as_ref().unwrap();
    let input = CompressionInput {
        vmaf,
        rate,
        threshold,
    };
    compression_score(rules.formula, rules.constants, input)
        .unwrap()
        .s_f
}

proptest! {
    #[test]
    fn more_vmaf_above_the_threshold_never_scores_less(
        threshold in 60.0..99.0_f64, a in 0.0..1.0_f64, b in 0.0..1.0_f64, rate in 0.001..0.999_f64,
    ) {
        let (low, high) = (a.min(b), a.max(b));
        let at = |part: f64| threshold + part * (100.0 - threshold);
        for revision in revisions() {
            prop_assert!(s_f(revision, at(low), rate, threshold) <= s_f(revision, at(high), rate, threshold));
        }
    }

    #[test]
    fn a_better_ratio_never_scores_less_inside_a_branch(
        threshold in 60.0..99.0_f64, a in 1.26..19.99_f64, b in 1.26..19.99_f64,
        c in 20.01..500.0_f64, d in 20.01..500.0_f64,
    ) {
        for revision in revisions() {
            for (x, y) in [(a, b), (c, d)] {
                let (low, high) = (x.min(y), x.max(y));
                // The branch of rates from 0.80 on is another one.
                let at = |ratio: f64| s_f(revision, threshold, 1.0 / ratio, threshold);
                prop_assert!(at(low) <= at(high), "{} {low} {high}", revision.name);
            }
        }
    }

    #[test]
    fn scores_of_compression_lie_between_0_and_1(
        vmaf in 0.0..=100.0_f64, rate in 0.0001..1.0_f64, threshold in 1.0..99.9_f64,
    ) {
        for revision in revisions() {
            let got = s_f(revision, vmaf, rate, threshold);
            prop_assert!((0.0..=1.0).contains(&got), "{} {got}", revision.name);
        }
    }

    #[test]
    fn more_pieapp_never_gives_more_quality(a in 0.0..2.0_f64, b in 0.0..2.0_f64) {
        let (low, high) = (a.min(b), a.max(b));
        for revision in revisions() {
            let of = |p| quality_score(revision.upscaling.formula.quality, p).unwrap();
            prop_assert!(of(high) <= of(low));
            prop_assert!((-1e-12..=1.0).contains(&of(a)));
        }
    }

    #[test]
    fn harmonic_means_lie_between_the_least_frame_and_the_mean(
        frames in prop::collection::vec(0.01..100.0_f64, 1..200),
    ) {
        let least = frames.iter().copied().fold(f64::INFINITY, f64::min);
        let most = mean(&frames).unwrap();
        let (plain, libvmaf) = (harmonic_mean_plain(&frames).unwrap(), harmonic_mean_libvmaf(&frames).unwrap());
        prop_assert!(plain <= most * (1.0 + 1e-12) && plain >= least * (1.0 - 1e-12));
        prop_assert!(libvmaf <= most * (1.0 + 1e-12) && libvmaf >= least * (1.0 - 1e-9) - 1e-9);
        prop_assert!(libvmaf >= plain - 1e-9, "the shift by one lifts the mean");
        prop_assert_eq!(harmonic_mean_strict(&frames).unwrap(), plain);
    }

    #[test]
    fn zero_frames_part_the_harmonic_means(
        mut frames in prop::collection::vec(50.0..100.0_f64, 2..50),
    ) {
        let before = harmonic_mean_plain(&frames).unwrap();
        frames.push(0.0);
        prop_assert_eq!(harmonic_mean_plain(&frames).unwrap(), before);
        prop_assert_eq!(harmonic_mean_strict(&frames).unwrap(), 0.0);
        prop_assert!(harmonic_mean_libvmaf(&frames).unwrap() < before);
    }
}

#[test]
fn the_formulas_of_the_main_revisions_are_all_different_but_one_pair() {
    let formulas: Vec<CompressionFormula> = revisions()
        .map(|r| r.compression.as_ref().unwrap().formula)
        .collect();
    assert_eq!(
        formulas,
        [
            CompressionFormula::SoftZone,
            CompressionFormula::Normalised,
            CompressionFormula::NormalisedGuarded,
            CompressionFormula::InlinePower,
            CompressionFormula::LinearCliff,
        ]
    );
}
