//! Structured data: schema.org `Person` as JSON-LD or microdata, and h-card classes, read into one
//! map from schema.org property to values.

use super::seen::Seen;
use serde_json::Value as Json;

/// Deeper nesting than this is not looked into.
const MAX_DEPTH: usize = 6;

#[derive(Debug, Default)]
pub struct Structured {
    /// The properties of the person the page is about.
    person: Vec<(String, String)>,
    /// The properties of the first job.
    job: Vec<(String, String)>,
    /// How many people, and how many jobs, the page describes.
    pub people: usize,
    pub jobs: usize,
}

impl Structured {
    #[must_use]
    pub fn of(seen: &Seen) -> Self {
        let mut found = Self::default();
        for source in seen.texts("jsonld") {
            if let Ok(json) = serde_json::from_str::<Json>(source) {
                found.read_json(&json, 0);
            }
        }
        if found.people == 0 {
            found.read_microdata(seen);
        }
        if found.people == 0 {
            found.read_hcard(seen);
        }
        found
    }

    pub fn values<'a>(&'a self, property: &'a str) -> impl Iterator<Item = &'a str> {
        self.person
            .iter()
            .filter(move |(name, _)| name == property)
            .map(|(_, value)| value.as_str())
    }

    /// Of the job that the page describes.
    #[must_use]
    pub fn of_job(&self, property: &str) -> Option<&str> {
        let found = self.job.iter().find(|(name, _)| name == property);
        found.map(|(_, value)| value.as_str())
    }

    fn add_to_job(&mut self, property: &str, value: &str) {
        let value = value.trim();
        if self.jobs == 1 && !value.is_empty() {
            self.job.push((property.to_owned(), value.to_owned()));
        }
    }

    fn add(&mut self, property: &str, value: &str) {
        let value = value.trim();
        if !value.is_empty() && !self.values(property).any(|known| known == value) {
            self.person.push((property.to_owned(), value.to_owned()));
        }
    }

    fn read_json(&mut self, json: &Json, depth: usize) {
        if depth > MAX_DEPTH {
            return;
        }
        match json {
            Json::Array(items) => items
                .iter()
                .for_each(|item| self.read_json(item, depth + 1)),
            Json::Object(object) => {
                if is_type(json, "JobPosting") {
                    self.jobs += 1;
                    for (property, value) in object {
                        self.add_to_job(property, &in_words(value));
                    }
                } else if is_type(json, "Person") {
                    self.people += 1;
                    if self.people == 1 {
                        for (property, value) in object {
                            self.read_property(property, value, depth + 1);
                        }
                    }
                } else {
                    for key in [
                        "@graph",
                        "mainEntity",
                        "mainEntityOfPage",
                        "itemListElement",
                        "item",
                    ] {
                        if let Some(inner) = object.get(key) {
                            self.read_json(inner, depth + 1);
                        }
                    }
                }
            }
            _ => {}
        }
    }

    fn read_property(&mut self, property: &str, value: &Json, depth: usize) {
        if depth > MAX_DEPTH {
            return;
        }
        match value {
            Json::Array(items) => {
                items
                    .iter()
                    .for_each(|item| self.read_property(property, item, depth + 1));
            }
            Json::Object(_) => self.add(property, &in_words(value)),
            other => self.add(property, &in_words(other)),
        }
    }

    fn read_microdata(&mut self, seen: &Seen) {
        for (property, value) in seen.pairs("items") {
            match property {
                "#Person" => self.people += 1,
                "#JobPosting" => self.jobs += 1,
                property if self.jobs > 0 && self.people == 0 => self.add_to_job(property, value),
                property if self.people <= 1 => self.add(property, value),
                _ => {}
            }
        }
        if self.people == 0 {
            self.person.clear();
        }
    }

    fn read_hcard(&mut self, seen: &Seen) {
        const CLASSES: &[(&[&str], &str)] = &[
            (&["p-name", "fn"], "name"),
            (&["p-given-name", "given-name"], "givenName"),
            (&["p-family-name", "family-name"], "familyName"),
            (&["u-email", "email"], "email"),
            (&["p-tel", "tel"], "telephone"),
            (&["p-job-title", "title", "p-role", "role"], "jobTitle"),
            (&["p-org", "org"], "worksFor"),
            (&["p-adr", "adr", "p-locality"], "address"),
            (&["u-url", "url"], "url"),
            (&["u-uid", "uid"], "identifier"),
        ];
        // One card often has both class names, the new and the old one.
        let cards = |name: &str| {
            seen.pairs("hcard")
                .filter(|(class, _)| *class == name)
                .count()
        };
        self.people = cards("h-card").max(cards("vcard"));
        if self.people != 1 {
            return;
        }
        for (class, value) in seen.pairs("hcard") {
            let property = CLASSES.iter().find(|(names, _)| names.contains(&class));
            if let Some((_, property)) = property {
                self.add(property, value);
            }
        }
    }
}

