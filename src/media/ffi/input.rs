//! An opened file and its packets.

use std::ffi::CString;
use std::path::Path;
use std::ptr::{self, NonNull};

use ffmpeg_sys_next as ff;

use super::complaints::{Complaints, listen};
use super::library::error_text;
use super::packet::Packet;

/// An opened container with its best video stream selected.
pub(in crate::media) struct Input {
    ptr: NonNull<ff::AVFormatContext>,
    stream: usize,
    /// Latest end of a packet that was read so far, of any stream, in seconds.
    end: f64,
    /// Outlives the context, which writes to it.
    complaints: Complaints,
}

// SAFETY: the context is used by one owner at a time and holds no thread-bound state.
unsafe impl Send for Input {}

/// Why a file could not be opened.
pub(in crate::media) enum OpenError {
    /// FFmpeg's error code.
    Code(i32),
    /// No video; what the file contains instead.
    NoVideo(String),
}

impl Input {
    /// Opens a file and reads as much of it as FFmpeg needs to identify its streams.
    pub(in crate::media) fn open(path: &Path) -> Result<Self, OpenError> {
        use std::os::unix::ffi::OsStrExt as _;
        listen();
        // The prefix keeps FFmpeg from reading a name such as `concat:a` as a protocol.
        let mut name = b"file:".to_vec();
        name.extend_from_slice(path.as_os_str().as_bytes());
        let name = CString::new(name).map_err(|_| OpenError::Code(ff::AVERROR(ff::EINVAL)))?;
        let complaints = Complaints::default();
        // SAFETY: allocates a context, or returns null.
        let mut context = unsafe { ff::avformat_alloc_context() };
        if context.is_null() {
            return Err(OpenError::Code(ff::AVERROR(ff::ENOMEM)));
        }
        let mut options = ptr::null_mut();
        // SAFETY: all pointers are valid; on failure FFmpeg frees the context and sets it to null; the dictionary is
        // freed whatever FFmpeg took out of it. The whitelist prevents a file from opening anything but local files.
        let code = unsafe {
            (*context).opaque = complaints.address();
            let (key, value) = (c"protocol_whitelist".as_ptr(), c"file".as_ptr());
            ff::av_dict_set(&raw mut options, key, value, 0);
            let code = ff::avformat_open_input(
                &raw mut context,
                name.as_ptr(),
                ptr::null(),
                &raw mut options,
            );
            ff::av_dict_free(&raw mut options);
            code
        };
        let Some(ptr) = NonNull::new(context).filter(|_| code >= 0) else {
            return Err(OpenError::Code(code));
        };
        let mut input = Self {
            ptr,
            stream: 0,
            end: 0.0,
            complaints,
        };
        // SAFETY: the context is open and owned by `input`, which frees it on every path.
        unsafe {
            let code = ff::avformat_find_stream_info(ptr.as_ptr(), ptr::null_mut());
            if code < 0 {
                return Err(OpenError::Code(code));
            }
            let best = ff::av_find_best_stream(
                ptr.as_ptr(),
                ff::AVMediaType::AVMEDIA_TYPE_VIDEO,
                -1,
                -1,
                ptr::null_mut(),
                0,
            );
            let Ok(best) = usize::try_from(best) else {
                return Err(OpenError::NoVideo(input.kinds_of_streams()));
            };
            input.stream = best;
            for i in 0..input.stream_count() {
                if i != best {
                    (*(*(*ptr.as_ptr()).streams.add(i))).discard = ff::AVDiscard::AVDISCARD_ALL;
                }
            }
        }
        Ok(input)
    }

    /// Selects the audio streams instead of the video, for [`Self::next_audio_packet`].
    pub(in crate::media) fn choose_audio(&mut self) -> Vec<usize> {
        let mut audio = Vec::new();
        for i in 0..self.stream_count() {
            // SAFETY: `i` is below the number of streams, and nothing else uses the context now.
            unsafe {
                let stream = *(*self.ptr.as_ptr()).streams.add(i);
                let is_audio =
                    (*(*stream).codecpar).codec_type == ff::AVMediaType::AVMEDIA_TYPE_AUDIO;
                (*stream).discard = if is_audio {
                    audio.push(i);
                    ff::AVDiscard::AVDISCARD_DEFAULT
                } else {
                    ff::AVDiscard::AVDISCARD_ALL
                };
            }
        }
        audio
    }

    /// The next packet of any selected stream, with the stream's index.
    pub(in crate::media) fn next_audio_packet(&mut self) -> Result<Option<(usize, Packet)>, i32> {
        let packet = Packet::empty().ok_or(ff::AVERROR(ff::ENOMEM))?;
        Ok(self.fill(&packet)?.map(|stream| (stream, packet)))
    }

    /// Makes FFmpeg read every stream, so that [`Self::end`] covers all of them. [`Self::next_packet`] still
    /// returns packets of the video stream only.
    pub(in crate::media) fn read_all_streams(&mut self) {
        for i in 0..self.stream_count() {
            // SAFETY: `i` is below the number of streams, and nothing else uses the context now.
            unsafe {
                (*(*(*self.ptr.as_ptr()).streams.add(i))).discard =
                    ff::AVDiscard::AVDISCARD_DEFAULT;
            }
        }
    }

    /// Whether the demuxer has complained so far.
    pub(in crate::media) fn has_complained(&self) -> bool {
        self.complaints.any()
    }

