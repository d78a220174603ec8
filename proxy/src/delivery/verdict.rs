//! What an answer of Greenhouse means for a send: decided here, without clock, network or disk.

use super::profile_link::{APP, profile_url};
use crate::{config::Tuning, store::Settlement, upstream::problem_of};
use atsi_greenhouse::{CreatedCandidate, Error};
use atsi_protocol::{HoldReason, InGreenhouse, Millis, Problem, ProblemCode, WaitReason};
use std::time::Duration;

/// `failures`: how many times in a row Greenhouse was busy or out of reach before this one.
/// `jitter`: random, from 0 to 1.
///
/// Only where Greenhouse certainly created nothing may a send be tried again or be refused; every
/// other failure leaves it uncertain, because `POST /candidates` cannot be repeated safely and
/// nothing can be looked up by `external_id` (Greenhouse Candidate Ingestion API).
#[must_use]
pub fn verdict(
    result: &Result<CreatedCandidate, Error>,
    has_job: bool,
    failures: u32,
    jitter: f64,
    now: Millis,
    tuning: &Tuning,
) -> Settlement {
    let error = match result {
        Ok(created) => return Settlement::Created(in_greenhouse(created)),
        Err(error) if !error.nothing_was_created() => return Settlement::Uncertain,
        Err(error) => error,
    };
    let pause = |reason, asked: Option<Duration>| {
        let pause = asked.unwrap_or_default() + backoff(failures, jitter, tuning);
        let pause = Millis::try_from(pause.as_millis()).unwrap_or(Millis::MAX);
        Settlement::Pause {
            reason,
            until: now.saturating_add(pause),
        }
    };
    match error {
        Error::Throttled { retry_after } => pause(WaitReason::GreenhouseBusy, *retry_after),
        Error::Unreachable { .. } => pause(WaitReason::GreenhouseUnreachable, None),
        Error::Unauthorized { .. } => Settlement::ConnectionBroken(problem_of(error)),
        // A permission can be missing for one job only, so it refuses one send, not the connection.
        Error::Forbidden => Settlement::Refused(problem_of(error)),
        Error::NotFound if has_job => {
            Settlement::Refused(refused(Some("job_id"), "Greenhouse does not know the job."))
        }
        Error::Refused { errors, status } => {
            // Greenhouse's own words can repeat what was sent; the names of the fields cannot.
            let fields: Vec<&str> = errors.iter().filter_map(|error| error.field()).collect();
            Settlement::Refused(if fields.is_empty() {
                refused(
                    None,
                    &format!("It did not say which field is wrong (status {status})."),
                )
            } else {
                refused(
                    fields.first().copied(),
                    &format!("It points at: {}.", fields.join(", ")),
                )
            })
        }
        Error::InvalidRequest { field, reason } => {
            Settlement::Refused(refused(Some(field), &format!("{field} {reason}.")))
        }
        other => Settlement::Refused(refused(None, &format!("{other}."))),
    }
}

/// Nobody is there to press again for an application, so a refusal holds it, and what it carries stays.
/// What Greenhouse says of the job is true of all applications to it.
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
        other => other,
    }
}

fn refused(field: Option<&str>, detail: &str) -> Problem {
    let problem = Problem::new(ProblemCode::GreenhouseRefused).with_detail(detail);
    match field {
        Some(field) => problem.with_field(field),
        None => problem,
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

/// Exponential with full jitter: anything from nothing to twice as long as the time before, so that
/// many who were turned away together do not come back together.
fn backoff(failures: u32, jitter: f64, tuning: &Tuning) -> Duration {
    let factor = 2_u32.saturating_pow(failures.min(31));
    let longest = tuning
        .shortest_pause
        .saturating_mul(factor)
        .min(tuning.longest_pause);
    longest.mul_f64(jitter.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use atsi_greenhouse::UnauthorizedHint;
    use proptest::prelude::*;

    fn verdict_of(error: Error) -> Settlement {
        verdict(&Err(error), true, 0, 0.5, 1_000, &Tuning::default())
    }

    #[test]
    fn whatever_may_have_created_someone_is_uncertain() {
        for error in [
            Error::ServerFailed { status: 503 },
            Error::TimedOut,
            Error::Interrupted,
            Error::Unreadable { status: 200 },
            Error::Unreadable { status: 302 },
        ] {
            assert_eq!(verdict_of(error), Settlement::Uncertain);
        }
    }

    #[test]
    fn clear_refusals_are_told_in_plain_words() {
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
    fn a_refused_key_stops_the_connection_and_not_the_send() {
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
    fn retry_after_is_the_least_that_is_waited() {
        let throttled = Error::Throttled {
            retry_after: Some(Duration::from_secs(40)),
        };
        assert_eq!(
            verdict_of(throttled),
            Settlement::Pause {
                reason: WaitReason::GreenhouseBusy,
                until: 1_000 + 40_000 + 1_000
            }
        );
    }

    #[test]
    fn a_missing_profile_address_is_made_up_as_greenhouse_would() {
        let created = CreatedCandidate {
            id: 7,
            application_id: Some(8),
            external_id: None,
            profile_url: None,
        };
        let Settlement::Created(there) =
            verdict(&Ok(created), false, 0, 0.0, 0, &Tuning::default())
        else {
            panic!("not created")
        };
        assert_eq!(
            there.profile_url,
            "https://app.greenhouse.io/people/7?application_id=8"
        );
    }

    proptest! {
        #[test]
        fn the_pause_grows_to_its_ceiling_and_never_beyond(failures: u32, jitter in 0.0..=1.0) {
            let tuning = Tuning::default();
            let pause = backoff(failures, jitter, &tuning);
            prop_assert!(pause <= tuning.longest_pause);
            prop_assert!(pause <= backoff(failures.saturating_add(1), jitter, &tuning));
            prop_assert_eq!(backoff(failures, 0.0, &tuning), Duration::ZERO);
        }
    }
}
