//! Weights files that are cut, forged or not weights at all: each must be refused with the reason.

use std::{
    fs::{self, File, OpenOptions},
    io::{Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use tempfile::TempDir;
use vidaio_torch::weights::{Format, WeightsError, load};

use super::golden::{shared_network, weights_file};

/// Enough for all pickles or the table.
const HEAD: usize = 16_000;

/// A copy of a good file, damaged and mended again and again.
struct Victim {
    path: PathBuf,
    file: File,
    head: Vec<u8>,
    _folder: TempDir,
}

impl Victim {
    fn new(format: Format) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("weights");
        fs::copy(weights_file(format), &path).unwrap();
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(&path)
            .unwrap();
        let mut head = vec![0; HEAD];
        file.read_exact(&mut head).unwrap();
        Self {
            path,
            file,
            head,
            _folder: folder,
        }
    }

    fn write(&mut self, position: u64, bytes: &[u8]) {
        self.file.seek(SeekFrom::Start(position)).unwrap();
        self.file.write_all(bytes).unwrap();
    }

    fn position_of(&self, text: &[u8]) -> usize {
        let found = self
            .head
            .windows(text.len())
            .position(|window| window == text);
        found.unwrap_or_else(|| panic!("{} is not there", text.escape_ascii()))
    }

    /// Replaces the first occurrence of a text by one as long, and returns why the file is refused.
    fn forged(&mut self, old: &[u8], new: &[u8]) -> WeightsError {
        assert_eq!(old.len(), new.len());
        let position = self.position_of(old) as u64;
        self.write(position, new);
        let error = load(&self.path).unwrap_err();
        self.write(position, old);
        error
    }
}

fn refusal(folder: &Path, bytes: &[u8]) -> WeightsError {
    let path = folder.join("small");
    fs::write(&path, bytes).unwrap();
    load(&path).unwrap_err()
}

#[test]
fn files_that_are_no_weights_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    for bytes in [
        &b""[..],
        b"x",
        b"PK\x03\x04 and so on, a zip",
        b"<!DOCTYPE html><html></html>",
    ] {
        let error = refusal(folder.path(), bytes);
        assert!(matches!(error, WeightsError::Format(_)), "{error}");
    }
    let mut table = 1000_u64.to_le_bytes().to_vec();
    table.extend(b"{}");
    assert!(matches!(
        refusal(folder.path(), &table),
        WeightsError::Length { expected: 1008, .. }
    ));
    let mut table = 2_u64.to_le_bytes().to_vec();
    table.extend(b"{}");
    assert!(matches!(
        refusal(folder.path(), &table),
        WeightsError::Missing(_)
    ));
    let missing = load(&folder.path().join("nothing")).unwrap_err();
    assert!(matches!(missing, WeightsError::Io(_)));
}

#[test]
fn a_legacy_file_is_refused_wherever_it_is_cut() {
    let folder = tempfile::tempdir().unwrap();
    let victim = Victim::new(Format::Legacy);
    // Any cut within the pickles, then some in the numbers, the last one byte before the end.
    for length in (2..3_000).step_by(7) {
        let error = refusal(folder.path(), &victim.head[..length]);
        assert!(
            matches!(error, WeightsError::Pickle(_) | WeightsError::Length { .. }),
            "cut to {length}: {error}"
        );
    }
    let whole = victim.file.metadata().unwrap().len();
    for length in [whole - 1, whole - 4, whole / 2, 100_000] {
        victim.file.set_len(length).unwrap();
        let error = load(&victim.path).unwrap_err();
        assert!(
            matches!(error, WeightsError::Length { actual, .. } if actual == length),
            "{error}"
        );
    }
}

#[test]
fn a_longer_file_is_refused() {
    for format in [Format::Legacy, Format::Safetensors] {
        let mut victim = Victim::new(format);
        let end = victim.file.metadata().unwrap().len();
        victim.write(end, b"more");
        let error = load(&victim.path).unwrap_err();
        assert!(
            matches!(error, WeightsError::Length { expected, .. } if expected == end),
            "{error}"
        );
    }
}

