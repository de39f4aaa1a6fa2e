//! What the architecture says is absent.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::standards::surfaces::{FUNCTIONS, READ, READING};

pub(crate) fn root() -> PathBuf {
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

/// The rows of a document's tables.
fn rows(document: &str) -> (String, Vec<String>) {
    let text = std::fs::read_to_string(root().join(document)).unwrap_or_else(|_| panic!("no {document}"));
    let rows = text.lines().filter(|line| line.starts_with("| ")).map(str::to_owned).collect();
    (text, rows)
}

fn last_cell(row: &str) -> &str {
    row.trim_end_matches('|').rsplit('|').next().expect("a cell").trim()
}

/// Holds that the tests exist which a row's last cell names, each after its file; gives how many there are.
fn tests_named_in(row: &str) -> usize {
    let (mut file, mut text, mut count) = ("", String::new(), 0);
    for name in last_cell(row).split('`').skip(1).step_by(2) {
        if name.ends_with(".rs") || name.ends_with(".ts") {
            file = name;
            text = std::fs::read_to_string(root().join(name)).unwrap_or_else(|_| panic!("no {name}"));
        } else {
            let test = if file.ends_with(".ts") { format!("test(\"{name}\"") } else { format!("fn {name}(") };
            assert!(text.contains(&test), "{name} is not in {file:?}, as is said in {row}");
            count += 1;
        }
    }
    count
}

#[test]
fn every_test_that_the_threat_model_names_exists() {
    let (_, rows) = rows("SECURITY.md");
    let count: usize = rows.iter().map(|row| tests_named_in(row)).sum();
    assert!(count > 35, "{count}");
}

#[test]
fn every_line_of_the_standards_is_held_by_a_test_or_says_why_not() {
    let (document, rows) = rows("docs/standards.md");
    let lines: Vec<_> = rows.iter().filter(|row| last_cell(row) != "held by").collect();
    for row in &lines {
        let reason = last_cell(row).strip_prefix("not held: ");
        assert!(reason.map_or(tests_named_in(row) > 0, |reason| reason.len() > 20), "{row}");
    }
    assert!(lines.len() > 50, "{}", lines.len());

    // And whichever test is named after a line is there.
    let mut files = all_sources();
    sources(&root().join("server/tests/it"), &mut files);
    let mut count = 0;
    for (file, text) in files {
        for (attribute, line) in text.lines().zip(text.lines().skip(1)) {
            let line = line.trim_start();
            let function = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ");
            let Some(name) = function.and_then(|rest| rest.split('(').next()) else { continue };
            if !attribute.trim_start().starts_with("#[") || !attribute.contains("test") {
                continue;
            }
            if ["asvs_", "owasp_", "nist_", "rfc_", "asked_"].iter().any(|start| name.starts_with(start)) {
                assert!(
                    document.contains(&format!("`{name}`")),
                    "{file}: {name} is not in docs/standards.md"
                );
                count += 1;
            }
        }
    }
    assert!(count > 40, "{count}");
}

#[test]
fn the_tests_go_through_every_server_function() {
    let mut endpoints = BTreeSet::new();
    for (_, text) in all_sources() {
        let names = text.split("endpoint = \"").skip(1).filter_map(|rest| rest.split('"').next());
        endpoints.extend(names.map(str::to_owned));
    }
    let known: BTreeSet<_> =
        FUNCTIONS.iter().map(|(name, _)| *name).chain(READ).chain([READING]).map(str::to_owned).collect();
    assert_eq!(endpoints, known);
}

#[test]
fn the_toolchain_installs_the_wasm_bindgen_that_the_lock_file_has() {
    let lock = std::fs::read_to_string(root().join("Cargo.lock")).expect("the lock file");
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).expect("the manifest");
    let pinned =
        manifest.split("wasm-bindgen = \"=").nth(1).and_then(|rest| rest.split('"').next()).expect("a pin");
    assert!(lock.contains(&format!("name = \"wasm-bindgen\"\nversion = \"{pinned}\"")));
}
