//! An opened file and its packets.

use std::ffi::{CStr, CString};
use std::path::Path;
use std::ptr::{self, NonNull};

use ffmpeg_sys_next as ff;

use super::complaints::{Complaints, listen};
use super::library::error_text;

/// An opened container with its best video stream chosen.
pub(in crate::media) struct Input {
    ptr: NonNull<ff::AVFormatContext>,
    stream: usize,
    /// When the last thing ends that was read, of whatever stream, in seconds.
    end: f64,
    /// Outlives the context, which writes to it.
    complaints: Complaints,
}

// SAFETY: the context is used by one owner at a time and holds no thread-bound state.
unsafe impl Send for Input {}

/// One compressed packet of the video stream.
pub(in crate::media) struct Packet {
    ptr: NonNull<ff::AVPacket>,
}

// SAFETY: a packet is plain data with counted buffers, owned by this value alone.
unsafe impl Send for Packet {}

/// Facts of the chosen stream, in FFmpeg's own words.
#[derive(Debug, Clone, Default)]
pub(in crate::media) struct StreamFacts {
    pub(in crate::media) container: String,
    pub(in crate::media) codec: String,
    pub(in crate::media) profile: Option<String>,
    pub(in crate::media) pixel_format: String,
    pub(in crate::media) width: u32,
    pub(in crate::media) height: u32,
    pub(in crate::media) sample_aspect_ratio: (i32, i32),
    pub(in crate::media) real_rate: (i32, i32),
    pub(in crate::media) average_rate: (i32, i32),
    pub(in crate::media) time_base: (i32, i32),
    pub(in crate::media) start_time: Option<i64>,
    pub(in crate::media) duration_seconds: Option<f64>,
    pub(in crate::media) announced_frames: Option<u64>,
    pub(in crate::media) bit_rate: Option<u64>,
    pub(in crate::media) container_bit_rate: Option<u64>,
    pub(in crate::media) encoder: Option<String>,
    pub(in crate::media) color_range: Option<String>,
    pub(in crate::media) color_space: Option<String>,
    pub(in crate::media) color_transfer: Option<String>,
    pub(in crate::media) color_primaries: Option<String>,
    pub(in crate::media) field_order: i32,
    pub(in crate::media) audio_streams: u32,
    pub(in crate::media) video_streams: u32,
    pub(in crate::media) has_decoder: bool,
    pub(in crate::media) attached_picture: bool,
}

/// Why a file could not be opened.
pub(in crate::media) enum OpenError {
    /// FFmpeg's code.
    Code(i32),
    /// No video; what is there instead.
    NoVideo(String),
}

impl Input {
    /// Opens a file and reads as much of it as FFmpeg needs to know its streams.
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
        // SAFETY: all pointers are valid; on failure FFmpeg frees the context and makes it null; the dictionary is
        // freed whatever FFmpeg took out of it. The white list keeps a file from opening anything
        // that is not a local file.
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
                return Err(OpenError::NoVideo(input.what_is_there()));
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

    /// Chooses the sound streams instead of the picture, for [`Self::next_sound_packet`].
    pub(in crate::media) fn choose_sound(&mut self) -> Vec<usize> {
        let mut sound = Vec::new();
        for i in 0..self.stream_count() {
            // SAFETY: `i` is below the number of streams, and nothing else uses the context now.
            unsafe {
                let stream = *(*self.ptr.as_ptr()).streams.add(i);
                let is_sound =
                    (*(*stream).codecpar).codec_type == ff::AVMediaType::AVMEDIA_TYPE_AUDIO;
                (*stream).discard = if is_sound {
                    sound.push(i);
                    ff::AVDiscard::AVDISCARD_DEFAULT
                } else {
                    ff::AVDiscard::AVDISCARD_ALL
                };
            }
        }
        sound
    }

    /// The next packet of any stream that is not left out, with the stream's index.
    pub(in crate::media) fn next_sound_packet(&mut self) -> Result<Option<(usize, Packet)>, i32> {
        let packet = Packet::empty().ok_or(ff::AVERROR(ff::ENOMEM))?;
        Ok(self.fill(&packet)?.map(|stream| (stream, packet)))
    }

