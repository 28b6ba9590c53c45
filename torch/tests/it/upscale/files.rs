//! Every kind of file gives the same network, and files that are none are refused.

use std::fs;

use tch::{Device, Kind, Tensor};
use vidaio_torch::upscale::{Precision, Upscaler};

use super::{WHOLE, batch, flat, load, made, picture};

#[test]
fn a_zip_archive_and_safetensors_give_the_same_pictures() {
    let folder = tempfile::tempdir().unwrap();
    let network = made::network(8, 4, 2);
    let (one, other) = (
        folder.path().join("a.safetensors"),
        folder.path().join("b.pth"),
    );
    made::safetensors(&one, &network);
    let bytes = picture(20, 30);
    let pictures = |path| {
        let network = load(path);
        assert_eq!((network.architecture(), network.scale()), ("compact", 2));
        network
            .enlarge(&batch(&bytes, 1, (20, 30), 2, WHOLE))
            .unwrap()
    };
    let expected = pictures(&one);
    for wrapper in ["params", "params_ema", "state_dict"] {
        made::archive(&other, &network, wrapper);
        assert_eq!(pictures(&other), expected, "{wrapper}");
    }
}

#[test]
fn a_traced_shuffle_enlarges_any_size() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shuffle.pt");
    let example = Tensor::zeros([1, 3, 8, 8], (Kind::Float, Device::Cpu));
    let mut program = |inputs: &[Tensor]| {
        let x = &inputs[0];
        vec![Tensor::cat(&[x, x, x, x], 1).pixel_shuffle(2)]
    };
    let module =
        tch::CModule::create_by_tracing("net", "forward", &[example], &mut program).unwrap();
    module.save(&path).unwrap();
    let network = load(&path);
    assert_eq!(
        (network.architecture(), network.scale()),
        ("torchscript", 2)
    );
    let bytes = picture(18, 26);
    let made = network
        .enlarge(&batch(&bytes, 1, (18, 26), 2, WHOLE))
        .unwrap();
    assert_eq!(made.len(), bytes.len() * 4);
    // Four equal channels shuffled are the frame with every pixel twice as large.
    let bright = network.forward(&flat(0.75, 5), 2).unwrap();
    assert_eq!(bright.size(), [1, 3, 10, 10]);
    assert!((bright.double_value(&[0, 1, 9, 3]) - 0.75).abs() < 1e-6);
}

#[test]
fn files_that_are_no_networks_are_refused_with_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.safetensors");
    let refused = |path: &std::path::Path| {
        Upscaler::load(path, Device::Cpu, Precision::Full)
            .unwrap_err()
            .to_string()
    };
    fs::write(&path, b"no network").unwrap();
    assert!(refused(&path).contains("neither a legacy torch file nor safetensors"));
    fs::write(&path, b"PK\x03\x04 but no archive").unwrap();
    assert!(refused(&path).contains("the archive"));
    let mut network = made::network(8, 3, 2);
    network.remove("body.2.bias");
    made::safetensors(&path, &network);
    assert_eq!(refused(&path), "tensor body.2.bias is missing");
    let mut network = made::network(8, 3, 2);
    network.insert("tail.weight".into(), (vec![1], vec![0.0]));
    made::safetensors(&path, &network);
    assert!(refused(&path).contains("tensor tail.weight does not belong to a compact network"));
    let mut network = made::network(8, 3, 2);
    network.insert("body.4.bias".into(), (vec![2], vec![0.0, f32::NAN]));
    made::safetensors(&path, &network);
    assert!(refused(&path).contains("not finite"));
}
