//! The journal of a run: every probe, written as soon as it is measured, so that an interrupted run can be
//! resumed.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::context::VariantKind;
use super::judge::SearchTarget;
use super::runner::{BestFile, made_by};
use crate::assess::ScoreRequest;
use crate::digest::{FileStamp, digest_of_record};
use crate::domain::Origin;
use crate::encode::encoders::audio::AudioPolicy;
use crate::encode::encoders::select::SelectedEncoder;
use crate::encode::encoders::tool::Ffmpeg;
use crate::encode::error::EncodeError;
use crate::encode::record::ProbeRecord;
use crate::encode::request::CompressRequest;
use crate::encode::search::{Feasibility, Objective};
use crate::encode::workspace::{ResumePolicy, Workspace};
use crate::gates::TaskRequest;
use crate::measure::SilentProgress;
use crate::models::sha256_of_file;

/// The first line of a journal.
#[derive(Serialize, Deserialize, PartialEq)]
struct Head {
    schema: String,
    /// Digest of everything that the probes depend on.
    key: String,
}

const SCHEMA: &str = "vidaio.journal/2";

/// A probe of an interrupted run, with the file that it delivered if that is still the best one.
type Earlier = (ProbeRecord, Option<BestFile>);

/// The journal of a run, in its workspace.
pub(crate) struct Journal {
    path: PathBuf,
    earlier: Vec<Earlier>,
    is_discarded: bool,
}

/// What the key of a journal and the reuse of its probes depend on.
pub(crate) struct JournalInput<'a> {
    pub(crate) request: &'a CompressRequest<'a>,
    pub(crate) selected: &'a SelectedEncoder,
    pub(crate) ffmpeg: &'a Ffmpeg,
    pub(crate) variants: &'a [VariantKind],
    pub(crate) target: &'a SearchTarget<'a>,
}

impl Journal {
    /// Opens the journal; if the request says so, with the probes of an interrupted run of the same kind.
    pub(crate) fn open(
        workspace: &Workspace,
        input: &JournalInput<'_>,
    ) -> Result<Self, EncodeError> {
        let path = workspace.lasting("journal.jsonl");
        let head = Head {
            schema: SCHEMA.into(),
            key: key(input).map_err(|e| EncodeError::Key(e.to_string()))?,
        };
        let mut is_discarded = false;
        let earlier = match input.request.resume {
            ResumePolicy::Resume => match read(&path, &head, workspace.output(), input) {
                Some(earlier) => earlier,
                None => {
                    // The workspace is of a run with another input, encoder or version.
                    is_discarded = path.is_file();
                    workspace.clear()?;
                    Vec::new()
                }
            },
            ResumePolicy::Discard => Vec::new(),
        };
        let mut lines = to_line(&head);
        for (probe, _) in &earlier {
            lines.push_str(&to_line(probe));
        }
        fs_err::write(&path, lines).map_err(|e| EncodeError::unwritable(&path, &e))?;
        Ok(Self {
            path,
            earlier,
            is_discarded,
        })
    }

    /// Takes the probes of an interrupted run out of the journal.
    pub(crate) fn take_earlier(&mut self) -> Vec<Earlier> {
        std::mem::take(&mut self.earlier)
    }

    /// Whether there was an interrupted run that could not be resumed, since something it depends on has changed.
    pub(crate) const fn is_discarded(&self) -> bool {
        self.is_discarded
    }

    /// Appends a probe. If that fails, the run merely cannot be resumed from there.
    pub(crate) fn write(&mut self, record: &ProbeRecord) {
        let file = fs_err::OpenOptions::new().append(true).open(&self.path);
        if let Ok(mut file) = file {
            let _only_for_resuming = file.write_all(to_line(record).as_bytes());
        }
    }
}

fn to_line<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default() + "\n"
}

/// Version of [`KeyRecord`]: raised whenever its fields or their meaning change. Version 1 was a digest of
/// `Debug` text.
const KEY_VERSION: u32 = 2;

/// What the probes of a run depend on. The input is identified by path, size and modification time.
#[derive(Serialize)]
struct KeyRecord<'a> {
    version: u32,
    made_by: String,
    reference: String,
    stamp: Option<FileStamp>,
    encoder: &'a str,
    quality_step: f64,
    rules: &'a str,
    rules_commit: &'a str,
    request: &'a TaskRequest,
    origin: Origin,
    threshold: f64,
    margin: f64,
    objective: Objective,
    preset: Option<&'a str>,
    audio: AudioPolicy,
    variants: &'a [VariantKind],
    threads: u32,
}

fn key(input: &JournalInput<'_>) -> Result<String, serde_json::Error> {
    let (request, selected) = (input.request, input.selected);
    let scoring = &request.scoring;
    digest_of_record(&KeyRecord {
        version: KEY_VERSION,
        made_by: made_by(input.ffmpeg),
        reference: crate::shown::path(&scoring.reference),
        stamp: FileStamp::of(&scoring.reference),
        encoder: selected.encoder.name,
        quality_step: selected.axis.step,
        rules: &request.revision.name,
        rules_commit: &request.revision.commit,
        request: &scoring.request,
        origin: scoring.origin,
        threshold: request.threshold,
        margin: request.margin,
        objective: request.objective,
        preset: request.preset.as_deref(),
        audio: request.audio,
        variants: input.variants,
        threads: scoring.threads,
    })
}

/// The probes of an interrupted run; nothing if there is no journal, or one of another run.
///
/// Only a file that can be delivered may be selected. So the best file must be in the place of the output,
/// unchanged, and is measured again; otherwise all probes that passed are dropped.
fn read(path: &Path, head: &Head, output: &Path, input: &JournalInput<'_>) -> Option<Vec<Earlier>> {
    let text = fs_err::read_to_string(path).ok()?;
    let mut lines = text.lines();
    let own = lines
        .next()
        .and_then(|line| serde_json::from_str::<Head>(line).ok());
    if own.as_ref() != Some(head) {
        return None;
    }
    // The last line may be incomplete.
    let probes: Vec<ProbeRecord> = lines
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    let delivered = probes.iter().rev().find(|p| p.delivered.is_some());
    let mut best = delivered.and_then(|probe| {
        let unchanged = sha256_of_file(output).ok() == probe.delivered;
        unchanged
            .then(|| score_again(probe, output, input))
            .flatten()
    });
    let number = best.as_ref().map(|b| b.number);
    let earlier = probes
        .into_iter()
        .filter(|p| number.is_some() || p.feasibility != Feasibility::Passes)
        .map(|p| {
            let own = best.take_if(|best| best.number == p.number);
            (p, own)
        })
        .collect();
    Some(earlier)
}

/// Measures the file in the place of the output; nothing if it does not score as recorded.
fn score_again(probe: &ProbeRecord, output: &Path, input: &JournalInput<'_>) -> Option<BestFile> {
    let request = input.request;
    let scoring = ScoreRequest {
        output: output.to_path_buf(),
        ..request.scoring.clone()
    };
    let measured = scoring
        .measure(request.revision, &[], None, &SilentProgress)
        .ok()?;
    let score = scoring
        .judge(measured.measurement, request.revision, &request.others)
        .ok()?;
    let judgement = input.target.judge(&score, probe.bytes);
    if judgement.feasibility != Feasibility::Passes || judgement.objective != probe.objective {
        return None;
    }
    Some(BestFile {
        number: probe.number,
        point: probe.point(),
        score,
    })
}
