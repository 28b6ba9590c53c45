//! The tables of the mechanism document, row by row, with the values that its formulas really give.

use vidaio::rules::{Catalogue, LengthFormula, Revision};
use vidaio::scoring::{
    CompressionInput, Marks, compression_score, length_score, multipliers, upscale_score,
};

fn rounded(value: f64, places: usize) -> String {
    format!("{value:.places$}")
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

#[test]
fn length_scores() {
    for (seconds, want) in [
        (5.0, "0.3105"),
        (10.0, "0.4155"),
        (20.0, "0.5275"),
        (40.0, "0.6434"),
        (80.0, "0.7614"),
        (160.0, "0.8804"),
        (320.0, "1.0000"),
    ] {
        let got = length_score(LengthFormula::Logarithmic, seconds).unwrap();
        assert_eq!(rounded(got, 4), want, "{seconds} s");
    }
}

#[test]
fn final_scores_by_s_pre() {
    for (s_pre, want) in [
        (0.30, "0.0248"),
        (0.36, "0.0376"),
        (0.42, "0.0572"),
        (0.48, "0.0870"),
        (0.54, "0.1322"),
        (0.60, "0.2010"),
        (0.66, "0.3055"),
        (0.72, "0.4643"),
        (0.78, "0.7058"),
        (0.84, "1.0728"),
        (0.90, "1.6307"),
    ] {
        // S_pre is half S_Q and half S_L; a perfect S_Q leaves the length to make the rest.
        let catalogue = Catalogue::embedded().unwrap();
        let formula = catalogue.find("documented").unwrap().upscaling.formula;
        let seconds = 321.0_f64.powf(2.0 * s_pre - 1.0) - 1.0;
        if seconds <= -1.0 {
            continue;
        }
        let got = upscale_score(&formula, 0.0, 90.0, seconds).unwrap();
        assert_eq!(
            (rounded(got.s_pre, 6), rounded(got.s_f, 4)),
            (rounded(s_pre, 6), want.into())
        );
    }
}

#[test]
fn compression_examples() {
    let catalogue = Catalogue::embedded().unwrap();
    let of = |name| catalogue.find(name).unwrap();
    // Rate, VMAF, threshold; document, 2025-10-20, 2026-08-18. The document prints 0.364 for the
    // third row where its formula gives 0.3648.
    for (rate, vmaf, threshold, document, october, august) in [
        (0.3, 85.0, 70.0, "0.768547", "0.322620", "0.314188"),
        (0.5, 80.0, 70.0, "0.583824", "0.272209", "0.248779"),
        (0.7, 75.0, 70.0, "0.364804", "0.245128", "0.210373"),
        (0.4, 65.0, 70.0, "0.000000", "0.000000", "0.000000"),
        (1.0, 90.0, 70.0, "0.133333", "0.270000", "0.000000"),
    ] {
        for (name, want) in [
            ("documented", document),
            ("2025-10-20", october),
            ("2026-08-18", august),
        ] {
            let got = s_f(of(name), vmaf, rate, threshold);
            assert_eq!(rounded(got, 6), want, "{name}: {rate} {vmaf} {threshold}");
        }
    }
}

#[test]
fn compression_by_ratio_at_a_threshold_of_90() {
    let catalogue = Catalogue::embedded().unwrap();
    for (ratio, october, august) in [
        (1.25, "0.2275", "0.0000"),
        (1.5, "0.2314", "0.2003"),
        (2.0, "0.2422", "0.2220"),
        (3.0, "0.2682", "0.2614"),
        (5.0, "0.3290", "0.3343"),
        (10.0, "0.5080", "0.5023"),
        (15.0, "0.7100", "0.6603"),
        (20.0, "0.9275", "0.8125"),
        (30.0, "0.9951", "0.8378"),
        (60.0, "1.0000", "0.8812"),
        (100.0, "1.0000", "0.9131"),
    ] {
        for (name, want) in [("2025-10-20", october), ("2026-08-18", august)] {
            let got = s_f(catalogue.find(name).unwrap(), 90.0, 1.0 / ratio, 90.0);
            assert_eq!(rounded(got, 4), want, "{name} at {ratio}");
        }
    }
}

#[test]
fn upscaling_by_pieapp() {
    let catalogue = Catalogue::embedded().unwrap();
    let formula = catalogue.find("2026-08-18").unwrap().upscaling.formula;
    for (pieapp, s_q, at_5, at_10) in [
        (0.0, "1.000000", "0.295449", "0.426228"),
        (0.1, "0.911074", "0.216629", "0.312519"),
        (0.25, "0.785995", "0.140011", "0.201987"),
        (0.5, "0.600520", "0.073296", "0.105740"),
        (0.8, "0.415563", "0.038440", "0.055456"),
        (1.0, "0.313600", "0.026932", "0.038853"),
        (1.5, "0.122131", "0.013807", "0.019919"),
        (2.0, "0.000000", "0.009016", "0.013007"),
    ] {
        for (seconds, want) in [(5.0, at_5), (10.0, at_10)] {
            let got = upscale_score(&formula, pieapp, 90.0, seconds).unwrap();
            assert_eq!(rounded(got.s_q, 6), s_q, "{pieapp}");
            assert_eq!(rounded(got.s_f, 6), want, "{pieapp} at {seconds} s");
        }
    }
}

/// The multiplier of a window of ten with these counts under the document.
fn of_counts(bonus: usize, penalty_f: usize, penalty_q: usize) -> String {
    let catalogue = Catalogue::embedded().unwrap();
    let rules = catalogue
        .find("documented")
        .unwrap()
        .multipliers
        .clone()
        .unwrap();
    let window = (0..10).map(|i| Marks {
        bonus: i < bonus,
        penalty_f: i < penalty_f,
        penalty_q: i < penalty_q,
        near_threshold: false,
    });
    rounded(multipliers(&rules, 10, window).total, 5)
}

#[test]
fn example_lines_of_the_multipliers() {
    assert_eq!(of_counts(7, 0, 0), "1.10500");
    assert_eq!(of_counts(0, 4, 0), "0.92000");
    assert_eq!(of_counts(0, 0, 3), "0.92500");
}

#[test]
fn upscaling_case_studies() {
    // Elite, good, average, poor, by the counts that the document states.
    assert_eq!(of_counts(10, 0, 0), "1.15000");
    assert_eq!(of_counts(0, 0, 0), "1.00000");
    assert_eq!(of_counts(0, 0, 3), "0.92500");
    assert_eq!(of_counts(0, 10, 10), "0.60000");
    // What the averages that it states beside them would give, if every round were like them.
    assert_eq!(of_counts(10, 0, 0), "1.15000");
    assert_eq!(of_counts(10, 0, 3), "1.06375");
}

#[test]
fn compression_case_studies() {
    assert_eq!(of_counts(10, 0, 0), "1.15000");
    assert_eq!(of_counts(0, 0, 0), "1.00000");
    // The document prints 0.910 and 0.490 for these two.
    assert_eq!(of_counts(0, 0, 0), "1.00000");
    assert_eq!(of_counts(0, 10, 0), "0.80000");
}

#[test]
fn scores_by_pieapp_at_the_ends() {
    // S_F(1) and S_F(0), where the document says 40.43 and 0.0025.
    let catalogue = Catalogue::embedded().unwrap();
    let formula = catalogue.find("documented").unwrap().upscaling.formula;
    let best = upscale_score(&formula, 0.0, 90.0, 320.0).unwrap();
    let worst = upscale_score(&formula, 2.0, 90.0, 0.0).unwrap();
    assert_eq!(rounded(best.s_f, 6), "3.276956");
    assert_eq!(rounded(worst.s_f, 6), "0.003052");
}