#[test]
fn forged_pickles_are_refused() {
    let _one_at_a_time = shared_network();
    let mut victim = Victim::new(Format::Legacy);
    let error = victim.forged(&[0x6c, 0xfc, 0x9c], &[0x6d, 0xfc, 0x9c]);
    assert!(error.to_string().contains("magic number"), "{error}");
    let error = victim.forged(
        b"ccollections\nOrderedDict\n",
        b"cposix\nsystem\n)R(((((((((",
    );
    assert!(error.to_string().contains("posix.system"), "{error}");
    let error = victim.forged(b"torch\nFloatStorage", b"torch\nHalfsStorage");
    assert!(matches!(error, WeightsError::Pickle(_)), "{error}");
    // Opcode `i` makes an instance of a class.
    let error = victim.forged(b"NtQ", b"NiQ");
    assert!(error.to_string().contains("opcode 0x69"), "{error}");
    let error = victim.forged(b"little_endian\x88", b"little_endian\x89");
    assert!(error.to_string().contains("little-endian"), "{error}");
    let error = victim.forged(b"conv1.bias", b"conv0.bias");
    assert!(
        matches!(&error, WeightsError::Missing(name) if name == "conv1.bias"),
        "{error}"
    );
    // The shape 64, 3, 3, 3 and its strides 27, 9, 3, 1.
    let error = victim.forged(
        b"(K\x40K\x03K\x03K\x03t(K\x1bK\x09",
        b"(K\x03K\x40K\x03K\x03t(K\x1bK\x09",
    );
    assert!(error.to_string().contains("strides"), "{error}");
    let error = victim.forged(
        b"(K\x40K\x03K\x03K\x03t(K\x1bK\x09K\x03K\x01t",
        b"(K\x40K\x03K\x09K\x01t(K\x1bK\x09K\x01K\x01t",
    );
    assert!(
        matches!(&error, WeightsError::Shape { name, .. } if name == "conv1.weight"),
        "{error}"
    );
    // A shape too large for its storage.
    let error = victim.forged(b"(K\x40K\x03K\x03K\x03t(K", b"(K\x41K\x03K\x03K\x03t(K");
    assert!(error.to_string().contains("beyond storage"), "{error}");
    assert!(load(&victim.path).is_ok(), "the file was not mended");
}

#[test]
fn forged_tables_are_refused() {
    let _one_at_a_time = shared_network();
    let mut victim = Victim::new(Format::Safetensors);
    let error = victim.forged(b"[64,3,3,3]", b"[3,64,3,3]");
    assert!(
        matches!(&error, WeightsError::Shape { name, .. } if name == "conv1.weight"),
        "{error}"
    );
    let error = victim.forged(b"[64,3,3,3]", b"[65,3,3,3]");
    assert!(
        error.to_string().contains("conv1.weight do not fit"),
        "{error}"
    );
    let error = victim.forged(b"\"F32\"", b"\"I32\"");
    assert!(error.to_string().contains("I32, not F32"), "{error}");
    let error = victim.forged(b"{\"", b"[\"");
    assert!(matches!(error, WeightsError::Format(_)), "{error}");
    let whole = victim.file.metadata().unwrap().len();
    victim.file.set_len(whole - 1).unwrap();
    let error = load(&victim.path).unwrap_err();
    assert!(
        matches!(error, WeightsError::Length { expected, .. } if expected == whole),
        "{error}"
    );
}

#[test]
fn numbers_that_are_none_are_refused() {
    let _one_at_a_time = shared_network();
    let mut victim = Victim::new(Format::Legacy);
    let end = victim.file.metadata().unwrap().len();
    // Behind the pickles all lengths are multiples of four, so places are counted from the end.
    for (value, behind) in [(f32::NAN, 4), (f32::NEG_INFINITY, end / 8 * 4)] {
        let position = end - behind;
        victim.file.seek(SeekFrom::Start(position)).unwrap();
        let mut old = [0; 4];
        victim.file.read_exact(&mut old).unwrap();
        victim.write(position, &value.to_le_bytes());
        let error = load(&victim.path).unwrap_err();
        assert!(matches!(error, WeightsError::NotFinite(_)), "{error}");
        victim.write(position, &old);
    }
}
