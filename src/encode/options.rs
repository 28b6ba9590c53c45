//! The options of an encoder for one setting: pure, so that those of hardware can be tested without it.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::catalogue::{Encoder, Preset, Steering};

/// A part of the clip that is made finer or coarser than the rest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Zone {
    /// Its frames.
    pub frames: Range<u64>,
    /// What is added to the quality: above 0 coarser.
    pub offset: f64,
}

/// Everything that one encode depends on beside its frames.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting<'a> {
    /// Who encodes.
    pub encoder: &'a Encoder,
    /// How slowly.
    pub preset: &'a Preset,
    /// The encoder's own number for the quality.
    pub quality: f64,
    /// Parameters beside the usual ones.
    pub variant: &'a str,
    /// Parts with a quality of their own, where the encoder has zones.
    pub zones: &'a [Zone],
    /// Threads.
    pub threads: u32,
}

/// A number without needless zeros.
fn plain(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Zones as x264 and x265 write them. Both divide the quantiser's scale by the factor, which moves
/// the quantiser by six for every halving.
fn zones(zones: &[Zone]) -> Option<String> {
    let parts: Vec<String> = zones
        .iter()
        .filter(|zone| !zone.frames.is_empty() && zone.offset != 0.0)
        .map(|zone| {
            let factor = 2_f64.powf(-zone.offset / 6.0);
            let (first, last) = (zone.frames.start, zone.frames.end - 1);
            format!("{first},{last},b={factor:.4}")
        })
        .collect();
    (!parts.is_empty()).then(|| format!("zones={}", parts.join("/")))
}

/// FFmpeg's options from `-c:v` on, without what belongs to the container.
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
    match encoder.steering {
        Steering::Crf => add("-crf", quality),
        Steering::CrfWithoutBitrate => {
            add("-b:v", "0".into());
            add("-crf", quality);
        }
        Steering::SvtCrf => {
            // The option makes FFmpeg choose constant quality; the parameter has the fraction.
            add("-crf", plain(setting.quality.floor()));
            parameters.push(format!("crf={quality}"));
        }
        Steering::Cq => add("-cq", quality),
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
