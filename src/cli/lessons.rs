//! The user's log of searches, from which later searches learn if the settings allow it.

use std::io::Write as _;
use std::path::PathBuf;

use super::context::Context;
use crate::config::Settings;
use crate::encode::Lesson;

fn path() -> Option<PathBuf> {
    let base = etcetera::choose_base_strategy().ok()?;
    Some(
        etcetera::BaseStrategy::data_dir(&base)
            .join("vidaio")
            .join("searches.jsonl"),
    )
}

/// All lessons, if the settings allow them to be used.
pub(super) fn read(context: &Context, settings: &Settings) -> Vec<Lesson> {
    let Some(path) = path().filter(|_| settings.learn) else {
        return Vec::new();
    };
    let text = fs_err::read_to_string(&path).unwrap_or_default();
    let lessons: Vec<Lesson> = text
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    context.say(&format!(
        "{} earlier searches in {}",
        lessons.len(),
        path.display()
    ));
    lessons
}

/// Appends a lesson; if that fails, warns.
pub(super) fn keep(context: &Context, lesson: &Lesson) {
    let Some(path) = path() else { return };
    let written = (|| {
        if let Some(folder) = path.parent() {
            fs_err::create_dir_all(folder)?;
        }
        let line = serde_json::to_string(lesson).unwrap_or_default() + "\n";
        let mut options = fs_err::OpenOptions::new();
        let mut file = options.create(true).append(true).open(&path)?;
        file.write_all(line.as_bytes())
    })();
    if let Err(e) = written {
        context.warn(&format!("this search is not remembered ({e})"));
    }
}
