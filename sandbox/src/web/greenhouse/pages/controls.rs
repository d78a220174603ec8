//! Forms that carry out a hand control.

use std::sync::Arc;

use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use time::OffsetDateTime;

use super::layout::message_page;
use crate::greenhouse::controls::{ControlError, ControlInput, JobControlInput};
use crate::world::{Sandbox, World};

pub(super) async fn control(
    State(sandbox): State<Arc<Sandbox>>,
    Path((id, control)): Path<(u64, String)>,
    Form(input): Form<ControlInput>,
) -> Response {
    let (done, exists, application_gone) = {
        let mut world = sandbox.world();
        let World {
            greenhouse,
            switches,
            ..
        } = &mut *world;
        let done = greenhouse.control(id, &control, &input, switches, OffsetDateTime::now_utc());
        let candidate = greenhouse.candidates.get(&id);
        let application_gone = input.application_id.is_some_and(|application_id| {
            candidate.is_some_and(|candidate| candidate.application(application_id).is_none())
        });
        (done, candidate.is_some(), application_gone)
    };
    match done {
        Ok(done) => {
            sandbox.emit(done.events);
            let target = match (&input.into, exists, application_gone) {
                (Some(into), false, _) => format!("/people/{into}"),
                (_, false, _) => "/people".to_owned(),
                (_, true, true) => format!("/people/{id}"),
                (_, true, false) => safe_path(input.return_to.as_deref())
                    .map_or_else(|| format!("/people/{id}"), str::to_owned),
            };
            Redirect::to(&target).into_response()
        }
        Err(error) => control_error(error),
    }
}

/// A path on this host, and nothing that a browser would take for another host.
fn safe_path(path: Option<&str>) -> Option<&str> {
    path.filter(|path| {
        path.starts_with('/') && !path.starts_with("//") && !path.contains(['\\', '\r', '\n'])
    })
}

fn control_error(error: ControlError) -> Response {
    match error {
        ControlError::NotFound(what) => message_page(
            StatusCode::NOT_FOUND,
            "Not found",
            &format!("There is no such {what}."),
        ),
        ControlError::Refused(why) => {
            message_page(StatusCode::CONFLICT, "That cannot be done", &why)
        }
    }
}

pub(super) async fn job_control(
    State(sandbox): State<Arc<Sandbox>>,
    Path((id, control)): Path<(u64, String)>,
    Form(input): Form<JobControlInput>,
) -> Response {
    let done =
        sandbox
            .world()
            .greenhouse
            .job_control(id, &control, &input, OffsetDateTime::now_utc());
    match done {
        Ok(done) => {
            sandbox.emit(done.events);
            let target = if control == "delete" {
                "/alljobs"
            } else {
                safe_path(input.return_to.as_deref()).unwrap_or("/alljobs")
            };
            Redirect::to(target).into_response()
        }
        Err(error) => control_error(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn form_cannot_redirect_to_another_host() {
        assert_eq!(safe_path(Some("/people/1?a=2")), Some("/people/1?a=2"));
        for elsewhere in [
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "",
        ] {
            assert_eq!(safe_path(Some(elsewhere)), None, "{elsewhere}");
        }
        assert_eq!(safe_path(None), None);
    }
}
