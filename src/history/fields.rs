//! The keys of a record, whichever file format they come from.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

use crate::text::comma_in_number;

/// What stands in a record, before it is checked. Absent and `null` are the same.
#[derive(Debug, Default, Clone)]
pub(super) struct RecordFields<'a> {
    pub(super) s_f: Option<f64>,
    pub(super) s_q: Option<f64>,
    pub(super) s_l: Option<f64>,
    pub(super) vmaf_score: Option<f64>,
    pub(super) vmaf_threshold: Option<f64>,
    pub(super) pieapp_score: Option<f64>,
    pub(super) compression_rate: Option<f64>,
    pub(super) content_length: Option<f64>,
    pub(super) round: Option<f64>,
    pub(super) uid: Option<f64>,
    pub(super) grade: Option<f64>,
    pub(super) task_type: Option<Cow<'a, str>>,
    pub(super) round_id: Option<Cow<'a, str>>,
    pub(super) hotkey: Option<Cow<'a, str>>,
    pub(super) timestamp: Option<Moment<'a>>,
    pub(super) success: Option<bool>,
    pub(super) organic: Option<bool>,
    pub(super) rules: Option<Cow<'a, str>>,
    /// Whether any key of a round was there at all.
    pub(super) known: bool,
}

/// A point in time as it was written.
#[derive(Debug, Clone)]
pub(super) enum Moment<'a> {
    Number(f64),
    Text(Cow<'a, str>),
}

/// Names of the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
pub(super) enum FieldKey {
    SF,
    SQ,
    SL,
    VmafScore,
    VmafThreshold,
    PieappScore,
    CompressionRate,
    ContentLength,
    Round,
    Uid,
    Grade,
    TaskType,
    RoundId,
    Hotkey,
    Timestamp,
    Success,
    Organic,
    Rules,
    #[serde(other)]
    Unknown,
}

impl FieldKey {
    pub(super) const KNOWN: [(&'static str, Self); 18] = [
        ("s_f", Self::SF),
        ("s_q", Self::SQ),
        ("s_l", Self::SL),
        ("vmaf_score", Self::VmafScore),
        ("vmaf_threshold", Self::VmafThreshold),
        ("pieapp_score", Self::PieappScore),
        ("compression_rate", Self::CompressionRate),
        ("content_length", Self::ContentLength),
        ("round", Self::Round),
        ("uid", Self::Uid),
        ("grade", Self::Grade),
        ("task_type", Self::TaskType),
        ("round_id", Self::RoundId),
        ("hotkey", Self::Hotkey),
        ("timestamp", Self::Timestamp),
        ("success", Self::Success),
        ("organic", Self::Organic),
        ("rules", Self::Rules),
    ];

    pub(super) fn name(self) -> &'static str {
        Self::KNOWN
            .iter()
            .find(|(_, key)| *key == self)
            .map_or("", |(name, _)| name)
    }

    /// What stands in a cell of a CSV file, as JSON has it. The key decides, so that a round's id stays the text
    /// that it is though it may look like a number, and a number is one though JSON would write it otherwise.
    pub(super) fn value(self, text: &str) -> Value {
        let number = || text.parse().ok().and_then(serde_json::Number::from_f64);
        let same = serde_json::from_str::<Value>(text).ok();
        let value = match self {
            Self::TaskType | Self::RoundId | Self::Hotkey | Self::Rules => None,
            Self::Success | Self::Organic => truth(text).ok().map(Value::Bool),
            // Other programs' keys: a number stays one, so that both formats give the same JSON.
            Self::Unknown => same.filter(|v| v.is_number() || v.is_boolean()),
            _ => same
                .filter(Value::is_number)
                .or_else(|| number().map(Value::Number)),
        };
        value.unwrap_or_else(|| Value::String(text.to_owned()))
    }
}

/// A column's name without the spaces around it.
pub(super) fn column_name(name: &[u8]) -> &[u8] {
    name.trim_ascii()
}

/// The field that a column of this name holds.
pub(super) fn column_key(name: &[u8]) -> FieldKey {
    FieldKey::KNOWN
        .iter()
        .find(|(known, _)| known.as_bytes() == column_name(name))
        .map_or(FieldKey::Unknown, |(_, key)| *key)
}

impl<'a> RecordFields<'a> {
    /// Where the number of a key belongs; none for keys that hold no number.
    fn number(&mut self, key: FieldKey) -> Option<&mut Option<f64>> {
        Some(match key {
            FieldKey::SF => &mut self.s_f,
            FieldKey::SQ => &mut self.s_q,
            FieldKey::SL => &mut self.s_l,
            FieldKey::VmafScore => &mut self.vmaf_score,
            FieldKey::VmafThreshold => &mut self.vmaf_threshold,
            FieldKey::PieappScore => &mut self.pieapp_score,
            FieldKey::CompressionRate => &mut self.compression_rate,
            FieldKey::ContentLength => &mut self.content_length,
            FieldKey::Round => &mut self.round,
            FieldKey::Uid => &mut self.uid,
            FieldKey::Grade => &mut self.grade,
            _ => return None,
        })
    }

