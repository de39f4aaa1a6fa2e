//! `multi-session backup FILE`.

use std::fs::File;
use std::io;
use std::path::Path;

use crate::{Config, ServerError, database};

/// Writes a copy of the configured SQLite database to a new file, which only its owner can read.
///
/// The file appears under its name once it is complete and durable, so whatever has that name is a whole backup.
///
/// # Errors
///
/// [`ServerError::Backup`] if the file exists or cannot be written, [`ServerError::Database`] if there is no database or it
/// cannot be copied, [`ServerError::Config`] if it is not SQLite.
pub async fn back_up(config: &Config, file: &Path) -> Result<(), ServerError> {
    let failed = |source| ServerError::Backup { file: file.to_owned(), source };
    // Check before copying.
    if file.try_exists().map_err(failed)? {
        return Err(failed(io::ErrorKind::AlreadyExists.into()));
    }
    let folder = file.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let partial = tempfile::Builder::new().prefix(".backup-").tempfile_in(folder).map_err(failed)?;
    database::copy(config, partial.path()).await?;
    partial.persist_noclobber(file).map_err(|error| failed(error.error))?;
    // The name is durable too. Windows does not open folders.
    if cfg!(unix) {
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
    }
    tracing::info!("the backup {} is complete", file.display());
    Ok(())
}
