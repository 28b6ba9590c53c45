//! All revisions, found by name, date, commit or `latest`.

use serde::Deserialize as _;

use super::revision::Revision;

const DATA: &str = include_str!("revisions.toml");

/// Why rules could not be found or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RulesError {
    /// No revision has that name, and it is not a date.
    #[error("there are no rules called `{asked}`")]
    Unknown {
        asked: String,
        /// The known name most like it.
        nearest: Option<String>,
    },
    /// `all` was asked for where one revision is needed.
    #[error("one revision is needed here, and `all` names every one")]
    NotAll,
    /// The date is earlier than the oldest revision.
    #[error("no rules are known for {asked}: the oldest are of {oldest}")]
    TooEarly {
        asked: String,
        /// Name of the oldest dated revision.
        oldest: String,
    },
    /// The embedded data is wrong; a test keeps this from happening.
    #[error("the rules data is damaged: {0}")]
    Data(String),
}

/// The revisions in order: those that are no code of a date first, then by date, `next` last.
#[derive(Debug, Clone)]
pub struct Catalogue {
    revisions: Vec<Revision>,
}

impl Catalogue {
    /// Reads the embedded data.
    ///
    /// # Errors
    /// [`RulesError::Data`] if the data does not hold together.
    pub fn embedded() -> Result<Self, RulesError> {
        Self::parse(DATA)
    }

    fn parse(text: &str) -> Result<Self, RulesError> {
        let damaged = |e: &dyn std::fmt::Display| RulesError::Data(e.to_string());
        let mut document: toml::Table = text.parse().map_err(|e: toml::de::Error| damaged(&e))?;
        let Some(toml::Value::Array(entries)) = document.remove("revision") else {
            return Err(RulesError::Data("no [[revision]] entries".into()));
        };
        let mut resolved: Vec<(String, toml::Table)> = Vec::with_capacity(entries.len());
        for entry in entries {
            let toml::Value::Table(mut entry) = entry else {
                return Err(RulesError::Data("an entry is not a table".into()));
            };
            let base = match entry.remove("base") {
                Some(toml::Value::String(base)) => Some(base),
                Some(other) => return Err(RulesError::Data(format!("base {other} is no name"))),
                None => None,
            };
            let mut whole = match &base {
                Some(base) => resolved
                    .iter()
                    .find(|(name, _)| name == base)
                    .map(|(_, table)| table.clone())
                    .ok_or_else(|| RulesError::Data(format!("unknown base {base}")))?,
                None => resolved
                    .last()
                    .map(|(_, table)| table.clone())
                    .unwrap_or_default(),
            };
            // These say what one revision is, so they are never inherited.
            for own in ["main", "from", "summary", "name", "also_commits"] {
                whole.remove(own);
            }
            let removed = entry.remove("without");
            if let Some(toml::Value::Array(paths)) = removed {
                for path in paths.iter().filter_map(toml::Value::as_str) {
                    remove(&mut whole, path);
                }
            }
            merge(&mut whole, entry);
            let name = whole
                .get("name")
                .and_then(toml::Value::as_str)
                .unwrap_or("")
                .to_owned();
            resolved.push((name, whole));
        }
        let revisions = resolved
            .into_iter()
            .map(|(name, table)| {
                Revision::deserialize(table)
                    .map_err(|e| RulesError::Data(format!("revision {name}: {e}")))
            })
            .collect::<Result<Vec<_>, _>>()?;
        if revisions.is_empty() {
            return Err(RulesError::Data("no revisions".into()));
        }
        Ok(Self { revisions })
    }

