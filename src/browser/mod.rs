//! The edge: the only code that knows the browser.

mod api;
#[cfg(feature = "background")]
mod background;
#[cfg(feature = "background")]
mod disk;
mod network;
#[cfg(feature = "pages")]
mod pages;
mod session;
