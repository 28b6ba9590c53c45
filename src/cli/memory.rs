//! How much memory there is: what the machine has free, and the limits that this process is under.

use std::path::{Path, PathBuf};

use rustix::process::{Resource, getrlimit};

/// A limit on this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Limit {
    by: LimitBy,
    bytes: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LimitBy {
    /// `ulimit -v`: address space, of which much is never touched.
    AddressSpace,
    /// The control group of a container, a service or a job.
    ControlGroup,
    /// What the machine has.
    Machine,
}

impl Limit {
    fn told(self) -> String {
        let mebibytes = self.bytes >> 20;
        match self.by {
            LimitBy::AddressSpace => format!("{mebibytes} MiB of address space (`ulimit -v`)"),
            LimitBy::ControlGroup => {
                format!("{mebibytes} MiB in its control group (container or service)")
            }
            LimitBy::Machine => format!("the {mebibytes} MiB of this machine"),
        }
    }
}

/// Groups without a limit of their own have a number near 2^63 in version 1.
const NO_LIMIT: u64 = 1 << 60;

fn number(path: &Path) -> Option<u64> {
    fs_err::read_to_string(path).ok()?.trim().parse().ok()
}

/// Folders of this process's memory group, from its own up to the root: the lowest limit counts.
fn groups() -> Vec<PathBuf> {
    let text = fs_err::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let mut found = Vec::new();
    for line in text.lines() {
        let mut parts = line.splitn(3, ':');
        let (_, Some(kind), Some(path)) = (parts.next(), parts.next(), parts.next()) else {
            continue;
        };
        let root = match kind {
            "" => Path::new("/sys/fs/cgroup"),
            kinds if kinds.split(',').any(|k| k == "memory") => Path::new("/sys/fs/cgroup/memory"),
            _ => continue,
        };
        let own = root.join(path.trim_start_matches('/'));
        // Inside a container the path may be the one outside, and only the root is there.
        found.extend(
            own.ancestors()
                .take_while(|p| p.starts_with(root))
                .map(Path::to_path_buf),
        );
    }
    found
}

/// The lowest limit of the groups, and what is left under it.
fn group_limit() -> Option<(u64, u64)> {
    let of = |folder: &PathBuf| {
        let limit = number(&folder.join("memory.max"))
            .or_else(|| number(&folder.join("memory.limit_in_bytes")))
            .filter(|n| *n < NO_LIMIT)?;
        let used = number(&folder.join("memory.current"))
            .or_else(|| number(&folder.join("memory.usage_in_bytes")))
            .unwrap_or(0);
        // Pages of files count as used, but are given back when they are needed.
        let stat = fs_err::read_to_string(folder.join("memory.stat")).unwrap_or_default();
        let given_back = ["total_inactive_file ", "inactive_file "]
            .iter()
            .find_map(|name| {
                let line = stat.lines().find_map(|line| line.strip_prefix(name))?;
                line.trim().parse::<u64>().ok()
            });
        let used = used.saturating_sub(given_back.unwrap_or(0));
        Some((limit, limit.saturating_sub(used)))
    };
    groups().iter().filter_map(of).min()
}

/// A line of `/proc/meminfo` or `/proc/self/status`, in bytes.
fn told_by(file: &str, name: &str) -> Option<u64> {
    let text = fs_err::read_to_string(file).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib * 1024)
}

fn limits() -> Vec<Limit> {
    let space = getrlimit(Resource::As).current;
    let group = group_limit().map(|(limit, _)| limit);
    let machine = told_by("/proc/meminfo", "MemTotal:");
    [
        (LimitBy::AddressSpace, space),
        (LimitBy::ControlGroup, group),
        (LimitBy::Machine, machine),
    ]
    .into_iter()
    .filter_map(|(by, bytes)| bytes.map(|bytes| Limit { by, bytes }))
    .collect()
}

/// Bytes that this process may still take, by what the machine has free and by every limit.
pub(super) fn free() -> Option<u64> {
    let machine = told_by("/proc/meminfo", "MemAvailable:");
    let group = group_limit().map(|(_, left)| left);
    let taken = told_by("/proc/self/status", "VmSize:").unwrap_or(0);
    let space = getrlimit(Resource::As).current;
    let space = space.map(|limit| limit.saturating_sub(taken));
    [machine, group, space].into_iter().flatten().min()
}

/// What to do where memory ran out.
pub(super) const CURE: &str =
    "raise the limit, or take less: --memory MIB and --threads N (1 takes least)";

/// The same, with the lowest limit that there is.
pub(super) fn cure() -> String {
    let lowest = limits().into_iter().min_by_key(|limit| limit.bytes);
    let limit = lowest.map_or_else(String::new, |limit| format!("there are {}; ", limit.told()));
    format!("{limit}{CURE}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_a_machine_and_something_is_free_on_it() {
        assert!(
            limits()
                .iter()
                .any(|limit| limit.by == LimitBy::Machine && limit.bytes > 1 << 28)
        );
        assert!(free().unwrap() > 1 << 20);
        assert!(
            cure().contains("--memory MIB and --threads N"),
            "{}",
            cure()
        );
    }
}
