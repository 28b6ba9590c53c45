//! The payload of a synapse that asks for videos, in both of its forms: one URL, or a list of them.

use serde_json::{Map, Value};

use super::synapse::{Synapse, SynapseError, kind};
use crate::domain::{Codec, RateControl, Task};
use crate::miner::tasks::{Scale, Work, WorkError, threshold};

/// Videos in one synapse. Our choice: the network sends up to five.
const MAX_VIDEOS: usize = 16;
/// Bitrate in megabits a second where none is named. As in the network's `protocol.py`.
const DEFAULT_MEGABITS: f64 = 10.0;
/// VMAF threshold where none is named. As in the network's `protocol.py`.
const DEFAULT_THRESHOLD: f64 = 90.0;

/// One video that a caller wants processed.
#[derive(Debug, Clone, PartialEq)]
pub struct RequestedVideo {
    /// Where the input is fetched from.
    pub url: String,
    /// The work, or why this miner does not do it.
    pub work: Result<Work, WorkError>,
}

/// The videos of a synapse, in their order.
///
/// # Errors
/// The payload has another form.
pub fn media(synapse: &Synapse, task: Task) -> Result<Vec<RequestedVideo>, SynapseError> {
    let empty = Map::new();
    let payload = match synapse.field("miner_payload") {
        None => &empty,
        Some(value) => value
            .as_object()
            .ok_or_else(|| kind("miner_payload", "an object"))?,
    };
    let payload = Payload(payload);
    let mut urls = payload.texts("reference_video_urls")?;
    if urls.is_empty() {
        urls.extend(
            payload
                .text("reference_video_url")?
                .filter(|u| !u.is_empty()),
        );
    }
    if urls.len() > MAX_VIDEOS {
        return Err(kind(
            "miner_payload.reference_video_urls",
            "at most 16 addresses",
        ));
    }
    let works: Vec<Result<Work, WorkError>> = match task {
        Task::Compress => payload.compressions(urls.len())?,
        Task::Upscale => payload.upscalings(urls.len())?,
    };
    let all = urls.into_iter().zip(works);
    Ok(all
        .map(|(url, work)| RequestedVideo { url, work })
        .collect())
}

struct Payload<'a>(&'a Map<String, Value>);

impl Payload<'_> {
    fn field(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|v| !v.is_null())
    }

    fn text(&self, name: &str) -> Result<Option<String>, SynapseError> {
        let wrong = || kind(format!("miner_payload.{name}"), "text");
        let text = self.field(name).map(|v| v.as_str().ok_or_else(wrong));
        Ok(text.transpose()?.map(str::to_owned))
    }

    fn number(&self, name: &str) -> Result<Option<f64>, SynapseError> {
        let wrong = || kind(format!("miner_payload.{name}"), "a number");
        self.field(name)
            .map(|v| number(v).ok_or_else(wrong))
            .transpose()
    }

    fn texts(&self, name: &str) -> Result<Vec<String>, SynapseError> {
        let wrong = || kind(format!("miner_payload.{name}"), "a list of texts");
        let Some(value) = self.field(name) else {
            return Ok(Vec::new());
        };
        let all = value.as_array().ok_or_else(wrong)?;
        all.iter()
            .map(|v| v.as_str().map(str::to_owned).ok_or_else(wrong))
            .collect()
    }

    fn numbers(&self, name: &str) -> Result<Vec<f64>, SynapseError> {
        let wrong = || kind(format!("miner_payload.{name}"), "a list of numbers");
        let Some(value) = self.field(name) else {
            return Ok(Vec::new());
        };
        let all = value.as_array().ok_or_else(wrong)?;
        all.iter().map(|v| number(v).ok_or_else(wrong)).collect()
    }

    /// Lists may be shorter than that of the URLs: the single value applies to the rest.
    fn compressions(&self, count: usize) -> Result<Vec<Result<Work, WorkError>>, SynapseError> {
        let thresholds = self.numbers("vmaf_thresholds")?;
        let codecs = self.texts("target_codecs")?;
        let modes = self.texts("codec_modes")?;
        let rates = self.numbers("target_bitrates")?;
        let one_threshold = self.number("vmaf_threshold")?.unwrap_or(DEFAULT_THRESHOLD);
        let one_codec = self.text("target_codec")?.unwrap_or_else(|| "av1".into());
        let one_mode = self.text("codec_mode")?.unwrap_or_else(|| "CRF".into());
        let one_rate = self.number("target_bitrate")?.unwrap_or(DEFAULT_MEGABITS);
        let one = |i: usize| {
            let value = thresholds.get(i).copied().unwrap_or(one_threshold);
            Ok(Work::Compress {
                threshold: Some(threshold(value)?),
                codec: Codec::by_name(codecs.get(i).unwrap_or(&one_codec))?,
                mode: RateControl::by_name(
                    modes.get(i).unwrap_or(&one_mode),
                    Some(rates.get(i).copied().unwrap_or(one_rate)),
                )?,
            })
        };
        Ok((0..count).map(one).collect())
    }

    /// The last type of the list applies to the rest.
    fn upscalings(&self, count: usize) -> Result<Vec<Result<Work, WorkError>>, SynapseError> {
        let types = self.texts("task_types")?;
        let one = self.text("task_type")?.unwrap_or_else(|| "HD24K".into());
        let of = |i: usize| {
            let name = types.get(i).or(types.last()).unwrap_or(&one);
            // Unknown names mean a factor of two, as in the network's own miner.
            let scale = if name == "SD24K" {
                Scale::Four
            } else {
                Scale::Two
            };
            Ok(Work::Upscale { scale, size: None })
        };
        Ok((0..count).map(of).collect())
    }
}

fn number(value: &Value) -> Option<f64> {
    let read = value
        .as_f64()
        .or_else(|| value.as_str()?.trim().parse().ok());
    read.filter(|n| n.is_finite())
}
