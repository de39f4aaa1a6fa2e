//! A Leptos app with its own router, header, users and login. The sessions and their pages are multi-session's.
//!
//! It is based on Leptos' start template for Axum. The lines that mount the session pages, and those of the
//! login that begin a session, end with `// multi-session`.

#![expect(missing_docs, unreachable_pub, reason = "Leptos' macros make public items of what is private")]

pub mod app;
mod login;

#[cfg(feature = "ssr")]
pub use login::codes::TABLES;

#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_body(app::App);
}
