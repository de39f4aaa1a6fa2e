//! The image, the containers and the unit name only files and settings that exist. `scripts/layout.sh` runs the program
//! from the layout of the image.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use crate::configuration::settings;
use crate::invariants::{page, root};

/// The patterns of .dockerignore. The last one that matches applies.
struct Ignored(Vec<String>);

impl Ignored {
    fn read() -> Self {
        let text = page(".dockerignore");
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        Self(lines.map(str::to_owned).collect())
    }

    /// Whether a file or one of its folders is ignored.
    fn is(&self, file: &Path) -> bool {
        let matches = |pattern: &str| match pattern.strip_prefix("**/") {
            Some(name) => file.iter().any(|part| part == name),
            None => pattern == "*" || file.starts_with(pattern),
        };
        let last = self.0.iter().rev().find(|line| matches(line.trim_start_matches('!')));
        last.is_some_and(|line| !line.starts_with('!'))
    }

    /// The files in the build context, relative to the workspace, without links.
    fn not_ignored(&self) -> Vec<PathBuf> {
        let mut files = Vec::new();
        let mut folders = vec![PathBuf::new()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(root().join(&folder)).expect("a folder") {
                let entry = entry.expect("an entry");
                let path = folder.join(entry.file_name());
                let kind = entry.file_type().expect("a type");
                if self.is(&path) {
                    continue;
                }
                if kind.is_symlink() {
                    let target = root().join(&path).canonicalize().expect("a target");
                    let target = target.strip_prefix(root()).expect("inside of the workspace");
                    assert!(!self.is(target), "{} leads to what is left out", path.display());
                } else if kind.is_dir() {
                    folders.push(path);
                } else {
                    files.push(path);
                }
            }
        }
        files
    }
}

/// The Dockerfile's lines with this prefix, without it. Continued lines are joined.
fn instructions(start: &str) -> Vec<String> {
    let text = page("Dockerfile").replace("\\\n", " ");
    text.lines().filter_map(|line| line.strip_prefix(start)).map(str::to_owned).collect()
}

#[test]
fn image_is_built_from_a_whole_workspace() {
    let ignored = Ignored::read();
    for line in &ignored.0 {
        let is_known = line == "*" || !line.trim_start_matches("**/").contains(['*', '?', '[']);
        assert!(is_known, "this test does not know the pattern {line}");
        if let Some(path) = line.strip_prefix('!') {
            assert!(root().join(path).exists(), "{path} does not exist");
        }
    }
    let files = ignored.not_ignored();
    assert!(files.len() > 200 && files.len() < 2_000, "{}", files.len());
    for secret in ["data/multi-session.db", ".env", "target/release/multi-session", "tools/node_modules/x"] {
        assert!(ignored.is(Path::new(secret)), "{secret}");
    }

    let build = TempDir::new().expect("a folder");
    for file in &files {
        let to = build.path().join(file);
        fs::create_dir_all(to.parent().expect("a folder")).expect("a folder");
        fs::copy(root().join(file), to).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    }
    // cargo fails if the sources of a package are missing.
    let metadata = Command::new(env!("CARGO"))
        .args(["metadata", "--offline", "--no-deps", "--format-version=1"])
        .current_dir(build.path())
        .output()
        .expect("cargo runs");
    assert!(metadata.status.success(), "{}", String::from_utf8_lossy(&metadata.stderr));
    // Included files must exist, except for the README and the docs, which only documentation tests include.
    for file in files.iter().filter(|file| file.extension().is_some_and(|it| it == "rs")) {
        let text = fs::read_to_string(root().join(file)).expect("text");
        for included in text.split("include_str!(\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            let path = build.path().join(file).parent().expect("a folder").join(included);
            let is_documentation = included.contains("../docs/") || included == "../README.md";
            assert!(path.is_file() || is_documentation, "{} includes {included}", file.display());
        }
    }
    let scripts: Vec<_> = instructions("RUN ")
        .iter()
        .flat_map(|run| run.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
        .filter(|word| word.starts_with("scripts/"))
        .collect();
    assert_eq!(scripts, ["scripts/setup.sh", "scripts/build.sh"]);
    assert!(scripts.iter().all(|script| build.path().join(script).is_file()));
}

#[test]
fn image_is_built_with_the_compiler_that_the_workspace_asks_for() {
    let manifest = page("Cargo.toml");
    let version = manifest.split("rust-version = \"").nth(1).and_then(|rest| rest.split('"').next());
    let version = version.expect("a version");
    let from = instructions("FROM ");
    assert!(from.iter().any(|image| image.starts_with(&format!("rust:{version}-"))), "{from:?}");
}

/// The files that compose.yaml mounts.
#[test]
fn mounted_files_exist() {
    let compose = page("compose.yaml");
    let mounted = compose.split("\"./").skip(1).filter_map(|rest| rest.split(':').next());
    let mounted: Vec<_> = mounted.collect();
    assert_eq!(mounted, ["deploy/haproxy.cfg"]);
    assert!(mounted.iter().all(|file| root().join(file).is_file()));
}

#[test]
fn settings_of_containers_and_unit_exist() {
    let known = settings();
    let mut found = BTreeSet::new();
    for file in ["Dockerfile", "compose.yaml", "deploy/multi-session.service", "deploy/haproxy.cfg"] {
        let text = page(file);
        let words = text.split(|it: char| !it.is_ascii_alphanumeric() && it != '_');
        let is_ours = |word: &&str| {
            word.starts_with("MULTI_SESSION_") || word.starts_with("LEPTOS_") || *word == "DATABASE_URL"
        };
        for word in words.filter(is_ours) {
            assert!(known.contains(word), "{file}: there is no {word}");
            found.insert(word.to_owned());
        }
    }
    assert!(found.len() > 4, "{found:?}");
}

#[test]
fn stop_leaves_the_time_that_requests_and_mails_get() {
    for (file, name) in
        [("compose.yaml", "stop_grace_period: "), ("deploy/multi-session.service", "TimeoutStopSec=")]
    {
        let text = page(file);
        let time = text.split(name).nth(1).and_then(|rest| rest.lines().next()).expect(name);
        let time = humantime::parse_duration(time).expect("a time");
        assert!(time > Duration::from_secs(30), "{file}: {time:?}");
    }
}
