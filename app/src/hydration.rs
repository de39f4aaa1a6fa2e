//! The scripts that start hydration.

use std::sync::OnceLock;

use leptos::{nonce::use_nonce, prelude::*};

/// Starts hydration, in place of Leptos' `HydrationScripts`, which preloads the WebAssembly. WebKit does not
/// use preloaded files for `fetch`, warns, and in private windows loads them twice. This script fetches the
/// file once, and early.
#[component]
pub(crate) fn Hydration(options: LeptosOptions) -> impl IntoView {
    static NAMES: OnceLock<[String; 2]> = OnceLock::new();

    let [js, wasm] = NAMES.get_or_init(|| names(&options));
    let script = format!(
        "{{const wasm=fetch('{wasm}');addEventListener('DOMContentLoaded',()=>import('{js}').then(client=>\
         client.default({{module_or_path:wasm}}).then(()=>client.hydrate())))}}"
    );
    view! {
        <link rel="modulepreload" href=js.clone() />
        <script nonce=use_nonce() inner_html=script></script>
    }
}

/// The addresses of the script and of the WebAssembly. If the build put a hash into the names, a file beside
/// the program has it.
fn names(options: &LeptosOptions) -> [String; 2] {
    let hashes = std::env::current_exe()
        .ok()
        .filter(|_| options.hash_files)
        .and_then(|program| std::fs::read_to_string(program.with_file_name(&*options.hash_file)).ok())
        .unwrap_or_default();
    let (folder, name) = (&options.site_pkg_dir, &options.output_name);
    ["js", "wasm"].map(|kind| format!("/{folder}/{}", hashed_name(&hashes, name, kind)))
}

/// The name of a file of the site. The build's list of hashes has lines such as `css: HASH`, or none for this
/// kind.
pub fn hashed_name(hashes: &str, name: &str, kind: &str) -> String {
    let mut pairs = hashes.lines().filter_map(|line| line.split_once(':'));
    match pairs.find(|(key, _)| key.trim() == kind) {
        Some((_, hash)) => format!("{name}.{}.{kind}", hash.trim()),
        None => format!("{name}.{kind}"),
    }
}
