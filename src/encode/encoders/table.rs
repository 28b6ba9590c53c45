//! The published quality tables of the network's miners, for the strategy `table`: one encode, no search.
//!
//! Source: `miner/compression/app.py` of `vidAio-subnet/vidaio-subnet` at `fea3779` chooses by threshold
//! alone; `services/compress` at `c5870e9` translates the quality of NVENC into that of
//! other encoders, linearly between four points.

use super::catalogue::Encoder;

/// Least VMAF threshold, and the quality of `av1_nvenc` from there on; the first row that applies counts.
const BY_THRESHOLD: [(f64, f64); 3] = [(93.0, 30.0), (89.0, 35.0), (f64::NEG_INFINITY, 40.0)];

/// Another encoder's quality at the qualities 20, 30, 40 and 50 of `av1_nvenc`.
const TRANSLATION: [(&str, [f64; 4]); 7] = [
    ("x264", [16.0, 21.0, 26.0, 31.0]),
    ("x265", [18.0, 23.0, 28.0, 33.0]),
    ("hevc_nvenc", [18.0, 23.0, 28.0, 33.0]),
    ("h264_nvenc", [17.0, 22.0, 27.0, 32.0]),
    ("vp9", [22.0, 32.0, 42.0, 52.0]),
    ("svtav1", [21.0, 31.0, 41.0, 51.0]),
    ("aom", [21.0, 31.0, 41.0, 51.0]),
];

/// Quality by the published table, as the encoder's own quality value.
#[must_use]
pub fn table_quality(encoder: &Encoder, threshold: f64) -> f64 {
    let published = BY_THRESHOLD
        .iter()
        .find(|(least, _)| threshold >= *least)
        .map_or(35.0, |(_, quality)| *quality);
    let Some((_, points)) = TRANSLATION.iter().find(|(name, _)| *name == encoder.name) else {
        return published;
    };
    let at = ((published - 20.0) / 10.0).clamp(0.0, 3.0);
    let left = at.floor().min(2.0);
    let (a, b) = (points[left as usize], points[left as usize + 1]);
    a + (b - a) * (at - left)
}
