//! The shape of the source: which files and rooms use which, what is documented, how long a function is, and
//! that a name stands for one thing. A room is a top-level module.

mod arrows;
mod definitions;
mod source;

use std::collections::{BTreeMap, BTreeSet};

use arrows::arrows;
use definitions::definitions;
use source::Library;

/// A room uses rooms of earlier lines only. CONTRIBUTING.md ("Dependencies point one way") has the same list.
const FLOORS: &[&[&str]] = &[
    &[
        "address", "digest", "disk", "domain", "https", "proc", "shown", "text",
    ],
    &["rules"],
    &["child", "media", "models", "scoring", "wallet"],
    &["config", "history", "subnet", "worker"],
    &["chain", "metrics", "standing"],
    &["measure"],
    &["gates"],
    &["verdict"],
    &["assess"],
    &["batch", "check", "encode"],
    &["upscale"],
    &["report"],
    &["miner"],
    &["cli"],
];

/// The most lines of a function, from `fn` to its closing brace: two screens. Our choice.
const MOST_LINES: usize = 80;

#[test]
fn no_two_files_use_each_other() {
    let library = Library::read();
    let mut uses: BTreeMap<usize, BTreeMap<usize, String>> = BTreeMap::new();
    for arrow in arrows(&library) {
        if !arrow.is_handed_on {
            uses.entry(arrow.from)
                .or_default()
                .insert(arrow.to, arrow.path);
        }
    }
    let reached: Vec<BTreeSet<usize>> = (0..library.files.len())
        .map(|from| reached_from(from, &uses))
        .collect();
    let mut circles = Vec::new();
    for (&from, targets) in &uses {
        for (&to, path) in targets {
            let is_circle = reached[to].contains(&from);
            let (from, to) = (&library.files[from].name, &library.files[to].name);
            if is_circle {
                circles.push(format!("{from} uses {to} ({path}), which leads back to it"));
            }
        }
    }
    assert!(circles.is_empty(), "{}", circles.join("\n"));
}

#[test]
fn rooms_use_only_those_before_them() {
    let library = Library::read();
    let floor = |room: &str| FLOORS.iter().position(|rooms| rooms.contains(&room));
    let mut wrong = BTreeSet::new();
    for file in &library.files {
        if !file.room().is_empty() && floor(file.room()).is_none() {
            wrong.insert(format!("{} is missing from FLOORS", file.room()));
        }
    }
    for arrow in arrows(&library) {
        let (from, to) = (&library.files[arrow.from], &library.files[arrow.to]);
        if from.room() != to.room() && floor(from.room()) <= floor(to.room()) {
            let path = &arrow.path;
            wrong.insert(format!("{} uses {} ({path})", from.name, to.name));
        }
    }
    let wrong: Vec<String> = wrong.into_iter().collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn contributing_lists_the_rooms_in_the_same_order() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("CONTRIBUTING.md");
    let text = std::fs::read_to_string(path).unwrap();
    for (index, rooms) in FLOORS.iter().enumerate() {
        let floor = format!("\n{}. `{}`\n", index + 1, rooms.join("`, `"));
        assert!(text.contains(&floor), "CONTRIBUTING.md lacks {floor}");
    }
}

#[test]
fn what_is_public_is_documented() {
    let library = Library::read();
    let mut bare = Vec::new();
    for file in &library.files {
        if !definitions::has_doc(&file.syntax.attrs) {
            bare.push(format!("{}: the module", file.name));
        }
        for definition in definitions(&file.syntax) {
            if definition.is_public && !definition.is_documented {
                bare.push(format!("{}: {}", file.name, definition.name));
            }
        }
    }
    assert!(bare.is_empty(), "no doc comment:\n{}", bare.join("\n"));
}

#[test]
fn functions_fit_two_screens() {
    let library = Library::read();
    let mut long = Vec::new();
    for file in &library.files {
        for definition in definitions(&file.syntax) {
            let (name, lines) = (&definition.name, definition.lines);
            if lines > MOST_LINES {
                long.push(format!("{}: {name} has {lines} lines", file.name));
            }
        }
    }
    assert!(long.is_empty(), "{}", long.join("\n"));
}

#[test]
fn a_type_name_stands_for_one_thing() {
    let library = Library::read();
    let mut homes: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for file in &library.files {
        for definition in definitions(&file.syntax) {
            if definition.is_type && definition.is_shared {
                homes.entry(definition.name).or_default().push(&file.name);
            }
        }
    }
    let twice: Vec<String> = homes
        .into_iter()
        .filter(|(_, homes)| homes.len() > 1)
        .map(|(name, homes)| format!("{name}: {}", homes.join(", ")))
        .collect();
    assert!(twice.is_empty(), "{}", twice.join("\n"));
}

fn reached_from(start: usize, uses: &BTreeMap<usize, BTreeMap<usize, String>>) -> BTreeSet<usize> {
    let mut reached = BTreeSet::new();
    let mut ahead = vec![start];
    while let Some(file) = ahead.pop() {
        if reached.insert(file) {
            ahead.extend(uses.get(&file).into_iter().flat_map(BTreeMap::keys));
        }
    }
    reached
}