    /// A cell of a CSV file; an empty one is absent.
    pub(super) fn cell(&mut self, key: FieldKey, text: &'a str) -> Result<(), String> {
        if let Some(slot) = self.number(key)
            && let Ok(value) = text.parse()
        {
            *slot = Some(value);
            self.known = true;
            return Ok(());
        }
        let text = text.trim();
        if text.is_empty() {
            return Ok(());
        }
        self.known = true;
        if let Some(slot) = self.number(key) {
            *slot = Some(text.parse().map_err(|_| not_a_number(text))?);
            return Ok(());
        }
        match key {
            FieldKey::TaskType => self.task_type = Some(text.into()),
            FieldKey::RoundId => self.round_id = Some(text.into()),
            FieldKey::Hotkey => self.hotkey = Some(text.into()),
            FieldKey::Timestamp => {
                self.timestamp = Some(match text.parse() {
                    Ok(number) => Moment::Number(number),
                    Err(_) => Moment::Text(text.into()),
                });
            }
            FieldKey::Success => self.success = Some(truth(text)?),
            FieldKey::Organic => self.organic = Some(truth(text)?),
            FieldKey::Rules => self.rules = Some(text.into()),
            _ => {}
        }
        Ok(())
    }
}

fn not_a_number(text: &str) -> String {
    let text = shortened(text);
    comma_in_number(&text).unwrap_or_else(|| format!("`{text}` is not a number"))
}

fn truth(text: &str) -> Result<bool, String> {
    match text {
        "true" | "True" | "TRUE" | "1" | "1.0" => Ok(true),
        "false" | "False" | "FALSE" | "0" | "0.0" => Ok(false),
        other => Err(format!("`{}` is neither true nor false", shortened(other))),
    }
}

/// Text of foreign files in messages: short, and without control characters.
pub(super) fn shortened(text: &str) -> String {
    const MOST: usize = 40;
    let clean = text.chars().filter(|c| !c.is_control());
    let short: String = clean.clone().take(MOST).collect();
    if clean.count() > MOST {
        short + "…"
    } else {
        short
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for RecordFields<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(RecordVisitor)
    }
}

struct RecordVisitor;

impl<'de> Visitor<'de> for RecordVisitor {
    type Value = RecordFields<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a record, which is a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = RecordFields::default();
        while let Some(key) = map.next_key::<FieldKey>()? {
            fields.known |= key != FieldKey::Unknown;
            let named = |e: A::Error| {
                let what = e.to_string();
                A::Error::custom(format!("{}: {}", key.name(), without_place(&what)))
            };
            if let Some(slot) = fields.number(key) {
                *slot = map.next_value::<Number>().map_err(named)?.0;
                continue;
            }
            match key {
                FieldKey::TaskType => {
                    fields.task_type = map.next_value::<Text<'de>>().map_err(named)?.0
                }
                FieldKey::RoundId => {
                    fields.round_id = map.next_value::<Text<'de>>().map_err(named)?.0
                }
                FieldKey::Hotkey => fields.hotkey = map.next_value::<Text<'de>>().map_err(named)?.0,
                FieldKey::Timestamp => {
                    fields.timestamp = map.next_value::<Time<'de>>().map_err(named)?.0;
                }
                FieldKey::Success => fields.success = map.next_value::<Truth>().map_err(named)?.0,
                FieldKey::Organic => fields.organic = map.next_value::<Truth>().map_err(named)?.0,
                FieldKey::Rules => fields.rules = map.next_value::<Text<'de>>().map_err(named)?.0,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(fields)
    }
}

/// A parser's message without the position in it, which counts from the start of the text that it was
/// given; the caller knows the position in the file.
pub(crate) fn without_place(message: &str) -> &str {
    message
        .rfind(" at line ")
        .map_or(message, |at| &message[..at])
}

/// A number or nothing.
struct Number(Option<f64>);
/// Text, a number read as text, or nothing.
struct Text<'a>(Option<Cow<'a, str>>);
/// A time or nothing.
struct Time<'a>(Option<Moment<'a>>);
/// True, false or nothing.
struct Truth(Option<bool>);

macro_rules! scalar {
    ($type:ty, $life:lifetime, $expected:literal, $($body:tt)*) => {
        impl<$life> Deserialize<$life> for $type {
            fn deserialize<D: Deserializer<$life>>(deserializer: D) -> Result<Self, D::Error> {
                struct Here;
                impl<$life> Visitor<$life> for Here {
                    type Value = $type;
                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str($expected)
                    }
                    fn visit_unit<E>(self) -> Result<Self::Value, E> {
                        Ok(Self::Value { 0: None })
                    }
                    $($body)*
                }
                deserializer.deserialize_any(Here)
            }
        }
    };
}

scalar!(Number, 'de, "a number",
    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Number(Some(value)))
    }
    #[expect(clippy::cast_precision_loss, reason = "numbers beyond 2^53 are refused later")]
    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Number(Some(value as f64)))
    }
    #[expect(clippy::cast_precision_loss, reason = "numbers beyond 2^53 are refused later")]
    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Number(Some(value as f64)))
    }
    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Err(E::custom(not_a_number(text)))
    }
);

scalar!(Text<'de>, 'de, "text",
    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Text(Some(text.into())))
    }
    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Text(Some(text.to_owned().into())))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Text(Some(value.to_string().into())))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Text(Some(value.to_string().into())))
    }
);

scalar!(Time<'de>, 'de, "a time",
    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Time(Some(Moment::Number(value))))
    }
    #[expect(clippy::cast_precision_loss, reason = "seconds fit; finer units lose below a microsecond")]
    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Time(Some(Moment::Number(value as f64))))
    }
    #[expect(clippy::cast_precision_loss, reason = "negative times are refused later")]
    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Time(Some(Moment::Number(value as f64))))
    }
    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Time(Some(Moment::Text(text.into()))))
    }
    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Time(Some(Moment::Text(text.to_owned().into()))))
    }
);

scalar!(Truth, 'de, "true or false",
    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Truth(Some(value)))
    }
    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Self::Value, E> {
        truth(&value.to_string()).map(|t| Truth(Some(t))).map_err(E::custom)
    }
    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
        truth(text).map(|t| Truth(Some(t))).map_err(E::custom)
    }
);
