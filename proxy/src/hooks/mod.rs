//! Greenhouse's web hooks: whether one is genuine, and what it says. No clock, network or disk.

mod event;
mod signature;
pub mod standard;

pub use event::{Description, Event, Hook, JobSaid, NotUnderstood, PostSaid, Seen, Snapshot, read};
pub use signature::is_signed;
