//! Where the pages' files are.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use leptos::config::LeptosOptions;

use crate::Config;

/// The name of the client's files.
const OUTPUT_NAME: &str = "multi-session";
/// Written beside the program by the build: it says which hashes the files' names carry.
const HASH_FILE: &str = "hash.txt";

/// Finds the pages' files and says how they are named.
///
/// They lie in the folder that was configured, else in `site` beside the program or one folder up, so that the
/// program works from any folder.
pub(crate) fn options(config: &Config) -> LeptosOptions {
    let beside = std::env::current_exe().ok().and_then(|exe| exe.parent().map(Path::to_path_buf));
    let beside = beside.unwrap_or_default();
    let candidates = [beside.join("site"), beside.join("../site")];
    let root = config.site_root.clone().or_else(|| candidates.into_iter().find(|path| path.is_dir()));
    let root = match root {
        Some(root) if root.join("pkg").is_dir() => root,
        other => {
            tracing::warn!("the pages' files were not found: pages have neither style nor script");
            other.unwrap_or_else(|| PathBuf::from("target/site"))
        }
    };
    let watched = std::env::var("LEPTOS_RELOAD_PORT").ok().and_then(|port| port.parse().ok());
    LeptosOptions::builder()
        .output_name(OUTPUT_NAME)
        .site_root(root.to_string_lossy().into_owned())
        .site_pkg_dir("pkg")
        .site_addr(config.site_addr)
        .reload_port(watched.unwrap_or(3001_u32))
        .hash_files(beside.join(HASH_FILE).is_file())
        .hash_file(Arc::from(HASH_FILE))
        .build()
}
