//! The catalogue of published weights.

/// One published file of weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Model {
    /// Name on the command line.
    pub name: &'static str,
    /// What it is used for.
    pub purpose: &'static str,
    /// Name of the local file.
    pub file: &'static str,
    /// SHA-256, lower-case hex.
    pub sha256: &'static str,
    /// Size in bytes.
    pub bytes: u64,
    /// URLs where it is published; all serve the same bytes.
    pub addresses: &'static [&'static str],
    /// The licence in short.
    pub licence: &'static str,
    /// The network, if it upscales.
    pub upscales: Option<Upscales>,
}

/// A super-resolution network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Upscales {
    /// Its factor.
    pub scale: u32,
    /// Kind of network, as the worker names it.
    pub architecture: &'static str,
}

/// PIE-APP v0.1. Digest: pyiqa's weight store and the pin in `vidAio-subnet/validator-vidaio`.
pub const PIEAPP: Model = Model {
    name: "pieapp",
    purpose: "PIE-APP perceptual error, the quality of the upscaling score",
    file: "PieAPPv0.1.pth",
    sha256: "0937b01480c7a637ae3018af755faa8ecde4788b52bb246b7ae62cf96fb6baf0",
    bytes: 273_509_598,
    addresses: &[
        "https://github.com/photosynthesis-team/piq/releases/download/v0.5.4/PieAPPv0.1.pth",
        "https://huggingface.co/chaofengc/IQA-PyTorch-Weights/resolve/main/PieAPPv0.1-0937b014.pth",
    ],
    licence: "University of California, modified BSD-2: non-commercial use only",
    upscales: None,
};

/// The compact video network of Real-ESRGAN v0.2.5.0, the default of the published upscaler
/// (`miner/upscaling/app.py` of `vidAio-subnet/vidaio-subnet` at `fea3779`).
pub const ANIMEVIDEO: Model = Model {
    name: "realesr-animevideov3",
    purpose: "super-resolution, small and fast; trained with a discriminator, which PIE-APP punishes",
    file: "realesr-animevideov3.pth",
    sha256: "b8a8376811077954d82ca3fcf476f1ac3da3e8a68a4f4d71363008000a18b75d",
    bytes: 2_504_012,
    addresses: &[
        "https://github.com/xinntao/Real-ESRGAN/releases/download/v0.2.5.0/realesr-animevideov3.pth",
    ],
    licence: "BSD 3-Clause, copyright 2021 Xintao Wang",
    upscales: Some(Upscales {
        scale: 4,
        architecture: "compact",
    }),
};

/// All of them.
pub const CATALOGUE: &[Model] = &[PIEAPP, ANIMEVIDEO];
