//! The encoders there are, as data: what each is called, how its quality is steered, how fast it can be.

use super::error::EncodeError;
use crate::domain::Codec;

/// How an encoder takes its quality.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Steering {
    /// `-crf` with fractions.
    Crf,
    /// `-crf` with `-b:v 0`, as libvpx and libaom want it.
    CrfWithoutBitrate,
    /// `crf=` among the parameters of SVT-AV1, where FFmpeg's own option takes whole numbers only.
    SvtCrf,
    /// `-cq` with `-rc vbr`, as NVENC wants it.
    Cq,
}

/// The axis of quality: from the best on, every step gives a coarser picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct QualityAxis {
    /// Best quality that is tried.
    pub finest: f64,
    /// Worst quality there is.
    pub coarsest: f64,
    /// Smallest step that changes the result.
    pub step: f64,
}

/// One preset.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Preset {
    /// As FFmpeg takes it.
    pub name: &'static str,
    /// Time for a clip beside that of another preset: an estimate, which the time of a whole file scales.
    pub time: f64,
}

/// An encoder that FFmpeg may have.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Encoder {
    /// Name on our command line.
    pub name: &'static str,
    /// FFmpeg's name.
    pub library: &'static str,
    /// What it makes.
    pub codec: Codec,
    /// Whether it needs hardware of its own.
    pub hardware: bool,
    /// Its quality.
    pub steering: Steering,
    /// The axis of that quality.
    pub axis: QualityAxis,
    /// From the slowest to the fastest.
    pub presets: &'static [Preset],
    /// The preset that is taken where no deadline asks for another.
    pub default_preset: &'static str,
    /// Options that always stand; none of them flatters a metric. See `docs/reference/compress.md`.
    pub options: &'static [&'static [(&'static str, &'static str)]],
    /// Name of the option that takes parameters joined by colons, and those that always stand in it.
    pub parameters: Option<(&'static str, &'static str)>,
    /// Other sets of parameters that are tried at the quality found: what they are called, and what
    /// is added to the parameters. Often one of them is better by a per cent, seldom the same.
    pub variants: &'static [(&'static str, &'static str)],
    /// Whether single shots can be made finer or coarser inside one run.
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

/// Options of NVENC: spatial and temporal adaptive quantisation are for the eye and cost VMAF.
const NVENC_OPTIONS: [(&str, &str); 7] = [
    ("-rc", "vbr"),
    ("-b:v", "0"),
    ("-tune", "hq"),
    ("-multipass", "fullres"),
    ("-rc-lookahead", "32"),
    ("-spatial-aq", "0"),
    ("-temporal-aq", "0"),
];

/// All of them; those of one codec in the order in which they are preferred.
pub const ENCODERS: &[Encoder] = &[
    Encoder {
        name: "svtav1",
        library: "libsvtav1",
        codec: Codec::Av1,
        hardware: false,
        steering: Steering::SvtCrf,
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
        steering: Steering::CrfWithoutBitrate,
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
        steering: Steering::Cq,
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
        steering: Steering::Crf,
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
        steering: Steering::Cq,
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
        steering: Steering::Crf,
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
        steering: Steering::Cq,
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
        steering: Steering::CrfWithoutBitrate,
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
    /// Finds one by our name or by FFmpeg's.
    #[must_use]
    pub fn by_name(name: &str) -> Option<&'static Self> {
        ENCODERS
            .iter()
            .find(|e| e.name == name || e.library == name)
    }

    /// Those of a codec that run on the processor, or on hardware of their own.
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

    /// The preset of a name, or the usual one where none is given.
    ///
    /// # Errors
    /// The encoder has no such preset.
    pub fn preset_or_usual(&self, name: Option<&str>) -> Result<&'static Preset, EncodeError> {
        match name {
            None => Ok(self.usual_preset()),
            Some(name) => self
                .preset(name)
                .ok_or_else(|| EncodeError::no_preset(self, name)),
        }
    }

    /// The preset that is taken where no deadline asks for another.
    #[must_use]
    pub fn usual_preset(&self) -> &'static Preset {
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
    /// Number of settings on the axis.
    #[must_use]
    pub fn levels(&self) -> u32 {
        ((self.coarsest - self.finest) / self.step).round() as u32 + 1
    }

    /// The encoder's own number for a level.
    #[must_use]
    pub fn quality(&self, level: u32) -> f64 {
        // Steps add up to numbers with long tails; encoders read three decimals.
        ((self.finest + f64::from(level) * self.step) * 1000.0).round() / 1000.0
    }

    /// The level nearest to the encoder's own number.
    #[must_use]
    pub fn level(&self, quality: f64) -> u32 {
        let at = ((quality - self.finest) / self.step).round();
        at.clamp(0.0, f64::from(self.levels() - 1)) as u32
    }
}
