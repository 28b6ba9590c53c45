//! One clip, one encoder: settings in, measured and judged files out, the best of them put in place.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::allocate::{ShotCurve, allocate};
use super::catalogue::{Encoder, Preset, QualityAxis};
use super::clock::Clock;
use super::error::EncodeError;
use super::failure::RunFailure;
use super::judge::Aim;
use super::options::{Setting, Zone};
use super::process::Ended;
use super::record::{PROBE_SCHEMA, ProbeRecord, Purpose, ShotRecord};
use super::search::{Level, Point, Standing, Variant};
use super::source::Source;
use super::tool::Ffmpeg;
use super::workplace::Workplace;
use super::write::{Encode, Sound};
use crate::assess::{PairScore, ScoreRequest};
use crate::measure::{MeasureError, Measurement, Progress, Step};
use crate::media::index_frames;
use crate::models::sha256_of_file;
use crate::rules::{Revision, VmafModel};
use crate::scoring::compression_rules;

/// What a set of parameters beside the usual one is.
#[derive(Debug, Clone)]
pub(crate) enum Extra {
    /// Other parameters of the encoder.
    Parameters(&'static str, &'static str),
    /// Quality shared out among shots.
    Shots,
}

/// What stays the same from probe to probe.
pub(crate) struct Bench<'a> {
    pub(crate) ffmpeg: &'a Ffmpeg,
    pub(crate) source: &'a Source,
    pub(crate) encoder: &'static Encoder,
    pub(crate) axis: QualityAxis,
    pub(crate) sound: Sound,
    pub(crate) request: &'a ScoreRequest,
    pub(crate) revision: &'a Revision,
    pub(crate) others: &'a [&'a Revision],
    pub(crate) aim: Aim<'a>,
    pub(crate) clock: Clock,
    pub(crate) place: &'a Workplace,
    pub(crate) progress: &'a dyn Progress,
    /// Ranges that are encoded apart and joined; one for a clip that is encoded in one go.
    pub(crate) pieces: &'a [Range<u64>],
    pub(crate) extras: &'a [Extra],
    pub(crate) threads: u32,
}

impl Bench<'_> {
    /// What a variant is; nothing for the usual parameters.
    pub(crate) fn extra(&self, variant: Variant) -> Option<&Extra> {
        variant.checked_sub(1).map(|i| &self.extras[i])
    }

    /// Whether a variant shares quality out among shots.
    fn shares(&self, variant: Variant) -> bool {
        matches!(self.extra(variant), Some(Extra::Shots))
    }
}

/// Steps of quality over which the slope of a shot is taken.
const SLOPE_STEPS: f64 = 4.0;

/// What is to be made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted {
    pub(crate) purpose: Purpose,
    pub(crate) preset: &'static Preset,
    pub(crate) variant: Variant,
    pub(crate) level: Level,
}

/// How making went.
pub(crate) enum Made {
    /// Measured and written down.
    Probe(Point),
    /// The encoder failed.
    Failed(String),
    /// No time was left.
    Stopped,
}

/// The best file so far.
pub(crate) struct Champion {
    pub(crate) number: u32,
    pub(crate) point: Point,
    pub(crate) score: PairScore,
}

/// Probes of a clip with what they taught.
pub(crate) struct Session<'a> {
    pub(crate) bench: Bench<'a>,
    pub(crate) probes: Vec<ProbeRecord>,
    pub(crate) champion: Option<Champion>,
    /// What went wrong after a file was delivered.
    pub(crate) trouble: Option<String>,
    /// Whom a probe is told to as soon as it is measured.
    pub(crate) told: &'a mut dyn FnMut(&ProbeRecord),
}

/// Progress that also stops at the deadline.
struct Bounded<'a> {
    inner: &'a dyn Progress,
    clock: &'a Clock,
}

impl Progress for Bounded<'_> {
    fn begin(&self, step: Step, units: u64) {
        self.inner.begin(step, units);
    }
    fn advance(&self) {
        self.inner.advance();
    }
    fn end(&self) {
        self.inner.end();
    }
    fn go_on(&self) -> bool {
        self.clock.go_on() && self.inner.go_on()
    }
}

