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
mod callback;
mod company;
mod connecting;
#[cfg(target_os = "linux")]
mod crashes;
mod exactly_once;
#[cfg(unix)]
mod faults;
mod hooks;
mod http;
mod job_board;
mod job_saves;
mod jobs;
mod live;
mod migrations;
#[cfg(unix)]
mod network;
mod openapi;
mod operator;
mod plans;
mod polling;
#[cfg(unix)]
mod process;
mod resumes;
mod schema;
mod security_document;
mod sends;
mod write_backs;
