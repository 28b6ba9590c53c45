//! Where values of settings come from, and which one applies.

use std::collections::BTreeMap;
use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::keys::{KEYS, SettingKey};

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SettingOrigin {
    /// Built in.
    Default,
    /// A file.
    File(PathBuf),
    /// A variable in a file of variables.
    Variable { path: PathBuf, name: String },
    /// A variable of the environment.
    Environment(String),
    /// An argument.
    Flag(String),
}

impl fmt::Display for SettingOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Variable { path, name } => write!(f, "{} {name}", path.display()),
            Self::Environment(name) => write!(f, "environment {name}"),
            Self::Flag(name) => write!(f, "flag {name}"),
        }
    }
}

/// Prefix of this program's own variables.
const PREFIX: &str = "VIDAIO_";

/// The setting that a variable names.
fn key_of(variable: &str) -> Option<&'static SettingKey> {
    if let Some(key) = KEYS.iter().find(|k| k.published == Some(variable)) {
        return Some(key);
    }
    let name = variable.strip_prefix(PREFIX)?.to_lowercase();
    KEYS.iter().find(|k| k.name == name)
}

/// Whose a settings file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// The user's or the machine's.
    Owner,
    /// In the current folder, which anybody may have written: it must not choose programs to run.
    Folder,
}

/// A key in a settings file that was ignored.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConfigWarning {
    pub path: PathBuf,
    /// Line, from 1.
    pub line: usize,
    pub key: String,
    /// The known key most like it.
    pub nearest: Option<&'static str>,
}

/// Why settings could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A file that is there cannot be read.
    #[error("{path}: cannot be read ({reason})", path = path.display())]
    Unreadable { path: PathBuf, reason: String },
    /// A file is not TOML.
    #[error("{path}: {reason}", path = path.display())]
    Syntax {
        path: PathBuf,
        /// Line and column, and what is wrong.
        reason: String,
    },
    /// A value is of the wrong kind.
    #[error("`{key}` is `{value}` ({origin}), but must be {wanted}")]
    Wrong {
        /// The setting.
        key: String,
        /// Its value.
        value: String,
        /// Where it came from.
        origin: String,
        /// What it must be.
        wanted: String,
    },
}

/// All layers, folded: for each key the value that wins.
#[derive(Clone)]
pub struct Layers {
    values: BTreeMap<&'static str, (String, SettingOrigin)>,
}

/// Without what is secret.
impl fmt::Debug for Layers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.iter().map(|(key, value, origin)| {
            let known = KEYS.iter().find(|k| k.name == key);
            (key, (known.map_or(value, |k| k.shown(value)), origin))
        });
        f.debug_map().entries(shown).finish()
    }
}

impl Default for Layers {
    fn default() -> Self {
        let values = KEYS
            .iter()
            .map(|key| (key.name, (key.default.to_owned(), SettingOrigin::Default)))
            .collect();
        Self { values }
    }
}

