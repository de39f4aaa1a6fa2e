//! `bindgen INPUT.wasm FOLDER NAME` writes `NAME.js` and `NAME_bg.wasm` into the folder.
//!
//! This is what the program `wasm-bindgen --target web` does. Compiling only its library takes a fifth of the time, and
//! Cargo.lock keeps it at the version of the `wasm-bindgen` crate, which it must equal.

use anyhow::{Result, bail};
use wasm_bindgen_cli_support::Bindgen;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [input, folder, name] = arguments.as_slice() else {
        bail!("usage: bindgen INPUT.wasm FOLDER NAME");
    };
    // The page passes the address of the WebAssembly to the script, because its name has a hash.
    Bindgen::new()
        .web(true)?
        .typescript(false)
        .omit_default_module_path(true)
        .input_path(input)
        .out_name(name)
        .generate(folder)
}
