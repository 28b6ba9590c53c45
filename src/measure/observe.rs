//! FrameProbes at pairs of frames while they pass by on their way to VMAF.

use std::collections::{BTreeMap, BTreeSet};

use super::evidence::FrameEvidence;
use crate::media::{
    Filter, Frame, FrameIndex, FrameView, MediaError, PixelConverter, RgbConverter, RgbFrame,
};
use crate::metrics::alignment::{Alignment, Thumbnail, align, first_time_difference};
use crate::metrics::chroma_psnr::chroma_psnr;
use crate::metrics::color::{channels_of, signal_of};
use crate::metrics::sampled::{Sampled, SampledSums};
use crate::metrics::tone::{TONE_SIZE, tone_of};

/// What is measured on which frames.
#[derive(Debug, Clone, Default)]
pub(super) struct FrameProbes {
    /// Brightness and saturation of every frame.
    pub(super) signal: bool,
    /// Tone of every frame.
    pub(super) tone: bool,
    /// Red, green and blue of these frames.
    pub(super) channels: BTreeSet<u64>,
    /// The fixed grid on these frames.
    pub(super) sampled: BTreeSet<u64>,
    /// A small version of every frame, to align both clips.
    pub(super) alignment: bool,
    /// Chroma PSNR of every frame.
    pub(super) chroma_psnr: bool,
}

impl FrameProbes {
    /// Frames that have to be decoded; `None` for all.
    pub(super) fn frames(&self) -> Option<BTreeSet<u64>> {
        if self.signal || self.tone || self.alignment || self.chroma_psnr {
            return None;
        }
        Some(self.channels.union(&self.sampled).copied().collect())
    }
}

/// What was seen.
pub(super) struct Observer {
    probes: FrameProbes,
    pixels: [PixelConverter; 2],
    tone: [RgbConverter; 2],
    rgb: [RgbConverter; 2],
    frames: BTreeMap<u64, FrameEvidence>,
    sums: SampledSums,
    small: [Vec<Thumbnail>; 2],
    psnr: (f64, u64),
}

impl Observer {
    /// For two files; the left one is upscaled by Lanczos to a size, if one is given.
    pub(super) fn new(
        probes: FrameProbes,
        left: &FrameIndex,
        right: &FrameIndex,
        size: Option<(u32, u32)>,
    ) -> Self {
        let paths = [&left.facts.path, &right.facts.path];
        let [first, second] = paths.map(|path| PixelConverter::new(path, false));
        Self {
            probes,
            pixels: [first.upscaled(size), second],
            tone: paths.map(|path| RgbConverter::to_size(path, TONE_SIZE, Filter::Bilinear)),
            rgb: paths.map(|path| RgbConverter::new(path)),
            frames: BTreeMap::new(),
            sums: SampledSums::default(),
            small: [Vec::new(), Vec::new()],
            psnr: (0.0, 0),
        }
    }

    pub(super) fn probes(&self) -> &FrameProbes {
        &self.probes
    }

    /// FrameProbes at a pair of frames.
    pub(super) fn see(
        &mut self,
        index: u64,
        left: &Frame,
        right: &Frame,
    ) -> Result<(), MediaError> {
        let probes = &self.probes;
        let (channels, sampled) = (
            probes.channels.contains(&index),
            probes.sampled.contains(&index),
        );
        let mut seen = FrameEvidence {
            frame: index,
            signal: None,
            tone: None,
            channels: None,
        };
        if probes.tone {
            let pair = (self.tone[0].convert(left)?, self.tone[1].convert(right)?);
            seen.tone = tone_of(&pair.0, &pair.1);
        }
        if probes.signal || probes.alignment || probes.chroma_psnr || sampled {
            let [first, second] = &mut self.pixels;
            let (small, psnr, sums, rgb) = (
                &mut self.small,
                &mut self.psnr,
                &mut self.sums,
                &mut self.rgb,
            );
            first.with_view(left, |one| {
                second.with_view(right, |other| {
                    if probes.signal
                        && let (Some(a), Some(b)) = (signal_of(&one), signal_of(&other))
                    {
                        seen.signal = Some([a, b]);
                    }
                    if probes.alignment
                        && let (Some(a), Some(b)) = (Thumbnail::of(&one), Thumbnail::of(&other))
                    {
                        small[0].push(a);
                        small[1].push(b);
                    }
                    if probes.chroma_psnr
                        && let Some(decibels) = chroma_psnr(&one, &other)
                    {
                        psnr.0 += decibels;
                        psnr.1 += 1;
                    }
                    if sampled {
                        let mut pair = |i: usize, picture: FrameView<'_>| -> Option<RgbFrame> {
                            rgb[i].convert_view(picture)
                        };
                        if let (Some(a), Some(b)) = (pair(0, one), pair(1, other)) {
                            sums.add(&a, &b);
                        }
                    }
                })
            })??;
        }
        if channels {
            let pair = [self.rgb[0].convert(left)?, self.rgb[1].convert(right)?];
            seen.channels = Some([channels_of(&pair[0]), channels_of(&pair[1])]);
        }
        if seen.signal.is_some() || seen.tone.is_some() || seen.channels.is_some() {
            self.frames.insert(index, seen);
        }
        Ok(())
    }

    /// Mean chroma PSNR of what was seen.
    pub(super) fn chroma_psnr(&self) -> Option<f64> {
        (self.psnr.1 > 0).then(|| self.psnr.0 / self.psnr.1 as f64)
    }

    /// Everything else.
    pub(super) fn finish(
        self,
        left: &FrameIndex,
        right: &FrameIndex,
    ) -> (Vec<FrameEvidence>, Option<Sampled>, Option<Alignment>) {
        let alignment = self.probes.alignment.then(|| {
            let [one, other] = &self.small;
            let mut found = align(one, other);
            found.first_time_difference = first_time_difference(&left.times, &right.times);
            found
        });
        (
            self.frames.into_values().collect(),
            self.sums.finish(),
            alignment,
        )
    }
}
