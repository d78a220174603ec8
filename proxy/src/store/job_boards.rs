//! Public job boards: which company's is read, and when.

use super::{CompanyId, Result};
use atsi_greenhouse::job_board::BoardPost;
use atsi_protocol::Millis;

/// A company's public job board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredBoard {
    pub company: CompanyId,
    pub token: String,
    pub etag: Option<String>,
    pub read_at: Option<Millis>,
    /// Failed reads in a row.
    pub failures: u32,
    /// Why the last read failed, as a sentence.
    pub problem: Option<String>,
}

/// What a read of a job board found.
#[derive(Clone, Copy, Debug)]
pub enum BoardReading<'a> {
    /// The board is as it was at the last read.
    Unchanged,
    Posts {
        posts: &'a [BoardPost],
        etag: Option<&'a str>,
    },
}

/// The table `job_board`, and what boards say about jobs.
#[async_trait::async_trait]
pub trait JobBoardStore {
    /// Returns the company's board, with how its last read went.
    async fn job_board(&self, company: CompanyId) -> Result<Option<StoredBoard>>;

    /// Replaces the company's board; it is due to be read at once.
    async fn put_job_board(
        &self,
        company: CompanyId,
        token: &str,
        who: &str,
        now: Millis,
    ) -> Result<StoredBoard>;

    /// Deletes the company's board; which jobs were on it is forgotten.
    async fn delete_job_board(&self, company: CompanyId, who: &str, now: Millis) -> Result<()>;

    /// Returns the companies whose board is due to be read, the longest overdue first.
    async fn due_boards(&self, now: Millis) -> Result<Vec<CompanyId>>;

    /// Takes the turn to read a board; the next one is at `next_at`. Returns `None` where it is not due,
    /// or somebody else has the turn.
    async fn claim_board(
        &self,
        company: CompanyId,
        now: Millis,
        next_at: Millis,
    ) -> Result<Option<StoredBoard>>;

    /// Records what the board said at `at`. Writes nothing where another board was entered meanwhile.
    async fn record_board(
        &self,
        company: CompanyId,
        token: &str,
        reading: BoardReading<'_>,
        at: Millis,
        next_at: Millis,
    ) -> Result<()>;

    /// Records that the board could not be read, with a sentence for the admins.
    async fn record_board_failure(
        &self,
        company: CompanyId,
        token: &str,
        problem: &str,
        next_at: Millis,
    ) -> Result<()>;
}
