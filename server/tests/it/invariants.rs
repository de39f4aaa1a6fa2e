//! What the architecture says is absent.

use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("the workspace")
}

fn sources(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(root()).expect("inside").to_string_lossy().into_owned();
            found.push((name, std::fs::read_to_string(&path).expect("text")));
        }
    }
}

fn all_sources() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for folder in ["src", "app/src", "server/src", "frontend/src"] {
        sources(&root().join(folder), &mut found);
    }
    assert!(found.len() > 40, "the sources are read");
    found
}

#[test]
fn the_wasm_client_has_no_server_in_it() {
    let tree = Command::new(env!("CARGO"))
        .args([
            "tree",
            "-p",
            "frontend",
            "--target",
            "wasm32-unknown-unknown",
            "-e",
            "normal,no-proc-macro",
            "--prefix",
            "none",
        ])
        .current_dir(root())
        .output()
        .expect("cargo tree runs");
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let tree = String::from_utf8(tree.stdout).expect("text");
    assert!(tree.contains("leptos "));
    for name in ["tokio", "sqlx", "argon2", "rand", "axum", "hyper", "getrandom", "sha2"] {
        let found = tree.lines().find(|line| line.split(' ').next() == Some(name));
        assert!(found.is_none(), "{found:?} is in the client");
    }
}

#[test]
fn sql_is_in_the_stores_only() {
    for (name, text) in all_sources() {
        let lower = text.to_lowercase();
        let statements =
            ["\"select ", "\"insert into ", "\"delete from ", "\"update sessions", "\"update users"];
        let is_sql = statements.iter().any(|statement| lower.contains(statement));
        assert!(!is_sql || name.starts_with("src/store"), "{name} holds SQL");
        assert!(!text.contains("sqlx::") || name.starts_with("src/store"), "{name} names sqlx");
    }
}

#[test]
fn one_place_writes_cookies() {
    let writers: Vec<_> = all_sources()
        .into_iter()
        .filter(|(_, text)| text.contains("SET_COOKIE"))
        .map(|(name, _)| name)
        .collect();
    assert_eq!(writers, ["src/http/layer.rs"]);
}

#[test]
fn no_file_is_called_mod() {
    assert!(all_sources().iter().all(|(name, _)| !name.ends_with("/mod.rs")));
}

#[test]
fn every_test_that_the_threat_model_names_exists() {
    let model = std::fs::read_to_string(root().join("SECURITY.md")).expect("the threat model");
    let mut file = String::new();
    let mut count = 0;
    for row in model.lines().filter(|line| line.starts_with("| ")) {
        let shown_by = row.trim_end_matches('|').rsplit('|').next().expect("a cell");
        for name in shown_by.split('`').skip(1).step_by(2) {
            if name.ends_with(".rs") {
                file = std::fs::read_to_string(root().join(name)).unwrap_or_else(|_| panic!("no {name}"));
            } else {
                assert!(file.contains(&format!("fn {name}(")), "{name} is not where SECURITY.md says");
                count += 1;
            }
        }
    }
    assert!(count > 35, "{count}");
}

#[test]
fn the_toolchain_installs_the_wasm_bindgen_that_the_lock_file_has() {
    let lock = std::fs::read_to_string(root().join("Cargo.lock")).expect("the lock file");
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).expect("the manifest");
    let pinned =
        manifest.split("wasm-bindgen = \"=").nth(1).and_then(|rest| rest.split('"').next()).expect("a pin");
    assert!(lock.contains(&format!("name = \"wasm-bindgen\"\nversion = \"{pinned}\"")));
}
