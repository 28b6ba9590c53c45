//! What the process itself needs before libtorch runs: memory kept, standard output kept clean, CUDA loaded.

#![expect(
    unsafe_code,
    reason = "three calls into the C library, each explained where it stands"
)]

use std::{fs::File, io, path::Path};

/// Makes the allocator keep memory instead of handing it back to the kernel.
///
/// libtorch frees and asks for buffers of many megabytes all the time; by default each of them is mapped
/// anew, and half of the time goes into clearing pages.
pub fn keep_memory() {
    // SAFETY: `mallopt` takes two integers and changes settings of the allocator only.
    unsafe {
        libc::mallopt(libc::M_MMAP_MAX, 0);
        libc::mallopt(libc::M_TRIM_THRESHOLD, libc::c_int::MAX);
    }
}

/// Keeps the present standard output for frames and sends everything else written there to standard error.
///
/// # Errors
/// Fails if a descriptor cannot be duplicated.
pub fn claim_stdout() -> io::Result<File> {
    let frames = rustix::io::dup(rustix::stdio::stdout())?;
    rustix::io::fcntl_setfd(&frames, rustix::io::FdFlags::CLOEXEC)?;
    rustix::stdio::dup2_stdout(rustix::stdio::stderr())?;
    Ok(File::from(frames))
}

/// Loads the CUDA part of libtorch where there is a device for it, and says whether it can be used.
///
/// Nothing in this program names a symbol of that library, so the linker leaves it out; loading it here
/// also lets one binary run where the CUDA libraries are not installed.
#[must_use]
pub fn load_cuda() -> bool {
    if !Path::new("/dev/nvidiactl").exists() {
        return false;
    }
    // SAFETY: the name ends in a zero byte, and the library is one libtorch loads itself in other programs.
    let handle = unsafe {
        libc::dlopen(
            c"libtorch_cuda.so".as_ptr(),
            libc::RTLD_NOW | libc::RTLD_GLOBAL,
        )
    };
    !handle.is_null() && tch::Cuda::is_available()
}

/// Turns the shortened TF32 products of recent NVIDIA devices off, unless the caller has decided.
///
/// They change a score by up to 1e-3. Must be called before any other thread runs.
pub fn exact_products() {
    const NAME: &str = "NVIDIA_TF32_OVERRIDE";
    if std::env::var_os(NAME).is_none() {
        // SAFETY: the only thread there is calls this at the start of `main`.
        unsafe { std::env::set_var(NAME, "0") };
    }
}
