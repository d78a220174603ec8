//! Rows of the tables, within a transaction of the caller. Features import from here, and never from
//! each other.

pub mod applications;
pub mod audit;
pub mod callback_deliveries;
pub mod candidates;
pub mod connection_requests;
pub mod connections;
pub mod descriptions;
pub mod greenhouse_applications;
pub mod intake;
pub mod job_saves;
pub mod jobs;
pub mod mail;
pub mod members;
pub mod outcomes;
pub mod people;
pub mod polls;
pub mod resumes;
pub mod revocations;
pub mod secrets;
pub mod sends;
pub mod sessions;
pub mod statuses;
pub mod tombstones;
pub mod waiting;
pub mod write_backs;