    /// Has every stream read, so that [`Self::end`] is the end of all of them. Packets of others than the
    /// chosen one are passed over all the same.
    pub(in crate::media) fn read_all_streams(&mut self) {
        for i in 0..self.stream_count() {
            // SAFETY: `i` is below the number of streams, and nothing else uses the context now.
            unsafe {
                (*(*(*self.ptr.as_ptr()).streams.add(i))).discard =
                    ff::AVDiscard::AVDISCARD_DEFAULT;
            }
        }
    }

    /// Whether it complained of the file so far.
    pub(in crate::media) fn has_complained(&self) -> bool {
        self.complaints.any()
    }

    /// When the last thing ends that was read so far, in seconds.
    pub(in crate::media) fn end(&self) -> f64 {
        self.end
    }

    /// Seconds that the container announces for the whole file; nothing where FFmpeg only reckons them.
    pub(in crate::media) fn announced_seconds(&self) -> Option<f64> {
        // SAFETY: the context is valid for the life of `self`.
        let context = unsafe { self.ptr.as_ref() };
        let told = context.duration_estimation_method
            == ff::AVDurationEstimationMethod::AVFMT_DURATION_FROM_STREAM
            && context.duration > 0;
        told.then(|| context.duration as f64 / f64::from(ff::AV_TIME_BASE))
    }

    /// Where time begins in the file, in seconds.
    pub(in crate::media) fn start(&self) -> f64 {
        // SAFETY: the context is valid for the life of `self`.
        let start = unsafe { self.ptr.as_ref() }.start_time;
        if start == ff::AV_NOPTS_VALUE {
            0.0
        } else {
            start as f64 / f64::from(ff::AV_TIME_BASE)
        }
    }

    /// Notes when a packet ends.
    fn note_end(&mut self, packet: &Packet, stream: usize) {
        let Some(shown) = packet.pts().or(packet.dts()) else {
            return;
        };
        // SAFETY: FFmpeg gave the index for this context; the array does not shrink.
        let base = unsafe { (*(*self.ptr.as_ref().streams.add(stream))).time_base };
        if base.den > 0 {
            let end = shown.saturating_add(packet.get().duration.max(0));
            let end = end as f64 * f64::from(base.num) / f64::from(base.den);
            self.end = self.end.max(end);
        }
    }

    /// Fills a blank packet with the next of any stream and gives the stream's index; `None` at the
    /// end of the file.
    fn fill(&mut self, packet: &Packet) -> Result<Option<usize>, i32> {
        // SAFETY: context and packet are valid; FFmpeg fills the packet or leaves it blank.
        let code = unsafe { ff::av_read_frame(self.ptr.as_ptr(), packet.ptr.as_ptr()) };
        if code == ff::AVERROR_EOF {
            return Ok(None);
        }
        if code < 0 {
            return Err(code);
        }
        let stream = usize::try_from(packet.get().stream_index).unwrap_or(usize::MAX);
        if stream < self.stream_count() {
            self.note_end(packet, stream);
        }
        Ok(Some(stream))
    }

    fn stream_count(&self) -> usize {
        // SAFETY: the context is valid for the life of `self`.
        unsafe { self.ptr.as_ref().nb_streams as usize }
    }

    pub(super) fn stream_ptr(&self) -> *mut ff::AVStream {
        // SAFETY: `stream` is an index FFmpeg returned for this context; the array does not shrink.
        unsafe { *self.ptr.as_ref().streams.add(self.stream) }
    }

