//! Whatever holds over SQLite holds over PostgreSQL: the same suites, and three proxies at once.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]
#![cfg(unix)]

mod support;

mod announcements;
mod applications;
mod callback;
mod company;
mod connecting;
mod exactly_once;
mod faults;
mod hooks;
mod job_board;
mod job_saves;
mod jobs;
mod live;
mod operator;
mod polling;
mod resumes;
mod schema;
mod sends;
#[path = "on_postgres/several.rs"]
mod several;
mod write_backs;
