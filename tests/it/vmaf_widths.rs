//! VMAF of narrow frames, where vectorised kernels of libvmaf err. The figures are those of libvmaf
//! 3.2.0 in plain C (a mask of every CPU feature).

use vidaio::media::LumaFormat;
use vidaio::metrics::vmaf::{VmafContext, VmafSettings};

const HEIGHT: u32 = 40;

/// How the reference looks.
#[derive(Clone, Copy)]
enum Pattern {
    Slopes,
    Flat,
}

/// Width and mean; with AVX2 alone 18, 20, 36, 40, 72 … come out lower by 0.02 to 4.9, with AVX-512
/// 36, 72, 100, 136, 144 and 270 by up to 1.5 off.
const SLOPES: [(u32, f64); 13] = [
    (18, 80.8152),
    (20, 82.0793),
    (24, 79.4334),
    (32, 77.2510),
    (36, 81.9678),
    (40, 78.3568),
    (64, 82.1679),
    (72, 83.7833),
    (80, 81.2103),
    (100, 83.6186),
    (176, 83.6340),
    (202, 81.7380),
    (334, 81.9363),
];

/// Where AVX2 and AVX-512 err alike, theirs is the figure that any validator gets.
const ALIKE: [(u32, f64); 2] = [(136, 81.4602), (270, 81.2276)];

/// With AVX-512 the first two come out higher by 2.
const FLAT: [(u32, f64); 3] = [(24, 97.4154), (32, 97.4148), (64, 97.4151)];

/// Three frames of both sides, with noise from a generator that any language has.
fn frames(width: u32, pattern: Pattern) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut state = 1_u32;
    let mut pixel = |x: u32, y: u32, frame: u32| {
        let reference = match pattern {
            Pattern::Slopes => 40 + (x * 7 + y * 13 + frame * 5) % 160,
            Pattern::Flat => 128,
        };
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let distorted = reference + (state >> 24) % 41 - 20;
        (reference as u8, distorted as u8)
    };
    let places = || (0..HEIGHT).flat_map(|y| (0..width).map(move |x| (x, y)));
    (0..3)
        .map(|frame| places().map(|(x, y)| pixel(x, y, frame)).unzip())
        .collect()
}

fn mean(width: u32, pattern: Pattern, threads: u32) -> f64 {
    let format = LumaFormat {
        width,
        height: HEIGHT,
        depth: 8,
    };
    let mut context = VmafContext::new(VmafSettings {
        threads,
        subsample: 1,
        base: true,
        neg: false,
    });
    for (reference, distorted) in frames(width, pattern) {
        let side = |luma| (format, luma, width as usize);
        let (reference, distorted) = (reference.as_slice(), distorted.as_slice());
        context.push(side(reference), side(distorted)).unwrap();
    }
    let scores = context.finish().unwrap().base;
    scores.iter().sum::<f64>() / scores.len() as f64
}

fn check(pattern: Pattern, golden: &[(u32, f64)], threads: u32) {
    for (width, wanted) in golden {
        let got = mean(*width, pattern, threads);
        assert!((got - wanted).abs() < 5e-4, "{width}: {got}, not {wanted}");
    }
}

#[test]
fn narrow_frames_score_as_plain_c_has_them() {
    check(Pattern::Slopes, &SLOPES, 1);
    check(Pattern::Flat, &FLAT, 1);
}

#[cfg(target_arch = "x86_64")]
#[test]
fn where_every_vector_kernel_errs_alike_the_figure_is_theirs() {
    if std::arch::is_x86_feature_detected!("avx2") {
        check(Pattern::Slopes, &ALIKE, 1);
    } else {
        super::surroundings::skip(
            "where_every_vector_kernel_errs_alike_the_figure_is_theirs",
            "this CPU has no AVX2",
        );
    }
}

/// libvmaf has one mask for the whole process: narrow and wide frames at once must not share it.
#[test]
fn widths_measured_at_once_do_not_disturb_each_other() {
    std::thread::scope(|scope| {
        for threads in [1, 2, 3] {
            scope.spawn(move || check(Pattern::Slopes, &SLOPES, threads));
            scope.spawn(move || check(Pattern::Flat, &FLAT, threads));
        }
    });
}
