//! The encode of a probe: in one run of FFmpeg, or in parts that are encoded in parallel and joined.

use std::ops::Range;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::context::{ProbeContext, ProbeSpec, VariantKind};
use super::encode::Encode;
use crate::encode::encoders::failure::RunFailure;
use crate::encode::encoders::options::{Setting, Zone};
use crate::encode::encoders::process::RunOutcome;
use crate::measure::Step;

/// Threads per part: two keep every known encoder busy.
const THREADS_PER_PART: u32 = 2;

/// A range of frames with the quality value at which it is encoded.
type Part = (Range<u64>, f64);

/// Encodes the clip as a probe specifies, with a quality offset per zone, into `output`.
pub(super) fn encode_clip(
    context: &ProbeContext<'_>,
    spec: &ProbeSpec,
    zones: &[Zone],
    output: &Path,
) -> RunOutcome {
    let quality = context.axis.quality(spec.level);
    let go_on = || context.go_on();
    let encode = PartEncode {
        context,
        spec,
        encode: Encode {
            ffmpeg: context.ffmpeg,
            source: context.source,
            audio: context.audio,
            go_on: &go_on,
        },
    };
    let parts: Vec<Part> = if !zones.is_empty() && !context.encoder.zones {
        // The encoder has no zones, so every shot is encoded separately.
        let axis = context.axis;
        let on_axis = |quality: f64| axis.quality(axis.level(quality));
        let part = |zone: &Zone| (zone.frames.clone(), on_axis(quality + zone.offset));
        zones.iter().map(part).collect()
    } else {
        context
            .pieces
            .iter()
            .map(|r| (r.clone(), quality))
            .collect()
    };
    context.progress.begin(Step::Encode, 0);
    let outcome = if let [(range, quality)] = parts.as_slice() {
        let setting = encode.setting(*quality, zones, context.threads);
        encode.encode.range(&setting, range, output)
    } else {
        encode.all(&parts, output).unwrap_or_else(|outcome| outcome)
    };
    context.progress.end();
    outcome
}

struct PartEncode<'a> {
    context: &'a ProbeContext<'a>,
    spec: &'a ProbeSpec,
    encode: Encode<'a>,
}

impl PartEncode<'_> {
    fn setting<'s>(&'s self, quality: f64, zones: &'s [Zone], threads: u32) -> Setting<'s> {
        Setting {
            encoder: self.context.encoder,
            preset: self.spec.preset,
            quality,
            variant: match self.context.variant_kind(self.spec.variant) {
                Some(VariantKind::Parameters(_, parameters)) => parameters,
                _ => "",
            },
            zones,
            threads,
        }
    }

    /// Encodes parts in parallel, reusing those that an interrupted run has finished, and joins them.
    fn all(&self, parts: &[Part], output: &Path) -> Result<RunOutcome, RunOutcome> {
        let total = self.context.threads;
        let parallel = (total / THREADS_PER_PART).clamp(1, parts.len() as u32);
        let threads = (total / parallel).max(1);
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(parallel as usize)
            .build()
            .map_err(|_| {
                RunOutcome::Failed(RunFailure::Memory("no threads for the pieces".into()))
            })?;
        let one = |(i, part): (usize, &Part)| self.one(i, part, threads);
        let paths: Vec<PathBuf> = pool.install(|| {
            parts
                .par_iter()
                .enumerate()
                .map(one)
                .collect::<Result<_, _>>()
        })?;
        let list = output.with_extension("list");
        let lengths = parts.iter().map(|(range, _)| range.end - range.start);
        let pieces: Vec<(PathBuf, u64)> = paths.iter().cloned().zip(lengths).collect();
        let outcome = self.encode.join(&pieces, &list, output);
        let _gone = fs_err::remove_file(&list);
        if matches!(outcome, RunOutcome::Done) {
            for path in paths {
                let _gone = fs_err::remove_file(path);
            }
        }
        Ok(outcome)
    }

    /// Encodes the part of an index, unless its file exists. A file of that name is always complete.
    fn one(&self, i: usize, (range, quality): &Part, threads: u32) -> Result<PathBuf, RunOutcome> {
        let path = self.path(i, range, *quality);
        if path.is_file() {
            return Ok(path);
        }
        let partial = path.with_extension("part");
        match self
            .encode
            .range(&self.setting(*quality, &[], threads), range, &partial)
        {
            RunOutcome::Done => fs_err::rename(&partial, &path)
                .map(|()| path)
                .map_err(|e| RunOutcome::Failed(RunFailure::unwritable(&e))),
            other => {
                let _gone = fs_err::remove_file(&partial);
                Err(other)
            }
        }
    }

    /// Where a part is stored: a name that the same probe of a later run finds again.
    fn path(&self, i: usize, range: &Range<u64>, quality: f64) -> PathBuf {
        let (preset, variant) = (self.spec.preset.name, self.spec.variant);
        let (start, end) = (range.start, range.end);
        let name = format!("piece-{preset}-{variant}-{quality:.2}-{i}-{start}-{end}.mp4");
        self.context.workspace.lasting(&name)
    }
}
