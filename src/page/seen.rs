//! What the port read from a page, by the recipe's readings.

use crate::json::{FromJson, field, read_fields};
use serde_json::Value as Json;

/// One page as the port saw it.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// `location.href`.
    pub url: String,
    /// By the reading's name.
    pub readings: Vec<(String, Vec<Value>)>,
    /// Repeated elements, with the number under which the port keeps each.
    pub rows: Vec<(u32, Value)>,
    /// Of rows in the tracker: what the status control shows.
    pub tracked: Vec<Tracked>,
    /// Where the site has lists.
    pub list: Option<List>,
}

/// A row of the candidate tracker, or of a job's applicants.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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

impl FromJson for Tracked {
    fn from_json(json: &Json) -> Option<Self> {
        Some(Self {
            number: FromJson::from_json(json.get(0)?)?,
            id: FromJson::from_json(json.get(1)?)?,
            shows: FromJson::from_json(json.get(2)?)?,
            name: FromJson::from_json(json.get(3)?)?,
            job: match (json.get(4)?.as_str(), json.get(5)?.as_str()) {
                (Some(page), Some(title)) => Some((page.to_owned(), title.trim().to_owned())),
                _ => None,
            },
            when: FromJson::from_json(json.get(6)?)?,
        })
    }
}

/// The items of a list as they stand in the page. Who is in neither count is not known yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct List {
    /// What the person chose for it: `first`, `only`, both or nothing.
    pub choice: String,
    pub people: u32,
    pub ours: u32,
    pub others: u32,
}

read_fields! { List { choice, people, ours, others } }

/// One thing that was read: a text, or a pair of texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Text(String),
    Pair(String, String),
}

impl FromJson for Value {
    fn from_json(json: &Json) -> Option<Self> {
        match json {
            Json::String(text) => Some(Self::Text(text.clone())),
            Json::Array(pair) => match pair.as_slice() {
                [first, second] => Some(Self::Pair(
                    first.as_str()?.to_owned(),
                    second.as_str()?.to_owned(),
                )),
                _ => None,
            },
            _ => None,
        }
    }
}

impl FromJson for Seen {
    fn from_json(json: &Json) -> Option<Self> {
        let readings = json
            .get("readings")
            .and_then(Json::as_object)
            .into_iter()
            .flatten();
        let rows = json
            .get("rows")
            .and_then(Json::as_array)
            .into_iter()
            .flatten();
        Some(Self {
            url: field(json, "url")?,
            tracked: field(json, "tracked")?,
            list: field(json, "list")?,
            readings: readings
                .map(|(name, values)| Some((name.clone(), FromJson::from_json(values)?)))
                .collect::<Option<_>>()?,
            rows: rows
                .map(|row| {
                    Some((
                        FromJson::from_json(row.get(0)?)?,
                        FromJson::from_json(row.get(1)?)?,
                    ))
                })
                .collect::<Option<_>>()?,
        })
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

    /// Chooses `first` or `only`, or no longer.
    pub fn toggle(&mut self, what: &str) {
        let first = self.ours_first() != (what == "first");
        let only = self.only_ours() != (what == "only");
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
