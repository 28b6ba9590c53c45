//! The classes of synapses. Their names are the routes, and have one spelling.

use crate::domain::Task;

/// A class of synapses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Echoed.
    Ping,
    /// Asks which task the miner is scored for.
    Warrant,
    /// Asks how many seconds of video it can upscale.
    Length,
    /// Videos, returned in the response.
    Videos(Task),
    /// Videos, processed while the caller polls.
    Job(Task),
    /// Asks for the result of such a job.
    Poll(Task),
    /// Invitation to a competition.
    Invitation,
    /// Request for an entry of a competition.
    Submission,
}

impl Class {
    /// All classes, in the order in which the network's own server lists them.
    pub const ALL: [(&'static str, Self); 11] = [
        ("Synapse", Self::Ping),
        ("VideoCompressionProtocol", Self::Videos(Task::Compress)),
        ("VideoUpscalingProtocol", Self::Videos(Task::Upscale)),
        ("LengthCheckProtocol", Self::Length),
        ("TaskWarrantProtocol", Self::Warrant),
        ("VideoCompressionJobProtocol", Self::Job(Task::Compress)),
        ("VideoCompressionPollProtocol", Self::Poll(Task::Compress)),
        ("VideoUpscalingJobProtocol", Self::Job(Task::Upscale)),
        ("VideoUpscalingPollProtocol", Self::Poll(Task::Upscale)),
        ("CompetitionInvitationProtocol", Self::Invitation),
        ("CompetitionSubmissionProtocol", Self::Submission),
    ];

    /// The class of a name, with the name as a static string.
    #[must_use]
    pub fn by_name(name: &str) -> Option<(&'static str, Self)> {
        let mut all = Self::ALL.into_iter();
        all.find(|(known, _)| *known == name)
    }

    /// Whether the subnet's owner may send it without a permit.
    #[must_use]
    pub const fn is_the_owners(self) -> bool {
        matches!(self, Self::Invitation | Self::Submission)
    }
}
