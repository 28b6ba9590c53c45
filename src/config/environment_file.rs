//! `.env` files, as the network's published set-up has one.

use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::layers::Layers;

/// A line of a `.env` file that was ignored.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum VariableWarning {
    /// It is no `NAME=value`.
    Malformed {
        path: PathBuf,
        /// Counted from 1.
        line: usize,
    },
    /// It would choose a program that is run, or its data: anybody can put a file into the current folder.
    Untrusted { path: PathBuf, name: String },
}

impl fmt::Display for VariableWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed { path, line } => {
                let path = path.display();
                write!(f, "{path}:{line}: it is no NAME=value, and is passed over")
            }
            Self::Untrusted { path, name } => {
                let path = path.display();
                write!(
                    f,
                    "{path}: {name} is not taken from a file in the current folder"
                )
            }
        }
    }
}

/// Lays the variables of a `.env` file over settings; a file that is not there has none.
///
/// # Errors
/// A file that cannot be read.
pub fn lay_environment_file(
    layers: &mut Layers,
    path: &Path,
) -> std::io::Result<Vec<VariableWarning>> {
    let text = match fs_err::read_to_string(path) {
        Ok(text) => text,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(e),
    };
    let (variables, malformed) = read_environment_file(&text);
    let untrusted = layers.environment_file(path, variables);
    let path = || path.to_path_buf();
    let malformed = malformed
        .into_iter()
        .map(|line| VariableWarning::Malformed { path: path(), line });
    let untrusted = untrusted
        .into_iter()
        .map(|name| VariableWarning::Untrusted { path: path(), name });
    Ok(malformed.chain(untrusted).collect())
}

/// Reads lines of `NAME=value`; `export` before the name, quotes around the value and comments are
/// understood, nothing is expanded. Gives the variables, and the numbers of lines that are none.
#[must_use]
pub fn read_environment_file(text: &str) -> (Vec<(String, String)>, Vec<usize>) {
    let mut variables = Vec::new();
    let mut bad = Vec::new();
    for (number, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let line = line.strip_prefix("export ").unwrap_or(line);
        match line.split_once('=') {
            Some((name, value)) if is_name(name.trim()) => {
                variables.push((name.trim().to_owned(), unquoted(value.trim())));
            }
            _ => bad.push(number + 1),
        }
    }
    (variables, bad)
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

fn unquoted(value: &str) -> String {
    for quote in ['"', '\''] {
        if let Some(rest) = value.strip_prefix(quote)
            && let Some((inner, _)) = rest.split_once(quote)
        {
            return inner.to_owned();
        }
    }
    // A comment behind a bare value begins with a space.
    let value = value.split(" #").next().unwrap_or_default();
    value.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_as_shells_write_them() {
        let text = "# storage\nBUCKET_NAME=clips # mine\nexport A_1=\"x # y\"\n\nB='z'\nnonsense\nC=\n=1\n";
        let (variables, bad) = read_environment_file(text);
        let pairs: Vec<(&str, &str)> = variables
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        assert_eq!(
            pairs,
            [
                ("BUCKET_NAME", "clips"),
                ("A_1", "x # y"),
                ("B", "z"),
                ("C", "")
            ]
        );
        assert_eq!(bad, [6, 8]);
    }
}
