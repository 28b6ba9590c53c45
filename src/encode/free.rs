//! How much memory may still be taken: what the machine has free, or less where a control group, such as a
//! container's, is allowed less. A program that takes more there is killed without a word.

use std::path::Path;

/// Names of a version of control groups: the most that a group may take, what it takes, and the line of
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

/// Bytes that may still be taken, as the files under `root` (`/`) say; nothing where they do not.
#[must_use]
pub fn free_memory(root: &Path) -> Option<u64> {
    let machine = number_after(&text(&root.join("proc/meminfo"))?, "MemAvailable:")? * 1024;
    Some(groups(root).into_iter().fold(machine, u64::min))
}

/// What every group that this process is in leaves.
fn groups(root: &Path) -> Vec<u64> {
    let memberships = text(&root.join("proc/self/cgroup")).unwrap_or_default();
    let mut left = Vec::new();
    for line in memberships.lines() {
        let mut parts = line.splitn(3, ':');
        let (Some(_), Some(controllers), Some(path)) = (parts.next(), parts.next(), parts.next())
        else {
            continue;
        };
        let version = match controllers {
            "" => SECOND,
            some if some.split(',').any(|name| name == "memory") => FIRST,
            _ => continue,
        };
        let top = root.join(version.folder);
        // A container may see its own group as the topmost one, under whatever path it is named.
        let own = top.join(path.trim_start_matches('/'));
        let above = own
            .ancestors()
            .take_while(|folder| folder.starts_with(&top));
        left.extend(above.filter_map(|folder| version.left(folder)));
    }
    left
}

impl Version {
    fn left(&self, folder: &Path) -> Option<u64> {
        // `max` is no number: nothing is limited.
        let most: u64 = text(&folder.join(self.most))?.trim().parse().ok()?;
        let taken: u64 = text(&folder.join(self.taken))?.trim().parse().ok()?;
        let given_back = text(&folder.join("memory.stat"))
            .and_then(|stat| number_after(&stat, self.given_back))
            .unwrap_or(0);
        Some(most.saturating_sub(taken.saturating_sub(given_back)))
    }
}

fn text(path: &Path) -> Option<String> {
    fs_err::read_to_string(path).ok()
}

/// The number in the line that begins with a word.
fn number_after(text: &str, word: &str) -> Option<u64> {
    let mut lines = text.lines().map(str::split_whitespace);
    lines.find_map(|mut line| {
        let named = line.next() == Some(word);
        line.next().filter(|_| named)?.parse().ok()
    })
}
