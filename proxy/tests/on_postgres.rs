//! The suites of SQLite again over PostgreSQL, and three proxies at once. Where it is not installed,
//! `on_sqlite` reports them as ignored; if `CI` is set they fail.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]
#![cfg(all(unix, postgres))]

mod support;

mod announcements;
mod applications;
mod audit;
mod callback;
mod callback_store;
mod candidate_list;
mod company;
mod company_access;
mod company_log;
mod connecting;
mod connection_of_sends;
mod exactly_once;
mod faults;
mod hook_history;
mod hooks;
mod invitations;
mod job_board;
mod job_saves;
mod jobs;
mod live;
mod mail;
mod old_schemas;
mod operator;
mod polling;
mod profiles_at_rest;
mod pushes;
mod resumes;
mod schema;
mod sends;
#[path = "on_postgres/several.rs"]
mod several;
mod write_backs;
