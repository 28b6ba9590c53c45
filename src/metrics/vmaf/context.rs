//! The only module that calls libvmaf.
#![expect(
    unsafe_code,
    reason = "libvmaf is a C library; each block states its invariant"
)]

use std::ffi::{CStr, CString};
use std::ptr::{self, NonNull};

use libvmaf_sys as sys;

use super::kernels::{Kernels, Lease};
use super::threads;
use super::{MODEL_NAMES, VmafError, VmafScores};
use crate::media::LumaFormat;

/// Smallest side in pixels: with 17 or fewer, libvmaf 3.2 reads beyond its smallest scale and crashes.
const SMALLEST_SIDE: u32 = 18;

/// The settings of a measurement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VmafSettings {
    /// Threads inside libvmaf; at least 1.
    pub threads: u32,
    /// Every N-th frame is scored; the motion feature uses all frames.
    pub subsample: u32,
    /// Whether to score with `vmaf_v0.6.1`.
    pub base: bool,
    /// Whether to score with `vmaf_v0.6.1neg`.
    pub neg: bool,
}

/// One run over frames in order.
pub struct VmafContext {
    settings: VmafSettings,
    open: Option<Open>,
    frames: u32,
}

/// How a run of libvmaf is closed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Closing {
    /// Its threads are joined, and its memory is freed.
    Orderly,
    /// It is leaked: a context that could not be set up completely may lack a thread, and closing it would
    /// wait for that thread forever.
    Never,
}

/// libvmaf's objects of a run. They are created with the first frame, whose width determines the kernels that
/// libvmaf may use.
struct Open {
    context: NonNull<sys::VmafContext>,
    models: [Option<NonNull<sys::VmafModel>>; 2],
    format: LumaFormat,
    closing: Closing,
    // Dropped last, after libvmaf's threads have ended.
    _lease: Lease,
}

// SAFETY: libvmaf locks what its own threads share; calls from outside come from one owner.
unsafe impl Send for Open {}

/// Version of the linked libvmaf.
#[must_use]
pub fn libvmaf_version() -> String {
    // SAFETY: returns a static C string.
    unsafe {
        CStr::from_ptr(sys::vmaf_version())
            .to_string_lossy()
            .into_owned()
    }
}

fn checked(action: &'static str, code: i32) -> Result<(), VmafError> {
    if code == -libc::ENOMEM {
        Err(VmafError::OutOfMemory { action })
    } else if code < 0 {
        Err(VmafError::Call { action, code })
    } else {
        Ok(())
    }
}

impl Open {
    fn new(settings: VmafSettings, format: LumaFormat) -> Result<Self, VmafError> {
        let kernels = Kernels::of(format.width);
        let lease = Lease::take(kernels);
        let configuration = sys::VmafConfiguration {
            log_level: sys::VmafLogLevel_VMAF_LOG_LEVEL_NONE,
            n_threads: settings.threads.max(1),
            n_subsample: settings.subsample.max(1),
            cpumask: kernels.mask(),
            gpumask: 0,
        };
        if !threads::can_start(configuration.n_threads) {
            return Err(VmafError::OutOfMemory {
                action: "start its threads",
            });
        }
        let mut context = ptr::null_mut();
        // SAFETY: the pointer is valid for writing; the result is checked.
        let code = unsafe { sys::vmaf_init(&raw mut context, configuration) };
        checked("start", code)?;
        let context = NonNull::new(context).ok_or(VmafError::OutOfMemory { action: "start" })?;
        let mut whole = Self {
            context,
            models: [None, None],
            format,
            closing: Closing::Orderly,
            _lease: lease,
        };
        match whole.prepare(settings) {
            Ok(()) => Ok(whole),
            Err(e) => {
                whole.closing = Closing::Never;
                Err(e)
            }
        }
    }

    fn prepare(&mut self, settings: VmafSettings) -> Result<(), VmafError> {
        for (i, wanted) in [settings.base, settings.neg].into_iter().enumerate() {
            if wanted {
                self.load(i)?;
            }
        }
        self.make_pool(settings.threads.max(1))
    }

    fn load(&mut self, which: usize) -> Result<(), VmafError> {
        // Both names are literals without a zero byte.
        let name = CString::new(MODEL_NAMES[which]).unwrap_or_default();
        let mut configuration = sys::VmafModelConfig {
            name: name.as_ptr(),
            flags: u64::from(sys::VmafModelFlags_VMAF_MODEL_FLAGS_DEFAULT),
        };
        let mut model = ptr::null_mut();
        // SAFETY: `name` outlives the call, which copies it; the model is owned by `self` from here.
        unsafe {
            let code = sys::vmaf_model_load(&raw mut model, &raw mut configuration, name.as_ptr());
            checked("load its built-in model", code)?;
            self.models[which] = NonNull::new(model);
            checked(
                "prepare its features",
                sys::vmaf_use_features_from_model(self.context.as_ptr(), model),
            )
        }
    }

    /// Pictures come from a pool, so that no frame needs fresh memory pages.
    fn make_pool(&self, threads: u32) -> Result<(), VmafError> {
        let format = self.format;
        let configuration = sys::VmafPictureConfiguration {
            pic_params: sys::VmafPictureConfiguration__bindgen_ty_1 {
                w: format.width,
                h: format.height,
                bpc: format.depth,
                pix_fmt: sys::VmafPixelFormat_VMAF_PIX_FMT_YUV400P,
            },
            // Two pictures per running and per queued frame, the last two references, and the pair that is
            // being filled: with fewer, fetching one would deadlock.
            pic_cnt: threads * 4 + 6,
        };
        // SAFETY: the context is valid and has no pool yet.
        checked("set up its pictures", unsafe {
            sys::vmaf_preallocate_pictures(self.context.as_ptr(), configuration)
        })
    }

