//! Greenhouse Recruiting: the web app, the Candidate Ingestion API, the Job Board API and webhooks.

pub mod api;
pub mod controls;
pub mod error;
pub mod hooks;
mod ingest;
pub mod keys;
pub mod model;
pub mod pages;
mod payload;
pub mod rate_window;
pub mod records;
pub mod resume;
pub mod seed;
pub mod webhooks;
