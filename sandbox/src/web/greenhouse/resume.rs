//! Greenhouse fetching a résumé from the address it was given: once, in the background, silent where it fails
//! (Greenhouse Candidate Ingestion API: "will attempt to ingest the document at this URL").

use std::sync::Arc;
use std::time::Duration;

use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use url::Url;

use crate::greenhouse::records::{Attachment, File};
use crate::greenhouse::webhooks::is_loopback;
use crate::world::Sandbox;

const LIMIT: Duration = Duration::from_secs(30);
const MAX_BYTES: usize = 32 * 1024 * 1024;

/// Fetches what is on this machine; other addresses are left alone.
pub fn fetch(sandbox: &Arc<Sandbox>, candidate_id: u64, url: Option<&str>) {
    let Some(url) = url.and_then(|url| Url::parse(url).ok()).filter(is_loopback) else {
        return;
    };
    let (sandbox, generation) = (Arc::clone(sandbox), sandbox.world().generation);
    tokio::spawn(async move {
        let fetched = download(&url).await;
        let mut world = sandbox.world();
        if world.generation != generation {
            return;
        }
        let outcome = fetched
            .as_ref()
            .map_or_else(Clone::clone, |_| "200".to_owned());
        world.count_call("fetch_resume", outcome);
        let Ok(file) = fetched else { return };
        let id = world.greenhouse.next_id();
        if let Some(candidate) = world.greenhouse.candidates.get_mut(&candidate_id) {
            candidate.attachments.push(Attachment {
                filename: file.filename.clone(),
                url: format!(
                    "https://app.greenhouse.io/person_attachments/{id}/{}",
                    file.filename
                ),
                kind: "resume",
            });
            world.files.insert(id, file);
        }
    });
}

/// The file, or the status that came instead of it.
async fn download(url: &Url) -> Result<File, String> {
    let failed = |error: reqwest::Error| {
        tracing::info!(%error, "a résumé could not be fetched");
        "failed".to_owned()
    };
    let client = reqwest::Client::builder()
        .user_agent("Greenhouse (ATSi sandbox)")
        .timeout(LIMIT)
        .no_proxy()
        .build()
        .map_err(failed)?;
    let mut response = client.get(url.clone()).send().await.map_err(failed)?;
    if !response.status().is_success() {
        return Err(response.status().as_u16().to_string());
    }
    let header = |name| {
        let value = response.headers().get(name)?;
        value.to_str().ok().map(str::to_owned)
    };
    let named = header(CONTENT_DISPOSITION).and_then(|value| {
        Some(
            value
                .split_once("filename=\"")?
                .1
                .split('"')
                .next()?
                .to_owned(),
        )
    });
    let filename = named
        .or_else(|| url.path_segments()?.next_back().map(str::to_owned))
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "resume".to_owned());
    let media_type = header(CONTENT_TYPE).unwrap_or_else(|| "application/octet-stream".to_owned());
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        if bytes.len() + chunk.len() > MAX_BYTES {
            return Err("too large".to_owned());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(File {
        filename,
        media_type,
        bytes,
    })
}
