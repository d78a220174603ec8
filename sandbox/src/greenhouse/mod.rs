//! What Greenhouse Recruiting knows and does, without a network.

pub mod controls;
pub mod error;
pub mod ingest;
pub mod keys;
pub mod model;
pub mod payload;
pub mod rate_window;
pub mod records;
pub mod seed;
pub mod webhooks;
