//! The end of memory, reported as an ordinary error: allocations and threads that the system refuses.
#![expect(
    unsafe_code,
    reason = "an allocator is unsafe by its nature; each block states its invariant"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::io::Write as _;
use std::panic::PanicHookInfo;

use super::exit::Exit;
use super::failure::Failure;
use super::memory::FIX;
use rustix::process::{Resource, getrlimit};

/// The system's allocator. Where it fails, the program ends with an error and its own
/// exit code instead of a signal: no caller of an allocation could do anything else.
#[derive(Debug)]
pub struct Memory;

// SAFETY: every call is handed on to the system's allocator as it came, and what that returns is returned,
// unless it is null: then nothing is returned at all.
unsafe impl GlobalAlloc for Memory {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller vouches for the layout.
        given(unsafe { System.alloc(layout) }, layout.size())
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller vouches for the layout.
        given(unsafe { System.alloc_zeroed(layout) }, layout.size())
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller vouches for pointer, layout and size.
        given(unsafe { System.realloc(pointer, layout, size) }, size)
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller vouches that the pointer came from here with this layout.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// Bytes (128 TiB, the user half of a 48-bit address space) from which a request is a mistake of its caller, who gets
/// the null pointer.
const ABSURD: usize = 1 << 47;

fn given(pointer: *mut u8, size: usize) -> *mut u8 {
    if pointer.is_null() && size < ABSURD {
        out_of_memory(size);
    }
    pointer
}

/// Reports it without allocating, and exits at once: half-written files have temporary names that the next
/// run removes.
fn out_of_memory(size: usize) -> ! {
    let mut text = [0_u8; 320];
    let mut rest = &mut text[..];
    let _too_long = write!(
        rest,
        "error: memory ran out: {size} bytes more were asked for and refused\nhint: "
    )
    .and_then(|()| match getrlimit(Resource::As).current {
        Some(bytes) => write!(
            rest,
            "the limit is {} MiB of address space (`ulimit -v`); ",
            bytes >> 20
        ),
        None => Ok(()),
    })
    .and_then(|()| writeln!(rest, "{FIX}"));
    let left = rest.len();
    let message = &text[..text.len() - left];
    let _nobody_listens = rustix::io::write(std::io::stderr(), message);
    // SAFETY: ends the process without running anything else of it.
    unsafe { libc::_exit(i32::from(Exit::Memory as u8)) }
}

/// Makes a refused thread an error like any other. Other panics are reported as usual.
pub(super) fn report_refused_threads() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic: &PanicHookInfo<'_>| {
        let words = panic.payload_as_str().unwrap_or_default();
        if is_refused_thread(words) {
            let failure =
                Failure::out_of_memory(format!("the system refuses another thread ({words})"));
            let exit = failure.report();
            std::process::exit(i32::from(exit as u8));
        }
        usual(panic);
    }));
}

/// The standard library's words, and those of the pool of threads.
fn is_refused_thread(words: &str) -> bool {
    let about_threads =
        words.contains("failed to spawn thread") || words.contains("ThreadPoolBuildError");
    let refused = [
        "WouldBlock",
        "OutOfMemory",
        "temporarily unavailable",
        "Cannot allocate",
    ];
    about_threads && refused.iter().any(|word| words.contains(word))
}
