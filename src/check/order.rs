//! The order of cases: each after those that it needs, and after those that make its files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::case::Case;
use super::error::{CaseError, ManifestError};

/// A case whose files another case makes comes after it. One file has one command.
pub(super) fn wait_for_makers(
    cases: &mut [Case],
    lines: &BTreeMap<String, usize>,
) -> Result<(), ManifestError> {
    let mut makers: BTreeMap<PathBuf, usize> = BTreeMap::new();
    for (i, case) in cases.iter().enumerate() {
        if case.command.is_empty() {
            continue;
        }
        if let Some(first) = makers.get(&case.output) {
            if cases[*first].command != case.command {
                return Err(ManifestError::Case {
                    path: case.manifest.clone(),
                    line: lines[&case.name],
                    case: case.name.clone(),
                    reason: CaseError::OtherMaker(cases[*first].name.clone()),
                });
            }
            continue;
        }
        makers.insert(case.output.clone(), i);
    }
    let names: Vec<String> = cases.iter().map(|c| c.name.clone()).collect();
    for (i, case) in cases.iter_mut().enumerate() {
        let files = [
            Some(&case.reference),
            Some(&case.output),
            case.payload.as_ref(),
        ];
        let needs: Vec<String> = files
            .into_iter()
            .flatten()
            .filter_map(|file| makers.get(file))
            .filter(|maker| **maker != i && !case.needs.contains(&names[**maker]))
            .map(|maker| names[*maker].clone())
            .collect();
        case.needs.extend(needs);
    }
    Ok(())
}

/// Cases so that each comes after those that it needs; otherwise in their own order.
pub(super) fn ordered(
    path: &Path,
    cases: Vec<Case>,
    lines: &BTreeMap<String, usize>,
) -> Result<Vec<Case>, ManifestError> {
    let positions: BTreeMap<String, usize> = cases
        .iter()
        .enumerate()
        .map(|(i, c)| (c.name.clone(), i))
        .collect();
    let mut missing = vec![0_usize; cases.len()];
    let mut followers: Vec<Vec<usize>> = vec![Vec::new(); cases.len()];
    for (i, case) in cases.iter().enumerate() {
        let needs: BTreeSet<&String> = case.needs.iter().collect();
        for need in needs {
            let Some(at) = positions.get(need) else {
                return Err(ManifestError::Case {
                    path: case.manifest.clone(),
                    line: lines[&case.name],
                    case: case.name.clone(),
                    reason: CaseError::UnknownNeed(need.clone()),
                });
            };
            missing[i] += 1;
            followers[*at].push(i);
        }
    }
    let mut ready: BTreeSet<usize> = (0..cases.len()).filter(|i| missing[*i] == 0).collect();
    let mut order = Vec::with_capacity(cases.len());
    while let Some(i) = ready.pop_first() {
        order.push(i);
        for follower in &followers[i] {
            missing[*follower] -= 1;
            if missing[*follower] == 0 {
                ready.insert(*follower);
            }
        }
    }
    if order.len() < cases.len() {
        let waiting: Vec<&Case> = cases
            .iter()
            .enumerate()
            .filter(|(i, _)| missing[*i] > 0)
            .map(|(_, c)| c)
            .collect();
        return Err(ManifestError::Circle {
            path: path.to_path_buf(),
            what: "cases",
            circle: circle(&waiting),
        });
    }
    let mut cases: Vec<Option<Case>> = cases.into_iter().map(Some).collect();
    Ok(order.into_iter().filter_map(|i| cases[i].take()).collect())
}

/// A circle among cases that wait for each other, as text.
fn circle(waiting: &[&Case]) -> String {
    let of: BTreeMap<&str, &&Case> = waiting.iter().map(|c| (c.name.as_str(), c)).collect();
    let mut names: Vec<&str> = Vec::new();
    let mut at = waiting.first();
    while let Some(case) = at {
        if let Some(from) = names.iter().position(|n| *n == case.name) {
            names.drain(..from);
            names.push(&case.name);
            break;
        }
        names.push(&case.name);
        at = case
            .needs
            .iter()
            .find_map(|need| of.get(need.as_str()).copied());
    }
    names.join(" -> ")
}
