//! Every suite of the proxy, over SQLite where it needs a database: one program, as each more would
//! compile and link the proxy and its libraries once more.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

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
#[cfg(target_os = "linux")]
mod crashes;
mod exactly_once;
#[cfg(unix)]
mod faults;
mod hook_history;
mod hooks;
mod http;
mod invitations;
mod job_board;
mod job_saves;
mod jobs;
mod live;
mod look_ups;
mod mail;
mod migrations;
#[cfg(unix)]
mod network;
mod old_schemas;
mod openapi;
mod openapi_document;
mod operator;
mod plans;
mod polling;
#[cfg(unix)]
mod process;
mod profiles_at_rest;
mod pushes;
mod resumes;
mod schema;
mod security_document;
mod sends;
mod write_backs;

#[cfg(not(postgres))]
#[test]
#[ignore = "PostgreSQL is not installed (apt-get install postgresql), so the suites of on_postgres did not run"]
fn suites_over_postgresql_need_it_installed() {
    assert!(support::postgres::programs().is_some());
}
