//! Greenhouse Recruiting: the web app, the Candidate Ingestion API, the Job Board API and web hooks.

pub mod api;
mod ingest;
pub mod model;
pub mod pages;
mod payload;
pub mod resume;
pub mod seed;
pub mod webhooks;