impl Layers {
    /// Lays a file over what is there. A file that does not exist changes nothing.
    ///
    /// # Errors
    /// The file cannot be read or is not TOML.
    pub fn file(&mut self, path: &Path, trust: Trust) -> Result<Vec<ConfigWarning>, ConfigError> {
        let text = match fs_err::read_to_string(path) {
            Ok(text) => text,
            // Users of services often have a file for a home, such as /dev/null.
            Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                return Ok(Vec::new());
            }
            Err(e) => {
                let (path, reason) = (path.to_path_buf(), e.to_string());
                return Err(ConfigError::Unreadable { path, reason });
            }
        };
        let table: toml::Table =
            text.parse()
                .map_err(|e: toml::de::Error| ConfigError::Syntax {
                    path: path.to_path_buf(),
                    reason: place_of(&e, &text),
                })?;
        let mut warnings = Vec::new();
        for (key, value) in table {
            let Some(known) = KEYS.iter().find(|k| k.name == key) else {
                warnings.push(ignored(path, &text, key));
                continue;
            };
            if trust == Trust::Folder && known.names_a_program_or_its_data() {
                warnings.push(ConfigWarning {
                    nearest: None,
                    ..ignored(path, &text, key)
                });
                continue;
            }
            let value = match value {
                toml::Value::String(text) => text,
                other => other.to_string(),
            };
            self.values
                .insert(known.name, (value, SettingOrigin::File(path.to_path_buf())));
        }
        Ok(warnings)
    }

    /// Lays variables over what is there; those of unknown names are left alone. Where a variable of
    /// ours and one of the published set-up name the same setting, ours wins.
    pub fn environment(&mut self, variables: impl Iterator<Item = (String, String)>) {
        let mut known: Vec<(&SettingKey, String, String)> = variables
            .filter_map(|(name, value)| Some((key_of(&name)?, name, value)))
            .collect();
        known.sort_by_key(|(_, name, _)| name.starts_with(PREFIX));
        for (key, name, value) in known {
            self.values
                .insert(key.name, (value, SettingOrigin::Environment(name)));
        }
    }

    /// Sets values from the variables of a `.env` file. Returns the names of those that are not accepted
    /// from a file in the current folder.
    pub fn environment_file(
        &mut self,
        path: &Path,
        variables: Vec<(String, String)>,
    ) -> Vec<String> {
        let mut left = Vec::new();
        for (name, value) in variables {
            match key_of(&name) {
                Some(key) if key.names_a_program_or_its_data() => left.push(name),
                Some(key) => {
                    let origin = SettingOrigin::Variable {
                        path: path.to_path_buf(),
                        name,
                    };
                    self.values.insert(key.name, (value, origin));
                }
                None => {}
            }
        }
        left
    }

    /// Sets a value from an argument.
    pub fn flag(&mut self, key: &str, value: Option<String>) {
        if let (Some(known), Some(value)) = (KEYS.iter().find(|k| k.name == key), value) {
            let name = format!("--{}", key.replace('_', "-"));
            self.values
                .insert(known.name, (value, SettingOrigin::Flag(name)));
        }
    }

    /// Whether anything but the default sets a key.
    #[must_use]
    pub fn is_set(&self, key: &str) -> bool {
        self.values
            .get(key)
            .is_some_and(|(_, origin)| *origin != SettingOrigin::Default)
    }

    /// Every key with its value and origin.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str, &SettingOrigin)> {
        self.values
            .iter()
            .map(|(key, (value, origin))| (*key, value.as_str(), origin))
    }

    pub(super) fn text(&self, key: &str) -> Result<String, ConfigError> {
        self.values
            .get(key)
            .map(|(value, _)| value.clone())
            .ok_or_else(|| self.wrong(key, "known"))
    }

    pub(super) fn number(&self, key: &str) -> Result<u64, ConfigError> {
        self.text(key)?
            .trim()
            .parse()
            .map_err(|_| self.wrong(key, "a whole number, 0 or more"))
    }

    pub(super) fn number_within(
        &self,
        key: &str,
        least: u64,
        most: u64,
    ) -> Result<u64, ConfigError> {
        let wanted = || self.wrong(key, &format!("a number from {least} to {most}"));
        let number = self.text(key)?.trim().parse().map_err(|_| wanted())?;
        (least..=most)
            .contains(&number)
            .then_some(number)
            .ok_or_else(wanted)
    }

    pub(super) fn yes_or_no(&self, key: &str) -> Result<bool, ConfigError> {
        match self.text(key)?.trim() {
            "yes" | "true" | "1" => Ok(true),
            "no" | "false" | "0" => Ok(false),
            _ => Err(self.wrong(key, "yes or no")),
        }
    }

    pub(super) fn wrong(&self, key: &str, wanted: &str) -> ConfigError {
        let (value, origin) =
            self.values
                .get(key)
                .map_or((String::new(), String::new()), |(v, o)| {
                    let shown = KEYS.iter().find(|k| k.name == key);
                    let shown = shown.map_or(v.as_str(), |k| k.shown(v));
                    (shown.to_owned(), o.to_string())
                });
        ConfigError::Wrong {
            key: key.to_owned(),
            value,
            origin,
            wanted: wanted.to_owned(),
        }
    }
}

/// Where and why a text is no TOML, without the line itself: it may hold a key.
fn place_of(error: &toml::de::Error, text: &str) -> String {
    let words = error.message().trim();
    let Some(span) = error.span() else {
        return words.to_owned();
    };
    let before = text.get(..span.start).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |l| l.chars().count()) + 1;
    format!("line {line}, column {column}: {words}")
}

fn ignored(path: &Path, text: &str, key: String) -> ConfigWarning {
    let line = text
        .lines()
        .position(|l| {
            l.trim_start()
                .trim_start_matches(['[', '"', '\''])
                .starts_with(&key)
        })
        .map_or(1, |i| i + 1);
    let nearest = KEYS
        .iter()
        .map(|k| (strsim::damerau_levenshtein(k.name, &key), k.name))
        .min()
        .filter(|(distance, _)| *distance <= 3)
        .map(|(_, name)| name);
    ConfigWarning {
        path: path.to_path_buf(),
        line,
        key,
        nearest,
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::super::Settings;
    use super::*;

    #[test]
    fn later_layers_win_and_say_where_they_came_from() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("vidaio.toml");
        std::fs::write(&file, "rules = \"2025-10-20\"\nthreads = 3\n\nsede = 4\n").unwrap();
        let mut layers = Layers::default();
        let warnings = layers.file(&file, Trust::Owner).unwrap();
        assert_eq!((warnings[0].line, warnings[0].nearest), (4, Some("seed")));
        layers.environment([("VIDAIO_RULES".into(), "next".into())].into_iter());
        layers.flag("seed", Some("7".into()));
        let settings = Settings::resolve(&layers, 8).unwrap();
        assert_eq!(
            (settings.rules.as_str(), settings.threads, settings.seed),
            ("next", 3, 7)
        );
        let origin = |key| {
            layers
                .iter()
                .find(|(k, ..)| *k == key)
                .unwrap()
                .2
                .to_string()
        };
        assert_eq!(origin("rules"), "environment VIDAIO_RULES");
        assert_eq!(origin("seed"), "flag --seed");
        assert!(origin("threads").ends_with("vidaio.toml"));
    }

    #[test]
    fn a_wrong_value_names_its_origin() {
        let mut layers = Layers::default();
        layers.environment([("VIDAIO_THREADS".into(), "many".into())].into_iter());
        let error = Settings::resolve(&layers, 8).unwrap_err().to_string();
        assert_eq!(
            error,
            "`threads` is `many` (environment VIDAIO_THREADS), but must be a whole number, 0 or more"
        );
    }
}
