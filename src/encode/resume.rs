//! What a run writes down as it goes, so that one that was interrupted can be gone on from.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::compress::CompressAsk;
use super::error::EncodeError;
use super::judge::Aim;
use super::record::ProbeRecord;
use super::search::Standing;
use super::session::{Champion, Extra};
use super::tool::Ffmpeg;
use super::trial::Chosen;
use super::workplace::{Earlier, Workplace};
use crate::assess::ScoreRequest;
use crate::measure::SilentProgress;
use crate::models::sha256_of_file;

/// First line of a journal: what its probes depend on.
#[derive(Serialize, Deserialize, PartialEq)]
struct Head {
    schema: String,
    key: String,
}

const SCHEMA: &str = "vidaio.journal/1";

/// The journal of a run, in its workplace.
pub(crate) struct Journal {
    path: PathBuf,
    earlier: Vec<(ProbeRecord, Option<Champion>)>,
}

impl Journal {
    /// Opens the journal: with what an interrupted run of the same kind measured, where that is wanted.
    pub(crate) fn open(
        place: &Workplace,
        ask: &CompressAsk<'_>,
        chosen: &Chosen,
        ffmpeg: &Ffmpeg,
        extras: &[Extra],
        aim: &Aim<'_>,
    ) -> Result<Self, EncodeError> {
        let path = place.lasting("journal.jsonl");
        let head = Head {
            schema: SCHEMA.into(),
            key: key(ask, chosen, ffmpeg, extras),
        };
        let earlier = match ask.earlier {
            Earlier::Resumed => match read(&path, &head, place.output(), ask, aim) {
                Some(earlier) => earlier,
                None => {
                    // What lies here belongs to another input or another encoder.
                    place.clear()?;
                    Vec::new()
                }
            },
            Earlier::Removed => Vec::new(),
        };
        let mut lines = to_line(&head);
        for (probe, _) in &earlier {
            lines.push_str(&to_line(probe));
        }
        fs_err::write(&path, lines).map_err(|e| EncodeError::unwritable(&path, &e))?;
        Ok(Self { path, earlier })
    }

    /// Takes what an interrupted run measured.
    pub(crate) fn earlier(&mut self) -> Vec<(ProbeRecord, Option<Champion>)> {
        std::mem::take(&mut self.earlier)
    }

    /// Adds a probe. A journal that cannot be written costs nothing but the going on.
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

/// What the probes of a run depend on. The input counts by size and time of change.
fn key(ask: &CompressAsk<'_>, chosen: &Chosen, ffmpeg: &Ffmpeg, extras: &[Extra]) -> String {
    let meta = fs_err::metadata(&ask.request.reference).ok();
    let text = format!(
        "{:?} {:?} {:?} {} {} {} {} {:?} {:?} {:?} {:?} {:?} {:?} {} {:?} {extras:?} {}",
        ask.request.reference,
        meta.as_ref().map(std::fs::Metadata::len),
        meta.and_then(|m| m.modified().ok()),
        chosen.encoder.name,
        chosen.axis.step,
        ask.revision.name,
        ask.revision.commit,
        ask.threshold,
        ask.margin,
        ask.objective,
        ask.request.request,
        ask.preset,
        ask.sound,
        super::session::made_by(ffmpeg),
        ask.request.origin,
        ask.request.threads,
    );
    hex::encode(Sha256::digest(text.as_bytes()))
}

/// Probes of an interrupted run. The file of the best must be in the result's place as it was
/// delivered, and is measured again; without it, the best of the others is not known and every probe
/// that passed is forgotten, because only what can be delivered may be chosen. `None` where the journal
/// is of another run, or there is none.
fn read(
    path: &Path,
    head: &Head,
    output: &Path,
    ask: &CompressAsk<'_>,
    aim: &Aim<'_>,
) -> Option<Vec<(ProbeRecord, Option<Champion>)>> {
    let text = fs_err::read_to_string(path).ok()?;
    let mut lines = text.lines();
    let own = lines
        .next()
        .and_then(|line| serde_json::from_str::<Head>(line).ok());
    if own.as_ref() != Some(head) {
        return None;
    }
    // The last line may have been cut off.
    let probes: Vec<ProbeRecord> = lines
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    let best = probes.iter().rev().find(|p| p.delivered.is_some());
    let there = best.and_then(|best| {
        let same = sha256_of_file(output).ok() == best.delivered;
        same.then(|| score_again(best, output, ask, aim)).flatten()
    });
    let number = there.as_ref().map(|c| c.number);
    let mut there = there;
    let earlier = probes
        .into_iter()
        .filter(|p| number.is_some() || p.standing != Standing::Passes)
        .map(|p| {
            let own = if Some(p.number) == number {
                there.take()
            } else {
                None
            };
            (p, own)
        })
        .collect();
    Some(earlier)
}

/// Measures the file that lies in the result's place.
fn score_again(
    probe: &ProbeRecord,
    output: &Path,
    ask: &CompressAsk<'_>,
    aim: &Aim<'_>,
) -> Option<Champion> {
    let request = ScoreRequest {
        output: output.to_path_buf(),
        ..ask.request.clone()
    };
    let measured = request
        .measure(ask.revision, &[], None, &SilentProgress)
        .ok()?;
    let score = request
        .judge(measured.measurement, ask.revision, &ask.others)
        .ok()?;
    let (worth, standing, _) = aim.judge(&score, probe.bytes);
    if standing != Standing::Passes || worth != probe.worth {
        return None;
    }
    Some(Champion {
        number: probe.number,
        point: super::ways::point_of(probe),
        score,
    })
}
