//! The classes of synapses there are. Their names are the routes, and have one spelling.

use crate::domain::Task;

/// A class of synapses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Answered with itself.
    Ping,
    /// Asks what the miner competes in.
    Warrant,
    /// Asks how many seconds of video it can enlarge.
    Length,
    /// Videos, answered when they are made.
    Videos(Task),
    /// Videos, made while the caller asks again and again.
    Job(Task),
    /// Asks again.
    Poll(Task),
    /// Invites to a competition.
    Invitation,
    /// Asks for an entry of a competition.
    Submission,
}

impl Class {
    /// All there are, in the order in which the network's own server names them.
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

    /// By its name, which is given back as ours.
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
