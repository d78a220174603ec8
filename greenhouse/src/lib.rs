//! Typed clients of Greenhouse: the [Candidate Ingestion API][api] with all of its six calls
//! ([`Client`]), [`webhook`]s and the public [`job_board`].
//!
//! Strict in what it sends (a request Greenhouse would refuse for its form never leaves), tolerant
//! in what it reads (unknown keys, nulls, every shape of error body), and exact about the one
//! question that matters on an API without idempotency keys: after a failed
//! [`Client::create_candidate`], [`Error::nothing_was_created`] says whether it is safe to send
//! again. It never retries on its own.
//!
//! ```no_run
//! use atsi_greenhouse::{BASE_URL, Client, Credentials, EmailAddress, EmailType, NewCandidate};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::new(BASE_URL.parse()?, Client::http_builder().build()?);
//! let credentials = Credentials::new("the partner API key", "service.user@company.example")?;
//!
//! let user = client.current_user(&credentials).await?.value;
//! println!("connected as {:?}", user.full_name);
//!
//! let prospect = NewCandidate {
//!     emails: vec![EmailAddress {
//!         email: "imani@example.org".into(),
//!         kind: EmailType::Personal,
//!     }],
//!     ..NewCandidate::prospect("Imani", "Okafor", "profile-8841")
//! };
//! match client.create_candidate(&credentials, &prospect).await {
//!     Ok(created) => println!("candidate {}", created.value.id),
//!     Err(error) if error.nothing_was_created() => println!("may be sent again: {error}"),
//!     Err(error) => println!("look in Greenhouse before sending again: {error}"),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! reqwest is built here without a TLS provider of its own: install one once, before the first
//! `reqwest::Client` is made, for example `rustls::crypto::ring::default_provider().install_default()`.
//!
//! No API key and no candidate's data appears in any `Debug` or `Display` output of this crate.
//!
//! [api]: https://developers.greenhouse.io/candidate-ingestion.html

mod client;
mod credentials;
mod error;
pub mod job_board;
mod json;
mod rate_limit;
mod request;
mod response;
mod time;
pub mod webhook;

pub use client::{BASE_URL, Client, MAX_CANDIDATE_IDS};
pub use credentials::{Credentials, CredentialsError};
pub use error::{BUSY, Error, FieldError, UnauthorizedHint};
pub use rate_limit::RateLimit;
pub use request::{
    Address, AddressType, EmailAddress, EmailType, NewCandidate, PhoneNumber, PhoneType, Referrer,
    SocialMedia, Website, WebsiteType,
};
pub use response::{
    Answer, Application, ApplicationStatus, Candidate, CreatedCandidate, Job, ProspectPool,
    ProspectPoolStage, TrackingLink, User,
};
pub use time::Millis;
