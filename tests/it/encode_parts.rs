//! The parts that making is made of, each on its own: options of encoders, the sharing out of quality,
//! seeds, the published table.

use proptest::prelude::*;
use vidaio::domain::Codec;
use vidaio::encode::{
    ENCODERS, Encoder, Features, MAX_SHOT_OFFSET, Prior, Setting, ShotCurve, Zone, allocate,
    bytes_at, encoder_options, table_quality,
};
use vidaio::rules::{Pooling, VmafModel};

fn options(name: &str, quality: f64, zones: &[Zone]) -> String {
    let encoder = Encoder::by_name(name).unwrap();
    let setting = Setting {
        encoder,
        preset: encoder.default_preset(),
        quality,
        variant: "",
        zones,
        threads: 3,
    };
    encoder_options(&setting).join(" ")
}

/// NVENC was never run here: its options are what is tested.
#[test]
fn options_of_every_encoder() {
    let all: Vec<String> = ENCODERS
        .iter()
        .map(|e| options(e.name, 30.25, &[]))
        .collect();
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn zones_move_the_quantiser_by_six_for_every_halving() {
    let zones = [
        Zone {
            frames: 0..20,
            offset: -1.5,
        },
        Zone {
            frames: 20..50,
            offset: 0.0,
        },
        Zone {
            frames: 50..80,
            offset: 3.0,
        },
    ];
    for name in ["x264", "x265"] {
        let text = options(name, 27.0, &zones);
        assert!(
            text.ends_with(":zones=0,19,b=1.1892/50,79,b=0.7071"),
            "{text}"
        );
    }
    assert!(!options("svtav1", 27.0, &zones).contains("zones"));
}

#[test]
fn no_option_flatters_a_metric() {
    for encoder in ENCODERS {
        let text = options(encoder.name, 30.0, &[]);
        for word in [
            "sharp",
            "unsharp",
            "eq=",
            "tune=0",
            "tune vmaf",
            "variance-boost=1",
            "film-grain=5",
        ] {
            assert!(!text.contains(word), "{}: {text}", encoder.name);
        }
        // No filter among them: what reaches the encoder is what was decoded.
        assert!(!text.contains("-vf") && !text.contains("-filter"), "{text}");
    }
}

#[test]
fn axes_and_presets_are_whole() {
    for encoder in ENCODERS {
        let axis = encoder.axis;
        for level in [0, 1, axis.levels() / 2, axis.levels() - 1] {
            assert_eq!(axis.level(axis.quality(level)), level, "{}", encoder.name);
        }
        assert_eq!(axis.quality(axis.levels() - 1), axis.coarsest);
        assert!(encoder.preset(encoder.default_preset).is_some());
        assert!(encoder.presets.windows(2).all(|p| p[0].time > p[1].time));
    }
    for codec in Codec::ALL {
        assert!(Encoder::of(codec, false).next().is_some());
    }
}

#[test]
fn the_published_table_is_the_networks() {
    let quality = |name: &str, t| table_quality(Encoder::by_name(name).unwrap(), t);
    assert_eq!(
        (
            quality("av1_nvenc", 93.0),
            quality("av1_nvenc", 89.0),
            quality("av1_nvenc", 85.0)
        ),
        (30.0, 35.0, 40.0)
    );
    assert_eq!(
        (
            quality("svtav1", 93.0),
            quality("svtav1", 89.0),
            quality("svtav1", 85.0)
        ),
        (31.0, 36.0, 41.0)
    );
    assert_eq!((quality("x265", 93.0), quality("x264", 85.0)), (23.0, 26.0));
}

#[test]
fn the_map_of_qualities_is_whole_and_falls_with_the_threshold() {
    let prior = Prior::embedded().unwrap();
    let features = Features {
        ln_pixels: 13.5,
        rate: 25.0,
        spatial: 4.0,
        temporal: 3.0,
        ln_bits_per_pixel: -1.0,
    };
    for name in ["svtav1", "x265", "x264"] {
        let map = &prior.encoders[name];
        assert!(map.clips >= 5 && map.error > 0.0 && map.vmaf_slope < 0.0 && map.size_slope < 0.0);
        let at = |t, model| prior.quality(name, &features, t, model).unwrap();
        assert!(at(93.0, VmafModel::Base) < at(85.0, VmafModel::Base));
        assert!(at(89.0, VmafModel::Neg) < at(89.0, VmafModel::Base));
    }
    // An encoder that was never fitted begins from its codec, less sure.
    let of = |name: &str| {
        let encoder = Encoder::by_name(name).unwrap();
        let seed = prior.seed(
            encoder,
            &encoder.axis,
            &features,
            (89.0, VmafModel::Base),
            None,
        );
        (
            encoder.axis.quality(seed.level as u32),
            seed.spread * encoder.axis.step,
        )
    };
    assert!((of("aom").0 - of("svtav1").0).abs() <= 1.0);
    assert!(of("aom").1 > 1.9 * of("svtav1").1);
}

fn pooled(shots: &[ShotCurve], offsets: &[f64], harmonic: bool) -> f64 {
    let frames: f64 = shots.iter().map(|s| s.frames).sum();
    let at = |s: &ShotCurve, d: f64| s.vmaf + s.vmaf_slope * d;
    let pairs = || shots.iter().zip(offsets);
    if harmonic {
        frames / pairs().map(|(s, d)| s.frames / at(s, *d)).sum::<f64>()
    } else {
        pairs().map(|(s, d)| s.frames * at(s, *d)).sum::<f64>() / frames
    }
}

fn shot() -> impl Strategy<Value = ShotCurve> {
    (
        12.0..200.0_f64,
        75.0..98.0_f64,
        2e4..3e6_f64,
        0.2..2.0_f64,
        0.03..0.2_f64,
    )
        .prop_map(|(frames, vmaf, bytes, fall, shrink)| ShotCurve {
            frames,
            vmaf,
            bytes,
            vmaf_slope: -fall,
            size_slope: -shrink,
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn sharing_out_keeps_the_pool_and_never_costs_bytes(
        shots in prop::collection::vec(shot(), 2..9), harmonic in prop::bool::ANY,
    ) {
        let pooling = if harmonic { Pooling::HarmonicDocument } else { Pooling::Mean };
        let offsets = allocate(&shots, pooling);
        let even = vec![0.0; shots.len()];
        prop_assert!(offsets.iter().all(|o| o.abs() <= MAX_SHOT_OFFSET + 1e-9));
        let (kept, wanted) = (pooled(&shots, &offsets, harmonic), pooled(&shots, &even, harmonic));
        prop_assert!((kept - wanted).abs() < 0.02, "{kept} {wanted}");
        prop_assert!(bytes_at(&shots, &offsets) <= bytes_at(&shots, &even) * 1.0005);
        // Neither of two shots could give to the other: moving a little either way saves nothing.
        for (a, b) in [(0, 1), (1, 0)] {
            let mut moved = offsets.clone();
            let step = 0.05;
            if offsets[a].abs() < MAX_SHOT_OFFSET - 0.2 && offsets[b].abs() < MAX_SHOT_OFFSET - 0.2 {
                moved[a] += step;
                let lost = wanted - pooled(&shots, &moved, harmonic);
                let gain = |d: f64| {
                    let mut other = moved.clone();
                    other[b] -= d;
                    pooled(&shots, &other, harmonic) - pooled(&shots, &moved, harmonic)
                };
                let (mut low, mut high) = (0.0, 1.0);
                for _ in 0..50 {
                    let middle = (low + high) / 2.0;
                    if gain(middle) < lost + (kept - wanted) { low = middle } else { high = middle }
                }
                moved[b] -= high;
                let (before, after) = (bytes_at(&shots, &offsets), bytes_at(&shots, &moved));
                prop_assert!(after >= before * 0.9995, "{before} {after}");
            }
        }
    }
}

#[test]
fn curves_that_tell_nothing_change_nothing() {
    let good = ShotCurve {
        frames: 50.0,
        vmaf: 90.0,
        bytes: 1e5,
        vmaf_slope: -0.8,
        size_slope: -0.06,
    };
    let odd = ShotCurve {
        vmaf_slope: 0.1,
        ..good
    };
    assert_eq!(allocate(&[good, odd], Pooling::Mean), [0.0, 0.0]);
    assert_eq!(allocate(&[good], Pooling::Mean), [0.0]);
    // A shot that tells nothing keeps its quality, and the others share without it.
    let dear = ShotCurve {
        bytes: good.bytes * 8.0,
        ..good
    };
    let without = allocate(&[good, dear], Pooling::Mean);
    assert!(without[0] < -0.2 && without[1] > 0.2, "{without:?}");
    let with = allocate(&[good, odd, dear], Pooling::Mean);
    assert_eq!(with, [without[0], 0.0, without[1]]);
    let equal = allocate(&[good, good], Pooling::Mean);
    assert!(equal.iter().all(|o| o.abs() < 1e-6), "{equal:?}");
}
