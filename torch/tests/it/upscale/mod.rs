//! Super-resolution of the worker: recorded frames, tiles, and every kind of file.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod files;
mod golden;
mod made;

use tch::{Device, Kind, Tensor};
use vidaio_torch::upscale::{Batch, Precision, Tiling, Upscaler};

/// A network from a file, on the processor.
fn load(path: &std::path::Path) -> Upscaler {
    Upscaler::load(path, Device::Cpu, Precision::Full).unwrap()
}

/// A frame of smooth waves and hard edges: both show seams.
fn picture(height: u32, width: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    for y in 0..height {
        for x in 0..width {
            for channel in 0..3_u32 {
                let wave = (f64::from(x * (3 + channel) + y * 5) / 17.0).sin() * 90.0 + 128.0;
                let edge = if (x / 7 + y / 5 + channel) % 3 == 0 {
                    60.0
                } else {
                    0.0
                };
                bytes.push((wave + edge).clamp(0.0, 255.0) as u8);
            }
        }
    }
    bytes
}

fn batch(bytes: &[u8], frames: u32, size: (u32, u32), scale: u32, tiling: Tiling) -> Batch<'_> {
    Batch {
        frames,
        height: size.0,
        width: size.1,
        scale,
        tiling,
        bytes,
    }
}

const WHOLE: Tiling = Tiling {
    tile: 0,
    overlap: 0,
};

#[test]
fn tiles_leave_no_seam_where_they_see_as_far_as_the_network() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("small.safetensors");
    // Five convolutions of 3x3 see five pixels to each side.
    made::safetensors(&path, &made::network(8, 5, 4));
    let network = load(&path);
    let size = (61, 83);
    let bytes = picture(size.0, size.1);
    for scale in [4, 2] {
        let whole = network
            .enlarge(&batch(&bytes, 1, size, scale, WHOLE))
            .unwrap();
        // Halving looks two pixels further in the upscaled frame.
        let tiled = Tiling {
            tile: 20,
            overlap: 7,
        };
        let in_tiles = network
            .enlarge(&batch(&bytes, 1, size, scale, tiled))
            .unwrap();
        let worst = whole
            .iter()
            .zip(&in_tiles)
            .map(|(a, b)| a.abs_diff(*b))
            .max();
        // Sums in another order may round a byte the other way.
        assert!(worst <= Some(1), "scale {scale}: {worst:?}");
        let near = Tiling {
            tile: 20,
            overlap: 1,
        };
        let seams = network
            .enlarge(&batch(&bytes, 1, size, scale, near))
            .unwrap();
        let worst = whole.iter().zip(&seams).map(|(a, b)| a.abs_diff(*b)).max();
        assert!(worst > Some(1), "an overlap that is too small must show");
    }
}

#[test]
fn pictures_of_a_batch_do_not_see_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("small.safetensors");
    made::safetensors(&path, &made::network(8, 3, 2));
    let network = load(&path);
    let size = (16, 24);
    let one = picture(size.0, size.1);
    let other: Vec<u8> = one.iter().rev().copied().collect();
    let both = [one.clone(), other.clone()].concat();
    let together = network.enlarge(&batch(&both, 2, size, 2, WHOLE)).unwrap();
    let first = network.enlarge(&batch(&one, 1, size, 2, WHOLE)).unwrap();
    let second = network.enlarge(&batch(&other, 1, size, 2, WHOLE)).unwrap();
    assert_eq!(together, [first, second].concat());
}

#[test]
fn a_wrong_factor_and_wrong_bytes_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("small.safetensors");
    made::safetensors(&path, &made::network(8, 3, 4));
    let network = load(&path);
    let bytes = picture(8, 8);
    let three = network
        .enlarge(&batch(&bytes, 1, (8, 8), 3, WHOLE))
        .unwrap_err();
    assert_eq!(
        three.to_string(),
        "the network enlarges 4 times; 3 is neither that nor half of it"
    );
    let short = network
        .enlarge(&batch(&bytes[1..], 1, (8, 8), 4, WHOLE))
        .unwrap_err();
    assert_eq!(
        short.to_string(),
        "1 pictures of this size have 192 bytes, 191 came"
    );
}

/// A constant frame, to see what a network adds to it.
fn flat(value: f64, side: i64) -> Tensor {
    Tensor::full([1, 3, side, side], value, (Kind::Float, Device::Cpu))
}
