//! Refusals, with the codes and HTTP statuses of the network's reference miner.

use std::fmt;

/// Why a request is refused. Validators read these codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RefusalCode {
    /// The metadata, or the version of the exchange, is missing or invalid.
    InvalidMetadata,
    /// Version 1 of the exchange, which was not signed.
    ArtifactV2Required,
    UnsupportedMediaType,
    InvalidContentLength,
    /// A signed header is missing, malformed or wrong.
    InvalidSignature,
    WrongMiner,
    /// The timestamp is too old, or in the future.
    ExpiredSignature,
    /// It was signed before this process started, which does not know whether it was used.
    Starting,
    /// The signer holds no permit now.
    UnregisteredValidator,
    /// The nonce was used before.
    Replay,
    /// There is no room to remember the nonce.
    Capacity,
    WarrantTrackMismatch,
    /// The task's ID cannot be the name of a directory.
    InvalidTaskId,
    /// Every slot is taken.
    Busy,
    InputTooLarge,
    /// A task with that ID is under way.
    TaskConflict,
    BodyLengthMismatch,
    InputDigestMismatch,
    /// The body was not received in time.
    IngressTimeout,
    DeadlineExceeded,
    ProcessingFailed,
    /// The task's parameters are not supported.
    BadParams,
    OutputTooLarge,
}

impl RefusalCode {
    /// The HTTP status, and the code as validators read it.
    #[must_use]
    pub const fn parts(self) -> (u16, &'static str) {
        match self {
            Self::InvalidMetadata => (400, "invalid_metadata"),
            Self::ArtifactV2Required => (426, "artifact_v2_required"),
            Self::UnsupportedMediaType => (415, "unsupported_media_type"),
            Self::InvalidContentLength => (400, "invalid_content_length"),
            Self::InvalidSignature => (401, "invalid_signature"),
            Self::WrongMiner => (403, "wrong_miner"),
            Self::ExpiredSignature => (401, "expired_signature"),
            Self::Starting => (425, "artifact_auth_starting"),
            Self::UnregisteredValidator => (403, "unregistered_validator"),
            Self::Replay => (409, "artifact_replay"),
            Self::Capacity => (503, "artifact_auth_capacity"),
            Self::WarrantTrackMismatch => (422, "warrant_track_mismatch"),
            Self::InvalidTaskId => (422, "invalid_task_id"),
            Self::Busy => (429, "busy"),
            Self::InputTooLarge => (413, "input_too_large"),
            Self::TaskConflict => (409, "task_conflict"),
            Self::BodyLengthMismatch => (400, "body_length_mismatch"),
            Self::InputDigestMismatch => (422, "input_digest_mismatch"),
            Self::IngressTimeout => (408, "ingress_timeout"),
            Self::DeadlineExceeded => (504, "deadline_exceeded"),
            Self::ProcessingFailed => (500, "processing_failed"),
            Self::BadParams => (422, "bad_params"),
            Self::OutputTooLarge => (500, "output_too_large"),
        }
    }
}

/// A refusal with its explanation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub code: RefusalCode,
    /// For the caller's log.
    pub message: String,
}

impl Refusal {
    pub(super) fn new(code: RefusalCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }

    /// The body of the response: JSON in the form that validators read.
    #[must_use]
    pub fn body(&self) -> String {
        let detail = serde_json::json!({"code": self.code.parts().1, "message": self.message});
        serde_json::json!({ "detail": detail }).to_string()
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (status, word) = self.code.parts();
        write!(f, "{status} {word}: {}", self.message)
    }
}

impl std::error::Error for Refusal {}
