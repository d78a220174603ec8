//! A proxy in company mode, its mail, and people who sign in.

use super::{Stand, quick, wait::until};
use atsi_proxy::{Tuning, config::DatabaseUrl, config::Mode};
use mailparse::{MailHeaderMap, ParsedMail};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use sqlx::{Connection, Executor};
use std::fs;

/// A mail as a person sees it.
#[derive(Clone, Debug)]
pub struct Mail {
    pub to: String,
    pub from: String,
    pub subject: String,
    pub text: String,
    pub html: String,
}

impl Mail {
    pub fn parse(bytes: &[u8]) -> Self {
        let mail = mailparse::parse_mail(bytes).unwrap();
        let header = |name: &str| mail.headers.get_first_value(name).unwrap_or_default();
        let part = |kind: &str| {
            let found = mail.parts().find(|part| part.ctype.mimetype == kind);
            found.map_or_else(String::new, |part: &ParsedMail| part.get_body().unwrap())
        };
        Self {
            to: header("to"),
            from: header("from"),
            subject: header("subject"),
            text: part("text/plain").replace("\r\n", "\n"),
            html: part("text/html"),
        }
    }

    /// The code of a code mail.
    pub fn code(&self) -> String {
        let line = self.text.lines().find(|line| line.starts_with("    "));
        line.unwrap().replace(' ', "")
    }

    /// The first address in the text that has `piece` in it.
    pub fn link(&self, piece: &str) -> String {
        let mut words = self.text.split_whitespace();
        words.find(|word| word.contains(piece)).unwrap().to_owned()
    }
}

/// Somebody who signed in.
#[derive(Clone, Debug)]
pub struct Person {
    pub token: String,
    pub me: Value,
}

impl Person {
    pub fn id(&self) -> u64 {
        self.me["member"]["id"].as_u64().unwrap()
    }

    pub fn role(&self) -> &str {
        self.me["member"]["role"].as_str().unwrap()
    }
}

/// A proxy in company mode whose mail goes into a folder.
pub async fn office() -> Stand {
    office_with(quick()).await
}

pub async fn office_with(tuning: Tuning) -> Stand {
    Stand::start_with(tuning, |config, folder| {
        config.mode = Mode::Company;
        config.mail_dir = Some(folder.join("mail"));
    })
    .await
}

impl Stand {
    /// What was sent, the oldest first.
    pub fn mail(&self) -> Vec<Mail> {
        let mut files: Vec<_> = fs::read_dir(self.folder.path().join("mail"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "eml"))
            .collect();
        files.sort();
        files
            .iter()
            .map(|path| Mail::parse(&fs::read(path).unwrap()))
            .collect()
    }

    pub fn mail_to(&self, address: &str) -> Vec<Mail> {
        let mut mail = self.mail();
        mail.retain(|mail| mail.to == address.trim().to_lowercase());
        mail
    }

    /// Waits until the address has got this many mails; returns the last one of them.
    pub async fn until_mail(&self, address: &str, count: usize) -> Mail {
        until(&format!("mail {count} to {address}"), async || {
            let mut mail = self.mail_to(address);
            if mail.len() >= count {
                Ok(mail.remove(count - 1))
            } else {
                Err(mail.len())
            }
        })
        .await
    }

    pub async fn ask_code(&self, address: &str) -> (u16, Value) {
        let body = json!({"email": address});
        self.json(self.ask(Method::POST, "/v1/sign-in/code").json(&body))
            .await
    }

    /// Asks for a code and reads it in the mailbox.
    pub async fn code(&self, address: &str) -> String {
        let before = self.mail_to(address).len();
        let (status, body) = self.ask_code(address).await;
        assert_eq!(status, 202, "{body}");
        self.until_mail(address, before + 1).await.code()
    }

    pub async fn try_sign_in(&self, body: Value) -> (u16, Value) {
        self.json(self.ask(Method::POST, "/v1/sign-in").json(&body))
            .await
    }

    pub async fn sign_in(&self, address: &str) -> Person {
        let code = self.code(address).await;
        let body = json!({"email": address, "code": code, "device": "Firefox on Linux"});
        let (status, body) = self.try_sign_in(body).await;
        assert_eq!(status, 200, "{body}");
        Person {
            token: body["token"].as_str().unwrap().to_owned(),
            me: body["me"].clone(),
        }
    }

    pub fn as_person(&self, person: &Person, method: Method, path: &str) -> RequestBuilder {
        self.ask(method, path).bearer_auth(&person.token)
    }

    pub async fn get_as(&self, person: &Person, path: &str) -> (u16, Value) {
        self.json(self.as_person(person, Method::GET, path)).await
    }

    pub async fn delete_as(&self, person: &Person, path: &str) -> (u16, Value) {
        self.json(self.as_person(person, Method::DELETE, path))
            .await
    }

    pub async fn put_as(&self, person: &Person, path: &str, body: Value) -> (u16, Value) {
        self.json(self.as_person(person, Method::PUT, path).json(&body))
            .await
    }

    pub async fn post_as(&self, person: &Person, path: &str, body: Value) -> (u16, Value) {
        self.json(self.as_person(person, Method::POST, path).json(&body))
            .await
    }

    pub async fn connect_as(&self, person: &Person, key: &str, user: &str) -> (u16, Value) {
        let body = json!({"api_key": key, "service_user_email": user});
        self.put_as(person, "/v1/connection", body).await
    }

    pub async fn send_as(&self, person: &Person, key: &str, body: &Value) -> (u16, Value) {
        let request = self.post_send(key, body).bearer_auth(&person.token);
        self.json(request).await
    }

    pub async fn apply_as(&self, person: &Person, key: &str, body: &Value) -> (u16, Value) {
        let request = self.ask(Method::POST, "/v1/applications").json(body);
        let request = request.header("idempotency-key", key);
        self.json(request.bearer_auth(&person.token)).await
    }

    /// A statement past the store, beside the running proxy: turns clocks.
    pub async fn execute(&self, sql: &'static str) {
        match self.database.parse().unwrap() {
            DatabaseUrl::Sqlite(path) => {
                let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
                let mut db = sqlx::SqliteConnection::connect_with(&options)
                    .await
                    .unwrap();
                db.execute(sql).await.unwrap();
                db.close().await.unwrap();
            }
            DatabaseUrl::Postgres(options) => {
                let mut db = sqlx::PgConnection::connect_with(&options).await.unwrap();
                db.execute(sql).await.unwrap();
                db.close().await.unwrap();
            }
        }
    }
}