    /// Every revision, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Revision> {
        self.revisions.iter()
    }

    /// The newest revision.
    #[must_use]
    pub fn latest(&self) -> &Revision {
        // `parse` refuses an empty list.
        &self.revisions[self.revisions.len() - 1]
    }

    /// Finds by name, `latest`, a commit of at least seven digits, or a date (the rules in force at
    /// the end of that day, UTC as the sources give it).
    ///
    /// # Errors
    /// [`RulesError::Unknown`] with the nearest name, [`RulesError::TooEarly`].
    pub fn find(&self, asked: &str) -> Result<&Revision, RulesError> {
        let name = asked.trim().to_lowercase();
        if name == "latest" {
            return Ok(self.latest());
        }
        if let Some(found) = self.revisions.iter().find(|r| r.name == name) {
            return Ok(found);
        }
        if name.len() >= 7
            && name.bytes().all(|b| b.is_ascii_hexdigit())
            && let Some(found) = self.of_commit(&name)
        {
            return Ok(found);
        }
        if is_date(&name) {
            return self.at_date(&name);
        }
        if name == "all" {
            return Err(RulesError::NotAll);
        }
        let nearest = self
            .revisions
            .iter()
            .map(|r| r.name.as_str())
            .chain(["latest"])
            .map(|known| (strsim::damerau_levenshtein(&name, known), known))
            .min()
            .map(|(_, known)| known.to_owned());
        Err(RulesError::Unknown {
            asked: asked.to_owned(),
            nearest,
        })
    }

    /// A validator's code at a commit comes before a script in the same commit.
    fn of_commit(&self, commit: &str) -> Option<&Revision> {
        let has = |r: &&Revision| {
            std::iter::once(&r.commit)
                .chain(&r.also_commits)
                .any(|c| c.starts_with(commit))
        };
        let found = || self.revisions.iter().rev().filter(has);
        found()
            .find(|r| r.from.is_some())
            .or_else(|| found().next())
    }

    fn at_date(&self, date: &str) -> Result<&Revision, RulesError> {
        let dated = |r: &&Revision| r.from.is_some();
        // Dates of one form order as text; entries stand in order of time.
        self.revisions
            .iter()
            .filter(dated)
            .rfind(|r| r.from.as_deref().is_some_and(|from| &from[..10] <= date))
            .ok_or_else(|| RulesError::TooEarly {
                asked: date.to_owned(),
                oldest: self
                    .revisions
                    .iter()
                    .find(dated)
                    .map(|r| r.name.clone())
                    .unwrap_or_default(),
            })
    }
}

fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let number = |part: &str, digits: usize| {
        (part.len() == digits)
            .then(|| part.parse::<u32>().ok())
            .flatten()
    };
    matches!(parts.as_slice(), [y, m, d]
        if number(y, 4).is_some()
            && number(m, 2).is_some_and(|m| (1..=12).contains(&m))
            && number(d, 2).is_some_and(|d| (1..=31).contains(&d)))
}

fn merge(into: &mut toml::Table, from: toml::Table) {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            // A table with a `kind` is one choice among several: it is replaced whole.
            (Some(toml::Value::Table(old)), toml::Value::Table(new))
                if !new.contains_key("kind") =>
            {
                merge(old, new);
            }
            (_, value) => {
                into.insert(key, value);
            }
        }
    }
}

fn remove(table: &mut toml::Table, path: &str) {
    match path.split_once('.') {
        None => {
            table.remove(path);
        }
        Some((first, rest)) => {
            if let Some(toml::Value::Table(inner)) = table.get_mut(first) {
                remove(inner, rest);
            }
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    fn all() -> Catalogue {
        Catalogue::embedded().unwrap()
    }

    #[test]
    fn latest_is_next_and_the_default_exists() {
        assert_eq!(all().find("latest").unwrap().name, "next");
        assert_eq!(
            all().find(super::super::DEFAULT_REVISION).unwrap().name,
            "documented"
        );
    }

    #[test]
    fn names_are_unique_and_dates_ascend() {
        let all = all();
        let mut names: Vec<_> = all.iter().map(|r| &r.name).collect();
        names.sort();
        let before = names.len();
        names.dedup();
        assert_eq!(names.len(), before);
        let days: Vec<_> = all
            .iter()
            .filter_map(|r| r.from.as_deref().map(|f| &f[..10]))
            .collect();
        assert!(days.len() > 40 && days.is_sorted(), "{days:?}");
    }

    #[test]
    fn a_date_finds_the_rules_in_force_that_day() {
        let all = all();
        for (date, name) in [
            ("2025-10-13", "2025-10-13"),
            ("2025-10-15", "2025-10-14"),
            ("2025-08-14", "2025-08-14"),
            ("2026-08-17", "2026-08-10"),
            ("2026-11-01", "2026-08-18"),
        ] {
            assert_eq!(all.find(date).unwrap().name, name, "{date}");
        }
        assert!(matches!(
            all.find("2024-01-01"),
            Err(RulesError::TooEarly { .. })
        ));
        assert_eq!(all.find("46ce539").unwrap().name, "2025-08-14-46ce539");
        assert_eq!(all.find("db6c817").unwrap().name, "2025-10-20");
    }

    #[test]
    fn a_misspelt_name_gets_the_nearest() {
        let Err(RulesError::Unknown { nearest, .. }) = all().find("documentd") else {
            panic!()
        };
        assert_eq!(nearest.as_deref(), Some("documented"));
    }
}
