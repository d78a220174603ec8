//! The sites as a browser, a proxy or a script reaches them.

pub mod greenhouse;
pub mod jopwell;
