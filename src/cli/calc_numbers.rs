//! A list of numbers from a file.

use std::io::Read as _;
use std::path::Path;

use super::calc_rows::open;
use super::failure::{Failure, unreadable};
use super::input;
use crate::text::comma_in_number;

/// Reads numbers between spaces, commas, semicolons and line ends; brackets of a JSON list are
/// allowed.
pub(super) fn numbers(path: &Path) -> Result<Vec<f64>, Failure> {
    let mut text = String::new();
    open(path)?
        .read_to_string(&mut text)
        .map_err(|e| unreadable(path, &e))?;
    let text = text.trim();
    let text = text
        .strip_prefix('[')
        .and_then(|t| t.strip_suffix(']'))
        .unwrap_or(text);
    refuse_decimal_commas(path, text)?;
    let mut values = Vec::new();
    for (i, line) in text.lines().enumerate() {
        for word in line.split([',', ';']).flat_map(str::split_whitespace) {
            values.push(input::number(word).map_err(|e| {
                Failure::bad_input(format!("{}:{}: `{word}`: {e}", path.display(), i + 1))
                    .hint("give one VMAF score a frame")
            })?);
        }
    }
    Ok(values)
}

/// A comma parts numbers, unless something else parts them already and each has one comma at most:
/// such commas are decimal, and would make two wrong scores of each number in silence.
fn refuse_decimal_commas(path: &Path, text: &str) -> Result<(), Failure> {
    let words: Vec<&str> = text.split(';').flat_map(str::split_whitespace).collect();
    let digits = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit());
    let torn = |word: &str| {
        word.split_once(',')
            .is_some_and(|(a, b)| digits(a) && digits(b))
    };
    let what = words
        .iter()
        .find(|word| torn(word))
        .and_then(|word| comma_in_number(word));
    match what {
        Some(what) if words.len() > 1 && words.iter().all(|word| torn(word) || digits(word)) => {
            let hint = "if the commas stand between scores, put a space behind each";
            Err(Failure::bad_input(format!("{}: {what}", path.display())).hint(hint))
        }
        _ => Ok(()),
    }
}
