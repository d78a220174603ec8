//! Résumés: uploaded by the extension, fetched once by Greenhouse.

use super::{
    app::App,
    extract::Caller,
    problems::{ApiError, FetchProblems, ResumeProblems, invalid},
    turns::Work,
};
use crate::{
    clock::now,
    resume::{self, ResumeError},
    seal::Purpose,
    sentence::problem,
    store::{NewResume, Store},
};
use atsi_protocol::{ProblemCode, Resume};
use axum::{
    body::{Body, Bytes},
    extract::{Path, Query, State, rejection::PathRejection, rejection::QueryRejection},
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use http_body::{Frame, SizeHint};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};
use utoipa::IntoParams;
use zeroize::Zeroizing;

/// Time for which a file waits for a send that refers to it, and for Greenhouse to fetch it.
pub const VALID_MS: u64 = 24 * 60 * 60 * 1000;
const CHUNK: usize = 64 * 1024;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Named {
    /// The name of the file where it was downloaded.
    #[serde(default)]
    name: String,
}

/// Stores a résumé's file, sealed, for a send or an application that refers to its id in `resume`. Its type
/// is recognized by its content.
#[utoipa::path(post, path = "/v1/resumes", tag = "resumes", params(Named),
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "The file's bytes: PDF, DOC, DOCX, RTF or plain text, 20 MB at most"),
    responses((status = 200, description = "Stored for 24 hours, or until its send is settled", body = Resume), ResumeProblems)
)]
pub async fn post(
    State(app): State<Arc<App>>,
    caller: Caller,
    named: Result<Query<Named>, QueryRejection>,
    body: Body,
) -> Result<axum::Json<Resume>, ApiError> {
    let Query(named) = named.map_err(|_| invalid!("name", "It must be text."))?;
    let file = match Limited::new(body, resume::MAX_BYTES).collect().await {
        Ok(body) => Zeroizing::new(body.to_bytes().to_vec()),
        Err(error) if error.is::<LengthLimitError>() => {
            return Err(ProblemCode::ResumeTooLarge.into());
        }
        Err(_) => {
            let problem = problem!(
                ProblemCode::InvalidRequest,
                "The file did not arrive completely."
            );
            return Err(problem.into());
        }
    };
    let kind = resume::kind(&file).map_err(|wrong| match wrong {
        ResumeError::Empty => ProblemCode::ResumeEmpty,
        ResumeError::WebPage => ProblemCode::ResumeIsWebPage,
        ResumeError::Unknown => ProblemCode::ResumeTypeUnknown,
    })?;
    let company = caller.company;
    let id = uuid::Uuid::new_v4().simple().to_string();
    let sealed = (app.sealer).seal(company, Purpose::Resume { id: &id }, &file)?;
    let now = now();
    let new = NewResume {
        file_name: resume::file_name(&named.name, kind),
        media_type: kind.media_type(),
        size: file.len() as u64,
        sealed,
        expires_at: now + VALID_MS,
        id,
    };
    app.store.put_resume(company, &new, now).await?;
    tracing::info!(company, media_type = new.media_type, "a résumé was stored");
    Ok(axum::Json(Resume {
        id: new.id,
        file_name: new.file_name,
        media_type: new.media_type.to_owned(),
        size: new.size,
        expires_at: new.expires_at,
    }))
}

/// Hands a résumé to Greenhouse once. It is erased as soon as it has left completely.
#[utoipa::path(get, path = "/r/{token}/{file_name}", tag = "resumes",
    params(
        ("token" = String, Path, description = "Known to Greenhouse only, for 24 hours"),
        ("file_name" = String, Path, description = "Name for the saved file"),
    ),
    responses((status = 200, description = "The file", body = Vec<u8>, content_type = "application/octet-stream"), FetchProblems)
)]
pub async fn fetch(
    State(app): State<Arc<App>>,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<Response, ApiError> {
    let Path((token, _)) = path.map_err(|_| ProblemCode::NotFound)?;
    let digest = Sha256::digest(token.as_bytes());
    let stored = app.store.resume_by_token(&digest, now()).await?;
    let stored = stored.ok_or(ProblemCode::NotFound)?;
    let work = app.fetches.begin(stored.id.clone());
    let work = work.ok_or(ProblemCode::NotFound)?;
    let purpose = Purpose::Resume { id: &stored.id };
    let file = app.sealer.open(stored.company, purpose, &stored.sealed)?;
    let mut headers = HeaderMap::new();
    let disposition = format!("attachment; filename=\"{}\"", stored.file_name);
    for (name, value) in [
        (header::CONTENT_TYPE, stored.media_type.as_str()),
        (header::CONTENT_DISPOSITION, &disposition),
    ] {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    }
    tracing::info!(company = stored.company, "a résumé is being fetched");
    let body = Body::new(Once {
        file,
        sent: 0,
        store: Arc::clone(&app.store),
        work: Some(work),
    });
    Ok((headers, body).into_response())
}

/// A file that is being sent. If the connection breaks, it stays for another attempt.
struct Once {
    file: Zeroizing<Vec<u8>>,
    sent: usize,
    store: Arc<dyn Store>,
    work: Option<Work<String>>,
}

impl http_body::Body for Once {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let rest = self.file.get(self.sent..).unwrap_or_default();
        let chunk = rest.get(..CHUNK).unwrap_or(rest);
        if !chunk.is_empty() {
            let chunk = Bytes::copy_from_slice(chunk);
            self.sent += chunk.len();
            return Poll::Ready(Some(Ok(Frame::data(chunk))));
        }
        Poll::Ready(None)
    }

    fn is_end_stream(&self) -> bool {
        self.sent >= self.file.len()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.file.len().saturating_sub(self.sent) as u64)
    }
}

impl Drop for Once {
    /// The server drops a body when it has written it, or when it cannot.
    fn drop(&mut self) {
        if !http_body::Body::is_end_stream(self) {
            return;
        }
        let Some(work) = self.work.take() else { return };
        let store = Arc::clone(&self.store);
        // Until it is erased, nobody else can fetch it.
        tokio::spawn(async move {
            if let Err(error) = store.erase_fetched_resume(&work.subject).await {
                tracing::error!(%error, "a résumé was fetched and could not be erased; it expires");
            }
        });
    }
}
