//! Runs probes: encodes with a setting, measures and judges the file, and delivers the best one so far.

use std::path::Path;
use std::time::Instant;

use super::context::{DeadlineProgress, ProbeContext, ProbeSpec, VariantKind};
use super::judge::Judgement;
use super::parts::encode_clip;
use super::shots::{shot_records, zones};
use crate::assess::{PairScore, ScoreRequest};
use crate::encode::encoders::failure::RunFailure;
use crate::encode::encoders::options::Zone;
use crate::encode::encoders::process::RunOutcome;
use crate::encode::encoders::tool::Ffmpeg;
use crate::encode::error::EncodeError;
use crate::encode::record::{PROBE_SCHEMA, ProbeRecord};
use crate::encode::search::{Feasibility, Point};
use crate::measure::{MeasureError, Measurement};
use crate::models::sha256_of_file;
use crate::scoring::PooledVmaf;

/// How a probe ended.
pub(crate) enum ProbeOutcome {
    /// The file was measured and recorded.
    Measured(Point),
    /// The encoder failed.
    Failed(String),
    /// The deadline passed, or the run was cancelled.
    Stopped,
}

/// The best file so far, which is at the output path.
pub(crate) struct BestFile {
    /// Number of its probe.
    pub(crate) number: u32,
    pub(crate) point: Point,
    pub(crate) score: PairScore,
}

/// Runs the probes of a clip and keeps their records.
pub(crate) struct ProbeRunner<'a> {
    pub(crate) context: ProbeContext<'a>,
    pub(crate) probes: Vec<ProbeRecord>,
    pub(crate) best: Option<BestFile>,
    /// An error that came after a file was delivered.
    pub(crate) trouble: Option<String>,
    /// Called with every probe as soon as it is measured.
    pub(crate) on_probe: &'a mut dyn FnMut(&ProbeRecord),
}

/// An encoded file that is to be judged.
struct Encoded<'p> {
    spec: ProbeSpec,
    zones: Vec<Zone>,
    path: &'p Path,
    encode_seconds: f64,
    measure_seconds: f64,
}

impl ProbeRunner<'_> {
    /// Runs a probe.
    pub(crate) fn run(&mut self, spec: ProbeSpec) -> Result<ProbeOutcome, EncodeError> {
        let zones = zones(&self.context, spec.variant, &self.probes);
        if self.context.is_per_shot(spec.variant) && zones.iter().all(|zone| zone.offset == 0.0) {
            let why = "what was measured so far tells nothing of single shots";
            return Ok(ProbeOutcome::Failed(why.into()));
        }
        let path = self.context.workspace.fresh(".mp4");
        let begun = Instant::now();
        match encode_clip(&self.context, &spec, &zones, &path) {
            RunOutcome::Done => {}
            RunOutcome::Stopped => return Ok(ProbeOutcome::Stopped),
            RunOutcome::Failed(why) => {
                let _gone = fs_err::remove_file(&path);
                return self.failed(why);
            }
        }
        let encode_seconds = begun.elapsed().as_secs_f64();
        let begun = Instant::now();
        let measurement = match self.measure(&path) {
            Ok(measurement) => measurement,
            Err(MeasureError::Stopped { .. }) => return Ok(ProbeOutcome::Stopped),
            Err(e) if e.is_out_of_memory() => return Err(e.into()),
            // A file that does not match its input is the encoder's fault, not the user's.
            Err(
                e @ (MeasureError::Media(_)
                | MeasureError::SizesDiffer { .. }
                | MeasureError::FrameCountsDiffer { .. }),
            ) => {
                let _gone = fs_err::remove_file(&path);
                return Ok(ProbeOutcome::Failed(e.to_string()));
            }
            Err(e) => return Err(e.into()),
        };
        let file = Encoded {
            spec,
            zones,
            path: &path,
            encode_seconds,
            measure_seconds: begun.elapsed().as_secs_f64(),
        };
        self.judge(file, measurement)
    }

    /// After a failed run, another setting is tried only if the encoder itself is at fault.
    fn failed(&self, why: RunFailure) -> Result<ProbeOutcome, EncodeError> {
        let context = &self.context;
        match why {
            RunFailure::Encoder(reason) => Ok(ProbeOutcome::Failed(reason)),
            other => Err(other.into_error(
                &context.source.index.facts.path,
                context.encoder.name,
                context.workspace.output(),
            )),
        }
    }

    /// The error of a run that the encoder's failure ends.
    pub(super) fn encoder_failed(&self, reason: String) -> EncodeError {
        EncodeError::Encoder {
            input: self.context.source.index.facts.path.clone(),
            encoder: self.context.encoder.name.into(),
            reason,
        }
    }

    fn measure(&self, output: &Path) -> Result<Measurement, MeasureError> {
        let context = &self.context;
        let scoring = ScoreRequest {
            output: output.to_path_buf(),
            ..context.scoring.clone()
        };
        scoring.measure_against(
            &context.source.index,
            context.source.held.as_ref(),
            context.revision,
            &[],
            &DeadlineProgress(context),
        )
    }

    /// Judges a measured file, delivers it if it is the best so far, and records the probe.
    fn judge(
        &mut self,
        file: Encoded<'_>,
        measurement: Measurement,
    ) -> Result<ProbeOutcome, EncodeError> {
        let context = &self.context;
        let path = file.path;
        let figures = Figures::of(&measurement);
        let shots = shot_records(context, &measurement, &file.zones, path)?;
        let score = context
            .scoring
            .judge(measurement, context.revision, context.others)?;
        let judgement = context.target.judge(&score, figures.bytes);
        let number = self.probes.len() as u32 + 1;
        let mut record = record(context, number, file, figures, &score, judgement);
        record.shots = shots;
        let point = record.point();
        if point.feasibility == Feasibility::Passes && self.is_better(&point) {
            let digest = sha256_of_file(path).map_err(|e| EncodeError::unwritable(path, &e))?;
            record.delivered = Some(digest);
            context.workspace.deliver(path)?;
            self.best = Some(BestFile {
                number,
                point,
                score,
            });
        } else {
            let _gone = fs_err::remove_file(path);
        }
        (self.on_probe)(&record);
        self.probes.push(record);
        Ok(ProbeOutcome::Measured(point))
    }

    /// Whether a point is better than the best one so far; among equals the smaller file is.
    fn is_better(&self, point: &Point) -> bool {
        let key = |p: &Point| (p.objective, std::cmp::Reverse(p.bytes));
        self.best
            .as_ref()
            .is_none_or(|best| key(point) > key(&best.point))
    }
}

