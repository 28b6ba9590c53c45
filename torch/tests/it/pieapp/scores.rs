//! Scores against the recorded values, and of the fast form against the plain one.

use vidaio_torch::{
    pieapp::{Grid, Pieapp, PieappError},
    weights::{self, Format, synthetic},
};
use vidaio_worker_protocol::ChannelOrder::{self, Bgr, Rgb};

use super::{
    golden::{
        GOLDEN, assert_close, network, pair, pair_bytes, sha256, shared_network, weights_file,
    },
    images::Size,
    plain::Plain,
};

const CHUNK: usize = 64;

fn score(network: &Pieapp, size: Size, order: ChannelOrder, chunk: usize, bytes: &[u8]) -> f64 {
    let score = network.score(&pair(size, order, chunk, bytes)).unwrap();
    assert_eq!(
        score.patches,
        Grid::new(size.height, size.width).unwrap().patches()
    );
    f64::from(score.value)
}

#[test]
fn synthetic_weights_are_those_of_the_record() {
    let recipes = synthetic::recipes();
    assert_eq!(recipes.len(), GOLDEN.tensors.len());
    for (recipe, (name, digest)) in recipes.iter().zip(&GOLDEN.tensors) {
        assert_eq!(recipe.spec.name, *name);
        let mut bytes = Vec::new();
        recipe.bytes(
            0,
            u32::try_from(recipe.spec.elements()).unwrap(),
            &mut bytes,
        );
        assert_eq!(sha256(&bytes), *digest, "{name}");
    }
}

#[test]
fn both_formats_give_every_tensor_back() {
    let _one_at_a_time = shared_network();
    for format in [Format::Legacy, Format::Safetensors] {
        let mut weights = weights::load(&weights_file(format)).unwrap();
        for (name, digest) in &GOLDEN.tensors {
            let tensor = weights.take(name).unwrap();
            let mut bytes = vec![0; tensor.numel() * 4];
            tensor
                .to_kind(tch::Kind::Float)
                .view_dtype(tch::Kind::Uint8)
                .copy_data(&mut bytes, tensor.numel() * 4);
            assert_eq!(sha256(&bytes), *digest, "{name} from {format:?}");
        }
    }
}

#[test]
fn every_recorded_case_is_reached() {
    let network = shared_network();
    for case in &GOLDEN.cases {
        let got = score(&network, case.size(), Bgr, CHUNK, &case.bytes());
        assert_close(got, case.score, &case.name);
    }
}

#[test]
fn red_first_reaches_the_values_of_piq() {
    let network = shared_network();
    for case in GOLDEN.cases.iter().filter(|case| case.height < 1000) {
        if let Some(want) = case.piq {
            let got = score(&network, case.size(), Rgb, CHUNK, &case.bytes());
            assert_close(got, want, &case.name);
        }
    }
}

#[test]
fn frames_of_clips_reach_their_values_signs_included() {
    let network = shared_network();
    let mut negative = 0;
    for video in &GOLDEN.videos {
        let size = Size {
            height: video.height,
            width: video.width,
        };
        let mut sum = 0.0;
        for (number, want) in video.scores.iter().enumerate() {
            let digests = [&*video.references[number], &*video.distorted[number]];
            let bytes = pair_bytes(
                size,
                video.seeds[number],
                &video.distortions[number],
                digests,
            );
            let got = score(&network, size, Bgr, CHUNK, &bytes);
            assert_close(got, *want, &format!("{} frame {number}", video.name));
            negative += usize::from(got < 0.0);
            sum += got.abs();
        }
        // What a validator makes of the raw values: magnitudes, mean, limit of two.
        let mean = sum / video.scores.len() as f64;
        assert_close(mean.min(2.0), video.video, &video.name);
    }
    assert!(negative > 0, "no recorded frame has a negative value");
}

#[test]
fn the_fast_form_is_the_plain_one() {
    let network = shared_network();
    let plain = Plain::new();
    let sizes = [
        (64, 64),
        (64, 200),
        (200, 64),
        (90, 91),
        (91, 91),
        (118, 145),
        (172, 226),
    ];
    for (height, width) in sizes {
        let size = Size { height, width };
        let mut bytes = super::images::base(size, 5);
        let distorted = super::images::distort(&bytes, size, "half_noisy5");
        bytes.extend(distorted);
        for order in [Bgr, Rgb] {
            let got = score(&network, size, order, CHUNK, &bytes);
            let want = plain.score(size, order, &bytes);
            assert!(
                (got - want).abs() < 1e-5,
                "{height}x{width} {order:?}: {got}, plain {want}"
            );
        }
    }
}

#[test]
fn the_chunk_does_not_change_the_value() {
    let network = shared_network();
    let case = GOLDEN
        .cases
        .iter()
        .find(|case| case.name.starts_with("200x300_noisy"))
        .unwrap();
    let bytes = case.bytes();
    for chunk in [1, 2, 7, 16, 54, 1000] {
        let got = score(&network, case.size(), Bgr, chunk, &bytes);
        assert!(
            (got - case.score).abs() <= 5e-6,
            "chunk {chunk}: {got}, recorded {}",
            case.score
        );
    }
}

#[test]
fn threads_do_not_change_the_value() {
    let two = shared_network();
    let one = network(1);
    for name in ["91x91_noisy5", "96x130_noisy5", "128x128_tone"] {
        let Some(case) = GOLDEN.cases.iter().find(|case| case.name == name) else {
            continue;
        };
        let bytes = case.bytes();
        let [one, two] =
            [&one, &two].map(|network| score(network, case.size(), Bgr, CHUNK, &bytes));
        assert!(
            (one - two).abs() <= 1e-6,
            "{name}: {one} on one thread, {two} on two"
        );
    }
}

#[test]
fn pairs_that_make_no_sense_are_refused() {
    let network = shared_network();
    let bytes = vec![0; 64 * 64 * 6];
    let outcome = |height, width, chunk, bytes: &[u8]| {
        network
            .score(&pair(Size { height, width }, Bgr, chunk, bytes))
            .unwrap_err()
    };
    assert!(matches!(
        outcome(63, 64, 1, &bytes),
        PieappError::TooSmall { .. }
    ));
    assert!(matches!(
        outcome(64, 63, 1, &bytes),
        PieappError::TooSmall { .. }
    ));
    assert!(matches!(
        outcome(64, 64, 1, &bytes[1..]),
        PieappError::Payload { .. }
    ));
    assert!(matches!(
        outcome(usize::MAX, usize::MAX, 1, &bytes),
        PieappError::Payload { .. }
    ));
    assert!(matches!(outcome(64, 64, 0, &bytes), PieappError::NoChunk));
}
