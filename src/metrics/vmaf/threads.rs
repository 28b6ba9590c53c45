//! Whether threads can be started. libvmaf takes that for granted: where the system refuses one, it waits
//! for its work for ever, or dies of it.

use std::sync::RwLock;
use std::thread::Builder;

use rustix::process::{Resource, getrlimit};

/// Stack of a thread where there is no limit to take it from.
const STACK: u64 = 8 << 20;

/// Tries as many threads at once, each with the stack that one of libvmaf gets.
pub(super) fn can_start(count: u32) -> bool {
    let stack = getrlimit(Resource::Stack).current.unwrap_or(STACK);
    let stack = usize::try_from(stack).unwrap_or(usize::MAX);
    let gate = RwLock::new(());
    let Ok(closed) = gate.write() else {
        return false;
    };
    std::thread::scope(|scope| {
        let wait = || drop(gate.read());
        let mut tried = (0..count).map(|_| {
            Builder::new()
                .stack_size(stack)
                .spawn_scoped(scope, wait)
                .is_ok()
        });
        let all = tried.all(|started| started);
        drop(closed);
        all
    })
}

#[cfg(test)]
mod tests {
    use super::can_start;

    #[test]
    fn a_few_threads_can_be_started() {
        assert!(can_start(4));
    }
}
