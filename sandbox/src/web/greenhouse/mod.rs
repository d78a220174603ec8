//! Greenhouse on the network: the web app, the two APIs, the webhooks it sends and the résumés it fetches.

pub mod api;
pub mod pages;
mod resume;
pub mod webhook_sender;