fn is_type(json: &Json, wanted: &str) -> bool {
    let names = |name: &str| name.rsplit(['/', ':']).next() == Some(wanted);
    match json.get("@type") {
        Some(Json::String(name)) => names(name),
        Some(Json::Array(all)) => all.iter().filter_map(Json::as_str).any(names),
        _ => false,
    }
}

/// A value as a person would write it: nested things by their name, an address as its lines.
fn in_words(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Number(number) => number.to_string(),
        Json::Object(object) => {
            let part = |key: &str| {
                object
                    .get(key)
                    .map(in_words)
                    .filter(|text| !text.is_empty())
            };
            if is_type(value, "PostalAddress") {
                let town = ["addressLocality", "addressRegion", "postalCode"];
                let town: Vec<_> = town.iter().filter_map(|key| part(key)).collect();
                let lines = [
                    part("streetAddress"),
                    Some(town.join(", ")),
                    part("addressCountry"),
                ];
                let lines: Vec<_> = lines
                    .into_iter()
                    .flatten()
                    .filter(|l| !l.is_empty())
                    .collect();
                return lines.join("\n");
            }
            if is_type(value, "PropertyValue") {
                return part("value").unwrap_or_default();
            }
            part("name")
                .or_else(|| part("address"))
                .or_else(|| part("value"))
                .or_else(|| part("@value"))
                .or_else(|| part("@id"))
                .or_else(|| part("url"))
                .unwrap_or_default()
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::seen::Value;
    use super::*;
    use proptest::prelude::*;

    fn seen(reading: &str, values: Vec<Value>) -> Seen {
        Seen {
            readings: vec![(reading.to_owned(), values)],
            ..Seen::default()
        }
    }

    fn values<'a>(found: &'a Structured, property: &'a str) -> Vec<&'a str> {
        found.values(property).collect()
    }

    fn pair(first: &str, second: &str) -> Value {
        Value::Pair(first.into(), second.into())
    }

    #[test]
    fn json_ld_inside_a_profile_page() {
        let json = r#"{"@context":"https://schema.org","@type":"ProfilePage","mainEntity":{
            "@type":["Person"],"name":"Noor Haddad","email":"noor@mail.example",
            "worksFor":{"@type":"Organization","name":"Tallgrass"},
            "identifier":{"@type":"PropertyValue","value":991},
            "address":{"@type":"PostalAddress","addressLocality":"Leeds","addressCountry":"UK"}}}"#;
        let found = Structured::of(&seen("jsonld", vec![Value::Text(json.into())]));
        assert_eq!(found.people, 1);
        assert_eq!(values(&found, "worksFor"), ["Tallgrass"]);
        assert_eq!(values(&found, "identifier"), ["991"]);
        assert_eq!(values(&found, "address"), ["Leeds\nUK"]);
    }

    #[test]
    fn a_list_of_people_is_counted() {
        let json = r#"{"@type":"ItemList","itemListElement":[
            {"@type":"ListItem","item":{"@type":"Person","name":"A B"}},{"@type":"Person","name":"C D"}]}"#;
        assert_eq!(
            Structured::of(&seen("jsonld", vec![Value::Text(json.into())])).people,
            2
        );
    }

    #[test]
    fn microdata_needs_a_person() {
        let stray = seen("items", vec![pair("name", "Acme")]);
        assert!(values(&Structured::of(&stray), "name").is_empty());
        let person = seen("items", vec![pair("#Person", ""), pair("name", "Wen Zhao")]);
        assert_eq!(values(&Structured::of(&person), "name"), ["Wen Zhao"]);
    }

    #[test]
    fn h_card_classes_are_understood() {
        let card = seen(
            "hcard",
            vec![
                pair("h-card", ""),
                pair("vcard", ""),
                pair("p-name", "Tomás Ruiz"),
                pair("big", "Tomás Ruiz"),
                pair("u-email", "tomas@mail.example"),
            ],
        );
        let found = Structured::of(&card);
        assert_eq!(values(&found, "name"), ["Tomás Ruiz"]);
        assert_eq!(values(&found, "email"), ["tomas@mail.example"]);
    }

    proptest! {
        #[test]
        fn no_json_breaks_it(text in r#"[\{\}\[\]",:@a-zA-Z0-9 ]{0,200}"#) {
            let _ = Structured::of(&seen("jsonld", vec![Value::Text(text)]));
        }
    }
}
