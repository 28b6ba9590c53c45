//! One round of a history, checked.

use crate::domain::{Origin, Task, UnknownTask};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::fields::{Moment, RecordFields, shortened};
use crate::scoring::Round;

/// Largest size of a score: nothing that a validator computes comes near it, and -100 is its lowest.
const SCORE_SIZE: f64 = 100.0;
/// Largest of the other numbers.
const OTHER_SIZE: f64 = 1e9;
/// Largest round number that a double holds exactly.
pub(super) const LARGEST_ROUND: u64 = 1 << 53;

/// One round with what orders and names it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Record {
    /// What multipliers and ledger see.
    pub round: Round,
    /// Number of the round.
    pub number: Option<u64>,
    /// When it was, in microseconds since 1970.
    pub time: Option<i64>,
    /// Whose it is.
    pub uid: Option<u16>,
    /// Fingerprint of the hotkey's text: only whether it changes matters.
    pub hotkey: Option<u64>,
    /// Fingerprint of the round's id: only whether it changes matters.
    pub round_id: Option<u64>,
    /// Fingerprint of the name of the rules that scored it.
    pub rules: Option<u64>,
    /// Keys that were not there.
    pub missing: Missing,
}

/// Keys that a record lacked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Missing {
    /// The final score.
    pub s_f: bool,
    /// The quality score.
    pub s_q: bool,
    /// VMAF.
    pub vmaf_score: bool,
    /// The VMAF threshold.
    pub vmaf_threshold: bool,
    /// The compression rate.
    pub compression_rate: bool,
    /// The task.
    pub task_type: bool,
}

impl Record {
    /// Checks what was read. A missing key counts as the published script counts it: 0, and upscaling.
    pub(super) fn new(fields: &RecordFields<'_>) -> Result<Self, String> {
        if !fields.known {
            return Err(
                "no key of a round is in it (s_f, s_q, task_type, round and so on, in small letters)"
                    .into(),
            );
        }
        let score = |name, value| within(name, value, -SCORE_SIZE, SCORE_SIZE);
        let other = |name, value| within(name, value, 0.0, OTHER_SIZE);
        let task = match fields.task_type.as_deref() {
            None => Task::Upscale,
            Some(name) => task(name)?,
        };
        // These are not used here, but a wrong value is still reported.
        score("s_l", fields.s_l)?;
        within("pieapp_score", fields.pieapp_score, -OTHER_SIZE, OTHER_SIZE)?;
        other("content_length", fields.content_length)?;
        let (origin, grade) = origin(fields)?;
        let round = Round {
            task,
            s_f: score("s_f", fields.s_f)?.unwrap_or(0.0),
            s_q: score("s_q", fields.s_q)?.unwrap_or(0.0),
            vmaf: score("vmaf_score", fields.vmaf_score)?.unwrap_or(0.0),
            threshold: score("vmaf_threshold", fields.vmaf_threshold)?.unwrap_or(0.0),
            rate: other("compression_rate", fields.compression_rate)?,
            origin,
            grade,
        };
        Ok(Self {
            round,
            number: whole("round", fields.round, LARGEST_ROUND as f64)?,
            time: fields.timestamp.as_ref().map(microseconds).transpose()?,
            uid: whole("uid", fields.uid, f64::from(u16::MAX))?
                .and_then(|uid| u16::try_from(uid).ok()),
            hotkey: fields.hotkey.as_deref().map(fingerprint),
            round_id: fields.round_id.as_deref().map(fingerprint),
            rules: fields.rules.as_deref().map(fingerprint),
            missing: Missing {
                s_f: fields.s_f.is_none(),
                s_q: fields.s_q.is_none(),
                vmaf_score: fields.vmaf_score.is_none(),
                vmaf_threshold: fields.vmaf_threshold.is_none(),
                compression_rate: fields.compression_rate.is_none(),
                task_type: fields.task_type.is_none(),
            },
        })
    }
}

fn task(name: &str) -> Result<Task, String> {
    name.parse().map_err(|UnknownTask(other)| {
        format!(
            "task_type: `{}` is neither upscaling nor compression",
            shortened(&other)
        )
    })
}

/// Who asked, and the grade of an organic upscaling.
fn origin(fields: &RecordFields<'_>) -> Result<(Origin, Option<i8>), String> {
    if !fields.organic.unwrap_or(false) {
        return Ok((Origin::Synthetic, None));
    }
    #[expect(clippy::cast_possible_truncation, reason = "checked to be one of five")]
    match fields.grade {
        None => Ok((Origin::Organic, None)),
        Some(grade) if [-1.0, 0.0, 1.0, 2.0, 3.0].contains(&grade) => {
            Ok((Origin::Organic, Some(grade as i8)))
        }
        Some(grade) => Err(format!("grade: {grade} is none of -1, 0, 1, 2, 3")),
    }
}

fn within(name: &str, value: Option<f64>, least: f64, most: f64) -> Result<Option<f64>, String> {
    match value {
        Some(v) if !v.is_finite() => Err(format!("{name}: {v} is not a finite number")),
        Some(v) if v < least || v > most => {
            Err(format!("{name}: {v:?} lies outside {least} to {most}"))
        }
        other => Ok(other),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked to be a whole number in range"
)]
fn whole(name: &str, value: Option<f64>, most: f64) -> Result<Option<u64>, String> {
    match value {
        Some(v) if v < 0.0 => Err(format!("{name}: {v} is negative")),
        Some(v) if v.fract() != 0.0 || v > most || !v.is_finite() => {
            Err(format!("{name}: {v:?} is no whole number up to {most}"))
        }
        Some(v) => Ok(Some(v as u64)),
        None => Ok(None),
    }
}

/// A number that stands for a text where only sameness matters.
#[must_use]
pub fn fingerprint(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

/// Seconds, milliseconds or microseconds since 1970 by their size, or a written time; one without an
/// offset means UTC.
#[expect(clippy::cast_possible_truncation, reason = "checked to be in range")]
fn microseconds(moment: &Moment<'_>) -> Result<i64, String> {
    match moment {
        Moment::Number(n) => {
            let factor = match n.abs() {
                n if n < 1e11 => 1e6,
                n if n < 1e14 => 1e3,
                _ => 1.0,
            };
            let micros = n * factor;
            if n.is_finite() && (0.0..1e16).contains(&micros) {
                Ok(micros as i64)
            } else {
                Err(format!("timestamp: {n} is no time since 1970"))
            }
        }
        Moment::Text(text) => {
            let text = text.trim();
            if let Ok(at) = text.parse::<jiff::Timestamp>() {
                return Ok(at.as_microsecond());
            }
            text.parse::<jiff::civil::DateTime>()
                .ok()
                .and_then(|at| at.to_zoned(jiff::tz::TimeZone::UTC).ok())
                .map(|at| at.timestamp().as_microsecond())
                .ok_or_else(|| {
                    format!(
                        "timestamp: `{}` is no time (2026-08-18T07:58:46Z is one)",
                        shortened(text)
                    )
                })
        }
    }
}
