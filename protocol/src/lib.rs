//! The types that cross between the extension's core and `atsi-proxy`, and their limits.
//!
//! Both sides are built from this crate, so a field that is renamed here is renamed everywhere.
//! Everything travels as JSON; times are whole milliseconds since the Unix epoch ([`Millis`]).
//! Readers ignore keys they do not know, so either side can be updated first.

mod account;
mod application;
mod callback;
mod candidate;
mod change;
mod connection;
mod hooks;
mod hosts;
mod job;
mod job_page;
mod limits;
pub mod live;
mod problem;
mod profile;
mod resume;
mod send;
mod write_back;

pub use account::{
    Company, CompanyRequest, EnrolRequest, Enrolment, EnrolmentMade, Invitation, InvitationMade,
    InvitationRequest, InvitationState, Invitations, Me, MeRequest, Member, Members, ProxyMode,
    Removed, Role, RoleRequest, Session, Sessions, SignInCodeRequest, SignInCodeSent,
    SignInRequest, SignedIn, SignedOut,
};
pub use application::{Application, ApplicationRequest, Applications, Held, HoldReason, Push};
pub use callback::{
    Callback, CallbackDeliveries, CallbackDelivery, CallbackRequest, CallbackSecretRequest,
    CallbackState,
};
pub use candidate::{
    ApplicationStatus, CandidateStatus, CandidatesPage, KnownCandidate, LookupRequest,
    LookupResponse, MISSING_REASONS, OnJopwell, StatusRoute, Waiting, WaitingFor,
};
pub use change::{Change, Changes, ChangesPage};
pub use connection::{
    CheckName, Connection, ConnectionCheck, ConnectionChecks, ConnectionHelp, ConnectionHelpMade,
    ConnectionHelpRequest, ConnectionHelpState, ConnectionHelps, ConnectionRequest,
    ConnectionState,
};
pub use hooks::{HookCount, HookSecret, HookSecretRequest, Hooks};
pub use hosts::NOT_THE_APP;
pub use job::{
    ApplicationsSwitch, ChangedJob, Job, JobBoard, JobBoardRequest, JobLink, JobLinkRequest,
    JobLinks, JobProposal, JobState, Jobs, JopwellJob, TrackingLink, TrackingLinkRequest,
};
pub use job_page::{
    DescriptionPiece, DescriptionRow, JobDescription, JobPage, JobPageRequest, JobSave,
    JobSaveDone, JobSaveKind, JobSaveProblem, JobSaveState, JobSaved, JobSaving, PassedOver,
};
pub use limits::*;
pub use problem::{Problem, ProblemCode};
pub use profile::{Address, Email, InvalidProfile, Phone, Profile, Website, is_web_url};
pub use resume::{Resume, ResumeState};
pub use send::{Decision, InGreenhouse, Send, SendRequest, SendState, WaitReason};
pub use write_back::{
    MAX_REJECTED_AFTER, MAX_STAGE_RULES, REJECTED, RowPlan, StageRule, TRACKER_STATUSES,
    TrackedRow, WriteBackDone, WriteBackPress, WriteBackRequest, WriteBackResponse,
    WriteBackSettings, moves_forward,
};

/// A moment, in whole milliseconds since the Unix epoch.
pub type Millis = u64;

/// Header in which every send names itself; see draft-ietf-httpapi-idempotency-key-header.
pub const IDEMPOTENCY_KEY: &str = "Idempotency-Key";
/// Set to `true` on an answer that repeats the outcome of an earlier request with the same key.
pub const IDEMPOTENT_REPLAYED: &str = "Idempotent-Replayed";
