//! The running proxy against its own OpenAPI document: requests that are generated from it, right and
//! wrong, get no 5xx, no undocumented status and no body of another shape.
//!
//! A failure names its seed; `ATSI_SEED` repeats it.

use crate::support::{KEY, Stand, USER, company::office, quick};
use rand::{RngExt, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use reqwest::Method;
use serde_json::{Map, Value, json};

const REQUESTS_EACH: usize = 80;

const TEXTS: &[&str] = &[
    "",
    " ",
    "a",
    "k-1",
    "internal",
    "imani.brooks@kiln.example",
    "https://kiln.example/cv.pdf",
    "javascript:alert(1)",
    "\u{0}\u{7f}",
    "ليلى \u{202e}",
    "../../etc/passwd",
    "%2e%2e%2f",
    "9007199254740993",
];

struct Generator {
    random: StdRng,
    document: Value,
}

impl Generator {
    fn chance(&mut self, probability: f64) -> bool {
        self.random.random_bool(probability)
    }

    fn text(&mut self) -> String {
        if self.chance(0.03) {
            return "x".repeat(3_000);
        }
        (*TEXTS.choose(&mut self.random).unwrap()).to_owned()
    }

    fn number(&mut self) -> Value {
        let edges = [
            json!(0),
            json!(1),
            json!(-1),
            json!(u64::MAX),
            json!(1.5),
            json!(4_100_000_002_u64),
        ];
        edges.choose(&mut self.random).unwrap().clone()
    }

    fn anything(&mut self) -> Value {
        match self.random.random_range(0..6) {
            0 => Value::Null,
            1 => json!(self.chance(0.5)),
            2 => self.number(),
            3 => json!([]),
            4 => json!({"unknown": self.text()}),
            _ => json!(self.text()),
        }
    }

    /// A value for a schema: mostly of its shape, now and then of another.
    fn value(&mut self, schema: &Value) -> Value {
        if self.chance(0.06) {
            return self.anything();
        }
        if let Some(reference) = schema["$ref"].as_str() {
            let pointer = reference.trim_start_matches('#');
            let target = self.document.pointer(pointer).unwrap().clone();
            return self.value(&target);
        }
        for choice in ["oneOf", "anyOf", "enum"] {
            if let Some(options) = schema[choice].as_array() {
                let option = options.choose(&mut self.random).unwrap().clone();
                return if choice == "enum" {
                    option
                } else {
                    self.value(&option)
                };
            }
        }
        if let Some(parts) = schema["allOf"].as_array() {
            let mut whole = Map::new();
            for part in parts {
                if let Value::Object(fields) = self.value(part) {
                    whole.extend(fields);
                }
            }
            return Value::Object(whole);
        }
        if let Some(constant) = schema.get("const") {
            return constant.clone();
        }
        let kinds = match &schema["type"] {
            Value::Array(kinds) => kinds.clone(),
            kind => vec![kind.clone()],
        };
        match kinds.choose(&mut self.random).unwrap().as_str() {
            Some("object") => self.object(schema),
            Some("array") => {
                let length = self.random.random_range(0..4);
                (0..length).map(|_| self.value(&schema["items"])).collect()
            }
            Some("string") => json!(self.text()),
            Some("integer" | "number") => self.number(),
            Some("boolean") => json!(self.chance(0.5)),
            _ => self.anything(),
        }
    }

    fn object(&mut self, schema: &Value) -> Value {
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        let mut object = Map::new();
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            let is_required = required.iter().any(|one| one == name);
            if self.chance(if is_required { 0.95 } else { 0.5 }) {
                object.insert(name.clone(), self.value(property));
            }
        }
        Value::Object(object)
    }

    /// A path with its parameters filled in.
    fn path(&mut self, template: &str) -> String {
        let mut path = String::new();
        for piece in template.split('/').skip(1) {
            path.push('/');
            if piece.starts_with('{') {
                let text = self.text();
                path.extend(url::form_urlencoded::byte_serialize(text.as_bytes()));
            } else {
                path.push_str(piece);
            }
        }
        path
    }
}

/// The document's schema of a response body, with everything that it refers to.
fn validator(document: &Value, schema: &Value) -> jsonschema::Validator {
    let mut whole = schema.clone();
    whole["components"] = document["components"].clone();
    jsonschema::validator_for(&whole).unwrap()
}

