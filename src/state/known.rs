//! What the proxy said of people, and when.

use atsi_protocol::{InGreenhouse, KnownCandidate, Millis, SendState};
use std::collections::HashMap;

/// Look-ups that are remembered at most.
const MOST_KEPT: usize = 20_000;

/// Everybody whom a page has shown since the worker started.
#[derive(Debug, Default)]
pub struct Directory {
    /// By id on Jopwell.
    pub people: HashMap<String, KnownPerson>,
    /// By id in Greenhouse.
    pub candidates: HashMap<u64, KnownInGreenhouse>,
}

#[derive(Debug, Default)]
pub struct KnownPerson {
    /// When the proxy was last asked; zero where a change makes it necessary to ask again.
    pub asked_at: Millis,
    /// The number of the change up to which this is known.
    pub number: u64,
    /// None where the proxy does not know the person.
    pub candidate: Option<KnownCandidate>,
}

/// A Greenhouse candidate who was seen on a page.
#[derive(Debug, Default)]
pub struct KnownInGreenhouse {
    /// When the proxy was last asked whether it knows the candidate; zero: never.
    pub looked_up: Millis,
    /// When it was last asked to read the status anew; zero: never.
    pub refreshed: Millis,
    /// The next refresh was clicked for.
    pub by_click: bool,
    /// The id on Jopwell, where the company sent the candidate.
    pub external_id: Option<String>,
    /// The proxy has said whether it knows the candidate.
    pub is_answered: bool,
}

impl Directory {
    #[must_use]
    pub fn person(&self, external_id: &str) -> Option<&KnownCandidate> {
        self.people.get(external_id)?.candidate.as_ref()
    }

    #[must_use]
    pub fn candidate(&self, candidate_id: u64) -> Option<&KnownCandidate> {
        self.person(self.candidates.get(&candidate_id)?.external_id.as_deref()?)
    }

    /// Returns where a person is in Greenhouse, if they are.
    #[must_use]
    pub fn in_greenhouse(&self, external_id: &str) -> Option<&InGreenhouse> {
        match &self.person(external_id)?.send {
            SendState::Created(there) | SendState::Existing(there) => Some(there),
            _ => None,
        }
    }

    /// Returns whether the proxy said that the company did not send this candidate.
    #[must_use]
    pub fn is_from_elsewhere(&self, candidate_id: u64) -> bool {
        self.candidate(candidate_id).is_none()
            && (self.candidates.get(&candidate_id)).is_some_and(|known| known.is_answered)
    }

    pub fn clear(&mut self) {
        self.people.clear();
        self.candidates.clear();
    }

    /// Forgets everything before `more` people would exceed the limit.
    pub fn make_room(&mut self, more: usize) {
        if self.people.len() + more > MOST_KEPT {
            self.clear();
        }
    }

    /// Has everything asked again with the next look.
    pub fn expire(&mut self) {
        for person in self.people.values_mut() {
            person.asked_at = 0;
        }
        for candidate in self.candidates.values_mut() {
            (candidate.looked_up, candidate.refreshed) = (0, 0);
        }
    }

    /// Stores an answer, unless a later change is known. Returns whether it is news.
    pub fn learn(
        &mut self,
        now: Millis,
        number: u64,
        external_id: &str,
        candidate: Option<KnownCandidate>,
    ) -> bool {
        let person = self.people.entry(external_id.to_owned()).or_default();
        if person.number > number {
            return false;
        }
        person.number = number;
        person.asked_at = now;
        let is_news = person.candidate != candidate;
        person.candidate = candidate;
        is_news
    }
}
