//! The known encoders as data: their names, how their quality is set, their presets and fixed options.

use crate::domain::Codec;
use crate::encode::error::EncodeError;

/// Which options set the quality of an encoder.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum QualityControl {
    /// `-crf`, which accepts fractions.
    Crf,
    /// `-crf` with `-b:v 0`, which libvpx and libaom require.
    CrfWithoutBitrate,
    /// `crf=` among the parameters of SVT-AV1, because FFmpeg's own option accepts whole numbers only.
    SvtCrf,
    /// `-cq` with `-rc vbr`, which NVENC requires.
    Cq,
}

/// The quality axis of an encoder, in its own quality values: larger values are coarser.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct QualityAxis {
    /// Finest quality that is tried.
    pub finest: f64,
    /// Coarsest quality that the encoder has.
    pub coarsest: f64,
    /// Smallest step that changes the output.
    pub step: f64,
}

/// A preset of an encoder.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Preset {
    /// Name as FFmpeg takes it.
    pub name: &'static str,
    /// Encoding time relative to the other presets of the encoder: an estimate, scaled by the measured time of
    /// a whole file.
    pub time: f64,
}

/// An encoder that FFmpeg may have been built with.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Encoder {
    /// Name on the command line.
    pub name: &'static str,
    /// FFmpeg's name.
    pub library: &'static str,
    pub codec: Codec,
    /// Whether it needs hardware of its own.
    pub hardware: bool,
    /// How its quality is set.
    pub quality_control: QualityControl,
    /// The quality axis.
    pub axis: QualityAxis,
    /// Presets from the slowest to the fastest.
    pub presets: &'static [Preset],
    /// Preset used unless a deadline requires a faster one.
    pub default_preset: &'static str,
    /// Options that are always set; none of them raises a metric artificially. See `docs/reference/compress.md`.
    pub options: &'static [&'static [(&'static str, &'static str)]],
    /// Name of the option that takes parameters joined by colons, and the parameters that are always set.
    pub parameters: Option<(&'static str, &'static str)>,
    /// Alternative parameter sets that are tried at the quality found: a name, and the parameters added. One of
    /// them is often better by a percent, rarely the same one.
    pub variants: &'static [(&'static str, &'static str)],
    /// Whether it accepts quality offsets for ranges of frames (zones) in one run.
    pub zones: bool,
}

const fn preset(name: &'static str, time: f64) -> Preset {
    Preset { name, time }
}

const X26X_PRESETS: [Preset; 7] = [
    preset("veryslow", 8.0),
    preset("slower", 4.0),
    preset("slow", 2.0),
    preset("medium", 1.0),
    preset("fast", 0.85),
    preset("veryfast", 0.55),
    preset("superfast", 0.35),
];

const NVENC_PRESETS: [Preset; 7] = [
    preset("p7", 2.0),
    preset("p6", 1.6),
    preset("p5", 1.3),
    preset("p4", 1.0),
    preset("p3", 0.9),
    preset("p2", 0.8),
    preset("p1", 0.7),
];

/// Options of NVENC. Adaptive quantization, spatial and temporal, serves the eye and costs VMAF.
const NVENC_OPTIONS: [(&str, &str); 7] = [
    ("-rc", "vbr"),
    ("-b:v", "0"),
    ("-tune", "hq"),
    ("-multipass", "fullres"),
    ("-rc-lookahead", "32"),
    ("-spatial-aq", "0"),
    ("-temporal-aq", "0"),
];

