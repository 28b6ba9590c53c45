//! The recorded values, and the synthetic weights they belong to.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    sync::{LazyLock, Mutex, MutexGuard, PoisonError},
};

use serde::Deserialize;
use sha2::{Digest, Sha256};
use vidaio_torch::{
    pieapp::{Pair, Pieapp},
    weights::{self, Format},
};
use vidaio_worker_protocol::ChannelOrder;

use super::images::{self, Size};

/// Threads of every test that does not say otherwise.
pub(crate) const THREADS: u32 = 2;

#[derive(Deserialize)]
pub(crate) struct Golden {
    pub(crate) tensors: Vec<(String, String)>,
    pub(crate) cases: Vec<Case>,
    pub(crate) videos: Vec<Video>,
}

#[derive(Deserialize)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) height: usize,
    pub(crate) width: usize,
    pub(crate) distortion: String,
    pub(crate) score: f64,
    pub(crate) piq: Option<f64>,
    pub(crate) images: [String; 2],
}

#[derive(Deserialize)]
pub(crate) struct Video {
    pub(crate) name: String,
    pub(crate) height: usize,
    pub(crate) width: usize,
    pub(crate) seeds: Vec<u32>,
    pub(crate) distortions: Vec<String>,
    pub(crate) scores: Vec<f64>,
    pub(crate) references: Vec<String>,
    pub(crate) distorted: Vec<String>,
    pub(crate) video: f64,
}

pub(crate) static GOLDEN: LazyLock<Golden> = LazyLock::new(|| {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/pieapp/golden.json");
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
});

/// One test computes at a time: they would only take the cores from each other.
static NETWORK: LazyLock<Mutex<Pieapp>> = LazyLock::new(|| Mutex::new(network(THREADS)));

pub(crate) fn shared_network() -> MutexGuard<'static, Pieapp> {
    NETWORK.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) fn network(threads: u32) -> Pieapp {
    let weights = weights::load(&weights_file(Format::Safetensors)).unwrap();
    Pieapp::new(weights, tch::Device::Cpu, threads).unwrap()
}

/// The synthetic weights, written once and kept beside the other products of the build.
pub(crate) fn weights_file(format: Format) -> PathBuf {
    static WRITING: Mutex<()> = Mutex::new(());
    let _guard = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
    let name = match format {
        Format::Legacy => "synthetic-1.pth",
        Format::Safetensors => "synthetic-1.safetensors",
    };
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    if !path.exists() {
        let part = path.with_extension(format!("part{}", std::process::id()));
        weights::write_synthetic(&part, format).unwrap();
        fs::rename(part, &path).unwrap();
    }
    path
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .fold(String::new(), |mut text, byte| {
            write!(text, "{byte:02x}").unwrap();
            text
        })
}

/// Reference and distorted bytes of a formula pair, compared with their digests.
pub(crate) fn pair_bytes(size: Size, seed: u32, distortion: &str, digests: [&str; 2]) -> Vec<u8> {
    let mut bytes = images::base(size, seed);
    let distorted = images::distort(&bytes, size, distortion);
    assert_eq!(
        [sha256(&bytes), sha256(&distorted)],
        digests,
        "the formula of {distortion}"
    );
    bytes.extend(distorted);
    bytes
}

impl Case {
    pub(crate) fn size(&self) -> Size {
        Size {
            height: self.height,
            width: self.width,
        }
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let [reference, distorted] = &self.images;
        pair_bytes(self.size(), 11, &self.distortion, [reference, distorted])
    }
}

pub(crate) fn pair(size: Size, order: ChannelOrder, chunk: usize, bytes: &[u8]) -> Pair<'_> {
    Pair {
        height: size.height,
        width: size.width,
        order,
        chunk,
        bytes,
    }
}

/// The limit for other processors and layouts; the same sums in another order differ by less.
pub(crate) fn assert_close(got: f64, want: f64, name: &str) {
    let limit = 1e-5;
    assert!(
        (got - want).abs() <= limit,
        "{name}: {got} instead of {want}"
    );
    assert!(
        (got - want).abs() <= 1e-4 * want.abs(),
        "{name}: {got} instead of {want}, too far for its size"
    );
}
