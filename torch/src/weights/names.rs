//! The 32 tensors of PIE-APP, in the order of the network.

/// Parameters in all tensors together.
pub const PARAMETERS: u64 = 68_376_580;

/// Input and output channels of the eleven convolutions.
const CONVOLUTIONS: [(i64, i64); 11] = [
    (3, 64),
    (64, 64),
    (64, 64),
    (64, 128),
    (128, 128),
    (128, 128),
    (128, 256),
    (256, 256),
    (256, 256),
    (256, 512),
    (512, 512),
];

/// Name, outputs and inputs of the four dense layers.
const DENSE: [(&str, i64, i64); 4] = [
    ("fc1_score", 512, 120_832),
    ("fc2_score", 1, 512),
    ("fc1_weight", 512, 2_048),
    ("fc2_weight", 1, 512),
];

/// Name and shape of one tensor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spec {
    /// Its name in the state dictionary.
    pub name: String,
    /// Its shape.
    pub shape: Vec<i64>,
}

impl Spec {
    /// How many numbers it holds.
    #[must_use]
    pub fn elements(&self) -> u64 {
        self.shape.iter().map(|side| side.unsigned_abs()).product()
    }
}

/// All tensors, in the order of the network.
#[must_use]
pub fn specs() -> Vec<Spec> {
    let mut all = Vec::with_capacity(32);
    let mut layer = |name: &str, weight: &[i64], outputs: i64| {
        all.push(Spec {
            name: format!("{name}.weight"),
            shape: weight.to_vec(),
        });
        all.push(Spec {
            name: format!("{name}.bias"),
            shape: vec![outputs],
        });
    };
    for (number, (inputs, outputs)) in (1..).zip(CONVOLUTIONS) {
        layer(&format!("conv{number}"), &[outputs, inputs, 3, 3], outputs);
    }
    for (name, outputs, inputs) in DENSE {
        layer(name, &[outputs, inputs], outputs);
    }
    // A scale and an offset: one number each, without the second axis a dense layer would have.
    layer("ref_score_subtract", &[1], 1);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tensors_add_up() {
        let all = specs();
        assert_eq!(all.len(), 32);
        assert_eq!(all.iter().map(Spec::elements).sum::<u64>(), PARAMETERS);
    }
}
