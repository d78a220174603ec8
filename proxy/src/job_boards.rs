//! Reads companies' public job boards now and then, where a company gave its board's token: without
//! webhooks they say which jobs are open and how they are described.

use crate::{
    announcer::Announcer,
    backoff::Backoff,
    clock::{millis, now},
    config::Config,
    context::Context,
    store::{BoardReading, Store, StoreError, StoredBoard},
};
use atsi_greenhouse::job_board::{Board, BoardError, JobBoards};
use std::{sync::Arc, time::Duration};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// A board that fails is read less and less often, up to this many intervals apart.
const MAX_INTERVALS: u32 = 16;
const LOOK_AROUND: Duration = Duration::from_secs(30);

/// Reads boards and stores what they say.
pub struct JobBoardReader {
    store: Arc<dyn Store>,
    announcer: Arc<Announcer>,
    boards: JobBoards,
    every: Duration,
    shutdown: CancellationToken,
}

/// Returns why a board could not be read and what to do, for an admin.
#[must_use]
pub fn explanation(error: BoardError) -> &'static str {
    match error {
        BoardError::Unknown => {
            "Greenhouse knows no job board with this token. The token is the last part of your job board's address: hartwell in job-boards.greenhouse.io/hartwell."
        }
        BoardError::Unreachable => {
            "Greenhouse's job board could not be reached. ATSi tries again automatically."
        }
        BoardError::NotABoard => {
            "The answer is not a Greenhouse job board. Ask whoever runs the proxy to check --job-board-url."
        }
        BoardError::TooLarge => {
            "The job board is too large for ATSi to read. Its descriptions arrive by webhook only."
        }
    }
}

impl JobBoardReader {
    /// # Errors
    /// The HTTP client cannot be created (no TLS).
    pub fn new(context: &Context, config: &Config) -> Result<Self, reqwest::Error> {
        let http = JobBoards::http_builder()
            .user_agent(concat!("atsi-proxy/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self {
            store: Arc::clone(&context.store),
            announcer: Arc::clone(&context.announcer),
            boards: JobBoards::new(config.job_board_url.clone(), http),
            every: context.tuning.boards_every,
            shutdown: context.shutdown.clone(),
        })
    }

    /// Reads a board whose token is not stored yet.
    ///
    /// # Errors
    /// See [`BoardError`].
    pub async fn try_read(&self, token: &str) -> Result<Board, BoardError> {
        self.boards.read(token, None).await
    }

    /// Stores what a board says.
    ///
    /// # Errors
    /// The database failed.
    pub async fn keep(&self, stored: &StoredBoard, board: &Board) -> Result<(), StoreError> {
        let at = now();
        let reading = match board {
            Board::Unchanged => BoardReading::Unchanged,
            Board::Posts { posts, etag } => BoardReading::Posts {
                posts,
                etag: etag.as_deref(),
            },
        };
        (self.store)
            .record_board(
                stored.company,
                &stored.token,
                reading,
                at,
                at + millis(self.every),
            )
            .await?;
        self.announcer.log_changed(stored.company);
        Ok(())
    }

    /// Reads the boards that are due, one after the other, until shutdown.
    pub async fn run(self: Arc<Self>) {
        while !self.shutdown.is_cancelled() {
            if let Err(error) = self.read_due().await {
                tracing::error!(%error, "job boards cannot be read");
            }
            tokio::select! {
                () = self.shutdown.cancelled() => break,
                () = sleep(self.every.min(LOOK_AROUND)) => {}
            }
        }
    }

    async fn read_due(&self) -> Result<(), StoreError> {
        for company in self.store.due_boards(now()).await? {
            if self.shutdown.is_cancelled() {
                return Ok(());
            }
            // Of several proxies, one reads it.
            let at = now();
            if let Some(board) = (self.store)
                .claim_board(company, at, at + millis(self.every))
                .await?
            {
                self.refresh(&board).await?;
            }
        }
        Ok(())
    }

    async fn refresh(&self, stored: &StoredBoard) -> Result<(), StoreError> {
        match self
            .boards
            .read(&stored.token, stored.etag.as_deref())
            .await
        {
            Ok(board) => self.keep(stored, &board).await,
            Err(error) => {
                let company = stored.company;
                tracing::warn!(company, %error, "a job board could not be read");
                let backoff = Backoff {
                    first: self.every,
                    longest: self.every * MAX_INTERVALS,
                };
                let next_at = now() + millis(self.every + backoff.pause(stored.failures));
                (self.store)
                    .record_board_failure(company, &stored.token, explanation(error), next_at)
                    .await
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::description::{blocks, plain, sanitized};
    use atsi_greenhouse::job_board::read_posts;
    use serde_json::json;

    #[test]
    fn description_of_a_post_is_harmless_once_sanitized() {
        let content = "&lt;p onclick=&quot;x()&quot;&gt;Fire &amp;amp; &lt;b&gt;glaze&lt;/b&gt;&lt;/p&gt;&lt;script&gt;x()&lt;/script&gt;";
        let jobs = json!({"jobs": [{
            "id": 2, "internal_job_id": 1, "updated_at": "2026-11-24T08:20:49-05:00", "content": content,
        }]});
        let posts = read_posts(jobs.to_string().as_bytes()).unwrap();
        let shown = sanitized(posts[0].html.as_deref().unwrap());
        assert!(
            !shown.contains("script") && !shown.contains("onclick"),
            "{shown}"
        );
        assert_eq!(plain(&blocks(&shown)), "Fire & glaze");
    }
}
