//! Finds the files of the pages.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use leptos::config::LeptosOptions;
use multi_session_leptos::hashed_name;

use crate::{Config, ServerError};

/// The base name of the client's files.
const OUTPUT_NAME: &str = "multi-session";
/// Written beside the program by the build. It has the hashes in the file names.
const HASH_FILE: &str = "hash.txt";

/// Finds the files of the pages and their names.
///
/// They are in the configured folder, or else in `site` beside the program or one folder up, so that the
/// program works from any folder.
///
/// # Errors
///
/// [`ServerError::Config`] when there are files, but not those that the pages refer to, so that pages would
/// have neither style nor script.
pub(crate) fn options(config: &Config) -> Result<LeptosOptions, ServerError> {
    let beside = std::env::current_exe().ok().and_then(|exe| exe.parent().map(Path::to_path_buf));
    let beside = beside.unwrap_or_default();
    let candidates = [beside.join("site"), beside.join("../site")];
    let root = config.site_root.clone().or_else(|| candidates.into_iter().find(|path| path.is_dir()));
    let root = match root {
        Some(root) if root.join("pkg").is_dir() => root,
        other => {
            tracing::warn!("the files of the pages were not found: pages have no styles and no scripts");
            other.unwrap_or_else(|| PathBuf::from("target/site"))
        }
    };
    let hashes = beside.join(HASH_FILE);
    let named = Named::read(&hashes)
        .map_err(|error| ServerError::Config(format!("{} cannot be read: {error}", hashes.display())))?;
    if let Some(missing) = named.missing_in(&root.join("pkg")) {
        return Err(ServerError::Config(format!(
            "the pages need {missing}, which is not in {}: copy the program, its folder `site` and {HASH_FILE}, which \
             belongs beside the program, from one build",
            root.join("pkg").display()
        )));
    }
    let watched = std::env::var("LEPTOS_RELOAD_PORT").ok().and_then(|port| port.parse().ok());
    Ok(LeptosOptions::builder()
        .output_name(OUTPUT_NAME)
        .site_root(root.to_string_lossy().into_owned())
        .site_pkg_dir("pkg")
        .site_addr(config.site_addr)
        .reload_port(watched.unwrap_or(3001_u32))
        .hash_files(named.has_hashes)
        .hash_file(Arc::from(HASH_FILE))
        .build())
}

/// The files that pages refer to. Leptos builds their names from the hashes of the build: lines such as `css:
/// HASH`.
struct Named {
    has_hashes: bool,
    files: Vec<String>,
}

impl Named {
    fn read(hashes: &Path) -> io::Result<Self> {
        let text = match std::fs::read_to_string(hashes) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let hashes = text.as_deref().unwrap_or_default();
        let files = ["css", "js"].map(|kind| hashed_name(hashes, OUTPUT_NAME, kind));
        Ok(Self { has_hashes: text.is_some(), files: files.into() })
    }

    /// The first file that is missing in a folder, if it has any of our files.
    fn missing_in(&self, folder: &Path) -> Option<&str> {
        let ours =
            |name: &str| name.strip_prefix(OUTPUT_NAME).is_some_and(|rest| rest.starts_with(['.', '_']));
        let mut all = std::fs::read_dir(folder).ok()?.filter_map(Result::ok);
        all.any(|file| file.file_name().to_str().is_some_and(ours)).then_some(())?;
        self.files.iter().find(|file| !folder.join(file).is_file()).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_files_of_the_pages_are_reported() {
        let folder = tempfile::tempdir().expect("a folder");
        let (hashes, pkg) = (folder.path().join(HASH_FILE), folder.path().join("pkg"));
        let missing = || {
            let named = Named::read(&hashes).expect("it is read");
            (named.has_hashes, named.missing_in(&pkg).map(str::to_owned))
        };
        let add = |name: &str| std::fs::write(pkg.join(name), "").expect("a file");
        assert_eq!(missing(), (false, None), "there are no files at all");
        std::fs::create_dir(&pkg).expect("a folder");
        add("other.js");
        assert_eq!(missing(), (false, None));
        add("multi-session.a1.css");
        add("multi-session.b2.js");
        assert_eq!(missing(), (false, Some("multi-session.css".to_owned())), "hash.txt was not copied");
        std::fs::write(&hashes, "js: b2\nwasm: c3\ncss: a1\n").expect("a file");
        assert_eq!(missing(), (true, None));
        std::fs::write(&hashes, "js: b3\nwasm: c3\ncss: a1\n").expect("a file");
        assert_eq!(missing(), (true, Some("multi-session.b3.js".to_owned())), "it is of another build");
        std::fs::remove_file(&hashes).expect("it is gone");
        add("multi-session.css");
        add("multi-session.js");
        assert_eq!(missing(), (false, None), "a build without hashes needs none");
    }
}
