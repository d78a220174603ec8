use strum::{EnumIter, EnumString, IntoStaticStr};

/// The actions that Greenhouse documents, and `ping`. Source: Greenhouse webhooks, Events.
///
/// To read another one, add it here; the compiler then asks for its row in [`Action::subject`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, EnumString, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Action {
    ApplicationUpdated,
    CandidateAnonymized,
    CandidateStageChange,
    DeleteApplication,
    DeleteCandidate,
    DepartmentDeleted,
    HireCandidate,
    InterviewDeleted,
    JobApproved,
    JobCreated,
    JobDeleted,
    JobInterviewStageDeleted,
    JobPostCreated,
    JobPostDeleted,
    JobPostUpdated,
    JobUpdated,
    MergeCandidate,
    NewCandidateApplication,
    NewProspectApplication,
    OfferApproved,
    OfferCreated,
    OfferDeleted,
    OfferUpdated,
    OfficeDeleted,
    Ping,
    RejectCandidate,
    ScorecardDeleted,
    UnhireCandidate,
    UnrejectCandidate,
    UpdateCandidate,
    /// Any other word. It is ignored.
    Other,
}

/// The part of the payload that an action is read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    /// `rank` orders the actions of one moment: what Greenhouse does last has the largest.
    Application {
        rank: i64,
    },
    DeletedApplication,
    MergedPerson,
    DeletedPerson,
    AnonymizedCandidate,
    Job,
    DeletedJob,
    Post,
    Nothing,
}

impl Action {
    /// The word as Greenhouse sends it; `other` for [`Action::Other`].
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    pub(super) fn subject(self) -> Subject {
        match self {
            Self::NewCandidateApplication | Self::NewProspectApplication => {
                Subject::Application { rank: 1 }
            }
            Self::ApplicationUpdated => Subject::Application { rank: 2 },
            Self::CandidateStageChange => Subject::Application { rank: 3 },
            Self::UnhireCandidate | Self::UnrejectCandidate => Subject::Application { rank: 4 },
            Self::RejectCandidate => Subject::Application { rank: 5 },
            Self::HireCandidate => Subject::Application { rank: 6 },
            Self::DeleteApplication => Subject::DeletedApplication,
            Self::MergeCandidate => Subject::MergedPerson,
            Self::DeleteCandidate => Subject::DeletedPerson,
            Self::CandidateAnonymized => Subject::AnonymizedCandidate,
            Self::JobApproved | Self::JobCreated | Self::JobUpdated => Subject::Job,
            Self::JobDeleted => Subject::DeletedJob,
            Self::JobPostCreated | Self::JobPostUpdated => Subject::Post,
            Self::DepartmentDeleted
            | Self::InterviewDeleted
            | Self::JobInterviewStageDeleted
            // It does not say what the job is called without this post.
            | Self::JobPostDeleted
            | Self::OfferApproved
            | Self::OfferCreated
            | Self::OfferDeleted
            | Self::OfferUpdated
            | Self::OfficeDeleted
            | Self::Ping
            | Self::ScorecardDeleted
            | Self::UpdateCandidate
            | Self::Other => Subject::Nothing,
        }
    }
}