    fn filled(&self, luma: &[u8], stride: usize) -> Result<sys::VmafPicture, VmafError> {
        let format = self.format;
        let bytes = format.width as usize * if format.depth > 8 { 2 } else { 1 };
        let rows = format.height as usize;
        if stride < bytes || luma.len() < stride * (rows - 1) + bytes {
            return Err(VmafError::Call {
                action: "read a frame's luma",
                code: -libc::EINVAL,
            });
        }
        // SAFETY: an all-zero picture is what libvmaf itself starts from.
        let mut picture: sys::VmafPicture = unsafe { std::mem::zeroed() };
        // SAFETY: the pool exists as long as the context; the picture is valid for writing.
        checked("get a picture", unsafe {
            sys::vmaf_fetch_preallocated_picture(self.context.as_ptr(), &raw mut picture)
        })?;
        let line = picture.stride[0].unsigned_abs();
        for (row, source) in luma.chunks(stride).take(rows).enumerate() {
            // SAFETY: the picture has `rows` rows of `line` bytes, at least `bytes` each, and is
            // ours alone until it is handed over.
            unsafe {
                ptr::copy_nonoverlapping(
                    source.as_ptr(),
                    picture.data[0].cast::<u8>().add(row * line),
                    bytes,
                );
            }
        }
        Ok(picture)
    }
}

impl VmafContext {
    /// Prepares a run.
    #[must_use]
    pub fn new(settings: VmafSettings) -> Self {
        Self {
            settings,
            open: None,
            frames: 0,
        }
    }

    /// Adds the next pair. VMAF uses luma only.
    ///
    /// # Errors
    /// The layout differs or changes, the frames are too small, or libvmaf fails; with the first frame also
    /// because memory ran out.
    pub fn push(
        &mut self,
        reference: (LumaFormat, &[u8], usize),
        distorted: (LumaFormat, &[u8], usize),
    ) -> Result<(), VmafError> {
        let format = self.open.as_ref().map_or(reference.0, |open| open.format);
        for other in [reference.0, distorted.0] {
            if other != format {
                return Err(VmafError::FramesDiffer {
                    reference: describe(format),
                    distorted: describe(other),
                });
            }
        }
        if format.width < SMALLEST_SIDE || format.height < SMALLEST_SIDE {
            return Err(VmafError::TooSmall {
                width: format.width,
                height: format.height,
            });
        }
        let open = match &mut self.open {
            Some(open) => open,
            none => none.insert(Open::new(self.settings, format)?),
        };
        let mut first = open.filled(reference.1, reference.2)?;
        let mut second = match open.filled(distorted.1, distorted.2) {
            Ok(picture) => picture,
            Err(e) => {
                // SAFETY: the picture was fetched and not passed on.
                unsafe { sys::vmaf_picture_unref(&raw mut first) };
                return Err(e);
            }
        };
        // SAFETY: both pictures are complete and of one format; libvmaf takes ownership.
        let code = unsafe {
            sys::vmaf_read_pictures(
                open.context.as_ptr(),
                &raw mut first,
                &raw mut second,
                self.frames,
            )
        };
        checked("take a frame", code)?;
        self.frames += 1;
        Ok(())
    }

    /// Waits for libvmaf's threads and reads the scores: one per frame that subsampling keeps, in order.
    ///
    /// # Errors
    /// libvmaf fails.
    pub fn finish(self) -> Result<VmafScores, VmafError> {
        let Some(open) = self.open.filter(|_| self.frames > 0) else {
            return Ok(VmafScores {
                base: Vec::new(),
                neg: Vec::new(),
            });
        };
        // SAFETY: null pictures are the documented way to flush.
        checked("finish", unsafe {
            sys::vmaf_read_pictures(open.context.as_ptr(), ptr::null_mut(), ptr::null_mut(), 0)
        })?;
        let scores = |model: Option<NonNull<sys::VmafModel>>| -> Result<Vec<f64>, VmafError> {
            let Some(model) = model else {
                return Ok(Vec::new());
            };
            (0..self.frames)
                .step_by(self.settings.subsample.max(1) as usize)
                .map(|index| {
                    let mut score = 0.0;
                    // SAFETY: context and model belong to `open`; the index was measured.
                    let code = unsafe {
                        sys::vmaf_score_at_index(
                            open.context.as_ptr(),
                            model.as_ptr(),
                            &raw mut score,
                            index,
                        )
                    };
                    // Every frame was accepted. A thread of libvmaf that runs out of memory does not
                    // report that: its features are merely missing.
                    if code == -libc::EINVAL {
                        return Err(VmafError::OutOfMemory {
                            action: "compute its features",
                        });
                    }
                    checked("give a score", code).map(|()| score)
                })
                .collect()
        };
        Ok(VmafScores {
            base: scores(open.models[0])?,
            neg: scores(open.models[1])?,
        })
    }
}

fn describe(format: LumaFormat) -> String {
    format!(
        "{}x{} at {} bits",
        format.width, format.height, format.depth
    )
}

impl Drop for Open {
    fn drop(&mut self) {
        if self.closing == Closing::Never {
            return;
        }
        // SAFETY: `self` is the only owner; the context goes first because it refers to the models.
        unsafe {
            sys::vmaf_close(self.context.as_ptr());
            for model in self.models.iter().flatten() {
                sys::vmaf_model_destroy(model.as_ptr());
            }
        }
    }
}
