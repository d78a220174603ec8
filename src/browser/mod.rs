//! The edge: the only code that knows the browser.

mod api;
mod background;
mod disk;
mod network;
mod pages;
