//! The journal of a run: every probe, written as soon as it is measured, so that an interrupted run can be
//! resumed.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::context::VariantKind;
use super::judge::SearchTarget;
use super::runner::{BestFile, made_by};
use crate::assess::ScoreRequest;
use crate::encode::encoders::select::SelectedEncoder;
use crate::encode::encoders::tool::Ffmpeg;
use crate::encode::error::EncodeError;
use crate::encode::record::ProbeRecord;
use crate::encode::request::CompressRequest;
use crate::encode::search::Feasibility;
use crate::encode::workspace::{ResumePolicy, Workspace};
use crate::measure::SilentProgress;
use crate::models::sha256_of_file;

/// The first line of a journal.
#[derive(Serialize, Deserialize, PartialEq)]
struct Head {
    schema: String,
    /// Digest of everything that the probes depend on.
    key: String,
}

const SCHEMA: &str = "vidaio.journal/1";

/// A probe of an interrupted run, with the file that it delivered if that is still the best one.
type Earlier = (ProbeRecord, Option<BestFile>);

/// The journal of a run, in its workspace.
pub(crate) struct Journal {
    path: PathBuf,
    earlier: Vec<Earlier>,
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
            key: key(input),
        };
        let earlier = match input.request.resume {
            ResumePolicy::Resume => match read(&path, &head, workspace.output(), input) {
                Some(earlier) => earlier,
                None => {
                    // The workspace is of a run with another input or another encoder.
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
        Ok(Self { path, earlier })
    }

    /// Takes the probes of an interrupted run out of the journal.
    pub(crate) fn take_earlier(&mut self) -> Vec<Earlier> {
        std::mem::take(&mut self.earlier)
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

/// Digest of everything that the probes of a run depend on. The input is identified by path, size and
/// modification time.
fn key(input: &JournalInput<'_>) -> String {
    let (request, selected, variants) = (input.request, input.selected, input.variants);
    let scoring = &request.scoring;
    let meta = fs_err::metadata(&scoring.reference).ok();
    let text = format!(
        "{:?} {:?} {:?} {} {} {} {} {:?} {:?} {:?} {:?} {:?} {:?} {} {:?} {variants:?} {}",
        scoring.reference,
        meta.as_ref().map(std::fs::Metadata::len),
        meta.and_then(|m| m.modified().ok()),
        selected.encoder.name,
        selected.axis.step,
        request.revision.name,
        request.revision.commit,
        request.threshold,
        request.margin,
        request.objective,
        scoring.request,
        request.preset,
        request.audio,
        made_by(input.ffmpeg),
        scoring.origin,
        scoring.threads,
    );
    hex::encode(Sha256::digest(text.as_bytes()))
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
