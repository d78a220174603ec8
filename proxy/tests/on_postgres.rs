//! Whatever holds over SQLite holds over PostgreSQL: the same tests, and three proxies at once.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::duplicate_mod,
    reason = "a test fails by panicking; the suites are compiled once more for this database"
)]
#![cfg(unix)]

#[path = "exactly_once.rs"]
mod exactly_once;
#[path = "faults.rs"]
mod faults;
#[path = "hooks.rs"]
mod hooks;
#[path = "jobs.rs"]
mod jobs;
#[path = "live.rs"]
mod live;
#[path = "operator.rs"]
mod operator;
#[path = "sends.rs"]
mod sends;
#[path = "on_postgres/several.rs"]
mod several;
#[path = "write_backs.rs"]
mod write_backs;
