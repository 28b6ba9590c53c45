//! Whether threads can be started. libvmaf assumes so: if the system refuses one, it waits for that thread
//! forever, or crashes.

use std::sync::RwLock;
use std::thread::Builder;

use rustix::process::{Resource, getrlimit};

/// Stack size of a thread in bytes if the limit is unlimited: Linux's usual limit.
const DEFAULT_STACK: u64 = 8 << 20;

/// Tries to run that many threads at once, each with the stack size of libvmaf's threads.
pub(super) fn can_start(count: u32) -> bool {
    let stack = getrlimit(Resource::Stack).current.unwrap_or(DEFAULT_STACK);
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
