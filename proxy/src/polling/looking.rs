//! The candidates on people's screens, as live connections and look-ups say. No clock, network or disk.

use crate::store::CompanyId;
use atsi_protocol::{Millis, live::MAX_LOOKING};
use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::Notify;

/// A look-up of more ids comes from a list or a program, not from a screen.
const MAX_LOOK_UP: usize = 50;
/// Time for which a look-up counts as a screen.
const LOOK_UP_VALID: Millis = 5 * 60 * 1000;
/// Most ids of look-ups that are remembered for a company.
const MAX_LOOKED_UP: usize = 500;

type Ids = Arc<[String]>;

/// The screens of every company.
#[derive(Default)]
pub struct Looking {
    companies: Mutex<HashMap<CompanyId, Screens>>,
    changed: Notify,
}

#[derive(Default)]
struct Screens {
    next: u64,
    open: HashMap<u64, (Ids, Millis)>,
    looked_up: VecDeque<(String, Millis)>,
}

/// The screen of one connection; forgotten when it is dropped.
pub struct Screen {
    looking: Arc<Looking>,
    company: CompanyId,
    number: Option<u64>,
}

impl Looking {
    #[must_use]
    pub fn screen(self: &Arc<Self>, company: CompanyId) -> Screen {
        Screen {
            looking: Arc::clone(self),
            company,
            number: None,
        }
    }

    /// Records a look-up, unless it is too large for a screen.
    pub fn looked_up(&self, company: CompanyId, external_ids: &[String], now: Millis) {
        if external_ids.is_empty() || external_ids.len() > MAX_LOOK_UP {
            return;
        }
        self.with(company, |screens| {
            screens
                .looked_up
                .retain(|(id, _)| !external_ids.contains(id));
            for id in external_ids {
                screens.looked_up.push_back((id.clone(), now));
            }
            let surplus = screens.looked_up.len().saturating_sub(MAX_LOOKED_UP);
            screens.looked_up.drain(..surplus);
        });
    }

    /// Returns the candidates on screens, each with the latest time at which a screen named it.
    #[must_use]
    pub fn at(&self, company: CompanyId, now: Millis) -> HashMap<String, Millis> {
        let mut companies = self.lock();
        let Some(screens) = companies.get_mut(&company) else {
            return HashMap::new();
        };
        let is_over = |at: Millis| now.saturating_sub(at) > LOOK_UP_VALID;
        screens.looked_up.retain(|(_, at)| !is_over(*at));
        let mut all = HashMap::new();
        let screens_open = screens.open.values();
        let open = screens_open.flat_map(|(ids, at)| ids.iter().map(|id| (id, *at)));
        for (id, at) in open.chain(screens.looked_up.iter().map(|(id, at)| (id, *at))) {
            let latest: &mut Millis = all.entry(id.clone()).or_default();
            *latest = at.max(*latest);
        }
        if all.is_empty() && screens.open.is_empty() {
            companies.remove(&company);
        }
        all
    }

    /// Returns the companies with a screen.
    #[must_use]
    pub fn companies(&self) -> Vec<CompanyId> {
        self.lock().keys().copied().collect()
    }

    /// Waits until a screen changes; returns at once if one has changed since the last call.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    fn with<T>(&self, company: CompanyId, change: impl FnOnce(&mut Screens) -> T) -> T {
        let changed = change(self.lock().entry(company).or_default());
        self.changed.notify_one();
        changed
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<CompanyId, Screens>> {
        (self.companies.lock()).unwrap_or_else(PoisonError::into_inner)
    }
}

impl Screen {
    /// Replaces the candidates on this screen; those beyond [`MAX_LOOKING`] are left out.
    pub fn looks_at(&mut self, mut external_ids: Vec<String>, now: Millis) {
        external_ids.truncate(MAX_LOOKING);
        let ids: Ids = external_ids.into();
        let number = self.number;
        let number = self.looking.with(self.company, |screens| {
            let number = number.unwrap_or_else(|| {
                screens.next += 1;
                screens.next
            });
            screens.open.insert(number, (ids, now));
            number
        });
        self.number = Some(number);
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let Some(number) = self.number else { return };
        let mut companies = self.looking.lock();
        if let Some(screens) = companies.get_mut(&self.company) {
            screens.open.remove(&number);
            if screens.open.is_empty() && screens.looked_up.is_empty() {
                companies.remove(&self.company);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids<const N: usize>(ids: [&str; N]) -> Vec<String> {
        ids.map(str::to_owned).to_vec()
    }

    #[test]
    fn candidate_counts_from_the_latest_screen_until_that_is_gone() {
        let looking = Arc::new(Looking::default());
        let mut one = looking.screen(1);
        let mut other = looking.screen(1);
        one.looks_at(ids(["a", "b"]), 10);
        other.looks_at(ids(["b", "c"]), 20);
        let at = looking.at(1, 30);
        assert_eq!((at["a"], at["b"], at["c"]), (10, 20, 20));
        one.looks_at(ids(["c"]), 30);
        let at = looking.at(1, 30);
        assert_eq!((at.get("a"), at["b"], at["c"]), (None, 20, 30));
        assert!(looking.at(2, 30).is_empty());
        drop((one, other));
        assert!(looking.at(1, 30).is_empty() && looking.companies().is_empty());
    }

    #[test]
    fn small_look_up_counts_for_a_while_and_a_list_does_not() {
        let looking = Looking::default();
        looking.looked_up(1, &ids(["a"]), 10);
        looking.looked_up(1, &vec!["b".to_owned(); MAX_LOOK_UP + 1], 10);
        looking.looked_up(1, &ids(["a", "c"]), 20);
        assert_eq!(looking.at(1, 30).len(), 2);
        assert_eq!(looking.at(1, 30)["a"], 20);
        assert!(looking.at(1, 21 + LOOK_UP_VALID).is_empty());
        assert!(looking.companies().is_empty());
        for number in 0..2000 {
            looking.looked_up(1, &[number.to_string()], 10);
        }
        assert_eq!(looking.at(1, 30).len(), MAX_LOOKED_UP);
    }

    #[test]
    fn screen_holds_a_limited_number_of_candidates() {
        let looking = Arc::new(Looking::default());
        let mut one = looking.screen(1);
        one.looks_at((0..1000).map(|number| number.to_string()).collect(), 1);
        assert_eq!(looking.at(1, 1).len(), MAX_LOOKING);
    }
}