impl Session<'_> {
    /// Makes, measures and judges a file, and puts it in place if it is the best so far.
    pub(crate) fn make(&mut self, wanted: Wanted) -> Result<Made, EncodeError> {
        let zones = self.zones(&wanted);
        if self.bench.shares(wanted.variant) && zones.iter().all(|zone| zone.offset == 0.0) {
            let why = "what was measured so far tells nothing of single shots";
            return Ok(Made::Failed(why.into()));
        }
        let path = self.bench.place.fresh(".mp4");
        let begun = Instant::now();
        match self.encode(&wanted, &zones, &path) {
            Ended::Done => {}
            Ended::Stopped => return Ok(Made::Stopped),
            Ended::Failed(why) => {
                let _gone = fs_err::remove_file(&path);
                return self.failed(why);
            }
        }
        let encoded = begun.elapsed().as_secs_f64();
        let begun = Instant::now();
        let measurement = match self.measure(&path) {
            Ok(measurement) => measurement,
            Err(MeasureError::Stopped { .. }) => return Ok(Made::Stopped),
            Err(e) if e.is_out_of_memory() => return Err(e.into()),
            // A file that does not fit its input is the encoder's fault, not the user's.
            Err(
                e @ (MeasureError::Media(_)
                | MeasureError::SizesDiffer { .. }
                | MeasureError::FrameCountsDiffer { .. }),
            ) => {
                let _gone = fs_err::remove_file(&path);
                return Ok(Made::Failed(e.to_string()));
            }
            Err(e) => return Err(e.into()),
        };
        let seconds = (encoded, begun.elapsed().as_secs_f64());
        self.judge(wanted, zones, &path, measurement, seconds)
    }

    /// What a failed run means: another setting is tried only where the encoder itself is at fault.
    fn failed(&self, why: RunFailure) -> Result<Made, EncodeError> {
        let input = &self.bench.source.index.facts.path;
        match why {
            RunFailure::Encoder(reason) => Ok(Made::Failed(reason)),
            other => {
                Err(other.into_error(input, self.bench.encoder.name, self.bench.place.output()))
            }
        }
    }

    fn judge(
        &mut self,
        wanted: Wanted,
        zones: Vec<Zone>,
        path: &Path,
        measurement: Measurement,
        seconds: (f64, f64),
    ) -> Result<Made, EncodeError> {
        let bench = &self.bench;
        let bytes = measurement.distorted.bytes;
        let shots = self.shots(&measurement, &zones, path)?;
        let mean = |p: &Option<crate::scoring::PooledVmaf>| p.as_ref().map(|p| p.mean);
        let harmonic =
            |p: &Option<crate::scoring::PooledVmaf>| p.as_ref().and_then(|p| p.harmonic_mean_plain);
        let (base, neg) = (mean(&measurement.vmaf.base), mean(&measurement.vmaf.neg));
        let harmonics = [
            harmonic(&measurement.vmaf.base),
            harmonic(&measurement.vmaf.neg),
        ];
        let score = bench
            .request
            .judge(measurement, bench.revision, bench.others)?;
        let (worth, standing, failed) = bench.aim.judge(&score, bytes);
        let number = self.probes.len() as u32 + 1;
        let point = Point {
            variant: wanted.variant,
            level: wanted.level,
            vmaf: score.vmaf(),
            bytes,
            worth,
            standing,
            on_curve: wanted.purpose != Purpose::Safe,
        };
        let better = self.champion.as_ref().is_none_or(|champion| {
            (worth, std::cmp::Reverse(bytes))
                > (
                    champion.point.worth,
                    std::cmp::Reverse(champion.point.bytes),
                )
        });
        let mut delivered = None;
        if standing == Standing::Passes && better {
            let digest = sha256_of_file(path).map_err(|e| EncodeError::unwritable(path, &e))?;
            delivered = Some(digest);
            bench.place.deliver(path)?;
        } else {
            let _gone = fs_err::remove_file(path);
        }
        let variant_name = bench.extra(wanted.variant).map(|extra| match extra {
            Extra::Parameters(name, _) => (*name).to_owned(),
            Extra::Shots => "quality shared out among shots".to_owned(),
        });
        let record = ProbeRecord {
            schema: PROBE_SCHEMA.into(),
            number,
            purpose: wanted.purpose,
            encoder: bench.encoder.name.into(),
            preset: wanted.preset.name.into(),
            quality: bench.axis.quality(wanted.level),
            level: wanted.level,
            variant: wanted.variant,
            variant_name,
            zones,
            bytes,
            vmaf: score.vmaf(),
            base,
            neg,
            harmonic: harmonics,
            score: score.s_f().unwrap_or(0.0),
            worth,
            standing,
            failed,
            shots,
            encode_seconds: seconds.0,
            measure_seconds: seconds.1,
            rules: bench.revision.name.clone(),
            features: bench.source.features,
            threshold: bench.aim.threshold,
            made_by: made_by(bench.ffmpeg),
            delivered: delivered.clone(),
        };
        (self.told)(&record);
        self.probes.push(record);
        if delivered.is_some() {
            self.champion = Some(Champion {
                number,
                point,
                score,
            });
        }
        Ok(Made::Probe(point))
    }

    fn encode(&self, wanted: &Wanted, zones: &[Zone], output: &Path) -> Ended {
        let bench = &self.bench;
        let quality = bench.axis.quality(wanted.level);
        let variant = match bench.extra(wanted.variant) {
            Some(Extra::Parameters(_, parameters)) => parameters,
            _ => "",
        };
        let go_on = || bench.clock.go_on() && bench.progress.go_on();
        let encode = Encode {
            ffmpeg: bench.ffmpeg,
            source: bench.source,
            sound: bench.sound,
            go_on: &go_on,
        };
        let setting = |quality: f64, zones, threads| Setting {
            encoder: bench.encoder,
            preset: wanted.preset,
            quality,
            variant,
            zones,
            threads,
        };
        bench.progress.begin(Step::Encode, 0);
        let apart: Vec<(Range<u64>, f64)> = if !zones.is_empty() && !bench.encoder.zones {
            // Without zones of its own the encoder makes every shot apart.
            zones
                .iter()
                .map(|zone| (zone.frames.clone(), self.snapped(quality + zone.offset)))
                .collect()
        } else {
            bench.pieces.iter().map(|r| (r.clone(), quality)).collect()
        };
        let ended = if let [(range, quality)] = apart.as_slice() {
            encode.range(&setting(*quality, zones, bench.threads), range, output)
        } else {
            let name = |i: usize, range: &Range<u64>, quality: f64| {
                let v = wanted.variant;
                let key = format!("{}-{v}-{quality:.2}-{i}", wanted.preset.name);
                bench
                    .place
                    .lasting(&format!("piece-{key}-{}-{}.mp4", range.start, range.end))
            };
            pieces(&encode, &apart, bench, &setting, &name, output)
        };
        bench.progress.end();
        ended
    }

    /// A quality that lies on the axis.
    fn snapped(&self, quality: f64) -> f64 {
        self.bench.axis.quality(self.bench.axis.level(quality))
    }

    fn measure(&self, output: &Path) -> Result<Measurement, MeasureError> {
        let bench = &self.bench;
        let request = ScoreRequest {
            output: output.to_path_buf(),
            ..bench.request.clone()
        };
        let bounded = Bounded {
            inner: bench.progress,
            clock: &bench.clock,
        };
        request.measure_against(
            &bench.source.index,
            bench.source.held.as_ref(),
            bench.revision,
            &[],
            &bounded,
        )
    }

    /// What a measurement shows of every shot, by the model that is scored.
    fn shots(
        &self,
        measurement: &Measurement,
        zones: &[Zone],
        path: &Path,
    ) -> Result<Vec<ShotRecord>, EncodeError> {
        let source = self.bench.source;
        if source.shots.len() < 2 {
            return Ok(Vec::new());
        }
        let rules = compression_rules(self.bench.revision)?;
        let run = &measurement.vmaf;
        let scored = match rules.vmaf.model {
            VmafModel::Base => &run.base,
            VmafModel::Neg => &run.neg,
        };
        let bytes = index_frames(path)?.frame_bytes();
        let Some(frames) = scored.as_ref().map(|p| &p.per_frame) else {
            return Ok(Vec::new());
        };
        if frames.len() as u64 != source.index.frames || bytes.len() != frames.len() {
            return Ok(Vec::new());
        }
        let shot = |range: &Range<u64>| {
            let at = range.start as usize..range.end as usize;
            let part = &frames[at.clone()];
            let offset = zones
                .iter()
                .find(|z| z.frames == *range)
                .map_or(0.0, |z| z.offset);
            ShotRecord {
                start: range.start,
                end: range.end,
                offset,
                vmaf: part.iter().sum::<f64>() / part.len() as f64,
                bytes: bytes[at].iter().sum(),
            }
        };
        Ok(source.shots.iter().map(shot).collect())
    }

    /// Offsets of the shots for a variant that shares quality out; none for any other.
    fn zones(&self, wanted: &Wanted) -> Vec<Zone> {
        if !self.bench.shares(wanted.variant) {
            return Vec::new();
        }
        // Offsets are found once, so that a second probe of the variant differs in nothing else.
        let earlier = self.probes.iter().find(|p| p.variant == wanted.variant);
        if let Some(earlier) = earlier {
            return earlier.zones.clone();
        }
        let Some(curves) = self.curves() else {
            return Vec::new();
        };
        let pooling = compression_rules(self.bench.revision)
            .map_or(crate::rules::Pooling::Mean, |rules| rules.vmaf.pooling);
        let offsets = allocate(&curves, pooling);
        let ranges = self.bench.source.shots.iter();
        ranges
            .zip(offsets)
            .map(|(frames, offset)| Zone {
                frames: frames.clone(),
                offset: (offset * 20.0).round() / 20.0,
            })
            .collect()
    }

    /// The curve of every shot: from the probe of the usual parameters nearest to the target, and one
    /// that lies some steps of quality away from it.
    fn curves(&self) -> Option<Vec<ShotCurve>> {
        let target = self.bench.aim.target;
        let mut usual: Vec<&ProbeRecord> = self
            .probes
            .iter()
            .filter(|p| p.variant == 0 && p.purpose == Purpose::Search && p.shots.len() > 1)
            .collect();
        usual.sort_by(|a, b| (a.vmaf - target).abs().total_cmp(&(b.vmaf - target).abs()));
        let near = usual.first()?;
        // Points close together tell more of noise than of slope, far ones of another part of the curve.
        let apart = |p: &ProbeRecord| (p.quality - near.quality).abs();
        let far = usual
            .iter()
            .skip(1)
            .filter(|p| apart(p) >= 1.0)
            .min_by(|a, b| {
                let miss = |p: &ProbeRecord| (apart(p) - SLOPE_STEPS).abs();
                miss(a).total_cmp(&miss(b))
            })?;
        let step = far.quality - near.quality;
        let pairs = near.shots.iter().zip(&far.shots);
        Some(
            pairs
                .map(|(a, b)| ShotCurve {
                    frames: (a.end - a.start) as f64,
                    vmaf: a.vmaf,
                    bytes: a.bytes as f64,
                    vmaf_slope: (b.vmaf - a.vmaf) / step,
                    size_slope: ((b.bytes as f64).ln() - (a.bytes as f64).ln()) / step,
                })
                .collect(),
        )
    }
}