/// What a probe records of a measurement.
struct Figures {
    bytes: u64,
    base: Option<f64>,
    neg: Option<f64>,
    /// Plain harmonic means of the base and the NEG model.
    harmonic: [Option<f64>; 2],
}

impl Figures {
    fn of(measurement: &Measurement) -> Self {
        let run = &measurement.vmaf;
        let mean = |p: &Option<PooledVmaf>| p.as_ref().map(|p| p.mean);
        let harmonic = |p: &Option<PooledVmaf>| p.as_ref().and_then(|p| p.harmonic_mean_plain);
        Self {
            bytes: measurement.distorted.bytes,
            base: mean(&run.base),
            neg: mean(&run.neg),
            harmonic: [harmonic(&run.base), harmonic(&run.neg)],
        }
    }
}

/// The record of a judged file, without its shots.
fn record(
    context: &ProbeContext<'_>,
    number: u32,
    file: Encoded<'_>,
    figures: Figures,
    score: &PairScore,
    judgement: Judgement,
) -> ProbeRecord {
    let spec = file.spec;
    ProbeRecord {
        schema: PROBE_SCHEMA.into(),
        number,
        purpose: spec.purpose,
        encoder: context.encoder.name.into(),
        preset: spec.preset.name.into(),
        quality: context.axis.quality(spec.level),
        level: spec.level,
        variant: spec.variant,
        variant_name: context.variant_kind(spec.variant).map(|kind| match kind {
            VariantKind::Parameters(name, _) => (*name).to_owned(),
            VariantKind::Shots => "quality shared out among shots".to_owned(),
        }),
        zones: file.zones,
        bytes: figures.bytes,
        vmaf: score.vmaf(),
        base: figures.base,
        neg: figures.neg,
        harmonic: figures.harmonic,
        score: score.s_f().unwrap_or(0.0),
        objective: judgement.objective,
        feasibility: judgement.feasibility,
        failed: judgement.failed,
        shots: Vec::new(),
        encode_seconds: file.encode_seconds,
        measure_seconds: file.measure_seconds,
        rules: context.revision.name.clone(),
        features: context.source.features,
        threshold: context.target.threshold,
        made_by: made_by(context.ffmpeg),
        delivered: None,
    }
}

/// The versions that the result of a probe depends on.
pub(super) fn made_by(ffmpeg: &Ffmpeg) -> String {
    format!(
        "vidaio {}, FFmpeg {}",
        env!("CARGO_PKG_VERSION"),
        ffmpeg.version()
    )
}
