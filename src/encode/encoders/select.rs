//! Which encoder does the work: the requested one, or the first of its codec that works on this machine.

use serde::{Deserialize, Serialize};

use super::catalogue::{Encoder, QualityAxis};
use super::failure::RunFailure;
use super::tool::Ffmpeg;
use super::trial::{TrialSize, axis_of, try_encoder};
use crate::domain::Codec;
use crate::encode::clock::Clock;
use crate::encode::error::EncodeError;

/// The encoder that the user asks for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum EncoderChoice {
    /// The preferred one of the codec: on the CPU, or on a GPU if that is required.
    Auto,
    /// This one.
    Named(&'static Encoder),
}

/// Whether hardware has to encode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gpu {
    /// A hardware encoder that does not work is replaced by one on the CPU, with a warning.
    Preferred,
    /// Nothing replaces it.
    Required,
}

/// The encoder that does the work.
#[derive(Debug, Clone, PartialEq)]
pub struct SelectedEncoder {
    /// The encoder.
    pub encoder: &'static Encoder,
    /// Its quality axis in the build that is installed here.
    pub axis: QualityAxis,
    /// Which encoder it replaces, if it is not the requested one.
    pub fallback: Option<Fallback>,
}

/// An encoder that had to be replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Fallback {
    /// The encoder that was requested.
    pub asked: String,
    /// Why it does not work here.
    pub why: String,
}

/// Selects an encoder by trial.
///
/// # Errors
/// No candidate works, with the reason of each; or the deadline passed.
pub fn select_encoder(
    ffmpeg: &Ffmpeg,
    choice: EncoderChoice,
    codec: Codec,
    gpu: Gpu,
    size: TrialSize,
    clock: &Clock,
) -> Result<SelectedEncoder, EncodeError> {
    let (asked, candidates) = candidates(choice, codec, gpu)?;
    let mut trials = Trials {
        ffmpeg,
        size,
        clock,
        failures: Vec::new(),
    };
    if let Some(encoder) = trials.first_working(candidates)? {
        return Ok(trials.selected(encoder, None));
    }
    let why = trials.failures.join("; ");
    let replaceable = matches!(choice, EncoderChoice::Named(encoder) if encoder.hardware);
    if gpu == Gpu::Required || !replaceable {
        return Err(none_works(choice, asked, why));
    }
    match trials.first_working(Encoder::of(codec, false).collect())? {
        Some(encoder) => Ok(trials.selected(encoder, Some(Fallback { asked, why }))),
        None => Err(EncodeError::NoEncoder {
            codec: codec.to_string(),
            tried: trials.failures.join("; "),
        }),
    }
}

/// What was requested, in words, and the encoders that satisfy it, in order of preference.
fn candidates(
    choice: EncoderChoice,
    codec: Codec,
    gpu: Gpu,
) -> Result<(String, Vec<&'static Encoder>), EncodeError> {
    match choice {
        EncoderChoice::Named(encoder) if gpu == Gpu::Required && !encoder.hardware => {
            Err(EncodeError::EncoderRefused {
                encoder: encoder.name.into(),
                reason: "it runs on the processor, which --require-gpu refuses".into(),
            })
        }
        EncoderChoice::Named(encoder) => Ok((encoder.name.into(), vec![encoder])),
        EncoderChoice::Auto if gpu == Gpu::Required => Ok((
            format!("{codec} on a GPU"),
            Encoder::of(codec, true).collect(),
        )),
        EncoderChoice::Auto => Ok((codec.to_string(), Encoder::of(codec, false).collect())),
    }
}

/// Trials so far, with the reasons of those that failed.
struct Trials<'a> {
    ffmpeg: &'a Ffmpeg,
    size: TrialSize,
    clock: &'a Clock,
    failures: Vec<String>,
}

impl Trials<'_> {
    fn first_working(
        &mut self,
        candidates: Vec<&'static Encoder>,
    ) -> Result<Option<&'static Encoder>, EncodeError> {
        for encoder in candidates {
            match try_encoder(self.ffmpeg, encoder, self.size, &|| self.clock.go_on()) {
                Ok(()) => return Ok(Some(encoder)),
                // Another encoder would not have more memory, and would not be the requested one. A GPU
                // without memory or sessions left merely does not work.
                Err(RunFailure::Memory(reason)) if !encoder.hardware => {
                    return Err(EncodeError::OutOfMemory {
                        encoder: encoder.name.into(),
                        reason,
                    });
                }
                Err(why) => self.failures.push(format!("{}: {why}", encoder.name)),
            }
        }
        Ok(None)
    }

    fn selected(&self, encoder: &'static Encoder, fallback: Option<Fallback>) -> SelectedEncoder {
        SelectedEncoder {
            encoder,
            axis: axis_of(self.ffmpeg, encoder),
            fallback,
        }
    }
}

/// For a request that nothing may replace.
fn none_works(choice: EncoderChoice, asked: String, why: String) -> EncodeError {
    match choice {
        EncoderChoice::Named(_) => EncodeError::EncoderRefused {
            encoder: asked,
            reason: why,
        },
        EncoderChoice::Auto => EncodeError::NoEncoder {
            codec: asked,
            tried: if why.is_empty() {
                "there is none in the list".into()
            } else {
                why
            },
        },
    }
}
