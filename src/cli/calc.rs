//! `vidaio calc`: the formulas without a video.

use std::path::PathBuf;

use serde::Serialize;

use super::calc_numbers::numbers;
use super::calc_rows::read_lines;
use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::input;
use super::list::render_list;
use crate::report::{Format, key_values};
use crate::rules::{Catalogue, Revision};
use crate::scoring::{
    CompressionInput, CompressionReason, PooledVmaf, ScoringError, compression_rules,
    compression_score, harmonic_mean_strict, tier, upscale_score,
};

#[derive(Debug, clap::Args)]
pub(super) struct CalcArgs {
    #[command(subcommand)]
    command: CalcCommand,
}

#[derive(Debug, clap::Subcommand)]
enum CalcCommand {
    /// S_f of a VMAF, a compression rate and a threshold
    Compress(CompressArgs),
    /// S_F of a PIE-APP, a VMAF and a length
    Upscale(UpscaleArgs),
    /// Both harmonic means, and more, of frame scores
    Pool(PoolArgs),
}

#[derive(Debug, clap::Args)]
struct CompressArgs {
    /// VMAF as the revision pools it, 0 to 100
    #[arg(long, value_parser = input::vmaf, required_unless_present = "input", allow_negative_numbers = true)]
    vmaf: Option<f64>,
    /// Output bytes divided by source bytes
    #[arg(long, value_parser = input::rate, required_unless_present = "input", allow_negative_numbers = true)]
    rate: Option<f64>,
    /// VMAF threshold of the task
    #[arg(long, value_parser = input::threshold, required_unless_present = "input", allow_negative_numbers = true)]
    threshold: Option<f64>,
    /// Many at once: JSON lines with vmaf, rate, threshold from FILE or `-`; one JSON line out for each
    #[arg(long, value_name = "FILE", conflicts_with_all = ["vmaf", "rate", "threshold"])]
    input: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
struct UpscaleArgs {
    /// PIE-APP, averaged over frames; lower is better
    #[arg(long, value_parser = input::number, required_unless_present = "input", allow_negative_numbers = true)]
    pieapp: Option<f64>,
    /// VMAF as the revision pools it, 0 to 100
    #[arg(long, value_parser = input::vmaf, required_unless_present = "input", allow_negative_numbers = true)]
    vmaf: Option<f64>,
    /// Content length in seconds
    #[arg(long, value_parser = input::seconds, required_unless_present = "input", allow_negative_numbers = true)]
    length: Option<f64>,
    /// Many at once: JSON lines with pieapp, vmaf, length from FILE or `-`; one JSON line out for each
    #[arg(long, value_name = "FILE", conflicts_with_all = ["vmaf", "pieapp", "length"])]
    input: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
struct PoolArgs {
    /// VMAF of each frame
    #[arg(value_parser = input::number, required_unless_present = "input", allow_negative_numbers = true)]
    scores: Vec<f64>,
    /// Read the scores from FILE or `-`: numbers between spaces, commas, semicolons or line ends, or a JSON list
    #[arg(long, value_name = "FILE", conflicts_with = "scores")]
    input: Option<PathBuf>,
}

#[derive(serde::Deserialize)]
struct CompressRow {
    vmaf: f64,
    rate: f64,
    threshold: f64,
}

#[derive(serde::Deserialize)]
struct UpscaleRow {
    pieapp: f64,
    vmaf: f64,
    length: f64,
}

#[derive(Serialize)]
struct CompressResult {
    s_f: f64,
    compression_component: f64,
    quality_component: f64,
    reason: CompressionReason,
    rules: String,
}

#[derive(Serialize)]
struct UpscaleResult {
    s_q: f64,
    s_l: f64,
    s_pre: f64,
    s_f: f64,
    tier: Option<&'static str>,
    rules: String,
}

#[derive(Serialize)]
struct PoolResult {
    frames: usize,
    mean: f64,
    min: f64,
    max: f64,
    harmonic_mean_libvmaf: f64,
    harmonic_mean_plain: Option<f64>,
    harmonic_mean_document: f64,
}

pub(super) fn run(context: &Context, args: CalcArgs) -> Result<Exit, Failure> {
    let catalogue = Catalogue::embedded()?;
    let name = context.settings()?.rules;
    match args.command {
        CalcCommand::Compress(args) => run_compress(context, catalogue.find(&name)?, &args),
        CalcCommand::Upscale(args) => run_upscale(context, catalogue.find(&name)?, &args),
        CalcCommand::Pool(args) => run_pool(context, args),
    }
}

fn run_compress(
    context: &Context,
    revision: &Revision,
    args: &CompressArgs,
) -> Result<Exit, Failure> {
    let calc = |row: &CompressRow| compress(revision, row);
    if let Some(path) = &args.input {
        return read_lines(context, path, calc);
    }
    // clap requires all three without --input.
    let (Some(vmaf), Some(rate), Some(threshold)) = (args.vmaf, args.rate, args.threshold) else {
        return Err(Failure::usage("give --vmaf, --rate and --threshold"));
    };
    single(
        context,
        &calc(&CompressRow {
            vmaf,
            rate,
            threshold,
        })?,
        |r| {
            key_values(&[
                ("S_f", r.s_f.to_string()),
                ("compression component", r.compression_component.to_string()),
                ("quality component", r.quality_component.to_string()),
                ("reason", r.reason.explain().into()),
                ("rules", r.rules.clone()),
            ])
        },
    )
}

fn run_upscale(
    context: &Context,
    revision: &Revision,
    args: &UpscaleArgs,
) -> Result<Exit, Failure> {
    let calc = |row: &UpscaleRow| upscale(revision, row);
    if let Some(path) = &args.input {
        return read_lines(context, path, calc);
    }
    let (Some(pieapp), Some(vmaf), Some(length)) = (args.pieapp, args.vmaf, args.length) else {
        return Err(Failure::usage("give --pieapp, --vmaf and --length"));
    };
    single(
        context,
        &calc(&UpscaleRow {
            pieapp,
            vmaf,
            length,
        })?,
        |r| {
            key_values(&[
                ("S_Q", r.s_q.to_string()),
                ("S_L", r.s_l.to_string()),
                ("S_pre", r.s_pre.to_string()),
                ("S_F", r.s_f.to_string()),
                ("tier", r.tier.unwrap_or("none").into()),
                ("rules", r.rules.clone()),
            ])
        },
    )
}

fn run_pool(context: &Context, args: PoolArgs) -> Result<Exit, Failure> {
    let scores = match &args.input {
        Some(path) => numbers(path)?,
        None => args.scores,
    };
    single(context, &pooled(scores)?, |r| {
        let plain = r.harmonic_mean_plain;
        key_values(&[
            ("frames", r.frames.to_string()),
            (
                "harmonic mean, libvmaf",
                r.harmonic_mean_libvmaf.to_string(),
            ),
            (
                "harmonic mean, plain",
                plain.map_or("none above 0".into(), |p| p.to_string()),
            ),
            (
                "harmonic mean, document",
                r.harmonic_mean_document.to_string(),
            ),
            ("mean", r.mean.to_string()),
            ("min", r.min.to_string()),
            ("max", r.max.to_string()),
        ])
    })
}

fn compress(revision: &Revision, row: &CompressRow) -> Result<CompressResult, ScoringError> {
    let rules = compression_rules(revision)?;
    let input = CompressionInput {
        vmaf: row.vmaf,
        rate: row.rate,
        threshold: row.threshold,
    };
    let score = compression_score(rules.formula, rules.constants, input)?;
    Ok(CompressResult {
        s_f: score.s_f,
        compression_component: score.compression_component,
        quality_component: score.quality_component,
        reason: score.reason,
        rules: revision.name.clone(),
    })
}

fn upscale(revision: &Revision, row: &UpscaleRow) -> Result<UpscaleResult, ScoringError> {
    let rules = &revision.upscaling;
    let score = upscale_score(&rules.formula, row.pieapp, row.vmaf, row.length)?;
    Ok(UpscaleResult {
        s_q: score.s_q,
        s_l: score.s_l,
        s_pre: score.s_pre,
        s_f: score.s_f,
        tier: tier(rules.tiers, score.s_f, Some(score.s_pre)),
        rules: revision.name.clone(),
    })
}

fn pooled(scores: Vec<f64>) -> Result<PoolResult, ScoringError> {
    let document = harmonic_mean_strict(&scores)?;
    let pooled = PooledVmaf::from_frames(scores)?;
    Ok(PoolResult {
        frames: pooled.per_frame.len(),
        mean: pooled.mean,
        min: pooled.min,
        max: pooled.max,
        harmonic_mean_libvmaf: pooled.harmonic_mean_libvmaf,
        harmonic_mean_plain: pooled.harmonic_mean_plain,
        harmonic_mean_document: document,
    })
}

fn single<T: Serialize>(
    context: &Context,
    result: &T,
    table: impl FnOnce(&T) -> String,
) -> Result<Exit, Failure> {
    let text = match context.format()? {
        // A list would be one record; the record itself is the contract.
        Format::Json => Format::Json.render(result, |_| String::new())?,
        _ => render_list(context, std::slice::from_ref(result), |list| {
            table(&list[0])
        })?,
    };
    context.open_output(&[])?.finish(&text)?;
    Ok(Exit::Ok)
}
