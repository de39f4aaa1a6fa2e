//! The client: the app, taking over the server's page in the browser.

use multi_session_leptos::{App, MultiSessionOptions};
use wasm_bindgen::prelude::wasm_bindgen;

/// Takes over the page; the glue code calls it once the WebAssembly is loaded.
#[wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_body(|| leptos::view! { <App options=MultiSessionOptions::SITE.of_document() /> });
}
