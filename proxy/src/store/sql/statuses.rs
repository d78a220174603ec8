//! Statuses, as reads report them.

use super::{
    SqlStore,
    locks::lock_company,
    query::query,
    tables::{connections, greenhouse_applications, polls, tombstones},
    values::signed,
};
use crate::{
    polling::plan::Pace,
    store::{CompanyId, Result, StatusStore, StatusesPut},
};
use atsi_protocol::{CandidateStatus, Millis, StatusRoute};

#[async_trait::async_trait]
impl StatusStore for SqlStore {
    async fn put_statuses(
        &self,
        company: CompanyId,
        asked: &[u64],
        read: &[(u64, CandidateStatus)],
        route: StatusRoute,
        pace: Pace,
        now: Millis,
    ) -> Result<StatusesPut> {
        let mut tx = self.write().await?;
        lock_company(&mut tx, company).await?;
        // The company was disconnected or erased while the read was on its way.
        if connections::find(&mut tx, company).await?.is_none() {
            return Ok(StatusesPut::default());
        }
        let before = polls::known_statuses(&mut tx, company, asked).await?;
        for candidate_id in asked {
            let id = signed(*candidate_id);
            // Deleted or merged while the read was on its way, so the read says nothing about the remaining profile.
            if tombstones::is_candidate_gone(&mut tx, company, id).await?
                || tombstones::current_id(&mut tx, company, id).await? != id
            {
                continue;
            }
            let status = read.iter().find(|(id, _)| id == candidate_id);
            let (readable, read_at) = status.map_or((false, now), |(_, status)| {
                (status.readable, status.read_at)
            });
            query(
                "INSERT INTO status (company_id, candidate_id, readable, read_at, route)
                 VALUES ($1, $2, $3, $4, $5)
                 ON CONFLICT (company_id, candidate_id) DO UPDATE SET
                     readable = excluded.readable, read_at = excluded.read_at, route = excluded.route
                 WHERE excluded.read_at >= status.read_at",
            )
            .bind(company)
            .bind(id)
            .bind(readable)
            .bind(signed(read_at))
            .bind(route.as_str())
            .execute(&mut tx)
            .await?;
            if let Some((_, status)) = status {
                greenhouse_applications::record_read(&mut tx, company, *candidate_id, status)
                    .await?;
            }
        }
        let changed = polls::reschedule(&mut tx, company, asked, &before, pace, now).await?;
        tx.commit().await?;
        Ok(StatusesPut { changed })
    }
}
