//! Settings from the current folder's `.env`, where the network's published set-up keeps them.

use std::path::{Path, PathBuf};

use super::failure::Failure;
use crate::config::{Layers, read_environment_file};

/// The file.
pub(super) const VARIABLES: &str = ".env";

/// Lays the variables of the current folder's `.env` over settings; says what it does not take.
pub(super) fn lay_variables(layers: &mut Layers) -> Result<Vec<String>, Failure> {
    let path = whole(Path::new(VARIABLES));
    let text = match fs_err::read_to_string(&path) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => {
            return Err(Failure::usage(e.to_string()).hint("make it readable, or move it away"));
        }
    };
    let (variables, bad) = read_environment_file(&text);
    let mut said: Vec<String> = bad
        .iter()
        .map(|line| {
            format!(
                "{}:{line}: it is no NAME=value, and is passed over",
                path.display()
            )
        })
        .collect();
    for name in layers.environment_file(&path, variables) {
        said.push(format!(
            "{}: {name} is not taken from a file in the current folder",
            path.display()
        ));
    }
    Ok(said)
}

/// A path as somebody finds it who stands elsewhere.
pub(super) fn whole(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf())
}
