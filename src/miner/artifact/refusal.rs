//! Refusals, with the codes and statuses of the network's reference miner.

use std::fmt;

/// Why a request is refused. Validators know these codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Code {
    /// The metadata, or the version of the exchange, makes no sense.
    InvalidMetadata,
    /// The unsigned exchange of before.
    ArtifactV2Required,
    /// A body of another type.
    UnsupportedMediaType,
    /// No length of the body, or none that is a number.
    InvalidContentLength,
    /// A signed fact is missing, malformed or wrong.
    InvalidSignature,
    /// Meant for another miner.
    WrongMiner,
    /// Too old, or from the future.
    ExpiredSignature,
    /// It could have been signed before this process remembered anything.
    Starting,
    /// The signer is no validator now.
    UnregisteredValidator,
    /// It was used before.
    Replay,
    /// No room to remember it.
    Capacity,
    /// A task of another track.
    WarrantTrackMismatch,
    /// A task's name that cannot be a folder's.
    InvalidTaskId,
    /// All places are taken.
    Busy,
    /// A larger input than is taken.
    InputTooLarge,
    /// A task of that name is under way.
    TaskConflict,
    /// The body has another length than was said.
    BodyLengthMismatch,
    /// The body is empty.
    InputNotFound,
    /// The body has another digest than was signed.
    InputDigestMismatch,
    /// The body came too slowly.
    IngressTimeout,
    /// The time of the task is over.
    DeadlineExceeded,
    /// The work failed.
    ProcessingFailed,
    /// The task asks for what is not done.
    BadParams,
    /// A larger output than may be sent.
    OutputTooLarge,
}

impl Code {
    /// Status and word of the answer.
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
            Self::InputNotFound => (422, "input_not_found"),
            Self::InputDigestMismatch => (422, "input_digest_mismatch"),
            Self::IngressTimeout => (408, "ingress_timeout"),
            Self::DeadlineExceeded => (504, "deadline_exceeded"),
            Self::ProcessingFailed => (500, "processing_failed"),
            Self::BadParams => (422, "bad_params"),
            Self::OutputTooLarge => (500, "output_too_large"),
        }
    }
}

/// A refusal with its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Its code.
    pub code: Code,
    /// What is wrong, for the log of whoever asked.
    pub message: String,
}

impl Refusal {
    pub(super) fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }

    /// The body of the answer, as validators read it.
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
