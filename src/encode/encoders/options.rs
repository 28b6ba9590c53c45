//! The FFmpeg options of an encoder for one setting. Pure, so that those of hardware encoders can be tested
//! without the hardware.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::catalogue::{Encoder, Preset, QualityControl};

/// A part of the clip with a quality offset.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Zone {
    pub frames: Range<u64>,
    /// Added to the encoder's quality value: above 0 is coarser.
    pub offset: f64,
}

/// Everything that one encode depends on besides its frames.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting<'a> {
    pub encoder: &'a Encoder,
    pub preset: &'a Preset,
    /// The encoder's own quality value, such as a CRF.
    pub quality: f64,
    /// Parameters added to the default ones; empty for the default variant.
    pub variant: &'a str,
    /// Parts with a quality offset; only encoders with zones apply them.
    pub zones: &'a [Zone],
    pub threads: u32,
}

/// Up to three decimals, without trailing zeros.
fn plain(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Steps of the quantizer of H.264 and HEVC after which its scale has doubled.
const STEPS_PER_DOUBLING: f64 = 6.0;

/// Zones in the syntax of x264 and x265, which both divide the quantizer scale by the factor of a zone.
fn zones(zones: &[Zone]) -> Option<String> {
    let parts: Vec<String> = zones
        .iter()
        .filter(|zone| !zone.frames.is_empty() && zone.offset != 0.0)
        .map(|zone| {
            let factor = 2_f64.powf(-zone.offset / STEPS_PER_DOUBLING);
            let (first, last) = (zone.frames.start, zone.frames.end - 1);
            format!("{first},{last},b={factor:.4}")
        })
        .collect();
    (!parts.is_empty()).then(|| format!("zones={}", parts.join("/")))
}

/// FFmpeg's options from `-c:v` on, without those of the container.
#[must_use]
pub fn encoder_options(setting: &Setting<'_>) -> Vec<String> {
    let encoder = setting.encoder;
    let mut options: Vec<String> = vec!["-c:v".into(), encoder.library.into()];
    let mut add = |name: &str, value: String| options.extend([name.to_owned(), value]);
    for (name, value) in encoder.options.iter().copied().flatten() {
        add(name, (*value).to_owned());
    }
    let quality = plain(setting.quality);
    let mut parameters: Vec<String> = Vec::new();
    match encoder.quality_control {
        QualityControl::Crf => add("-crf", quality),
        QualityControl::CrfWithoutBitrate => {
            add("-b:v", "0".into());
            add("-crf", quality);
        }
        QualityControl::SvtCrf => {
            // FFmpeg's option selects constant quality; the parameter carries the fraction.
            add("-crf", plain(setting.quality.floor()));
            parameters.push(format!("crf={quality}"));
        }
        QualityControl::Cq => add("-cq", quality),
    }
    match encoder.library {
        "libvpx-vp9" | "libaom-av1" => add("-cpu-used", setting.preset.name.into()),
        _ => add("-preset", setting.preset.name.into()),
    }
    match encoder.library {
        "libsvtav1" => parameters.push(format!("lp={}", setting.threads.max(1))),
        "libx265" => parameters.push(format!("pools={}", setting.threads.max(1))),
        _ if encoder.hardware => {}
        _ => add("-threads", setting.threads.max(1).to_string()),
    }
    if let Some((name, usual)) = encoder.parameters {
        if encoder.library == "libx264" || encoder.library == "libx265" {
            parameters.extend(zones(setting.zones));
        }
        if !setting.variant.is_empty() {
            parameters.push(setting.variant.to_owned());
        }
        let mut all = usual.to_owned();
        for parameter in parameters {
            all.push(':');
            all.push_str(&parameter);
        }
        add(name, all);
    }
    options
}
