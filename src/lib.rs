//! The core of the ATSi extension: it decides what a page is, what it says, what should happen and
//! what the person sees. See `ARCHITECTURE.md`.

#[macro_use]
pub mod language;

pub mod action;
pub mod core;
pub mod flow;
pub mod message;
pub mod page;
pub mod state;
#[cfg(test)]
mod testing;
pub mod view;
pub mod wide;

#[cfg(target_arch = "wasm32")]
mod browser;
