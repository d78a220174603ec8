use crate::Millis;
use serde::{Deserialize, Serialize};

/// Answer to `POST /v1/resumes`: a résumé's file that the proxy keeps for one send.
///
/// ```json
/// {
///   "id": "r_5f",
///   "file_name": "Imani Brooks.pdf",
///   "media_type": "application/pdf",
///   "size": 48213,
///   "expires_at": 1790003600000
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Resume {
    /// The value for `resume` of a send or an application.
    pub id: String,
    /// As Greenhouse shows it.
    pub file_name: String,
    pub media_type: String,
    /// In bytes.
    pub size: u64,
    /// Deleted then, unless a send refers to it.
    pub expires_at: Millis,
}

/// What became of a résumé's file.
///
/// ```json
/// "attached"
/// "offered"
/// "fetched"
/// "expired"
/// "not_offered"
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ResumeState {
    /// It waits together with its send.
    Attached,
    /// Greenhouse may fetch it, for 24 hours.
    Offered,
    /// Greenhouse fetched it, and the proxy deleted it.
    Fetched,
    /// Greenhouse did not fetch it within 24 hours, and the proxy deleted it.
    Expired,
    /// Greenhouse cannot reach the proxy, so only the link from Jopwell was sent.
    NotOffered,
}

impl ResumeState {
    pub const ALL: [Self; 5] = [
        Self::Attached,
        Self::Offered,
        Self::Fetched,
        Self::Expired,
        Self::NotOffered,
    ];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Attached => "attached",
            Self::Offered => "offered",
            Self::Fetched => "fetched",
            Self::Expired => "expired",
            Self::NotOffered => "not_offered",
        }
    }
}
