//! The invariants of the architecture that tests can check.

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
fn wasm_client_contains_no_server_code() {
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
fn sql_is_only_in_the_stores() {
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
fn only_one_file_writes_cookies() {
    let writers: Vec<_> = all_sources()
        .into_iter()
        .filter(|(_, text)| text.contains("SET_COOKIE"))
        .map(|(name, _)| name)
        .collect();
    assert_eq!(writers, ["src/http/layer.rs"]);
}

/// Leptos asks for the title once the beginning of the page is there. The values of a short page may be gone by then, and
/// reading one panics.
#[test]
fn no_title_reads_a_signal() {
    for (name, text) in all_sources() {
        assert!(
            !text.contains("<Title text=move"),
            "{name}: put a title without a closure where the view is chosen"
        );
    }
}

#[test]
fn no_file_is_called_mod() {
    assert!(all_sources().iter().all(|(name, _)| !name.ends_with("/mod.rs")));
}

const SECURITY: &str = "docs/security.md";
const STANDARDS: &str = "docs/standards.md";

/// A page of the documentation.
pub(crate) fn page(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap_or_else(|_| panic!("no {name}"))
}

/// The test files that a text names in backticks. All of them must exist.
fn test_files(text: &str) -> Vec<&str> {
    let names = text.split('`').skip(1).step_by(2);
    let files: Vec<_> = names.filter(|name| name.ends_with(".rs") || name.ends_with(".ts")).collect();
    for file in &files {
        assert!(root().join(file).is_file(), "{file} does not exist");
    }
    files
}

#[test]
fn every_threat_has_a_defense_and_test_files_that_exist() {
    let page = page(SECURITY);
    let (_, model) = page.split_once("## Threat model\n").expect("a threat model");
    let (model, _) = model.split_once("\n## ").expect("more sections");
    let threats: Vec<_> = model.split("\n### ").skip(1).collect();
    for threat in &threats {
        let (text, tests) = threat.split_once("**Tests.** ").unwrap_or_else(|| panic!("no tests: {threat}"));
        assert!(text.contains("**Threat.** ") && text.contains("**Defense.** "), "{threat}");
        assert!(!test_files(tests).is_empty(), "no test file: {threat}");
    }
    assert!(threats.len() > 45, "{}", threats.len());
}

/// The lines of the standards: the requirement, and the test files that cover it.
fn standards(page: &str) -> Vec<(&str, Vec<&str>)> {
    let rows = page.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    let cells = rows.map(|row| row.rsplit_once(" | ").unwrap_or_else(|| panic!("no second cell: {row}")));
    let lines = cells.filter(|(_, covered)| *covered != "covered by");
    lines
        .map(|(line, covered)| {
            let files = test_files(covered);
            match covered.strip_prefix("not covered: ") {
                Some(reason) => assert!(reason.len() > 20, "{line}"),
                None => assert!(!files.is_empty(), "{line}"),
            }
            (line, files)
        })
        .collect()
}

#[test]
fn every_line_of_the_standards_names_test_files_or_says_why_not() {
    let page = page(STANDARDS);
    let lines = standards(&page);
    assert!(lines.len() > 45, "{}", lines.len());
    // Every file of these tests must be named.
    let mut files = Vec::new();
    sources(&root().join("server/tests/it/standards"), &mut files);
    assert!(files.len() > 5, "{}", files.len());
    for (file, _) in files.iter().filter(|(_, text)| text.contains("::test]") || text.contains("#[test]")) {
        assert!(lines.iter().any(|(_, named)| named.contains(&&**file)), "{STANDARDS} does not name {file}");
    }
}

/// The numbers in the name of a test: `7.2.4` of `asvs_7_2_4_…`, and each thread's of `asked_better_auth_4585_and_8114_…`.
fn numbers(name: &str) -> Vec<String> {
    let is_number = |part: &&str| part.bytes().all(|byte| byte.is_ascii_digit());
    if let Some(rest) = name.strip_prefix("asvs_") {
        return vec![rest.split('_').take_while(is_number).collect::<Vec<_>>().join(".")];
    }
    let Some(rest) = name.strip_prefix("asked_") else { return Vec::new() };
    rest.split('_').filter(is_number).map(|number| ["#", number].concat()).collect()
}

#[test]
fn every_test_named_after_a_line_of_the_standards_is_in_a_file_of_that_line() {
    let page = page(STANDARDS);
    let lines = standards(&page);
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
            if !["asvs_", "owasp_", "nist_", "rfc_", "asked_"].iter().any(|start| name.starts_with(start)) {
                continue;
            }
            let named: Vec<_> = lines.iter().filter(|(_, files)| files.contains(&&*file)).collect();
            assert!(!named.is_empty(), "{STANDARDS} does not name {file} of {name}");
            for number in numbers(name) {
                assert!(
                    named.iter().any(|(line, _)| line.contains(&number)),
                    "{STANDARDS} does not name {file} at {number}, as {name} says"
                );
            }
            count += 1;
        }
    }
    assert!(count > 40, "{count}");
}

#[test]
fn tests_cover_every_server_function() {
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
fn toolchain_installs_the_locked_wasm_bindgen() {
    let lock = std::fs::read_to_string(root().join("Cargo.lock")).expect("the lock file");
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).expect("the manifest");
    let pinned =
        manifest.split("wasm-bindgen = \"=").nth(1).and_then(|rest| rest.split('"').next()).expect("a pin");
    assert!(lock.contains(&format!("name = \"wasm-bindgen\"\nversion = \"{pinned}\"")));
}

/// Files that a crate compiles must be in its package: Cargo includes only those that its manifest lists.
#[test]
fn packages_have_every_file_that_their_sources_include() {
    for (package, folder) in [("multi-session", ""), ("multi-session-leptos", "app")] {
        let list = Command::new(env!("CARGO"))
            .args(["package", "--list", "--offline", "--allow-dirty", "--package", package])
            .current_dir(root())
            .output()
            .expect("cargo package runs");
        assert!(list.status.success(), "{}", String::from_utf8_lossy(&list.stderr));
        let list = String::from_utf8(list.stdout).expect("text");
        let packaged: BTreeSet<_> = list.lines().map(|file| root().join(folder).join(file)).collect();
        let mut files = Vec::new();
        sources(&root().join(folder).join("src"), &mut files);
        let mut count = 0;
        for (name, text) in files {
            let source = root().join(&name);
            assert!(packaged.contains(&source), "{name} is not in {package}");
            for included in text.split("include_str!(\"").skip(1).filter_map(|rest| rest.split('"').next()) {
                let path = source.parent().expect("a folder").join(included);
                let path = path.canonicalize().unwrap_or_else(|_| panic!("{name} includes {included}"));
                assert!(packaged.contains(&path), "{name} includes {included}, which is not in {package}");
                count += 1;
            }
        }
        assert!(count > 0, "{package} includes its README");
        for file in ["README.md", "LICENSE-MIT", "LICENSE-APACHE"] {
            assert!(packaged.contains(&root().join(folder).join(file)), "{package} has no {file}");
        }
    }
}
