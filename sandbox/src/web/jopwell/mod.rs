//! Jopwell's employer site in a browser.

pub mod pages;
mod pdf;
