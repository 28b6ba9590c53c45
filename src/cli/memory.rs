//! How much memory there is: what the machine has free, and the limits that this process is under.

use std::path::Path;

use rustix::process::{Resource, getrlimit};

use crate::proc::{bytes_after, number_after};

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
    fn text(self) -> String {
        let mebibytes = self.bytes >> 20;
        match self.by {
            LimitBy::AddressSpace => {
                format!("the limit is {mebibytes} MiB of address space (`ulimit -v`)")
            }
            LimitBy::ControlGroup => {
                format!("the limit is {mebibytes} MiB for its control group (container or service)")
            }
            LimitBy::Machine => format!("this machine has {mebibytes} MiB"),
        }
    }
}

/// A number near 2^63 stands in version 1 where nothing is limited.
const NO_LIMIT: u64 = 1 << 60;

/// A version of control groups: where they are, the most that a group may take, what it takes, and the line of
/// `memory.stat` with what the system takes back when it is needed.
struct Version {
    folder: &'static str,
    most: &'static str,
    taken: &'static str,
    given_back: &'static str,
}

const FIRST: Version = Version {
    folder: "sys/fs/cgroup/memory",
    most: "memory.limit_in_bytes",
    taken: "memory.usage_in_bytes",
    given_back: "total_inactive_file",
};
const SECOND: Version = Version {
    folder: "sys/fs/cgroup",
    most: "memory.max",
    taken: "memory.current",
    given_back: "inactive_file",
};

/// What a group may take, and what is left of that.
struct Share {
    most: u64,
    left: u64,
}

impl Version {
    /// Of the line `number:controllers:path` in `/proc/self/cgroup`.
    fn of(controllers: &str) -> Option<Self> {
        match controllers {
            "" => Some(SECOND),
            some => some
                .split(',')
                .any(|name| name == "memory")
                .then_some(FIRST),
        }
    }

    fn share(&self, folder: &Path) -> Option<Share> {
        // `max` is no number: nothing is limited.
        let number = |name: &str| text(&folder.join(name))?.trim().parse::<u64>().ok();
        let most = number(self.most).filter(|most| *most < NO_LIMIT)?;
        let given_back = text(&folder.join("memory.stat"));
        let given_back = given_back.and_then(|stat| number_after(&stat, self.given_back));
        let taken = number(self.taken)?.saturating_sub(given_back.unwrap_or(0));
        Some(Share {
            most,
            left: most.saturating_sub(taken),
        })
    }
}

/// Shares of every group that this process is in, by the files under `root`.
fn shares(root: &Path) -> Vec<Share> {
    let memberships = text(&root.join("proc/self/cgroup")).unwrap_or_default();
    let mut shares = Vec::new();
    for line in memberships.lines() {
        let mut parts = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else {
            continue;
        };
        let Some(version) = Version::of(controllers) else {
            continue;
        };
        let top = root.join(version.folder);
        // A container may see its own group as the topmost one, under whatever path it is named.
        let own = top.join(path.trim_start_matches('/'));
        let above = own
            .ancestors()
            .take_while(|folder| folder.starts_with(&top));
        shares.extend(above.filter_map(|folder| version.share(folder)));
    }
    shares
}

fn text(path: &Path) -> Option<String> {
    fs_err::read_to_string(path).ok()
}

fn limits() -> Vec<Limit> {
    let space = getrlimit(Resource::As).current;
    let root = Path::new("/");
    let group = shares(root).into_iter().map(|share| share.most).min();
    let machine = bytes_after(&root.join("proc/meminfo"), "MemTotal:");
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
    let root = Path::new("/");
    let taken = bytes_after(&root.join("proc/self/status"), "VmSize:").unwrap_or(0);
    let space = getrlimit(Resource::As).current;
    let space = space.map(|limit| limit.saturating_sub(taken));
    [free_under(root), space].into_iter().flatten().min()
}

/// The same by the files under `root`: what the machine has free, or less where a control group, such as a
/// container's, is allowed less. A program that takes more there is killed without a message.
fn free_under(root: &Path) -> Option<u64> {
    let machine = bytes_after(&root.join("proc/meminfo"), "MemAvailable:")?;
    let left = shares(root).into_iter().map(|share| share.left);
    Some(left.fold(machine, u64::min))
}

/// What to do where memory ran out.
pub(super) const FIX: &str = "raise it or use less: --memory MIB and --threads N (1 uses least)";

/// The same, with the lowest limit that there is.
pub(super) fn fix() -> String {
    let lowest = limits().into_iter().min_by_key(|limit| limit.bytes);
    let limit = lowest.map_or_else(String::new, |limit| format!("{}; ", limit.text()));
    format!("{limit}{FIX}")
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    /// A machine with 8 GiB free, whose control groups are as given; in MiB.
    fn machine(membership: &str, files: &[(&str, &str)]) -> Option<u64> {
        let root = tempfile::tempdir().unwrap();
        let available = "MemTotal: 9000000 kB\nMemAvailable: 8388608 kB\n";
        let all = [
            ("proc/meminfo", available),
            ("proc/self/cgroup", membership),
        ];
        for (path, text) in all.iter().chain(files) {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        free_under(root.path()).map(|bytes| bytes >> 20)
    }

    #[test]
    fn a_control_group_limits_the_memory_that_is_free() {
        assert_eq!(machine("0::/\n", &[]), Some(8192));
        // The group above allows less than its own, and what the system takes back does not count.
        let second = [
            ("sys/fs/cgroup/above/memory.max", "209715200\n"),
            ("sys/fs/cgroup/above/memory.current", "104857600\n"),
            (
                "sys/fs/cgroup/above/memory.stat",
                "anon 1\ninactive_file 52428800\n",
            ),
            ("sys/fs/cgroup/above/own/memory.max", "max\n"),
            ("sys/fs/cgroup/above/own/memory.current", "104857600\n"),
        ];
        assert_eq!(machine("0::/above/own\n", &second), Some(150));
        // A container that sees its own group as the topmost one.
        let first = [
            ("sys/fs/cgroup/memory/memory.limit_in_bytes", "104857600\n"),
            ("sys/fs/cgroup/memory/memory.usage_in_bytes", "209715200\n"),
        ];
        let membership = "12:cpu,cpuacct:/docker/1\n4:memory:/docker/1\n";
        assert_eq!(machine(membership, &first), Some(0));
        assert_eq!(machine("no line at all\n", &first), Some(8192));
    }

    #[test]
    fn there_is_a_machine_and_something_is_free_on_it() {
        assert!(
            limits()
                .iter()
                .any(|limit| limit.by == LimitBy::Machine && limit.bytes > 1 << 28)
        );
        assert!(free().unwrap() > 1 << 20);
        assert!(fix().contains("--memory MIB and --threads N"), "{}", fix());
    }
}
