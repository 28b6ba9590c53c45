//! What FFmpeg knows about a file and its video stream.

use std::ffi::CStr;
use std::ptr;

use ffmpeg_sys_next as ff;

use super::input::Input;

/// Facts of the file and its video stream, as FFmpeg states them.
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

impl Input {
    /// Copies what FFmpeg knows about the file and the stream.
    pub(in crate::media) fn facts(&self) -> StreamFacts {
        let count = |kind: ff::AVMediaType| {
            (0..self.stream_count())
                // SAFETY: indices are below the number of streams.
                .filter(|i| unsafe {
                    (*(*(*self.context().streams.add(*i))).codecpar).codec_type == kind
                })
                .count() as u32
        };
        // SAFETY: context, stream and parameters are valid for the life of `self`; the names that
        // FFmpeg returns are static or null, which `text` checks.
        unsafe {
            let context = self.context();
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
                pixel_format: super::format::format_name(par.format),
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