    /// Latest end of a packet that was read so far, in seconds.
    pub(in crate::media) fn end(&self) -> f64 {
        self.end
    }

    /// Duration in seconds that the container states for the whole file; nothing if FFmpeg only estimates it.
    pub(in crate::media) fn announced_seconds(&self) -> Option<f64> {
        // SAFETY: the context is valid for the life of `self`.
        let context = unsafe { self.ptr.as_ref() };
        let stated = context.duration_estimation_method
            == ff::AVDurationEstimationMethod::AVFMT_DURATION_FROM_STREAM
            && context.duration > 0;
        stated.then(|| context.duration as f64 / f64::from(ff::AV_TIME_BASE))
    }

    /// First timestamp of the file in seconds.
    pub(in crate::media) fn start(&self) -> f64 {
        // SAFETY: the context is valid for the life of `self`.
        let start = unsafe { self.ptr.as_ref() }.start_time;
        if start == ff::AV_NOPTS_VALUE {
            0.0
        } else {
            start as f64 / f64::from(ff::AV_TIME_BASE)
        }
    }

    /// Updates [`Self::end`] by a packet.
    fn update_end(&mut self, packet: &Packet, stream: usize) {
        let Some(begin) = packet.pts().or(packet.dts()) else {
            return;
        };
        // SAFETY: FFmpeg gave the index for this context; the array does not shrink.
        let base = unsafe { (*(*self.ptr.as_ref().streams.add(stream))).time_base };
        if base.den > 0 {
            let end = begin.saturating_add(packet.get().duration.max(0));
            let end = end as f64 * f64::from(base.num) / f64::from(base.den);
            self.end = self.end.max(end);
        }
    }

    /// Fills a blank packet with the next one of any stream; returns the stream's index, or `None` at the end of
    /// the file.
    fn fill(&mut self, packet: &Packet) -> Result<Option<usize>, i32> {
        // SAFETY: context and packet are valid; FFmpeg fills the packet or leaves it blank.
        let code = unsafe { ff::av_read_frame(self.ptr.as_ptr(), packet.as_ptr()) };
        if code == ff::AVERROR_EOF {
            return Ok(None);
        }
        if code < 0 {
            return Err(code);
        }
        let stream = usize::try_from(packet.get().stream_index).unwrap_or(usize::MAX);
        if stream < self.stream_count() {
            self.update_end(packet, stream);
        }
        Ok(Some(stream))
    }

    pub(super) fn stream_count(&self) -> usize {
        // SAFETY: the context is valid for the life of `self`.
        unsafe { self.ptr.as_ref().nb_streams as usize }
    }

    pub(super) fn stream_ptr(&self) -> *mut ff::AVStream {
        // SAFETY: `stream` is an index FFmpeg returned for this context; the array does not shrink.
        unsafe { *self.ptr.as_ref().streams.add(self.stream) }
    }

    /// The context, for reading.
    pub(super) fn context(&self) -> &ff::AVFormatContext {
        // SAFETY: the context is valid for the life of `self`.
        unsafe { self.ptr.as_ref() }
    }

    /// The kinds of streams in a file without video.
    fn kinds_of_streams(&self) -> String {
        let mut kinds = Vec::new();
        for i in 0..self.stream_count() {
            // SAFETY: `i` is below the number of streams.
            let kind = unsafe { (*(*(*self.ptr.as_ref().streams.add(i))).codecpar).codec_type };
            kinds.push(match kind {
                ff::AVMediaType::AVMEDIA_TYPE_AUDIO => "sound",
                ff::AVMediaType::AVMEDIA_TYPE_SUBTITLE => "subtitles",
                _ => "other data",
            });
        }
        kinds.dedup();
        if kinds.is_empty() {
            "no streams at all".into()
        } else {
            kinds.join(", ")
        }
    }

    /// The next packet of the video stream; `None` at the end of the file.
    pub(in crate::media) fn next_packet(&mut self) -> Result<Option<Packet>, i32> {
        let packet = Packet::empty().ok_or(ff::AVERROR(ff::ENOMEM))?;
        while let Some(stream) = self.fill(&packet)? {
            if stream == self.stream {
                return Ok(Some(packet));
            }
            // SAFETY: releases the other stream's buffer, so that the packet can be filled again.
            unsafe { ff::av_packet_unref(packet.as_ptr()) };
        }
        Ok(None)
    }

    /// Seeks to a key frame at or before a timestamp of the stream.
    pub(in crate::media) fn seek_before(&mut self, timestamp: i64) -> Result<(), i32> {
        // SAFETY: the context is valid, the stream index came from it.
        let code = unsafe {
            ff::av_seek_frame(
                self.ptr.as_ptr(),
                i32::try_from(self.stream).unwrap_or(-1),
                timestamp,
                ff::AVSEEK_FLAG_BACKWARD,
            )
        };
        if code < 0 { Err(code) } else { Ok(()) }
    }
}

impl Drop for Input {
    fn drop(&mut self) {
        let mut ptr = self.ptr.as_ptr();
        // SAFETY: `self` is the only owner.
        unsafe { ff::avformat_close_input(&raw mut ptr) };
    }
}

impl OpenError {
    pub(in crate::media) fn reason(&self) -> String {
        match self {
            Self::Code(code) => error_text(*code),
            Self::NoVideo(found) => found.clone(),
        }
    }
}
