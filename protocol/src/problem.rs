use serde::{Deserialize, Serialize};

/// An error as RFC 9457 has it (`application/problem+json`), with a stable [`ProblemCode`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// `/problems/` and the code: a relative reference, the page explains the problem.
    #[serde(rename = "type", default)]
    pub kind: String,
    /// What happened and what to do next, one plain sentence or two.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    pub code: ProblemCode,
    /// More about this one occurrence, for a person; never a secret or a candidate's data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The field of the request that is wrong, where it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}

macro_rules! problem_codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $status:literal, $title:literal;)*) => {
        /// Every error that crosses, each with its status and a sentence that says what to do next.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub enum ProblemCode {
            $($(#[$doc])* #[serde(rename = $code)] $name,)*
            /// A code this build does not know, from a newer proxy.
            #[serde(other)]
            Unknown,
        }

        impl ProblemCode {
            pub const ALL: &'static [ProblemCode] = &[$(ProblemCode::$name),*];

            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $code,)*
                    Self::Unknown => "unknown",
                }
            }

            #[must_use]
            pub fn status(self) -> u16 {
                match self {
                    $(Self::$name => $status,)*
                    Self::Unknown => 500,
                }
            }

            #[must_use]
            pub fn title(self) -> &'static str {
                match self {
                    $(Self::$name => $title,)*
                    Self::Unknown => "Something went wrong. Please try again.",
                }
            }
        }
    };
}

problem_codes! {
    KeyRefused = "key_refused", 422, "Greenhouse does not accept this API key. Copy it again from Greenhouse (Configure, Dev Center, API Credential Management) and check that its type is Candidate Ingestion.";
    ServiceUserUnknown = "service_user_unknown", 422, "Greenhouse does not know this service user. Enter the e-mail address of an active user of your Greenhouse account.";
    KeyOrUserRefused = "key_or_user_refused", 422, "Greenhouse does not accept this API key together with this service user. Check that the key is a Candidate Ingestion key, copied whole, and that the e-mail address belongs to an active Greenhouse user.";
    PermissionDenied = "permission_denied", 422, "The Greenhouse user is not allowed to do this. Ask your Greenhouse admin to give that user permission to add prospects.";
    GreenhouseRefused = "greenhouse_refused", 422, "Greenhouse did not accept this candidate.";
    GreenhouseUnreachable = "greenhouse_unreachable", 503, "Greenhouse does not answer. Nothing was changed; please try again in a minute.";
    GreenhouseUnexpected = "greenhouse_unexpected", 502, "Greenhouse gave an answer that ATSi does not understand. Nothing was changed; please try again, and tell whoever runs the proxy if it stays so.";
    GreenhouseBusy = "greenhouse_busy", 503, "Greenhouse asks us to slow down. Please try again in a minute.";
    NotConnected = "not_connected", 409, "Your company is not connected to Greenhouse yet. Open the ATSi options and connect first.";
    InvalidRequest = "invalid_request", 400, "The request is not valid.";
    JobUnknown = "job_unknown", 422, "Greenhouse shows no such job to the service user. Choose another job, or ask your Greenhouse admin to let that user see it.";
    NotFound = "not_found", 404, "There is nothing at this address.";
    MethodNotAllowed = "method_not_allowed", 405, "This address does not take this method.";
    IdempotencyKeyMissing = "idempotency_key_missing", 400, "The request needs an Idempotency-Key header.";
    IdempotencyKeyReused = "idempotency_key_reused", 422, "This Idempotency-Key was already used for another request.";
    StillRunning = "still_running", 409, "The request with this Idempotency-Key is still running. Ask for its outcome in a moment.";
    NotUncertain = "not_uncertain", 409, "This send is already settled; there is nothing to decide.";
    OriginRefused = "origin_refused", 403, "Only the ATSi extension may talk to this proxy.";
    HostRefused = "host_refused", 403, "This proxy does not answer under this host name.";
    CandidateErased = "candidate_erased", 410, "This person was deleted or anonymised in Greenhouse, so ATSi keeps nothing about them any more.";
    HookRefused = "hook_refused", 401, "The signature of this web hook is not right. Enter the secret key from the ATSi options in Greenhouse.";
    TooManyLive = "too_many_live", 503, "This proxy holds as many live connections as it can. Ask for changes instead, and try again later.";
    BodyTooLarge = "body_too_large", 413, "The request is too large.";
    UnsupportedMediaType = "unsupported_media_type", 415, "The request must be JSON (Content-Type: application/json).";
    TimedOut = "timed_out", 503, "The request took too long. Please try again.";
    Internal = "internal", 500, "The proxy met an error of its own. Nothing was lost; please try again, and tell whoever runs the proxy if it stays so.";
}

/// By hand, as a derived schema does not see a name that a macro passes on.
#[cfg(feature = "openapi")]
mod openapi {
    use super::ProblemCode;
    use utoipa::openapi::RefOr;
    use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};

    impl utoipa::PartialSchema for ProblemCode {
        fn schema() -> RefOr<Schema> {
            let names = Self::ALL.iter().map(|code| code.as_str());
            ObjectBuilder::new()
                .schema_type(Type::String)
                .enum_values(Some(names))
                .into()
        }
    }

    impl utoipa::ToSchema for ProblemCode {}
}

impl Problem {
    #[must_use]
    pub fn new(code: ProblemCode) -> Self {
        Self {
            kind: format!("/problems/{}", code.as_str()),
            title: code.title().to_owned(),
            status: code.status(),
            code,
            detail: None,
            field: None,
        }
    }

    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    #[must_use]
    pub fn with_field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_from_the_future_is_read() {
        let problem: Problem =
            serde_json::from_str(r#"{"title":"?","status":418,"code":"teapot"}"#).unwrap();
        assert_eq!(problem.code, ProblemCode::Unknown);
    }

    #[test]
    fn codes_survive_the_wire() {
        for &code in ProblemCode::ALL {
            let json = serde_json::to_string(&Problem::new(code)).unwrap();
            assert!(json.contains(&format!(r#""code":"{}""#, code.as_str())));
            assert_eq!(serde_json::from_str::<Problem>(&json).unwrap().code, code);
        }
    }
}
