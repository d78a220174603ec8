//! The core of the ATSi extension: it decides what a page is, what it says, what should happen and
//! what the person sees. See `ARCHITECTURE.md`.

#[macro_use]
pub mod language;

pub mod flow;
pub mod json;
pub mod page;
pub mod view;

#[cfg(target_arch = "wasm32")]
mod browser;
