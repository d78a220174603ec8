//! `atsi-proxy`: carries candidates from Jopwell to Greenhouse exactly once, on one key.
//!
//! Greenhouse's `POST /candidates` cannot be repeated safely and cannot be looked up afterwards. So
//! every send is on disk before it leaves, a person and a job have at most one send, and a send whose
//! outcome is unknown waits for a person instead of a guess.

mod admin;
mod announcer;
mod app;
mod backoff;
pub mod callback;
pub mod cli;
mod clock;
pub mod config;
mod context;
pub mod delivery;
mod description;
mod http;
mod job_boards;
mod job_proposals;
mod language;
mod live;
pub mod mail;
mod mail_address;
mod metrics;
pub mod phone;
pub mod poll_plan;
pub mod polling;
pub mod profile_link;
pub mod resume;
mod retention;
mod rotating_secret;
pub mod seal;
mod sentence;
pub mod standard_webhooks;
mod startup;
pub mod store;
mod tls;
mod tokens;
mod upstream;

pub use admin::{audit, backup, erase, export, rotate_master_key};
pub use app::Proxy;
pub use config::{Config, Mode, Tuning};
pub use startup::StartError;
