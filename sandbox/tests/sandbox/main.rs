//! The sandbox as its users see it: over real connections, by the real host names.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod ingestion;
mod mailbox;
mod pages;
mod receiver;
mod support;
mod webhooks;
