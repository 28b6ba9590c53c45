//! Writing what came out into the manifest as what is expected.

use toml_edit::{DocumentMut, InlineTable, Item, Value, value};

use super::case::{CaseResult, TOLERANCE, VMAF_TOLERANCE, Verdict};

/// A manifest with new expectations, and what changed.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Blessed {
    /// The new text; everything else, comments included, is as it was.
    pub text: String,
    /// Case, field, what was expected, what is now.
    pub changes: Vec<(String, String, String, String)>,
}

/// Writes results into a manifest's text. A case that could not be scored keeps what it has.
///
/// Fields that a case has are renewed; a case without any gets score, VMAF, verdict and gate. Bounds
/// (`min`, `max`) and tolerances were set by a person and stay. A number within its tolerance of what
/// came out is renewed too, so that drift does not add up.
///
/// # Errors
/// A text that is no TOML.
pub fn bless(text: &str, results: &[&CaseResult]) -> Result<Blessed, String> {
    let mut document: DocumentMut = text
        .parse()
        .map_err(|e: toml_edit::TomlError| e.to_string())?;
    let mut changes = Vec::new();
    let Some(cases) = document
        .get_mut("case")
        .and_then(Item::as_array_of_tables_mut)
    else {
        return Ok(Blessed {
            text: text.to_owned(),
            changes,
        });
    };
    for case in cases.iter_mut() {
        let name = case
            .get("name")
            .and_then(Item::as_str)
            .unwrap_or("")
            .to_owned();
        let Some(result) = results.iter().find(|r| r.name == name) else {
            continue;
        };
        let (Some(verdict), Some(vmaf)) = (result.verdict, result.vmaf) else {
            continue;
        };
        if case.get("expect").is_none_or(is_empty) {
            case["expect"] = value(InlineTable::new());
        }
        let expect = &mut case["expect"];
        let anything = ["score", "vmaf", "verdict", "gate", "min", "max"];
        let fresh = anything.iter().all(|field| expect.get(field).is_none());
        let verdict = match verdict {
            Verdict::Pass => "pass",
            Verdict::Fail => "fail",
        };
        let gate = result.gate.map(|g| crate::rules::spelled(&g));
        let mut set = |field: &str, new: Option<Value>| {
            let before = expect.get(field).map(|i| i.to_string().trim().to_owned());
            if before.is_none() && !fresh {
                return;
            }
            let after = new.as_ref().map(|v| v.to_string().trim().to_owned());
            if before == after {
                return;
            }
            match new {
                Some(new) => expect[field] = value(new),
                None => {
                    if let Some(table) = expect.as_table_like_mut() {
                        table.remove(field);
                    }
                }
            }
            let shown = |text: Option<String>| text.unwrap_or_else(|| "-".into());
            changes.push((name.clone(), field.to_owned(), shown(before), shown(after)));
        };
        if let Some(score) = result.score {
            set("score", Some(rounded(score, TOLERANCE)));
        }
        set("vmaf", Some(rounded(vmaf, VMAF_TOLERANCE)));
        set("verdict", Some(verdict.into()));
        set("gate", gate.map(Value::from));
    }
    Ok(Blessed {
        text: document.to_string(),
        changes,
    })
}

fn is_empty(item: &Item) -> bool {
    item.as_table_like()
        .is_some_and(toml_edit::TableLike::is_empty)
}

/// A number with three places more than its tolerance.
fn rounded(number: f64, tolerance: f64) -> Value {
    let places = (-tolerance.log10()).ceil().max(0.0) as i32 + 3;
    let unit = 10_f64.powi(places);
    Value::from((number * unit).round() / unit)
}
