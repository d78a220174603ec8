//! Résumés: handed over by the extension, fetched once by Greenhouse.

use super::{
    App,
    extract::Caller,
    problems::{ApiError, FetchProblems, ResumeProblems, invalid},
};
use crate::{
    now,
    resume::{self, NoResume},
    seal::Purpose,
    store::{NewResume, Store},
};
use atsi_protocol::{Problem, ProblemCode, Resume};
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
    collections::HashSet,
    convert::Infallible,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};
use utoipa::IntoParams;
use zeroize::Zeroizing;

/// How long a file waits for a send that refers to it, and how long Greenhouse has to fetch it.
pub const VALID_MS: u64 = 24 * 60 * 60 * 1000;
const CHUNK: usize = 64 * 1024;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Named {
    /// What the file is called where it was downloaded.
    #[serde(default)]
    name: String,
}

/// Keeps a résumé's file, sealed, for a send or an application that is to follow: its `resume` names
/// the id. What type it is, is read from its content.
#[utoipa::path(post, path = "/v1/resumes", tag = "resumes", params(Named),
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "The file's bytes: PDF, DOC, DOCX, RTF or plain text, 20 MB at most"),
    responses((status = 200, description = "Kept for 24 hours, or until its send is settled", body = Resume), ResumeProblems)
)]
pub async fn post(
    State(app): State<Arc<App>>,
    caller: Caller,
    named: Result<Query<Named>, QueryRejection>,
    body: Body,
) -> Result<axum::Json<Resume>, ApiError> {
    let Query(named) = named.map_err(|_| invalid("name", "It must be text."))?;
    let file = match Limited::new(body, resume::MAX_BYTES).collect().await {
        Ok(body) => Zeroizing::new(body.to_bytes().to_vec()),
        Err(error) if error.is::<LengthLimitError>() => {
            return Err(ProblemCode::ResumeTooLarge.into());
        }
        Err(_) => {
            let problem = Problem::new(ProblemCode::InvalidRequest);
            return Err(problem.with_detail("The file did not arrive whole.").into());
        }
    };
    let kind = resume::kind(&file).map_err(|wrong| match wrong {
        NoResume::Empty => ProblemCode::ResumeEmpty,
        NoResume::WebPage => ProblemCode::ResumeIsWebPage,
        NoResume::Unknown => ProblemCode::ResumeTypeUnknown,
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
    tracing::info!(company, media_type = new.media_type, "a résumé was kept");
    Ok(axum::Json(Resume {
        id: new.id,
        file_name: new.file_name,
        media_type: new.media_type.to_owned(),
        size: new.size,
        expires_at: new.expires_at,
    }))
}

/// Hands a résumé to Greenhouse, once. It is erased as soon as it has left whole.
#[utoipa::path(get, path = "/r/{token}/{file_name}", tag = "resumes",
    params(
        ("token" = String, Path, description = "Told to Greenhouse alone, and good for 24 hours"),
        ("file_name" = String, Path, description = "For whoever saves it"),
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
    let turn = Turn::take(&app.serving, &stored.id).ok_or(ProblemCode::NotFound)?;
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
    tracing::info!(company = stored.company, "a résumé is fetched");
    let body = Body::new(Once {
        file,
        sent: 0,
        store: Arc::clone(&app.store),
        turn: Some(turn),
    });
    Ok((headers, body).into_response())
}

/// The files that are being handed out by this proxy, by id.
#[derive(Clone, Default)]
pub struct Serving(Arc<Mutex<HashSet<String>>>);

struct Turn {
    serving: Serving,
    id: String,
}

impl Turn {
    /// `None` where somebody else is getting it.
    fn take(serving: &Serving, id: &str) -> Option<Self> {
        let mut ids = serving.0.lock().unwrap_or_else(PoisonError::into_inner);
        ids.insert(id.to_owned()).then(|| Self {
            serving: serving.clone(),
            id: id.to_owned(),
        })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut ids = (self.serving.0.lock()).unwrap_or_else(PoisonError::into_inner);
        ids.remove(&self.id);
    }
}

/// A file on its way out. Where the connection breaks before its end it stays, for another try.
struct Once {
    file: Zeroizing<Vec<u8>>,
    sent: usize,
    store: Arc<dyn Store>,
    turn: Option<Turn>,
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
    /// The server lets go of a body when it has written it, or when it cannot.
    fn drop(&mut self) {
        if !http_body::Body::is_end_stream(self) {
            return;
        }
        let Some(turn) = self.turn.take() else { return };
        let store = Arc::clone(&self.store);
        // Until it is erased it stays taken: nobody else gets it meanwhile.
        tokio::spawn(async move {
            if let Err(error) = store.erase_fetched_resume(&turn.id).await {
                tracing::error!(%error, "a résumé was fetched and could not be erased; it expires");
            }
        });
    }
}
