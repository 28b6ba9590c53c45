//! Frames recorded from the reference implementation. The weights are not ours to keep: where they are
//! absent, the test says so and counts what it left out.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use tch::{Kind, Tensor};

use super::load;

fn shared() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/models")
}

/// Largest difference that is allowed, in a range of 0 to 1.
const TOLERANCE: f64 = 1e-3;

#[test]
fn the_published_network_makes_the_recorded_pictures() {
    let (weights, golden) = (
        shared().join("realesr-animevideov3.safetensors"),
        shared().join("realesr-animevideov3-golden.safetensors"),
    );
    if !weights.is_file() || !golden.is_file() {
        let _shown = writeln!(
            std::io::stderr(),
            "SKIPPED 4 recorded pictures: {} is not here",
            weights.display()
        );
        return;
    }
    let network = load(&weights);
    assert_eq!(network.parameters(), 621_424);
    assert_eq!((network.architecture(), network.scale()), ("compact", 4));
    let recorded: std::collections::HashMap<String, Tensor> = Tensor::read_safetensors(&golden)
        .unwrap()
        .into_iter()
        .collect();
    let mut compared = 0;
    for (name, input) in &recorded {
        let Some(case) = name.strip_suffix(".input_u8_hwc") else {
            continue;
        };
        let expected = recorded
            .iter()
            .find(|(other, _)| other.starts_with(case) && other.ends_with("f32_chw"))
            .map(|(_, tensor)| tensor)
            .unwrap();
        let scale = if case.starts_with("x2") { 2 } else { 4 };
        let picture = input.permute([2, 0, 1]).unsqueeze(0).to_kind(Kind::Float) / 255.0;
        let made = network.forward(&picture, scale).unwrap().squeeze_dim(0);
        assert_eq!(made.size(), expected.size(), "{case}");
        let worst = (made - expected).abs().max().double_value(&[]);
        let _shown = writeln!(std::io::stderr(), "{case}: largest difference {worst:.2e}");
        assert!(worst < TOLERANCE, "{case}: {worst}");
        compared += 1;
    }
    assert_eq!(compared, 4);
}
