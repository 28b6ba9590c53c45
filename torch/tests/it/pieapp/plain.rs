//! The network as it is written in the papers, patch by patch: slow, short, and what the fast form is compared with.

use tch::{Kind, Tensor};
use vidaio_torch::weights::{self, Format, Weights};
use vidaio_worker_protocol::ChannelOrder;

use super::{golden::weights_file, images::Size};

pub(crate) struct Plain {
    convolutions: Vec<(Tensor, Tensor)>,
    dense: Vec<(Tensor, Tensor)>,
    scalar: (Tensor, Tensor),
}

impl Plain {
    pub(crate) fn new() -> Self {
        let mut weights = weights::load(&weights_file(Format::Legacy)).unwrap();
        let layer = |weights: &mut Weights, name: &str| {
            (
                weights.take(&format!("{name}.weight")).unwrap(),
                weights.take(&format!("{name}.bias")).unwrap(),
            )
        };
        let convolutions = (1..=11)
            .map(|number| layer(&mut weights, &format!("conv{number}")))
            .collect();
        let dense = ["fc1_score", "fc2_score", "fc1_weight", "fc2_weight"]
            .map(|name| layer(&mut weights, name));
        let scalar = layer(&mut weights, "ref_score_subtract");
        Self {
            convolutions,
            dense: dense.into(),
            scalar,
        }
    }

    /// Features of patches, and those of the last layer alone.
    fn features(&self, patches: &Tensor) -> (Tensor, Tensor) {
        let mut map = patches.shallow_clone();
        let mut kept = Vec::new();
        for (number, (weight, bias)) in (1..).zip(&self.convolutions) {
            map = map.conv2d(weight, Some(bias), 1, 1, 1, 1).relu();
            if number >= 3 && number % 2 == 1 {
                kept.push(map.flatten(1, -1));
            }
            if number % 2 == 0 {
                map = map.max_pool2d(2, 2, 0, 1, false);
            }
        }
        (Tensor::cat(&kept, 1), kept.pop().unwrap())
    }

    pub(crate) fn score(&self, size: Size, order: ChannelOrder, bytes: &[u8]) -> f64 {
        let shape = [2, size.height as i64, size.width as i64, 3];
        let mut frames = Tensor::from_data_size(bytes, &shape, Kind::Uint8).to_kind(Kind::Float);
        if order == ChannelOrder::Bgr {
            frames = frames.flip([3]);
        }
        let patches = frames
            .unfold(1, 64, 27)
            .unfold(2, 64, 27)
            .flatten(1, 2)
            .contiguous();
        let count = patches.size()[1];
        let (mut scores, mut weights) = (Vec::new(), Vec::new());
        for start in (0..count).step_by(64) {
            let chunk = patches.narrow(1, start, 64.min(count - start));
            let (features, coarse) = self.features(&chunk.get(0));
            let (other, other_coarse) = self.features(&chunk.get(1));
            let dense = |input: &Tensor, layer: usize| {
                let (first, second) = (&self.dense[layer], &self.dense[layer + 1]);
                let hidden = input.linear(&first.0, Some(&first.1)).relu();
                hidden.linear(&second.0, Some(&second.1))
            };
            let quality = dense(&(features - other), 0) * 0.01;
            scores.push(quality * &self.scalar.0 + &self.scalar.1);
            weights.push(dense(&(coarse - other_coarse), 2) + 1e-6);
        }
        let (scores, weights) = (Tensor::cat(&scores, 0), Tensor::cat(&weights, 0));
        let mean = (scores * &weights).sum(Kind::Float) / weights.sum(Kind::Float);
        f64::from(f32::try_from(&mean).unwrap())
    }
}
