//! The edge: the only code that knows the browser.

// Half the size of the standard library's, and faster.
#[global_allocator]
static MEMORY: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

mod api;
#[cfg(feature = "background")]
mod background;
mod device;
#[cfg(feature = "background")]
mod disk;
#[cfg(feature = "background")]
mod live;
#[cfg(feature = "background")]
mod managed;
mod network;
#[cfg(feature = "pages")]
mod pages;
mod session;
mod settings;