#[tokio::test]
async fn personal_proxy_answers_as_its_openapi_document_says() {
    answers_as_documented(Stand::connected(quick()).await, REQUESTS_EACH, false).await;
}

#[tokio::test]
async fn company_proxy_answers_an_admin_as_its_openapi_document_says() {
    answers_as_documented(office().await, REQUESTS_EACH / 2, true).await;
}

async fn answers_as_documented(stand: Stand, requests_each: usize, has_accounts: bool) {
    let seed =
        std::env::var("ATSI_SEED").map_or_else(|_| rand::random(), |seed| seed.parse().unwrap());
    eprintln!("ATSI_SEED={seed}");
    let (_, document) = stand.json(stand.ask(Method::GET, "/openapi.json")).await;
    let mut generator = Generator {
        random: StdRng::seed_from_u64(seed),
        document: document.clone(),
    };
    let mut companies = 0;
    let mut statuses = std::collections::BTreeMap::<u16, usize>::new();
    for (template, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            // A company of its own, as an operation may end a session or a company.
            let person = if has_accounts {
                companies += 1;
                let person = stand
                    .sign_in(&format!("ada@{companies}.kiln.example"))
                    .await;
                let (status, _) = stand.connect_as(&person, KEY, USER).await;
                assert_eq!(status, 200);
                Some(person)
            } else {
                None
            };
            for _ in 0..requests_each {
                let mut path = generator.path(template);
                let parameters = operation["parameters"].as_array();
                let mut query = url::form_urlencoded::Serializer::new(String::new());
                for parameter in parameters
                    .into_iter()
                    .flatten()
                    .filter(|one| one["in"] == "query")
                {
                    if generator.chance(0.7) {
                        query.append_pair(parameter["name"].as_str().unwrap(), &generator.text());
                    }
                }
                path.push('?');
                path.push_str(&query.finish());
                let mut request = stand.ask(method.to_uppercase().parse().unwrap(), &path);
                if let Some(person) = &person {
                    request = request.bearer_auth(&person.token);
                }
                for parameter in parameters
                    .into_iter()
                    .flatten()
                    .filter(|one| one["in"] == "header")
                {
                    let value = generator.text();
                    let is_header = value.is_ascii() && !value.contains(|c: char| c.is_control());
                    if is_header && generator.chance(0.9) {
                        request = request.header(parameter["name"].as_str().unwrap(), value);
                    }
                }
                if let Some(content) = operation["requestBody"]["content"].as_object() {
                    let (kind, content) = content.iter().next().unwrap();
                    let body = generator.value(&content["schema"]).to_string();
                    let cut = if generator.chance(0.03) {
                        body.len() / 2
                    } else {
                        body.len()
                    };
                    let kind = if generator.chance(0.03) {
                        "text/plain"
                    } else {
                        kind
                    };
                    let bytes = body.into_bytes()[..cut].to_vec();
                    request = request.header("content-type", kind).body(bytes);
                }

                let response = request.send().await.unwrap();
                let status = response.status();
                *statuses.entry(status.as_u16()).or_default() += 1;
                let what = format!("ATSI_SEED={seed}: {method} {template} answered {status}");
                assert!(!status.is_server_error(), "{what}");
                let documented = &operation["responses"][status.as_str()];
                assert!(documented.is_object(), "{what}, which is not documented");
                let kind = response.headers().get("content-type").map(|kind| {
                    let kind = kind.to_str().unwrap();
                    kind.split(';').next().unwrap().to_owned()
                });
                let body = response.bytes().await.unwrap();
                let Some(content) = documented["content"].as_object() else {
                    assert!(body.is_empty(), "{what} with a body that is not documented");
                    continue;
                };
                let kind = kind.unwrap_or_default();
                assert!(content.contains_key(&kind), "{what} as {kind}");
                if kind.ends_with("json") {
                    let body: Value = serde_json::from_slice(&body).unwrap();
                    let schema = validator(&document, &content[&kind]["schema"]);
                    let errors: Vec<String> = schema
                        .iter_errors(&body)
                        .map(|error| error.to_string())
                        .collect();
                    assert!(
                        errors.is_empty(),
                        "{what}: {body} is not of its schema: {errors:?}"
                    );
                }
            }
        }
    }
    eprintln!("{statuses:?}");
    for needed in [200, 400, 404, 415] {
        assert!(
            statuses.contains_key(&needed),
            "no request got {needed}: {statuses:?}"
        );
    }
}
