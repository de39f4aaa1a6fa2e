//! Backups as docs/backup.md describes them: taken while people sign in and out, and restored.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};

use multi_session::PostgresTestDatabase;
use tempfile::TempDir;

use crate::load::{Answered, is_signed_in, revoke_all};
use crate::operators::Place;
use crate::process::{Process, command};

/// How many answers there are before a backup is taken.
const ANSWERS: usize = 24;

/// The cookies of sessions that were live or ended before the backup, and of those that began after it.
struct Load {
    live_before: Vec<String>,
    ended_before: Vec<String>,
    begun_after: Vec<String>,
}

/// Takes a backup while people sign up and out.
fn back_up_under_load(place: &Place, address: SocketAddr, copy: &Path) -> Load {
    let (before, after) = (Answered::default(), Answered::default());
    let (live_before, ended_before) = before.during(address, "before", || {
        before.wait_for(ANSWERS);
        let answered = (before.live(), before.ended());
        place.back_up(copy);
        answered
    });
    after.during(address, "after", || after.wait_for(ANSWERS / 4));
    Load { live_before, ended_before, begun_after: after.live() }
}

impl Place {
    fn back_up(&self, copy: &Path) {
        match &self.postgres {
            None => {
                self.does(&["backup", copy.to_str().expect("text")]);
            }
            Some(database) => {
                let mut dump = Command::new("pg_dump");
                dump.args(["--format=custom", "--file"]).arg(copy).arg(address_of(database));
                succeeds(dump);
            }
        }
    }

    /// Replaces the database by a backup. The server is stopped.
    async fn restore(&mut self, copy: &Path) {
        match &mut self.postgres {
            None => {
                let data = self.folder.path().join("data");
                let before = data.join("before-restore");
                fs::create_dir(&before).expect("a folder");
                for file in ["test.db", "test.db-wal", "test.db-shm", "test.db-generation"] {
                    fs::rename(data.join(file), before.join(file)).expect("it is there");
                }
                fs::copy(copy, data.join("test.db")).expect("a copy");
            }
            Some(database) => {
                *database = PostgresTestDatabase::empty().await;
                let mut restore = Command::new("pg_restore");
                restore.args(["--exit-on-error", "--no-owner", "--dbname", &address_of(database)]).arg(copy);
                succeeds(restore);
            }
        }
    }
}

/// The URL without parameters: PostgreSQL's programs do not know some of sqlx's.
fn address_of(database: &PostgresTestDatabase) -> String {
    database.url().split('?').next().expect("an address").to_owned()
}

#[track_caller]
fn succeeds(mut command: Command) {
    let output = command.stderr(Stdio::piped()).output().expect("PostgreSQL's programs are on the PATH");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test(flavor = "multi_thread")]
async fn backup_under_load_restores_answered_sessions_and_revives_no_ended_one() {
    for mut place in Place::each().await {
        let copy = place.folder.path().join("copy");
        let server = Process::start_as(place.command());
        let load = back_up_under_load(&place, server.address, &copy);
        assert!(load.live_before.len() >= 5 && load.ended_before.len() >= 5 && !load.begun_after.is_empty());
        let ended_since = &load.live_before[0];
        assert!(revoke_all(server.address, ended_since) && !is_signed_in(server.address, ended_since));
        server.kill();

        place.restore(&copy).await;
        let server = Process::start_as(place.command());
        for cookies in &load.live_before {
            assert!(
                is_signed_in(server.address, cookies),
                "live when the backup began, also if it ended since"
            );
        }
        for cookies in load.ended_before.iter().chain(&load.begun_after) {
            assert!(!is_signed_in(server.address, cookies), "ended before the backup, or begun after it");
        }
        // The step that docs/backup.md recommends for an old copy.
        place.sessions(&["revoke-everybody", "--yes"]);
        for cookies in &load.live_before {
            assert!(!is_signed_in(server.address, cookies), "from before");
        }
        server.kill();
    }
}

#[test]
fn backup_is_whole_private_and_replaces_nothing() {
    let folder = TempDir::new().expect("a folder");
    let back_up = |file: &str| {
        let output = command(folder.path()).args(["backup", file]).stderr(Stdio::piped()).output();
        let output = output.expect("it runs");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let files = || -> Vec<String> {
        let entries = fs::read_dir(folder.path()).expect("the folder").map(|entry| entry.expect("an entry"));
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
    };
    let (code, log) = back_up("copy.db");
    assert!(code == Some(1) && log.contains("cannot be opened"), "there is no database: {log}");
    assert!(files().is_empty(), "it leaves nothing behind: {:?}", files());

    let migrate = command(folder.path()).arg("migrate").output().expect("it runs");
    assert!(migrate.status.success());
    let (code, log) = back_up("copy.db");
    assert!(code == Some(0) && log.contains("the backup copy.db is complete"), "{log}");
    let copy = folder.path().join("copy.db");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(copy.metadata().expect("its state").permissions().mode() & 0o777, 0o600);
    }
    fs::write(&copy, "precious").expect("a file");
    let (code, log) = back_up("copy.db");
    assert!(code == Some(1) && log.contains("the backup copy.db was not written: "), "{log}");
    assert_eq!(fs::read_to_string(&copy).expect("text"), "precious");
    let (code, log) = back_up("missing/copy.db");
    assert!(code == Some(1) && log.contains("the backup missing/copy.db was not written: "), "{log}");
    let mut left = files();
    left.sort();
    assert_eq!(left, ["copy.db", "data"]);

    let mut postgres = command(folder.path());
    postgres.args(["backup", "other.db"]).env("DATABASE_URL", "postgres://127.0.0.1:1/app");
    let output = postgres.stderr(Stdio::piped()).output().expect("it runs");
    assert!(String::from_utf8_lossy(&output.stderr).contains("use pg_dump"));
}