/// Makes pieces side by side, keeps those that are there already, and joins them.
fn pieces<'s>(
    encode: &Encode<'_>,
    apart: &[(Range<u64>, f64)],
    bench: &Bench<'_>,
    setting: &(dyn Fn(f64, &'s [Zone], u32) -> Setting<'s> + Sync),
    name: &(dyn Fn(usize, &Range<u64>, f64) -> PathBuf + Sync),
    output: &Path,
) -> Ended {
    use rayon::prelude::*;
    // Pieces share the threads: two threads to a piece keep every encoder here busy.
    let side_by_side = (bench.threads / 2).clamp(1, apart.len() as u32);
    let threads = (bench.threads / side_by_side).max(1);
    let Ok(pool) = rayon::ThreadPoolBuilder::new()
        .num_threads(side_by_side as usize)
        .build()
    else {
        return Ended::Failed(RunFailure::Memory("no threads for the pieces".into()));
    };
    let make = |(i, (range, quality)): (usize, &(Range<u64>, f64))| -> Result<PathBuf, Ended> {
        let path = name(i, range, *quality);
        if path.is_file() {
            return Ok(path);
        }
        let half = path.with_extension("part");
        match encode.range(&setting(*quality, &[], threads), range, &half) {
            Ended::Done => fs_err::rename(&half, &path)
                .map(|()| path)
                .map_err(|e| Ended::Failed(RunFailure::unwritable(&e))),
            other => {
                let _gone = fs_err::remove_file(&half);
                Err(other)
            }
        }
    };
    let made: Result<Vec<PathBuf>, Ended> =
        pool.install(|| apart.par_iter().enumerate().map(make).collect());
    match made {
        Ok(paths) => {
            let list = output.with_extension("list");
            let lengths = apart.iter().map(|(range, _)| range.end - range.start);
            let joined: Vec<(PathBuf, u64)> = paths.iter().cloned().zip(lengths).collect();
            let ended = encode.join(&joined, &list, output);
            let _gone = fs_err::remove_file(&list);
            if matches!(ended, Ended::Done) {
                for path in paths {
                    let _gone = fs_err::remove_file(path);
                }
            }
            ended
        }
        Err(ended) => ended,
    }
}

/// Versions that a probe depends on.
pub(crate) fn made_by(ffmpeg: &Ffmpeg) -> String {
    format!(
        "vidaio {}, FFmpeg {}",
        env!("CARGO_PKG_VERSION"),
        ffmpeg.version()
    )
}