/// All known encoders; those of one codec in order of preference.
pub const ENCODERS: &[Encoder] = &[
    Encoder {
        name: "svtav1",
        library: "libsvtav1",
        codec: Codec::Av1,
        hardware: false,
        quality_control: QualityControl::SvtCrf,
        axis: QualityAxis {
            finest: 8.0,
            coarsest: 63.0,
            step: 0.25,
        },
        presets: &[
            preset("2", 9.0),
            preset("3", 6.0),
            preset("4", 3.6),
            preset("5", 2.1),
            preset("6", 1.4),
            preset("7", 1.0),
            preset("8", 0.75),
            preset("9", 0.55),
            preset("10", 0.42),
            preset("12", 0.3),
        ],
        default_preset: "7",
        options: &[],
        parameters: Some((
            "-svtav1-params",
            "tune=1:film-grain=0:keyint=-1:irefresh-type=2",
        )),
        variants: &[
            ("without temporal filtering", "enable-tf=0"),
            ("overlay frames", "enable-overlays=1"),
            ("quantisation matrices", "enable-qm=1:qm-min=8"),
        ],
        zones: false,
    },
    Encoder {
        name: "aom",
        library: "libaom-av1",
        codec: Codec::Av1,
        hardware: false,
        quality_control: QualityControl::CrfWithoutBitrate,
        axis: QualityAxis {
            finest: 8.0,
            coarsest: 63.0,
            step: 1.0,
        },
        presets: &[
            preset("4", 2.0),
            preset("5", 1.4),
            preset("6", 1.0),
            preset("8", 0.6),
        ],
        default_preset: "6",
        options: &[&[
            ("-row-mt", "1"),
            ("-g", "9999"),
            ("-lag-in-frames", "35"),
            ("-aom-params", "enable-chroma-deltaq=0"),
        ]],
        parameters: None,
        variants: &[],
        zones: false,
    },
    Encoder {
        name: "av1_nvenc",
        library: "av1_nvenc",
        codec: Codec::Av1,
        hardware: true,
        quality_control: QualityControl::Cq,
        axis: QualityAxis {
            finest: 8.0,
            coarsest: 63.0,
            step: 0.25,
        },
        presets: &NVENC_PRESETS,
        default_preset: "p7",
        options: &[&NVENC_OPTIONS],
        parameters: None,
        variants: &[],
        zones: false,
    },
    Encoder {
        name: "x265",
        library: "libx265",
        codec: Codec::Hevc,
        hardware: false,
        quality_control: QualityControl::Crf,
        axis: QualityAxis {
            finest: 8.0,
            coarsest: 51.0,
            step: 0.05,
        },
        presets: &X26X_PRESETS,
        default_preset: "medium",
        options: &[&[("-profile:v", "main"), ("-tag:v", "hvc1")]],
        parameters: Some((
            "-x265-params",
            "psy-rd=0:psy-rdoq=0:keyint=-1:open-gop=0:bframes=8:rc-lookahead=60:aq-mode=2:\
             aq-strength=0.6:info=0:log-level=error",
        )),
        variants: &[
            ("even quantisation", "aq-mode=0"),
            ("without SAO", "sao=0"),
            ("three reference modes more", "rd=6:ref=5"),
        ],
        zones: true,
    },
    Encoder {
        name: "hevc_nvenc",
        library: "hevc_nvenc",
        codec: Codec::Hevc,
        hardware: true,
        quality_control: QualityControl::Cq,
        axis: QualityAxis {
            finest: 8.0,
            coarsest: 51.0,
            step: 0.25,
        },
        presets: &NVENC_PRESETS,
        default_preset: "p7",
        options: &[
            &NVENC_OPTIONS,
            &[
                ("-b_ref_mode", "middle"),
                ("-profile:v", "main"),
                ("-tag:v", "hvc1"),
            ],
        ],
        parameters: None,
        variants: &[],
        zones: false,
    },
    Encoder {
        name: "x264",
        library: "libx264",
        codec: Codec::H264,
        hardware: false,
        quality_control: QualityControl::Crf,
        axis: QualityAxis {
            finest: 8.0,
            coarsest: 51.0,
            step: 0.05,
        },
        presets: &X26X_PRESETS,
        default_preset: "slow",
        options: &[&[("-profile:v", "high")]],
        parameters: Some((
            "-x264-params",
            "psy=0:keyint=infinite:bframes=8:rc-lookahead=60:aq-mode=2:aq-strength=0.6:stitchable=1",
        )),
        variants: &[
            ("even quantisation", "aq-mode=0"),
            ("soft deblocking", "deblock=1,1"),
        ],
        zones: true,
    },
    Encoder {
        name: "h264_nvenc",
        library: "h264_nvenc",
        codec: Codec::H264,
        hardware: true,
        quality_control: QualityControl::Cq,
        axis: QualityAxis {
            finest: 8.0,
            coarsest: 51.0,
            step: 0.25,
        },
        presets: &NVENC_PRESETS,
        default_preset: "p7",
        options: &[
            &NVENC_OPTIONS,
            &[("-b_ref_mode", "middle"), ("-profile:v", "high")],
        ],
        parameters: None,
        variants: &[],
        zones: false,
    },
    Encoder {
        name: "vp9",
        library: "libvpx-vp9",
        codec: Codec::Vp9,
        hardware: false,
        quality_control: QualityControl::CrfWithoutBitrate,
        axis: QualityAxis {
            finest: 8.0,
            coarsest: 63.0,
            step: 1.0,
        },
        presets: &[
            preset("1", 2.2),
            preset("2", 1.0),
            preset("3", 0.8),
            preset("4", 0.6),
        ],
        default_preset: "2",
        options: &[&[
            ("-deadline", "good"),
            ("-row-mt", "1"),
            ("-g", "9999"),
            ("-auto-alt-ref", "1"),
            ("-lag-in-frames", "25"),
        ]],
        parameters: None,
        variants: &[],
        zones: false,
    },
];

