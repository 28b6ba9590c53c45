//! Which of libvmaf's kernels may measure frames of a given width.
//!
//! Two of the vectorized kernels of ADM in libvmaf 3.2 are wrong for narrow frames; its plain C is right for
//! every width.
//!
//! - `adm_dwt2_s123_combined` with AVX2 (AVX-512, and the 16-bit kernels of the first scale, have the
//!   same in steps of 8, 16 and 32) halves a line in steps of 4 columns from column 1 on. If the halved
//!   line has 4n + 1 columns, the last step includes the last column, whose right neighbors lie outside the
//!   line: they must be mirrored, but the kernel reads on into the next buffer. Wide frames are unaffected,
//!   because ADM ignores a border of a tenth.
//! - `adm_cm` with AVX-512 rounds by `(uint32_t)pow(2, shift - 1)`, where `shift` is an unsigned 0 in
//!   a first scale of up to 16 columns: infinity converted to an integer, which is 0 by the instruction that
//!   plain C and AVX2 compile to, and 2^32 - 1 by that of AVX-512.
//!
//! A score must equal a validator's. If every current CPU makes the same error, that is the wrong value; if it
//! depends on the CPU, the validator's is unknown, and the right value is used.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Widest frames whose first scale has 16 columns.
const WIDEST_ROUNDED_WRONG: u32 = 32;
/// Widest frames in which a wrong column counts. At most the last two columns of the last scale are wrong; of
/// 35 columns, which is a width of 545 and more, three are ignored, not counting the neighbors that masking
/// reads.
const WIDEST_READ_BEYOND: u32 = 544;

/// Which kernels libvmaf uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kernels {
    /// The fastest that the CPU supports.
    Vector,
    /// Plain C.
    Plain,
}

impl Kernels {
    /// The kernels for frames of a width.
    pub(super) fn of(width: u32) -> Self {
        Self::on(width, has_avx512())
    }

    fn on(width: u32, avx512: bool) -> Self {
        if width <= WIDEST_ROUNDED_WRONG {
            return Self::Plain;
        }
        if width > WIDEST_READ_BEYOND {
            return Self::Vector;
        }
        let (avx2, wide) = (reads_beyond(width, 4), reads_beyond(width, 8));
        let own_is_right = avx512 && wide == [false; 3];
        if avx2 == wide || own_is_right {
            Self::Vector
        } else {
            Self::Plain
        }
    }

    /// libvmaf's mask of CPU features that it must not use.
    pub(super) fn mask(self) -> u64 {
        match self {
            Self::Vector => 0,
            Self::Plain => u64::MAX,
        }
    }
}

/// Which of the three scales below the first are halved wrongly in steps of `step` columns. Wider steps of other
/// kernels end at the end of the line only if these do, in this or in the next scale.
fn reads_beyond(width: u32, step: u32) -> [bool; 3] {
    [2, 3, 4].map(|scale| width.div_ceil(1 << scale) % step == 1)
}

/// Whether libvmaf uses its AVX-512 kernels.
fn has_avx512() -> bool {
    #[cfg(target_arch = "x86_64")]
    {
        std::arch::is_x86_feature_detected!("avx512f")
            && std::arch::is_x86_feature_detected!("avx512cd")
            && std::arch::is_x86_feature_detected!("avx512bw")
            && std::arch::is_x86_feature_detected!("avx512dq")
            && std::arch::is_x86_feature_detected!("avx512vl")
    }
    #[cfg(not(target_arch = "x86_64"))]
    false
}

/// The kernels in use. libvmaf stores its mask in a global variable, which every context sets and which is read
/// until the context has processed its first frames.
struct Use {
    kernels: Kernels,
    contexts: usize,
}

static IN_USE: Mutex<Use> = Mutex::new(Use {
    kernels: Kernels::Vector,
    contexts: 0,
});
static ENDED: Condvar = Condvar::new();

/// As long as it lives, contexts with other kernels wait.
pub(super) struct Lease;

impl Lease {
    /// Waits until no context uses other kernels.
    pub(super) fn take(kernels: Kernels) -> Self {
        let mut held = held();
        while held.contexts > 0 && held.kernels != kernels {
            held = ENDED.wait(held).unwrap_or_else(PoisonError::into_inner);
        }
        held.kernels = kernels;
        held.contexts += 1;
        Self
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        held().contexts -= 1;
        ENDED.notify_all();
    }
}

fn held() -> MutexGuard<'static, Use> {
    IN_USE.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::Kernels;

    #[test]
    fn usual_widths_keep_their_speed() {
        for width in [
            160, 176, 240, 256, 320, 352, 384, 426, 480, 512, 540, 545, 608, 640, 720, 854, 1080,
            1280, 1920, 2560, 3840,
        ] {
            for avx512 in [false, true] {
                assert_eq!(Kernels::on(width, avx512), Kernels::Vector, "{width}");
            }
        }
    }

    #[test]
    fn what_depends_on_the_cpu_is_plain_and_what_errs_alike_is_as_validators_have_it() {
        for width in [18, 20, 22, 32, 36, 72, 202] {
            assert_eq!(Kernels::on(width, false), Kernels::Plain, "{width}");
        }
        // Both read beyond the same lines.
        for width in [136, 144, 270] {
            for avx512 in [false, true] {
                assert_eq!(Kernels::on(width, avx512), Kernels::Vector, "{width}");
            }
        }
        // AVX-512 is right there.
        assert_eq!(Kernels::on(360, false), Kernels::Plain);
        assert_eq!(Kernels::on(360, true), Kernels::Vector);
    }
}
