//! The client against servers on loopback: a strict stand-in for the API (`calls`) and servers that
//! break in every way that matters (`faults`).
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops where it fails"
)]

mod calls;
mod faults;

use std::net::SocketAddr;

use atsi_greenhouse::{Client, Credentials, EmailAddress, EmailType, Error, NewCandidate};

const KEY: &str = "0f3c1b-test-key";
/// `printf '0f3c1b-test-key:' | base64`
const AUTHORIZATION: &str = "Basic MGYzYzFiLXRlc3Qta2V5Og==";
const USER: &str = "service@hartwell.example";

fn credentials() -> Credentials {
    Credentials::new(KEY, USER).unwrap()
}

fn http_builder() -> reqwest::ClientBuilder {
    // Fails where another test installed it already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    // Reading the system's certificates takes most of a second in a debug build; no test needs them.
    Client::http_builder().no_proxy().tls_certs_only([])
}

fn client(address: SocketAddr) -> Client {
    client_with(address, http_builder())
}

fn client_with(address: SocketAddr, http: reqwest::ClientBuilder) -> Client {
    let base_url = format!("http://{address}/v1/partner").parse().unwrap();
    Client::new(base_url, http.build().unwrap())
}

fn prospect() -> NewCandidate {
    NewCandidate {
        emails: vec![EmailAddress {
            email: "imani@example.org".into(),
            kind: EmailType::Personal,
        }],
        ..NewCandidate::prospect("Imani", "Okafor", "profile-8841")
    }
}

/// Sends [`prospect`] and expects it to fail, without a word of the key or the candidate.
async fn create_fails(client: &Client) -> Error {
    let result = client.create_candidate(&credentials(), &prospect()).await;
    let error = result.unwrap_err();
    let mut texts = vec![format!("{error:?}")];
    let mut next: Option<&dyn std::error::Error> = Some(&error);
    while let Some(error) = next {
        texts.push(error.to_string());
        next = error.source();
    }
    for text in texts {
        for secret in [KEY, "MGYz", "Imani", "Okafor", "imani@", "8841"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
    error
}
