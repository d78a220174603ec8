//! What the port read from a page, by the recipe's readings.

use serde::{Deserialize, Serialize};

/// One page as the port saw it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// `location.href`.
    pub url: String,
    /// By the reading's name.
    #[serde(default, with = "by_name")]
    pub readings: Vec<(String, Vec<Value>)>,
    /// Repeated elements, with the number under which the port keeps each.
    #[serde(default)]
    pub rows: Vec<(u32, Value)>,
    /// Of rows in the tracker: what the status control shows.
    #[serde(default)]
    pub tracked: Vec<Tracked>,
    /// Where the site has lists.
    #[serde(default)]
    pub list: Option<List>,
    /// The whole page as `extension/snapshot.js` describes it, where the site's profiles are read so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
}

/// A row of the candidate tracker, or of a job's applicants.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "TrackedParts", into = "TrackedParts")]
pub struct Tracked {
    pub number: u32,
    /// The site's own id of the row.
    pub id: String,
    /// The status; empty where the row has no control for it.
    pub shows: String,
    /// The person, as the row calls them.
    pub name: String,
    /// The page of the job that the row is about, and its title.
    pub job: Option<(String, String)>,
    /// The day, or the moment, as the page has it.
    pub when: String,
}

/// As the port tells it: number, id, status, name, the job's page and title, and when.
type TrackedParts = (
    u32,
    String,
    String,
    String,
    Option<String>,
    Option<String>,
    String,
);

impl From<TrackedParts> for Tracked {
    fn from((number, id, shows, name, page, title, when): TrackedParts) -> Self {
        Self {
            number,
            id,
            shows,
            name,
            job: page.zip(title.map(|title| title.trim().to_owned())),
            when,
        }
    }
}

impl From<Tracked> for TrackedParts {
    fn from(row: Tracked) -> Self {
        let (page, title) = row.job.unzip();
        (
            row.number, row.id, row.shows, row.name, page, title, row.when,
        )
    }
}

/// The items of a list as they stand in the page. Who is in neither count is not known yet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct List {
    /// What the person chose for it: `first`, `only`, both or nothing.
    pub choice: String,
    pub people: u32,
    pub ours: u32,
    pub others: u32,
}

/// One thing that was read: a text, or a pair of texts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    Text(String),
    Pair(String, String),
}

/// A JSON object as pairs, in its order.
mod by_name {
    use super::Value;
    use serde::de::{MapAccess, Visitor};
    use serde::{Deserializer, Serializer};

    pub fn serialize<S: Serializer>(
        readings: &[(String, Vec<Value>)],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_map(readings.iter().map(|(name, values)| (name, values)))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<(String, Vec<Value>)>, D::Error> {
        struct Pairs;

        impl<'de> Visitor<'de> for Pairs {
            type Value = Vec<(String, Vec<Value>)>;

            fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
                f.write_str("readings by name")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(pairs)
            }
        }

        deserializer.deserialize_map(Pairs)
    }
}

impl Value {
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Text(text) | Self::Pair(text, _) => text.trim(),
        }
    }

    /// The second of a pair.
    #[must_use]
    pub fn second(&self) -> Option<&str> {
        match self {
            Self::Text(_) => None,
            Self::Pair(_, second) => Some(second),
        }
    }
}

impl List {
    #[must_use]
    pub fn ours_first(&self) -> bool {
        self.choice.contains("first")
    }

    #[must_use]
    pub fn only_ours(&self) -> bool {
        self.choice.contains("only")
    }

    /// Sorts the list, or stops sorting it.
    pub fn toggle_first(&mut self) {
        self.choose(!self.ours_first(), self.only_ours());
    }

    /// Filters the list, or stops filtering it.
    pub fn toggle_only(&mut self) {
        self.choose(self.ours_first(), !self.only_ours());
    }

    fn choose(&mut self, first: bool, only: bool) {
        self.choice = match (first, only) {
            (false, false) => "",
            (true, false) => "first",
            (false, true) => "only",
            (true, true) => "first only",
        }
        .to_owned();
    }
}

impl Seen {
    pub fn texts<'a>(&'a self, reading: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        self.values(reading)
            .map(Value::text)
            .filter(|text| !text.is_empty())
    }

    pub fn pairs<'a>(
        &'a self,
        reading: &str,
    ) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        self.values(reading).filter_map(|value| match value {
            Value::Pair(first, second) => Some((first.trim(), second.trim())),
            Value::Text(_) => None,
        })
    }

    fn values<'a>(&'a self, reading: &str) -> std::slice::Iter<'a, Value> {
        self.readings
            .iter()
            .find(|(name, _)| name == reading)
            .map_or([].iter(), |(_, values)| values.iter())
    }
}
