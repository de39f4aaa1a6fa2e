//! A counter beside the database by which processes hear of each other's changes before those are answered.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt, fchown};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::{Duration, Instant};

use crate::store::locked;

/// How long a process that cannot count waits at most for the one that does.
const PATIENCE: Duration = Duration::from_secs(1);
const PAUSE: Duration = Duration::from_millis(1);

/// How many changes the processes that have a database open have answered: a file with the number, twice.
///
/// It is written under a lock of the file, which goes with a process that dies, and read without one: where its halves
/// differ, it is being written.
#[derive(Debug)]
pub(super) struct Generation {
    file: File,
    /// Twice how many of them are this process's own, and one more while it counts.
    own: AtomicU64,
    counting: Mutex<()>,
}

impl Generation {
    /// Opens the counter of a database that is there, made where it is missing.
    ///
    /// As SQLite does with its log, it finds one counter by whatever links the database is named, and gives a new one the
    /// owner and the permissions of the database.
    pub(super) fn open(database: &Path) -> io::Result<Self> {
        let database = database.canonicalize()?;
        let mut name = database.as_os_str().to_owned();
        name.push("-generation");
        let named = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", name.display()));
        let mut options = OpenOptions::new();
        options.read(true).write(true);
        let file = match options.clone().create_new(true).open(&name) {
            Ok(file) => {
                let of = database.metadata()?;
                // Who may not do so makes it as their own.
                let _ = file.set_permissions(of.permissions());
                let _ = fchown(&file, Some(of.uid()), Some(of.gid()));
                file
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                options.open(&name).map_err(named)?
            }
            Err(error) => return Err(named(error)),
        };
        Ok(Self { file, own: AtomicU64::default(), counting: Mutex::default() })
    }

    /// How many changes other processes have answered, and some more; `None` at a moment when that cannot be told.
    pub(super) fn of_others(&self) -> Option<u64> {
        let own = self.own.load(SeqCst);
        let (all, again) = self.read().ok()?;
        let is_steady = all == again && own & 1 == 0 && self.own.load(SeqCst) == own;
        is_steady.then(|| all.wrapping_sub(own / 2))
    }

    /// Counts a change of this process once it is committed, before it is answered; `false` where that is not possible, so
    /// that others notice it only when they look at the database.
    pub(super) async fn count(&self) -> bool {
        let since = Instant::now();
        loop {
            match self.try_count() {
                Ok(()) => return true,
                Err(TryLockError::WouldBlock) if since.elapsed() < PATIENCE => {
                    tokio::time::sleep(PAUSE).await
                }
                Err(error) => {
                    tracing::warn!(%error, "the generation counter could not be written: the answer to a change waits");
                    return false;
                }
            }
        }
    }

    fn try_count(&self) -> Result<(), TryLockError> {
        let _one_at_a_time = locked(&self.counting);
        self.file.try_lock()?;
        let own = self.own.load(SeqCst);
        self.own.store(own | 1, SeqCst);
        let counted = self.increment();
        // What may not have been written is not this process's own.
        self.own.store(if counted.is_ok() { own + 2 } else { own }, SeqCst);
        self.file.unlock().and(counted).map_err(TryLockError::Error)
    }

    fn increment(&self) -> io::Result<()> {
        // Halves that differ are what somebody left who died while writing.
        let next = self.read()?.0.wrapping_add(1).to_le_bytes();
        self.file.write_all_at([next; 2].as_flattened(), 0)
    }

    /// Both halves; a new file has none yet.
    fn read(&self) -> io::Result<(u64, u64)> {
        let mut halves = [[0; 8]; 2];
        self.file.read_at(halves.as_flattened_mut(), 0)?;
        let [first, second] = halves.map(u64::from_le_bytes);
        Ok((first, second))
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use tempfile::TempDir;

    use super::*;

    fn counter(folder: &TempDir) -> Generation {
        let database = folder.path().join("test.db");
        File::options().append(true).create(true).open(&database).expect("a file");
        Generation::open(&database).expect("a counter")
    }

    #[tokio::test]
    async fn counter_is_one_by_whatever_name_and_belongs_to_whom_the_database_belongs() {
        let folder = TempDir::new().expect("a folder");
        let database = folder.path().join("test.db");
        File::create(&database)
            .expect("a file")
            .set_permissions(PermissionsExt::from_mode(0o660))
            .expect("a mode");
        let link = folder.path().join("link.db");
        symlink(&database, &link).expect("a link");
        let (here, there) = (counter(&folder), Generation::open(&link).expect("a counter"));
        let before = here.of_others();
        assert!(there.count().await);
        assert_ne!(here.of_others(), before);
        assert_eq!(here.file.metadata().expect("its state").permissions().mode() & 0o777, 0o660);
    }

    #[tokio::test]
    async fn changes_of_others_are_counted_and_own_ones_are_not() {
        let folder = TempDir::new().expect("a folder");
        let open = || counter(&folder);
        let (here, there) = (open(), open());
        let before = here.of_others();
        assert!(before.is_some() && here.count().await && here.count().await);
        assert_eq!(here.of_others(), before, "its own");
        assert!(there.count().await);
        let after = here.of_others();
        assert_ne!(after, before);
        assert!(here.count().await);
        assert_eq!(here.of_others(), after);
        // A process that starts later ignores nothing that comes after.
        let late = open();
        let known = late.of_others();
        assert!(there.count().await);
        assert_ne!(late.of_others(), known);
    }

    #[tokio::test]
    async fn counter_that_is_being_written_tells_nothing_and_is_mended_by_the_next_change() {
        let folder = TempDir::new().expect("a folder");
        let here = counter(&folder);
        here.file.write_all_at(&[9; 12], 0).expect("written by halves");
        here.file.write_all_at(&[1; 4], 12).expect("written by halves");
        assert_eq!(here.of_others(), None);
        assert!(here.count().await);
        assert_eq!(here.of_others(), Some(u64::from_le_bytes([9; 8])));
    }

    #[tokio::test]
    async fn change_that_cannot_be_counted_says_so() {
        let folder = TempDir::new().expect("a folder");
        let (here, there) = (counter(&folder), counter(&folder));
        // As by a process that was stopped while it counted.
        there.file.lock().expect("a lock");
        assert!(!here.count().await);
        there.file.unlock().expect("no lock");
        assert!(here.count().await);
    }
}
