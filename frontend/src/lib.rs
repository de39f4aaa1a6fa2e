//! The client, which hydrates the server's page.

use multi_session_leptos::{App, MultiSessionOptions};
use wasm_bindgen::prelude::wasm_bindgen;

/// Hydrates the page. The glue code calls it once the WebAssembly is loaded.
#[wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_body(|| leptos::view! { <App options=MultiSessionOptions::SITE.of_document() /> });
}
