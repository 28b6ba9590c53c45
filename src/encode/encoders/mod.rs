//! The encoders and the FFmpeg program that runs them: what exists, which options a setting becomes, which
//! of them works on this machine, and one run of FFmpeg from start to end.

pub(super) mod audio;
pub(super) mod catalogue;
pub(super) mod container;
pub(super) mod failure;
mod feed;
mod guarded;
pub(super) mod options;
pub(super) mod process;
mod query;
pub(super) mod select;
mod stderr;
pub(super) mod table;
pub(super) mod tool;
pub(super) mod trial;