    fn what_is_there(&self) -> String {
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

    /// Copies what FFmpeg knows about the file and the stream.
    pub(in crate::media) fn facts(&self) -> StreamFacts {
        let count = |wanted: ff::AVMediaType| {
            (0..self.stream_count())
                // SAFETY: indices are below the number of streams.
                .filter(|i| unsafe {
                    (*(*(*self.ptr.as_ref().streams.add(*i))).codecpar).codec_type == wanted
                })
                .count() as u32
        };
        // SAFETY: context, stream and parameters are valid for the life of `self`; the names that
        // FFmpeg returns are static or null, which `text` checks.
        unsafe {
            let context = self.ptr.as_ref();
            let stream = &*self.stream_ptr();
            let par = &*stream.codecpar;
            let tb = stream.time_base;
            let seconds = if stream.duration != ff::AV_NOPTS_VALUE && tb.den != 0 {
                Some(stream.duration as f64 * f64::from(tb.num) / f64::from(tb.den))
            } else if context.duration != ff::AV_NOPTS_VALUE {
                Some(context.duration as f64 / f64::from(ff::AV_TIME_BASE))
            } else {
                None
            };
            let known = |value: *const std::ffi::c_char| text(value).filter(|t| t != "unknown");
            StreamFacts {
                container: text((*context.iformat).name).unwrap_or_default(),
                codec: text(ff::avcodec_get_name(par.codec_id)).unwrap_or_default(),
                profile: text(ff::avcodec_profile_name(par.codec_id, par.profile)),
                pixel_format: super::frame::format_name(par.format),
                width: par.width.unsigned_abs(),
                height: par.height.unsigned_abs(),
                sample_aspect_ratio: {
                    let of = |r: ff::AVRational| (r.num, r.den);
                    if stream.sample_aspect_ratio.num > 0 {
                        of(stream.sample_aspect_ratio)
                    } else {
                        of(par.sample_aspect_ratio)
                    }
                },
                real_rate: (stream.r_frame_rate.num, stream.r_frame_rate.den),
                average_rate: (stream.avg_frame_rate.num, stream.avg_frame_rate.den),
                time_base: (tb.num, tb.den),
                start_time: (stream.start_time != ff::AV_NOPTS_VALUE).then_some(stream.start_time),
                duration_seconds: seconds,
                announced_frames: u64::try_from(stream.nb_frames).ok().filter(|n| *n > 0),
                bit_rate: u64::try_from(par.bit_rate).ok().filter(|n| *n > 0),
                container_bit_rate: u64::try_from(context.bit_rate).ok().filter(|n| *n > 0),
                encoder: tag(stream.metadata, c"encoder")
                    .or_else(|| tag(context.metadata, c"encoder")),
                color_range: known(ff::av_color_range_name(par.color_range)),
                color_space: known(ff::av_color_space_name(par.color_space)),
                color_transfer: known(ff::av_color_transfer_name(par.color_trc)),
                color_primaries: known(ff::av_color_primaries_name(par.color_primaries)),
                field_order: par.field_order as i32,
                audio_streams: count(ff::AVMediaType::AVMEDIA_TYPE_AUDIO),
                video_streams: count(ff::AVMediaType::AVMEDIA_TYPE_VIDEO),
                has_decoder: !ff::avcodec_find_decoder(par.codec_id).is_null(),
                attached_picture: stream.disposition & ff::AV_DISPOSITION_ATTACHED_PIC != 0,
            }
        }
    }

    /// Rotation in degrees counter-clockwise, if the stream has a display matrix.
    pub(in crate::media) fn rotation(&self) -> Option<f64> {
        let kind = ff::AVPacketSideDataType::AV_PKT_DATA_DISPLAYMATRIX;
        // SAFETY: the side data lives as long as the stream; a display matrix is nine integers, and
        // the size is checked before it is read as such.
        unsafe {
            let stream = self.stream_ptr();
            #[cfg(not(coded_side_data))]
            let (data, size) = {
                let mut size = 0;
                let data = ff::av_stream_get_side_data(stream, kind, &raw mut size);
                (data.cast_const(), size)
            };
            #[cfg(coded_side_data)]
            let (data, size) = {
                let par = (*stream).codecpar;
                let side = ff::av_packet_side_data_get(
                    (*par).coded_side_data,
                    (*par).nb_coded_side_data,
                    kind,
                );
                if side.is_null() {
                    (std::ptr::null(), 0)
                } else {
                    ((*side).data.cast_const(), (*side).size)
                }
            };
            if data.is_null() || size < 9 * size_of::<i32>() {
                return None;
            }
            let angle = ff::av_display_rotation_get(data.cast());
            angle.is_finite().then_some(angle)
        }
    }

    /// The next packet of the video stream; `None` at the end of the file.
    pub(in crate::media) fn next_packet(&mut self) -> Result<Option<Packet>, i32> {
        let packet = Packet::empty().ok_or(ff::AVERROR(ff::ENOMEM))?;
        while let Some(stream) = self.fill(&packet)? {
            if stream == self.stream {
                return Ok(Some(packet));
            }
            // SAFETY: gives the foreign packet's buffer back, so that the packet can be filled again.
            unsafe { ff::av_packet_unref(packet.ptr.as_ptr()) };
        }
        Ok(None)
    }

    /// Moves to a key frame at or before a timestamp of the stream.
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

/// A metadata entry as text.
///
/// # Safety
/// `metadata` must be null or a dictionary that lives through the call.
unsafe fn tag(metadata: *mut ff::AVDictionary, name: &CStr) -> Option<String> {
    // SAFETY: the caller vouches for the dictionary; an entry's value is a terminated string.
    unsafe {
        let entry = ff::av_dict_get(metadata, name.as_ptr(), ptr::null(), 0);
        text(entry.as_ref()?.value)
    }
}

impl Drop for Input {
    fn drop(&mut self) {
        let mut ptr = self.ptr.as_ptr();
        // SAFETY: `self` is the only owner.
        unsafe { ff::avformat_close_input(&raw mut ptr) };
    }
}

impl Packet {
    fn empty() -> Option<Self> {
        // SAFETY: allocates a blank packet, or returns null.
        NonNull::new(unsafe { ff::av_packet_alloc() }).map(|ptr| Self { ptr })
    }

    fn get(&self) -> &ff::AVPacket {
        // SAFETY: valid for the life of `self`; written only through `&mut Input` while fresh.
        unsafe { self.ptr.as_ref() }
    }

    pub(super) fn as_ptr(&self) -> *const ff::AVPacket {
        self.ptr.as_ptr()
    }

    pub(in crate::media) fn pts(&self) -> Option<i64> {
        Some(self.get().pts).filter(|t| *t != ff::AV_NOPTS_VALUE)
    }

    pub(in crate::media) fn dts(&self) -> Option<i64> {
        Some(self.get().dts).filter(|t| *t != ff::AV_NOPTS_VALUE)
    }

    pub(in crate::media) fn bytes(&self) -> u64 {
        u64::try_from(self.get().size).unwrap_or(0)
    }

    /// The packet's bytes.
    pub(in crate::media) fn data(&self) -> &[u8] {
        let packet = self.get();
        let Ok(size) = usize::try_from(packet.size) else {
            return &[];
        };
        if packet.data.is_null() {
            return &[];
        }
        // SAFETY: the data holds `size` bytes and lives as long as the packet, which `self` borrows.
        unsafe { std::slice::from_raw_parts(packet.data, size) }
    }

    /// The first byte of the packet, which in VP8 says whether its picture is shown.
    pub(in crate::media) fn first_byte(&self) -> Option<u8> {
        let packet = self.get();
        if packet.data.is_null() || packet.size < 1 {
            return None;
        }
        // SAFETY: the data holds at least one byte.
        Some(unsafe { *packet.data })
    }

    pub(in crate::media) fn is_key(&self) -> bool {
        self.get().flags & ff::AV_PKT_FLAG_KEY != 0
    }

    /// Whether the container says that this packet's picture is not to be shown (edit lists).
    pub(in crate::media) fn is_discarded(&self) -> bool {
        self.get().flags & ff::AV_PKT_FLAG_DISCARD != 0
    }

    pub(in crate::media) fn is_corrupt(&self) -> bool {
        self.get().flags & ff::AV_PKT_FLAG_CORRUPT != 0
    }
}

impl Drop for Packet {
    fn drop(&mut self) {
        let mut ptr = self.ptr.as_ptr();
        // SAFETY: `self` is the only owner.
        unsafe { ff::av_packet_free(&raw mut ptr) };
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

/// A C string as owned text; `None` for null.
///
/// # Safety
/// `value` must be null or point to a terminated string that lives through the call.
unsafe fn text(value: *const std::ffi::c_char) -> Option<String> {
    if value.is_null() {
        return None;
    }
    // SAFETY: the caller vouches for it.
    Some(
        unsafe { CStr::from_ptr(value) }
            .to_string_lossy()
            .into_owned(),
    )
}
