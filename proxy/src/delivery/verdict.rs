//! Decides what an answer of Greenhouse means for a send. No clock, network or disk.
//!
//! Every answer has its own arm: a new variant of [`Error`] does not compile until it is decided here.
//! Which HTTP statuses are waited out is a table in the client: [`atsi_greenhouse::BUSY`].

use crate::{
    clock::millis,
    profile_link::{APP, profile_url},
    sentence::problem,
    store::Settlement,
    upstream::problem_of,
};
use atsi_greenhouse::{CreatedCandidate, Error};
use atsi_protocol::{HoldReason, InGreenhouse, Millis, ProblemCode, WaitReason};
use std::time::Duration;

/// Decides about a send.
///
/// Only where Greenhouse certainly created nothing may a send be tried again or be refused. Every other
/// failure leaves it uncertain, because `POST /candidates` cannot be repeated safely and nothing can be
/// looked up by `external_id` (Greenhouse Candidate Ingestion API).
///
/// `pause`: returns how long the company's sends wait, given what Greenhouse asked for.
#[must_use]
pub fn verdict(
    result: &Result<CreatedCandidate, Error>,
    has_job: bool,
    pause: impl Fn(Option<Duration>) -> Duration,
    now: Millis,
) -> Settlement {
    let wait = |reason, asked| Settlement::Pause {
        reason,
        until: now.saturating_add(millis(pause(asked))),
    };
    let error = match result {
        Ok(created) => return Settlement::Created(in_greenhouse(created)),
        Err(error) => error,
    };
    match error {
        Error::Busy { retry_after, .. } => wait(WaitReason::GreenhouseBusy, *retry_after),
        Error::Unreachable { .. } => wait(WaitReason::GreenhouseUnreachable, None),
        Error::Unauthorized { .. } => Settlement::ConnectionBroken(problem_of(error)),
        // A permission can be missing for one job only, so it refuses one send, not the connection.
        Error::Forbidden => Settlement::Refused(problem_of(error)),
        Error::NotFound if has_job => Settlement::Refused(
            problem!(
                ProblemCode::GreenhouseRefused,
                "Greenhouse does not know this job."
            )
            .with_field("job_id"),
        ),
        Error::NotFound => Settlement::Refused(problem!(
            ProblemCode::GreenhouseRefused,
            "Greenhouse does not accept candidates at this address (HTTP 404)."
        )),
        Error::Refused { errors, status } => {
            // Greenhouse's own words can repeat the candidate's data; the names of the fields cannot.
            let fields: Vec<&str> = errors.iter().filter_map(|error| error.field()).collect();
            Settlement::Refused(match fields.first() {
                None => problem!(
                    ProblemCode::GreenhouseRefused,
                    "Greenhouse did not say why (HTTP {status}).",
                    status = status
                ),
                Some(first) => problem!(
                    ProblemCode::GreenhouseRefused,
                    "Problem with these fields: {fields}.",
                    fields = fields.join(", ")
                )
                .with_field(*first),
            })
        }
        Error::InvalidRequest { field, reason } => Settlement::Refused(
            problem!(
                ProblemCode::GreenhouseRefused,
                "{field} {reason}.",
                field = field,
                reason = reason
            )
            .with_field(field),
        ),
        Error::ServerFailed { .. }
        | Error::TimedOut
        | Error::Interrupted
        | Error::Unreadable { .. } => Settlement::Uncertain,
    }
}

/// Turns the refusal of an application into a hold: nobody is there to click again, and its data is kept.
/// A refusal about the job holds all applications to it.
#[must_use]
pub fn of_application(settlement: Settlement) -> Settlement {
    match settlement {
        Settlement::Refused(problem) => {
            let reason = match problem.field.as_deref() {
                Some("job_id") => HoldReason::JobNotOpen,
                _ => HoldReason::Refused,
            };
            Settlement::Held(reason, problem)
        }
        Settlement::Created(_)
        | Settlement::Uncertain
        | Settlement::Held(..)
        | Settlement::Pause { .. }
        | Settlement::ConnectionBroken(_)
        | Settlement::HandedBack => settlement,
    }
}

fn in_greenhouse(created: &CreatedCandidate) -> InGreenhouse {
    InGreenhouse {
        candidate_id: created.id,
        application_id: created.application_id,
        profile_url: (created.profile_url.clone())
            .unwrap_or_else(|| profile_url(APP, created.id, created.application_id)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use atsi_greenhouse::{BUSY, UnauthorizedHint};

    fn verdict_of(error: Error) -> Settlement {
        let pause = |asked: Option<Duration>| asked.unwrap_or_default() + Duration::from_secs(1);
        verdict(&Err(error), true, pause, 1_000)
    }

    #[test]
    fn answer_after_which_the_candidate_may_exist_is_uncertain() {
        for error in [
            Error::ServerFailed { status: 503 },
            Error::TimedOut,
            Error::Interrupted,
            Error::Unreadable { status: 200 },
            Error::Unreadable { status: 302 },
        ] {
            assert!(!error.nothing_was_created());
            assert_eq!(verdict_of(error), Settlement::Uncertain);
        }
    }

    #[test]
    fn clear_refusal_refuses_the_send_with_its_code() {
        for (error, code) in [
            (Error::Forbidden, ProblemCode::PermissionDenied),
            (Error::NotFound, ProblemCode::GreenhouseRefused),
            (
                Error::Refused {
                    status: 422,
                    errors: vec![],
                },
                ProblemCode::GreenhouseRefused,
            ),
            (
                Error::InvalidRequest {
                    field: "title".into(),
                    reason: "is empty",
                },
                ProblemCode::GreenhouseRefused,
            ),
        ] {
            let Settlement::Refused(problem) = verdict_of(error) else {
                panic!("not refused")
            };
            assert_eq!(problem.code, code);
        }
    }

    #[test]
    fn refused_key_breaks_the_connection_and_not_the_send() {
        for (hint, code) in [
            (UnauthorizedHint::Key, ProblemCode::KeyRefused),
            (UnauthorizedHint::User, ProblemCode::ServiceUserUnknown),
            (UnauthorizedHint::Unknown, ProblemCode::KeyOrUserRefused),
        ] {
            let settlement = verdict_of(Error::Unauthorized { hint });
            assert!(
                matches!(settlement, Settlement::ConnectionBroken(problem) if problem.code == code)
            );
        }
    }

    #[test]
    fn busy_answer_pauses_for_at_least_its_retry_after() {
        for &status in BUSY {
            let busy = Error::Busy {
                status,
                retry_after: Some(Duration::from_secs(40)),
            };
            assert_eq!(
                verdict_of(busy),
                Settlement::Pause {
                    reason: WaitReason::GreenhouseBusy,
                    until: 1_000 + 40_000 + 1_000
                }
            );
        }
    }

    #[test]
    fn missing_profile_address_is_completed() {
        let created = CreatedCandidate {
            id: 7,
            application_id: Some(8),
            external_id: None,
            profile_url: None,
        };
        let Settlement::Created(there) = verdict(&Ok(created), false, Option::unwrap_or_default, 0)
        else {
            panic!("not created")
        };
        assert_eq!(
            there.profile_url,
            "https://app.greenhouse.io/people/7?application_id=8"
        );
    }
}
