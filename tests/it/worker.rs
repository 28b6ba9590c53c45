//! The real worker, where this run of the tests has one.

use serde_json::Value;

use super::clips;
use super::surroundings::{real_worker, run, scratch_root, vidaio};

#[test]
fn an_upscaled_clip_is_scored_with_the_real_network() {
    let Some(worker) = real_worker("an_upscaled_clip_is_scored_with_the_real_network") else {
        return;
    };
    let weights = scratch_root().join("synthetic.safetensors");
    if !weights.is_file() {
        let made = std::process::Command::new(&worker)
            .arg("--write-test-weights")
            .arg(&weights)
            .status();
        assert!(made.unwrap().success());
    }
    let score = |threads: &str| -> Value {
        let mut command = vidaio(&["score", "upscale", "--length", "10", "--format", "json"]);
        command.args(["--rules", "2025-10-20", "--threads", threads]);
        command.arg(clips::reference()).arg(clips::upscaled());
        command
            .env("VIDAIO_WORKER", &worker)
            .env("VIDAIO_PIEAPP_WEIGHTS", &weights);
        let ran = run(&mut command);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        serde_json::from_str(&ran.stdout).unwrap()
    };
    let (one, two) = (score("1"), score("2"));
    let frames = |got: &Value| -> Vec<f64> {
        got["measurement"]["pieapp"]["per_frame"]
            .as_array()
            .unwrap()
            .iter()
            .map(|v| v.as_f64().unwrap())
            .collect()
    };
    let (one, two) = (frames(&one), frames(&two));
    assert_eq!(one.len(), 4);
    // The synthetic weights give an identical pair about -0.014 and a visible difference far more.
    assert!(one.iter().all(|v| *v > 0.05 && *v < 10.0), "{one:?}");
    for (a, b) in one.iter().zip(&two) {
        assert!((a - b).abs() <= 1e-6, "{a} {b}");
    }
}