impl Encoder {
    /// Finds an encoder by its name on the command line or in FFmpeg.
    #[must_use]
    pub fn by_name(name: &str) -> Option<&'static Self> {
        ENCODERS
            .iter()
            .find(|e| e.name == name || e.library == name)
    }

    /// The encoders of a codec that run on the CPU, or those that need a GPU.
    pub fn of(codec: Codec, hardware: bool) -> impl Iterator<Item = &'static Self> {
        ENCODERS
            .iter()
            .filter(move |e| e.codec == codec && e.hardware == hardware)
    }

    /// Finds a preset by name.
    #[must_use]
    pub fn preset(&self, name: &str) -> Option<&'static Preset> {
        self.presets.iter().find(|p| p.name == name)
    }

    /// The preset of that name, or the default one if no name is given.
    ///
    /// # Errors
    /// The encoder has no such preset.
    pub fn preset_or_default(&self, name: Option<&str>) -> Result<&'static Preset, EncodeError> {
        match name {
            None => Ok(self.default_preset()),
            Some(name) => self.preset(name).ok_or_else(|| self.no_preset(name)),
        }
    }

    fn no_preset(&self, name: &str) -> EncodeError {
        let known: Vec<&str> = self.presets.iter().map(|p| p.name).collect();
        EncodeError::NoPreset {
            encoder: self.name.into(),
            preset: name.into(),
            known: known.join(", "),
        }
    }

    /// The preset used unless a deadline requires a faster one.
    #[must_use]
    pub fn default_preset(&self) -> &'static Preset {
        self.preset(self.default_preset)
            .unwrap_or(&self.presets[self.presets.len() / 2])
    }

    /// The fastest preset.
    #[must_use]
    pub fn fastest_preset(&self) -> &'static Preset {
        &self.presets[self.presets.len() - 1]
    }
}

impl QualityAxis {
    /// Number of levels on the axis.
    #[must_use]
    pub fn levels(&self) -> u32 {
        ((self.coarsest - self.finest) / self.step).round() as u32 + 1
    }

    /// The encoder's own quality value at a level.
    #[must_use]
    pub fn quality(&self, level: u32) -> f64 {
        // Multiples of the step are not exact; encoders read three decimals.
        ((self.finest + f64::from(level) * self.step) * 1000.0).round() / 1000.0
    }

    /// The level nearest to the encoder's own quality value.
    #[must_use]
    pub fn level(&self, quality: f64) -> u32 {
        let at = ((quality - self.finest) / self.step).round();
        at.clamp(0.0, f64::from(self.levels() - 1)) as u32
    }
}
