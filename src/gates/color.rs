//! Frames on which the two colour gates are judged.
//!
//! Source: `services/scoring/server.py` of `vidAio-subnet/vidaio-subnet` at `a2a80a2` (2025-10-28), 1108-1600 at
//! `fea3779`; `vidaio/scoring/perceptual_cpu.py` of `vidAio-subnet/validator-vidaio` at `688b6716`.

use super::draw::color_window;
use super::input::GateInput;
use crate::domain::Origin;
use crate::measure::FrameEvidence;
use crate::metrics::color::Channels;
use crate::rules::ColorSource;

/// How to fix an output that has lost colour.
pub(super) const FIX_COLOR: &str = "keep the colour planes: no -vf format=gray or hue=s=0, and no chroma quantiser offset far above 0";

/// Frames on which colour is judged: those of the drawn window, or those that VMAF saw.
pub(super) fn judged_frames<'a>(
    input: &GateInput<'a>,
    source: ColorSource,
) -> Vec<&'a FrameEvidence> {
    match source {
        ColorSource::Channels => input
            .frames
            .iter()
            .filter(|f| f.channels.is_some())
            .filter(|f| input.vmaf_frames.binary_search(&f.frame).is_ok())
            .collect(),
        ColorSource::Saturation => {
            let seen: Vec<&FrameEvidence> =
                input.frames.iter().filter(|f| f.signal.is_some()).collect();
            let rate = input
                .reference
                .facts()
                .map_or(0.0, |f| f.average_frame_rate.per_second());
            if seen.is_empty() {
                return seen;
            }
            let seconds = if input.origin == Origin::Organic {
                0.5
            } else {
                1.0
            };
            let (start, count) = color_window(input.seed, seen.len() as u64, rate, seconds);
            seen[start as usize..(start + count) as usize].to_vec()
        }
    }
}

/// Brightness and colour of one frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ColorFrame {
    /// Brightness of the reference, in codes.
    pub brightness: f64,
    /// Colour of the reference: largest difference of channels, or saturation, in codes.
    pub reference: f64,
    /// Colour of the output, likewise.
    pub output: f64,
}

impl ColorFrame {
    /// Of a frame, where it was measured.
    pub(super) fn of(frame: &FrameEvidence, source: ColorSource) -> Option<Self> {
        let most = |c: &Channels| c.differences.iter().copied().fold(0.0, f64::max);
        match source {
            ColorSource::Channels => {
                let [reference, output] = frame.channels.as_ref()?;
                Some(Self {
                    brightness: reference.brightness,
                    reference: most(reference),
                    output: most(output),
                })
            }
            ColorSource::Saturation => {
                let [reference, output] = frame.signal.as_ref()?;
                Some(Self {
                    brightness: reference.luma,
                    reference: reference.saturation,
                    output: output.saturation,
                })
            }
        }
    }
}

/// Which frames were judged, in words.
pub(super) fn frames_text(frames: &[&FrameEvidence]) -> String {
    match (frames.first(), frames.last()) {
        (Some(first), Some(last)) if last.frame - first.frame + 1 == frames.len() as u64 => {
            format!("frames {} to {}", first.frame, last.frame)
        }
        _ => format!("{} frames", frames.len()),
    }
}
