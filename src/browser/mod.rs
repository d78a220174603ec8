//! The edge: the only code that knows the browser.

mod api;
#[cfg(feature = "background")]
mod background;
#[cfg(feature = "pages")]
mod candidates;
#[cfg(feature = "background")]
mod disk;
#[cfg(feature = "background")]
mod network;
#[cfg(feature = "pages")]
mod pages;
