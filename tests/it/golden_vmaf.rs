//! VMAF against figures measured by other programs; they lie outside the project.

use std::path::Path;

use serde_json::Value;
use vidaio::domain::Task;
use vidaio::measure::{
    FrameSelection, Measurement, Models, Plan, SilentProgress, VmafRequest, measure,
};
use vidaio::media::LumaFormat;
use vidaio::metrics::vmaf::{VmafContext, VmafSettings};
use vidaio::rules::{FramePath, Pixels};
use vidaio::scoring::PooledVmaf;

use super::clips;
use super::surroundings::shared;

pub(crate) fn plan(
    reference: &Path,
    distorted: &Path,
    threads: u32,
    frames: Vec<FrameSelection>,
) -> Plan {
    Plan {
        task: Task::Compress,
        reference: reference.into(),
        distorted: distorted.into(),
        vmaf: frames
            .into_iter()
            .map(|frames| VmafRequest { frames, seed: 1 })
            .collect(),
        pieapp: vec![],
        models: Models::Both,
        pixels: Pixels::Native,
        fewest_frames: 1,
        frame_tolerance: 10,
        threads,
        memory: vidaio::domain::Bytes(1 << 31),
        seed: 1,
        evidence: vidaio::measure::EvidenceRequest::default(),
    }
}

fn measured(plan: &Plan) -> Measurement {
    measure(plan, None, &SilentProgress).unwrap().measurement
}

fn all_frames(reference: &Path, distorted: &Path, threads: u32) -> Measurement {
    measured(&plan(
        reference,
        distorted,
        threads,
        vec![FrameSelection::Path(FramePath::All)],
    ))
}

fn base(measurement: &Measurement) -> &PooledVmaf {
    measurement.vmaf.base.as_ref().unwrap()
}

fn neg(measurement: &Measurement) -> &PooledVmaf {
    measurement.vmaf.neg.as_ref().unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value
        .as_array()
        .unwrap()
        .iter()
        .map(|v| v.as_f64().unwrap())
        .collect()
}

/// Same generation of libvmaf: 1e-5 a frame.
#[test]
fn clip_pairs_score_as_ffmpeg_with_libvmaf_3_2_measured_them() {
    let Some(shared) = shared("clip_pairs_score_as_ffmpeg_with_libvmaf_3_2_measured_them") else {
        return;
    };
    let text = std::fs::read_to_string(shared.join("clips/golden_share.json")).unwrap();
    let golden: Value = serde_json::from_str(&text).unwrap();
    let (mut pairs, mut worst) = (0, 0.0_f64);
    for clip in golden["clips"].as_array().unwrap() {
        let reference = shared
            .join("clips/clips")
            .join(clip["clip"].as_str().unwrap());
        for (name, variant) in clip["variants"].as_object().unwrap() {
            let file = shared
                .join("clips")
                .join(variant["file"].as_str().unwrap_or("none"));
            let want = &variant["A_ffmpeg_libvmaf"];
            // Display orientation was turned before it was measured there; that is not our way.
            if !file.is_file() || want.is_null() || name.contains("display") {
                continue;
            }
            // One variant a clip in ordinary runs; all of them where VIDAIO_ALL_CLIPS is set.
            if pairs_of(clip, name) && std::env::var_os("VIDAIO_ALL_CLIPS").is_none() {
                continue;
            }
            let got = all_frames(&reference, &file, 2);
            for (model, got) in [("vmaf_v0.6.1", base(&got)), ("vmaf_v0.6.1neg", neg(&got))] {
                let want = &want[model];
                let frames = numbers(&want["per_frame"]);
                assert_eq!(got.per_frame.len(), frames.len(), "{}", file.display());
                for (i, (got, want)) in got.per_frame.iter().zip(&frames).enumerate() {
                    worst = worst.max((got - want).abs());
                    assert!(
                        (got - want).abs() <= 1e-5,
                        "{} {model} frame {i}: {got} {want}",
                        file.display()
                    );
                }
                let computed = &want["computed"];
                let near =
                    |got: f64, key: &str| (got - computed[key].as_f64().unwrap()).abs() < 1e-5;
                assert!(near(got.mean, "mean") && near(got.min, "min"));
                assert!(near(got.harmonic_mean_libvmaf, "harmonic_mean_libvmaf"));
                assert!(near(
                    got.harmonic_mean_plain.unwrap(),
                    "harmonic_mean_plain"
                ));
            }
            pairs += 1;
        }
    }
    assert!(pairs >= 12, "only {pairs} pairs were compared");
    assert!(
        worst > 0.0,
        "six printed decimals cannot all agree to the last bit"
    );
}

