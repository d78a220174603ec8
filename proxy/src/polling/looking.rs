//! Who is on somebody's screen, as live connections and look-ups say. No clock, network or disk.

use crate::store::CompanyId;
use atsi_protocol::Millis;
use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::Notify;

/// Most ids that one connection may look at.
pub const MOST_EACH: usize = 200;
/// A look-up of more is a list, or a program.
const FEW: usize = 50;
/// A look-up counts for so long.
const LOOK_UP_COUNTS: Millis = 5 * 60 * 1000;
/// Ids of look-ups that a company's candidates are known by at once.
const MOST_LOOKED_UP: usize = 500;

type Ids = Arc<[String]>;

/// What every company looks at.
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

/// One connection's; what it looks at is forgotten when it is dropped.
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

    /// Somebody looked up these few.
    pub fn looked_up(&self, company: CompanyId, external_ids: &[String], now: Millis) {
        if external_ids.is_empty() || external_ids.len() > FEW {
            return;
        }
        self.with(company, |screens| {
            screens
                .looked_up
                .retain(|(id, _)| !external_ids.contains(id));
            for id in external_ids {
                screens.looked_up.push_back((id.clone(), now));
            }
            let surplus = screens.looked_up.len().saturating_sub(MOST_LOOKED_UP);
            screens.looked_up.drain(..surplus);
        });
    }

    /// Everybody on a screen, each with the latest time at which somebody said so.
    #[must_use]
    pub fn at(&self, company: CompanyId, now: Millis) -> HashMap<String, Millis> {
        let mut companies = self.lock();
        let Some(screens) = companies.get_mut(&company) else {
            return HashMap::new();
        };
        let is_over = |at: Millis| now.saturating_sub(at) > LOOK_UP_COUNTS;
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

    /// Companies at which somebody looks.
    #[must_use]
    pub fn companies(&self) -> Vec<CompanyId> {
        self.lock().keys().copied().collect()
    }

    /// Returns once somebody looks at something else, at once where that happened meanwhile.
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
    /// These, instead of those before; what exceeds [`MOST_EACH`] is left out.
    pub fn looks_at(&mut self, mut external_ids: Vec<String>, now: Millis) {
        external_ids.truncate(MOST_EACH);
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
    fn the_latest_word_of_each_counts_until_it_leaves() {
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
    fn a_look_up_counts_for_a_while_and_a_list_does_not() {
        let looking = Looking::default();
        looking.looked_up(1, &ids(["a"]), 10);
        looking.looked_up(1, &vec!["b".to_owned(); FEW + 1], 10);
        looking.looked_up(1, &ids(["a", "c"]), 20);
        assert_eq!(looking.at(1, 30).len(), 2);
        assert_eq!(looking.at(1, 30)["a"], 20);
        assert!(looking.at(1, 21 + LOOK_UP_COUNTS).is_empty());
        assert!(looking.companies().is_empty());
        for number in 0..2000 {
            looking.looked_up(1, &[number.to_string()], 10);
        }
        assert_eq!(looking.at(1, 30).len(), MOST_LOOKED_UP);
    }

    #[test]
    fn a_connection_looks_at_so_many_and_no_more() {
        let looking = Arc::new(Looking::default());
        let mut one = looking.screen(1);
        one.looks_at((0..1000).map(|number| number.to_string()).collect(), 1);
        assert_eq!(looking.at(1, 1).len(), MOST_EACH);
    }
}
