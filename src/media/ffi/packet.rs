//! An owned compressed packet.

use std::ptr::NonNull;

use ffmpeg_sys_next as ff;

/// One compressed packet.
pub(in crate::media) struct Packet {
    ptr: NonNull<ff::AVPacket>,
}

// SAFETY: a packet is plain data with counted buffers, owned by this value alone.
unsafe impl Send for Packet {}

impl Packet {
    /// A blank packet to be filled; `None` if memory ran out.
    pub(super) fn empty() -> Option<Self> {
        // SAFETY: allocates a blank packet, or returns null.
        NonNull::new(unsafe { ff::av_packet_alloc() }).map(|ptr| Self { ptr })
    }

    pub(super) fn get(&self) -> &ff::AVPacket {
        // SAFETY: valid for the life of `self`; written only through `&mut Input` while fresh.
        unsafe { self.ptr.as_ref() }
    }

    pub(super) fn as_ptr(&self) -> *mut ff::AVPacket {
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

    /// The first byte of the packet, which in VP8 contains the flag that its frame is shown.
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

    /// Whether an edit list hides this packet's frame.
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