/// Whether a variant is left out of the ordinary, quick run: all but the first stored one.
fn pairs_of(clip: &Value, name: &str) -> bool {
    let stored = |variant: &Value| variant["file_kept"].as_bool() != Some(false);
    let mut names = clip["variants"].as_object().unwrap().iter();
    let first = names.find(|(name, v)| {
        *name != "identity"
            && stored(v)
            && !name.contains("display")
            && !v["A_ffmpeg_libvmaf"].is_null()
    });
    first.is_none_or(|(first, _)| first != name)
}

fn raw_pair(
    reference: &[u8],
    distorted: &[u8],
    format: LumaFormat,
    frame_bytes: usize,
) -> (Vec<f64>, Vec<f64>) {
    let settings = VmafSettings {
        threads: 2,
        subsample: 1,
        base: true,
        neg: true,
    };
    let mut context = VmafContext::new(settings);
    let stride = format.width as usize * if format.depth > 8 { 2 } else { 1 };
    for (a, b) in reference
        .chunks_exact(frame_bytes)
        .zip(distorted.chunks_exact(frame_bytes))
    {
        context
            .push((format, a, stride), (format, b, stride))
            .unwrap();
    }
    let scores = context.finish().unwrap();
    (scores.base, scores.neg)
}

/// Netflix's own test data, which may be stored compressed.
fn netflix_file(shared: &Path, name: &str, side: &str) -> Option<Vec<u8>> {
    let folder = shared.join("clips/netflix");
    let name = if name.contains("akiyo") {
        format!("akiyo_multiply_{side}_352x288.yuv")
    } else {
        name.into()
    };
    if let Ok(bytes) = std::fs::read(folder.join(&name)) {
        return Some(bytes);
    }
    let packed = folder.join(name + ".gz");
    let output = std::process::Command::new("gzip")
        .arg("-dc")
        .arg(packed)
        .output()
        .unwrap();
    output.status.success().then_some(output.stdout)
}

/// Netflix's own pairs, of 8, 10 and 12 bits, against the means that its tests assert.
#[test]
fn netflix_pairs_score_as_its_own_tests_say() {
    let Some(shared) = shared("netflix_pairs_score_as_its_own_tests_say") else {
        return;
    };
    let text = std::fs::read_to_string(shared.join("clips/golden_netflix.json")).unwrap();
    let golden: Value = serde_json::from_str(&text).unwrap();
    // Options that add further metrics leave VMAF as it is.
    let harmless = ["float_psnr", "float_ssim", "float_ms_ssim"];
    let mut compared = std::collections::BTreeMap::new();
    for row in golden["rows"].as_array().unwrap() {
        let newest = row["upstream_tags"]
            .as_array()
            .unwrap()
            .iter()
            .any(|t| t == "v3.2.0");
        let options = row["options"].as_object().unwrap();
        if !newest
            || row["data_available"] != true
            || row["model"] != "default: vmaf_v0.6.1"
            || !options.keys().all(|o| harmless.contains(&o.as_str()))
        {
            continue;
        }
        let (metric, neg) = match row["runner"].as_str().unwrap() {
            "VmafexecQualityRunner" => ("VMAFEXEC_score", false),
            "VmafQualityRunner" => ("VMAF_score", false),
            "VmafnegQualityRunner" => ("VMAFNEG_score", true),
            _ => continue,
        };
        let format_name = row["pixfmt"].as_str().unwrap();
        let depth = match format_name {
            "yuv420p10le" => 10,
            "yuv420p12le" => 12,
            _ => 8,
        };
        let (w, h) = (
            row["width"].as_u64().unwrap(),
            row["height"].as_u64().unwrap(),
        );
        let format = LumaFormat {
            width: w as u32,
            height: h as u32,
            depth,
        };
        let bytes = (w * h * 3 / 2) as usize * if depth > 8 { 2 } else { 1 };
        let read = |key: &str| netflix_file(&shared, row[key].as_str().unwrap(), key);
        let (Some(reference), Some(distorted)) = (read("ref"), read("dis")) else {
            continue;
        };
        let (base, of_neg) = raw_pair(&reference, &distorted, format, bytes);
        let frames = if neg { of_neg } else { base };
        let mean = frames.iter().sum::<f64>() / frames.len() as f64;
        for check in row["checks"].as_array().unwrap() {
            if check["metric"] == metric && check["stat"] == "mean" {
                let want = check["value"].as_f64().unwrap();
                let places = check["places"].as_i64().unwrap() as i32;
                assert!(
                    (mean - want).abs() < 0.5 * 10_f64.powi(-places) + 1e-9,
                    "{row}: {mean}"
                );
                *compared.entry(format_name.to_owned()).or_insert(0) += 1;
            }
        }
    }
    assert!(
        compared.len() == 3 && compared.values().sum::<i32>() >= 6,
        "{compared:?}"
    );
}

