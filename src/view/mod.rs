//! Views: what a person sees, made from the state.

pub mod account;
pub mod applications;
pub mod ask_admin;
pub mod callback;
pub mod candidates;
pub mod greenhouse;
pub mod incoming;
pub mod job;
pub mod jopwell;
pub mod key;
pub mod managed;
pub mod node;
pub mod notifications;
pub mod options;
pub mod popup;
pub mod problem;
pub mod reply;
pub mod resume;
mod send;
pub mod session;
pub mod toolbar;
pub mod tracker;
pub mod write_back;
