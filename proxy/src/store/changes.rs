//! The change log: what changed about a company's candidates and jobs, in order.

use super::{CompanyId, Result};
use atsi_protocol::{ChangesPage, Millis, live::CompanyPart};
use tokio::sync::mpsc;

/// A change that the proxies over one database announce to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Announcement {
    pub company: CompanyId,
    /// The part of the company that changed; `None` for rows of its change log.
    pub part: Option<CompanyPart>,
}

impl Announcement {
    /// Returns the text of a notification. A trigger writes the company's id alone, for the change log.
    #[must_use]
    pub fn payload(self) -> String {
        let company = self.company;
        match self.part {
            None => company.to_string(),
            Some(CompanyPart::Connection) => format!("{company} connection"),
            Some(CompanyPart::Members) => format!("{company} members"),
            Some(CompanyPart::Company) => format!("{company} company"),
        }
    }

    /// Reads the text of a notification. A part that only a newer version knows counts as any.
    #[must_use]
    pub fn from_payload(payload: &str) -> Option<Self> {
        let (company, part) = match payload.split_once(' ') {
            None => (payload, None),
            Some((company, "connection")) => (company, Some(CompanyPart::Connection)),
            Some((company, "members")) => (company, Some(CompanyPart::Members)),
            Some((company, _)) => (company, Some(CompanyPart::Company)),
        };
        Some(Self {
            company: company.parse().ok()?,
            part,
        })
    }
}

/// The table `change_log`, which only triggers write.
#[async_trait::async_trait]
pub trait ChangeStore {
    /// Returns what changed after number `after`, from at most `limit` rows of the log. Without a number
    /// the page has no changes and says where to continue: to be asked before everything is read.
    async fn changes(
        &self,
        company: CompanyId,
        after: Option<u64>,
        limit: u32,
        now: Millis,
    ) -> Result<ChangesPage>;

    /// Announces a change to the other proxies over this database; nothing is kept on disk.
    async fn announce(&self, announcement: Announcement) -> Result<()>;

    /// Returns the announcements of any proxy from now on, or `None` where no other proxy can use the
    /// database.
    async fn listen(&self) -> Result<Option<mpsc::Receiver<Announcement>>>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn announcement_survives_a_notification() {
        for part in [
            None,
            Some(CompanyPart::Connection),
            Some(CompanyPart::Members),
            Some(CompanyPart::Company),
        ] {
            let announcement = Announcement { company: 7, part };
            let read = Announcement::from_payload(&announcement.payload());
            assert_eq!(read, Some(announcement));
        }
    }

    #[test]
    fn unknown_part_counts_as_any_and_text_without_company_is_ignored() {
        let newer = Announcement::from_payload("7 weather");
        assert_eq!(
            newer.and_then(|newer| newer.part),
            Some(CompanyPart::Company)
        );
        assert_eq!(Announcement::from_payload("seven"), None);
    }
}
