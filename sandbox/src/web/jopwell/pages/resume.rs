//! Files of résumés.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use futures_util::stream::{self, Stream};

use super::layout::is_logged_in;
use crate::web::jopwell::pdf;
use crate::world::Sandbox;

pub(super) async fn resume(
    State(sandbox): State<Arc<Sandbox>>,
    Path(file): Path<String>,
    headers: HeaderMap,
) -> Response {
    let world = sandbox.world();
    if world.switches.resumes_need_login && !is_logged_in(&headers) {
        return Redirect::to("/login").into_response();
    }
    let candidate = file
        .strip_suffix(".pdf")
        .and_then(|id| world.jopwell.by_id(id))
        .filter(|candidate| candidate.profile.has_resume);
    match candidate {
        Some(candidate) => (
            [
                ("content-type", "application/pdf"),
                ("content-disposition", "inline; filename=\"resume.pdf\""),
                ("x-content-type-options", "nosniff"),
            ],
            match world.switches.resume_bytes {
                Some(bytes) => Body::from_stream(filled(bytes)),
                None => Body::from(pdf::resume(&candidate.profile)),
            },
        )
            .into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// A file of so many bytes that begins as a PDF does. Made as it is read, so that a huge one takes no memory.
fn filled(bytes: u64) -> impl Stream<Item = Result<Bytes, Infallible>> {
    const CHUNK: usize = 1 << 20;
    let chunk = Bytes::from([b"%PDF-1.4\n".as_slice(), &[b' '; CHUNK]].concat());
    stream::unfold(bytes, move |left| {
        let size = usize::try_from(left).map_or(CHUNK, |left| left.min(CHUNK));
        let next = (size > 0).then(|| (Ok(chunk.slice(..size)), left - size as u64));
        std::future::ready(next)
    })
}
