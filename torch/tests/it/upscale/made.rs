//! Small networks of the documented shape, written in every format.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::Path;

/// Tensors by name: shape and numbers.
pub(crate) type Made = BTreeMap<String, (Vec<usize>, Vec<f32>)>;

/// A compact network of `convolutions` layers of `width` channels.
pub(crate) fn network(width: usize, convolutions: usize, scale: usize) -> Made {
    let mut made = Made::new();
    let mut state = 12345_u32;
    let mut number = |spread: f32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        ((state >> 8) as f32 / (1 << 24) as f32 - 0.5) * spread
    };
    let mut inputs = 3;
    for i in 0..convolutions {
        let last = i + 1 == convolutions;
        let outputs = if last { 3 * scale * scale } else { width };
        let count = outputs * inputs * 9;
        let weight = (0..count).map(|_| number(0.5)).collect();
        let bias = (0..outputs).map(|_| number(0.1)).collect();
        made.insert(
            format!("body.{}.weight", 2 * i),
            (vec![outputs, inputs, 3, 3], weight),
        );
        made.insert(format!("body.{}.bias", 2 * i), (vec![outputs], bias));
        if !last {
            let slopes = (0..outputs).map(|_| 0.2 + number(0.2)).collect();
            made.insert(
                format!("body.{}.weight", 2 * i + 1),
                (vec![outputs], slopes),
            );
        }
        inputs = outputs;
    }
    made
}

fn bytes(numbers: &[f32]) -> Vec<u8> {
    numbers.iter().flat_map(|n| n.to_le_bytes()).collect()
}

pub(crate) fn safetensors(path: &Path, made: &Made) {
    let mut table = serde_json::Map::new();
    let mut data = Vec::new();
    for (name, (shape, numbers)) in made {
        let begin = data.len();
        data.extend(bytes(numbers));
        let entry = serde_json::json!({
            "dtype": "F32", "shape": shape, "data_offsets": [begin, data.len()]
        });
        table.insert(name.clone(), entry);
    }
    let json = serde_json::to_vec(&table).unwrap();
    let mut file = (json.len() as u64).to_le_bytes().to_vec();
    file.extend(json);
    file.extend(data);
    fs::write(path, file).unwrap();
}

/// The zip archive that torch has written since 1.6, with the state inside a dictionary.
pub(crate) fn archive(path: &Path, made: &Made, wrapper: &str) {
    let mut pickle = vec![0x80, 2, b'}'];
    text(&mut pickle, wrapper);
    pickle.extend(b"ccollections\nOrderedDict\n)R(");
    for (number, (name, (shape, numbers))) in made.iter().enumerate() {
        text(&mut pickle, name);
        pickle.extend(b"ctorch._utils\n_rebuild_tensor_v2\n((");
        text(&mut pickle, "storage");
        pickle.extend(b"ctorch\nFloatStorage\n");
        text(&mut pickle, &number.to_string());
        text(&mut pickle, "cpu");
        integer(&mut pickle, numbers.len());
        pickle.extend(b"tQK\0");
        tuple(&mut pickle, shape);
        let stride: Vec<usize> = (1..=shape.len())
            .map(|i| shape[i..].iter().product())
            .collect();
        tuple(&mut pickle, &stride);
        // It needs no gradient and has no hooks.
        pickle.extend([0x89]);
        pickle.extend(b"ccollections\nOrderedDict\n)RtR");
    }
    pickle.extend(b"us.");
    let mut zip = zip::ZipWriter::new(fs::File::create(path).unwrap());
    let stored =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    zip.start_file("archive/data.pkl", stored).unwrap();
    zip.write_all(&pickle).unwrap();
    for (number, (_, numbers)) in made.values().enumerate() {
        zip.start_file(format!("archive/data/{number}"), stored)
            .unwrap();
        zip.write_all(&bytes(numbers)).unwrap();
    }
    zip.finish().unwrap();
}

fn text(pickle: &mut Vec<u8>, text: &str) {
    pickle.push(b'X');
    pickle.extend((text.len() as u32).to_le_bytes());
    pickle.extend(text.as_bytes());
}

fn integer(pickle: &mut Vec<u8>, number: usize) {
    pickle.push(b'J');
    pickle.extend((number as u32).to_le_bytes());
}

fn tuple(pickle: &mut Vec<u8>, numbers: &[usize]) {
    pickle.push(b'(');
    for number in numbers {
        integer(pickle, *number);
    }
    pickle.push(b't');
}
