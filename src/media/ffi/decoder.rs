//! A video decoder.

use std::ptr::{self, NonNull};

use ffmpeg_sys_next as ff;

use super::complaints::Complaints;
use super::frame::Frame;
use super::input::Input;
use super::packet::Packet;

/// An opened decoder for an input's video stream.
pub(in crate::media) struct Decoder {
    ptr: NonNull<ff::AVCodecContext>,
    /// Outlives the context, whose threads write to it.
    complaints: Complaints,
}

// SAFETY: the context may be used from any thread, by one at a time; ownership sees to that.
unsafe impl Send for Decoder {}

/// What the decoder returned.
pub(in crate::media) enum Received {
    Frame(Frame),
    /// It needs another packet first.
    NeedsPacket,
    /// It was drained and is empty.
    End,
}

/// How a decoder decodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::media) enum Care {
    /// With several threads: fast, and correct unless the decoder complains.
    Fast(u32),
    /// With one thread, so that the flags of every frame are exact.
    Exact,
}

/// Which frames need not be decoded.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::media) enum Skip {
    /// Decode everything.
    Nothing,
    /// Skip frames that no other frame refers to.
    NonReference,
}

impl Decoder {
    /// Opens a decoder.
    pub(in crate::media) fn open(input: &Input, care: Care) -> Result<Self, i32> {
        // SAFETY: the stream's parameters live as long as `input`; the context is owned by `decoder`
        // from the moment it exists and freed on every path.
        unsafe {
            let stream = &*input.stream_ptr();
            let codec = ff::avcodec_find_decoder((*stream.codecpar).codec_id);
            if codec.is_null() {
                return Err(ff::AVERROR_DECODER_NOT_FOUND);
            }
            let ptr =
                NonNull::new(ff::avcodec_alloc_context3(codec)).ok_or(ff::AVERROR(ff::ENOMEM))?;
            let decoder = Self {
                ptr,
                complaints: Complaints::default(),
            };
            let context = ptr.as_ptr();
            let code = ff::avcodec_parameters_to_context(context, stream.codecpar);
            if code < 0 {
                return Err(code);
            }
            (*context).pkt_timebase = stream.time_base;
            (*context).opaque = decoder.complaints.address();
            (*context).thread_count = match care {
                Care::Fast(threads) => i32::try_from(threads).unwrap_or(1).max(1),
                Care::Exact => 1,
            };
            let code = ff::avcodec_open2(context, codec, ptr::null_mut());
            if code < 0 {
                return Err(code);
            }
            Ok(decoder)
        }
    }

    /// Whether it has complained since it was opened or restarted.
    pub(in crate::media) fn has_complained(&self) -> bool {
        self.complaints.any()
    }

    /// Sets which frames of the following packets may be skipped.
    pub(in crate::media) fn skip(&mut self, skip: Skip) {
        // SAFETY: FFmpeg documents this field as settable while decoding.
        unsafe {
            (*self.ptr.as_ptr()).skip_frame = match skip {
                Skip::Nothing => ff::AVDiscard::AVDISCARD_DEFAULT,
                Skip::NonReference => ff::AVDiscard::AVDISCARD_NONREF,
            };
        }
    }

    /// Sends a packet. The caller receives until [`Received::NeedsPacket`] before the next one, so the decoder
    /// always accepts it.
    pub(in crate::media) fn send(&mut self, packet: &Packet) -> Result<(), i32> {
        // SAFETY: both pointers are valid; the decoder takes its own reference to the data.
        let code = unsafe { ff::avcodec_send_packet(self.ptr.as_ptr(), packet.as_ptr()) };
        if code < 0 { Err(code) } else { Ok(()) }
    }

    /// Starts draining: no packet follows, so that the decoder outputs the frames that it still holds.
    pub(in crate::media) fn finish(&mut self) -> Result<(), i32> {
        // SAFETY: a null packet is the documented way to start draining.
        let code = unsafe { ff::avcodec_send_packet(self.ptr.as_ptr(), ptr::null()) };
        if code < 0 && code != ff::AVERROR_EOF {
            Err(code)
        } else {
            Ok(())
        }
    }

    /// Discards all state, for packets from another position.
    pub(in crate::media) fn restart(&mut self) {
        // SAFETY: the context is open.
        unsafe { ff::avcodec_flush_buffers(self.ptr.as_ptr()) };
        self.complaints.forget();
    }

    /// Receives the next frame, if there is one.
    pub(in crate::media) fn receive(&mut self) -> Result<Received, i32> {
        let frame = Frame::empty().ok_or(ff::AVERROR(ff::ENOMEM))?;
        // SAFETY: both pointers are valid; FFmpeg fills the frame or leaves it blank.
        let code = unsafe { ff::avcodec_receive_frame(self.ptr.as_ptr(), frame.as_ptr()) };
        if code == ff::AVERROR(ff::EAGAIN) {
            Ok(Received::NeedsPacket)
        } else if code == ff::AVERROR_EOF {
            Ok(Received::End)
        } else if code < 0 {
            Err(code)
        } else {
            Ok(Received::Frame(frame))
        }
    }
}

impl Drop for Decoder {
    fn drop(&mut self) {
        let mut ptr = self.ptr.as_ptr();
        // SAFETY: `self` is the only owner.
        unsafe { ff::avcodec_free_context(&raw mut ptr) };
    }
}