#[test]
fn the_number_of_threads_changes_no_figure() {
    let (reference, distorted) = (clips::reference(), clips::compressed());
    let one = all_frames(&reference, &distorted, 1);
    for threads in [2, 3, 8] {
        let other = all_frames(&reference, &distorted, threads);
        assert_eq!(
            base(&one).per_frame,
            base(&other).per_frame,
            "{threads} threads"
        );
        assert_eq!(
            neg(&one).per_frame,
            neg(&other).per_frame,
            "{threads} threads"
        );
    }
}

#[test]
fn several_runs_in_one_pass_equal_runs_of_their_own() {
    let (reference, distorted) = (clips::reference(), clips::compressed());
    let wishes = vec![
        FrameSelection::Path(FramePath::Cut { frames: 5 }),
        FrameSelection::Path(FramePath::All),
        FrameSelection::Path(FramePath::SkipSubsample),
        FrameSelection::Listed(vec![3, 4, 5, 40]),
    ];
    let together = measured(&plan(&reference, &distorted, 2, wishes.clone()));
    let runs = std::iter::once(&together.vmaf).chain(&together.other_vmaf);
    for (wish, run) in wishes.into_iter().zip(runs) {
        let alone = measured(&plan(&reference, &distorted, 2, vec![wish.clone()]));
        assert_eq!(&alone.vmaf, run, "{wish:?}");
    }
}

#[test]
fn one_model_alone_scores_as_beside_the_other() {
    let (reference, distorted) = (clips::reference(), clips::compressed());
    let both = all_frames(&reference, &distorted, 2);
    let mut one = plan(
        &reference,
        &distorted,
        2,
        vec![FrameSelection::Path(FramePath::All)],
    );
    for (models, is_base) in [(Models::Base, true), (Models::Neg, false)] {
        one.models = models;
        let alone = measured(&one).vmaf;
        let (kept, left_out) = if is_base {
            (alone.base, alone.neg)
        } else {
            (alone.neg, alone.base)
        };
        assert_eq!(
            kept.as_ref(),
            Some(if is_base { base(&both) } else { neg(&both) })
        );
        assert!(left_out.is_none());
    }
}

/// The motion feature sees a jump between frames that were not neighbours, so a frame's score
/// depends on how it was reached.
#[test]
fn cut_out_frames_are_compared_as_if_consecutive() {
    let (reference, distorted) = (clips::reference(), clips::compressed());
    let whole = base(&all_frames(&reference, &distorted, 2))
        .per_frame
        .clone();
    let cut = |list: Vec<u64>| {
        base(&measured(&plan(
            &reference,
            &distorted,
            2,
            vec![FrameSelection::Listed(list)],
        )))
        .per_frame
        .clone()
    };
    // The neighbours are there for the middle one of three: it scores as in the whole clip.
    assert_eq!(cut(vec![20, 21, 22])[1], whole[21]);
    assert_ne!(cut(vec![2, 21, 40])[1], whole[21]);
}
