//! A counter next to the database, by which processes notice each other's changes before those are answered.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt, fchown};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::{Duration, Instant};

use crate::store::locked;

/// How long a process waits at most for another one that is incrementing the counter.
const PATIENCE: Duration = Duration::from_secs(1);
const PAUSE: Duration = Duration::from_millis(1);

/// How many changes the processes on a database have answered. It is a file with the number, twice.
///
/// It is written under a file lock, which ends when a process dies, and read without one. If its halves
/// differ, it is being written.
#[derive(Debug)]
pub(super) struct Generation {
    file: File,
    /// Twice the number of this process's own changes, plus one during an increment.
    own: AtomicU64,
    counting: Mutex<()>,
}

impl Generation {
    /// Opens the counter of an existing database, and creates it if it is missing.
    ///
    /// Like SQLite's WAL, the counter is the same for all links to the database, and a new one gets the owner
    /// and the permissions of the database.
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
                // Without the permission for this, the file belongs to the current user.
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

    /// A number that grows with the changes that other processes have answered; `None` if it cannot be
    /// determined right now.
    pub(super) fn of_others(&self) -> Option<u64> {
        let own = self.own.load(SeqCst);
        let (all, again) = self.read().ok()?;
        let is_steady = all == again && own & 1 == 0 && self.own.load(SeqCst) == own;
        is_steady.then(|| all.wrapping_sub(own / 2))
    }

    /// Counts a committed change of this process before it is answered; `false` if that is not possible, so
    /// that others notice it only when they check the database.
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
        // If the write may have failed, do not count it as this process's own.
        self.own.store(if counted.is_ok() { own + 2 } else { own }, SeqCst);
        self.file.unlock().and(counted).map_err(TryLockError::Error)
    }

    fn increment(&self) -> io::Result<()> {
        // Different halves were left by a process that died while writing.
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
    async fn counter_is_shared_by_all_links_and_has_the_owner_of_the_database() {
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
        // A process that starts later sees all later changes.
        let late = open();
        let known = late.of_others();
        assert!(there.count().await);
        assert_ne!(late.of_others(), known);
    }

    #[tokio::test]
    async fn half_written_counter_is_unknown_and_repaired_by_the_next_change() {
        let folder = TempDir::new().expect("a folder");
        let here = counter(&folder);
        here.file.write_all_at(&[9; 12], 0).expect("written by halves");
        here.file.write_all_at(&[1; 4], 12).expect("written by halves");
        assert_eq!(here.of_others(), None);
        assert!(here.count().await);
        assert_eq!(here.of_others(), Some(u64::from_le_bytes([9; 8])));
    }

    #[tokio::test]
    async fn uncountable_change_is_reported() {
        let folder = TempDir::new().expect("a folder");
        let (here, there) = (counter(&folder), counter(&folder));
        // Like a process that was stopped during an increment.
        there.file.lock().expect("a lock");
        assert!(!here.count().await);
        there.file.unlock().expect("no lock");
        assert!(here.count().await);
    }
}
