use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An error as RFC 9457 has it (`application/problem+json`), with a stable [`ProblemCode`].
///
/// ```json
/// {
///   "type": "/problems/permission_denied",
///   "title": "The Greenhouse user is not allowed to do this.",
///   "status": 422,
///   "code": "permission_denied",
///   "detail": "The user cannot see this job.",
///   "field": "job_id",
///   "params": {"job": "144371"}
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// `/problems/` and the code: a relative reference to a page that explains the problem.
    #[serde(rename = "type", default)]
    pub kind: String,
    /// What happened and what to do next, one plain sentence or two.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    pub code: ProblemCode,
    /// More about this occurrence, in English, for a person. Never a secret or a candidate's data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The field of the request that is wrong, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The values that a sentence about this occurrence needs, by name, as plain text: together with
    /// `code` they say what `detail` says in English. Never a secret or a candidate's data.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub params: BTreeMap<String, String>,
}

macro_rules! problem_codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $status:literal, $title:literal;)*) => {
        /// Every error that crosses, each with its HTTP status and a sentence that says what to do
        /// next. `docs/problems.md` explains each one.
        ///
        /// ```json
        /// "key_refused"
        /// "greenhouse_busy"
        /// "sign_in_needed"
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub enum ProblemCode {
            $($(#[$doc])* #[serde(rename = $code)] $name,)*
            /// A code that this build does not know, from a newer proxy.
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
                    Self::Unknown => "Something went wrong. Try again.",
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
    GreenhouseRefused = "greenhouse_refused", 422, "Greenhouse rejected this candidate.";
    GreenhouseUnreachable = "greenhouse_unreachable", 503, "Greenhouse does not answer. Nothing was changed. Try again in a minute.";
    GreenhouseUnexpected = "greenhouse_unexpected", 502, "Greenhouse sent an answer that ATSi does not understand. Nothing was changed. Try again; if it keeps happening, tell the person who runs the proxy.";
    GreenhouseBusy = "greenhouse_busy", 503, "Greenhouse is busy. Try again in a minute.";
    NotConnected = "not_connected", 409, "Your company is not connected to Greenhouse yet. Open the ATSi options and connect first.";
    InvalidRequest = "invalid_request", 400, "The request is not valid.";
    JobUnknown = "job_unknown", 422, "The service user cannot see this job in Greenhouse. Choose another job, or ask your Greenhouse admin to give that user access.";
    NotFound = "not_found", 404, "There is nothing at this address.";
    MethodNotAllowed = "method_not_allowed", 405, "This address does not support this method.";
    IdempotencyKeyMissing = "idempotency_key_missing", 400, "The request needs an Idempotency-Key header.";
    IdempotencyKeyReused = "idempotency_key_reused", 422, "This Idempotency-Key was already used for another request.";
    StillRunning = "still_running", 409, "The request with this Idempotency-Key is still running. Ask for its outcome in a moment.";
    NotUncertain = "not_uncertain", 409, "This send is already settled; there is nothing to decide.";
    OriginRefused = "origin_refused", 403, "Only the ATSi extension may talk to this proxy.";
    HostRefused = "host_refused", 403, "This proxy does not answer under this host name.";
    CandidateErased = "candidate_erased", 410, "This person was deleted or anonymized in Greenhouse, so ATSi deleted everything about them.";
    ResumeEmpty = "resume_empty", 422, "The résumé file is empty. Download it from Jopwell and check that it opens.";
    ResumeIsWebPage = "resume_is_web_page", 422, "This is a web page, not a résumé; most likely Jopwell's sign-in page. Sign in to Jopwell, then try again.";
    ResumeTypeUnknown = "resume_type_unknown", 422, "This file is not a PDF, Word document, RTF or plain text, so Greenhouse could not show it.";
    ResumeTooLarge = "resume_too_large", 413, "The résumé file is larger than 20 MB.";
    ResumeUnknown = "resume_unknown", 422, "The résumé file was deleted, or belongs to another send. Upload it again.";
    PushUnsigned = "push_unsigned", 401, "This push is not signed. Send the headers webhook-id, webhook-timestamp and webhook-signature, as Standard Webhooks has them.";
    PushStale = "push_stale", 401, "The timestamp of this push is more than five minutes off. Sign it again with the time of sending, and check the clock.";
    PushSignatureWrong = "push_signature_wrong", 401, "The signature of this push is wrong. Sign webhook-id, webhook-timestamp and the exact bytes of the body with the secret from the ATSi options.";
    ApplicationDismissed = "application_dismissed", 410, "Somebody decided not to send this application to Greenhouse.";
    HookRefused = "hook_refused", 401, "The signature of this webhook is wrong. Enter the secret key from the ATSi options in Greenhouse.";
    TooManyLive = "too_many_live", 503, "This proxy has no room for another live connection. Poll for changes instead, and try again later.";
    SignInNeeded = "sign_in_needed", 401, "You're signed out. Sign in with your work e-mail.";
    CodeWrong = "code_wrong", 422, "This code is wrong, expired or used up. Check it, or request a new one.";
    InvitationNeeded = "invitation_needed", 403, "You need an invitation from an admin of your company. Ask for one and enter it here.";
    AdminNeeded = "admin_needed", 403, "Only an admin of your company can do this.";
    LastAdmin = "last_admin", 409, "This is the company's only admin. Make another member an admin first.";
    MailNotSetUp = "mail_not_set_up", 409, "This proxy cannot send mail. Write to your Greenhouse admin from your own mailbox.";
    EnrolmentRefused = "enrolment_refused", 403, "This enrollment token no longer works. Ask your IT department for the new one.";
    NoAccounts = "no_accounts", 409, "This proxy is for one person and has no accounts.";
    TooManyRequests = "too_many_requests", 429, "Too many requests. Wait a moment and try again.";
    BodyTooLarge = "body_too_large", 413, "The request is too large.";
    UnsupportedMediaType = "unsupported_media_type", 415, "The request must be JSON (Content-Type: application/json).";
    TimedOut = "timed_out", 503, "The request took too long. Try again.";
    Internal = "internal", 500, "The proxy had an internal error. Nothing was lost. Try again; if it keeps happening, tell the person who runs the proxy.";
}

/// Written by hand, because a derived schema does not see a name that a macro passes on.
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
            params: BTreeMap::new(),
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

    #[must_use]
    pub fn with_param(mut self, name: impl Into<String>, value: impl ToString) -> Self {
        self.params.insert(name.into(), value.to_string());
        self
    }

    #[must_use]
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params.get(name).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_of_a_newer_proxy_is_unknown() {
        let problem: Problem =
            serde_json::from_str(r#"{"title":"?","status":418,"code":"teapot"}"#).unwrap();
        assert_eq!(problem.code, ProblemCode::Unknown);
    }

    #[test]
    fn params_are_written_in_order_and_left_out_where_there_are_none() {
        let problem = Problem::new(ProblemCode::GreenhouseRefused);
        assert!(!serde_json::to_string(&problem).unwrap().contains("params"));
        let problem = problem.with_param("status", 422).with_param("field", "job");
        let json = serde_json::to_string(&problem).unwrap();
        assert!(
            json.ends_with(r#""params":{"field":"job","status":"422"}}"#),
            "{json}"
        );
        let read: Problem = serde_json::from_str(&json).unwrap();
        assert_eq!(read, problem);
        assert_eq!(
            (read.param("status"), read.param("host")),
            (Some("422"), None)
        );
    }

    #[test]
    fn code_written_and_read_is_the_same() {
        for &code in ProblemCode::ALL {
            let json = serde_json::to_string(&Problem::new(code)).unwrap();
            assert!(json.contains(&format!(r#""code":"{}""#, code.as_str())));
            assert_eq!(serde_json::from_str::<Problem>(&json).unwrap().code, code);
        }
    }
}
