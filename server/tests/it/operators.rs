//! What operators do from a shell, while the server runs and while it does not.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use multi_session::PostgresTestDatabase;
use serde_json::Value;
use tempfile::TempDir;

use crate::process::{Process, command, request};

/// A database and the folder in which the program runs.
struct Place {
    folder: TempDir,
    /// `None` is the SQLite file in the folder.
    postgres: Option<PostgresTestDatabase>,
}

impl Place {
    async fn each() -> [Self; 2] {
        let folder = || TempDir::new().expect("a folder");
        let postgres = Some(PostgresTestDatabase::empty().await);
        [Self { folder: folder(), postgres: None }, Self { folder: folder(), postgres }]
    }

    fn command(&self) -> Command {
        let mut command = command(self.folder.path());
        if let Some(database) = &self.postgres {
            command.env("DATABASE_URL", database.url());
        }
        command
    }

    /// What `multi-session sessions …` prints, where it succeeds.
    #[track_caller]
    fn sessions(&self, arguments: &[&str]) -> String {
        let output = run(self.command(), arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    }

    fn list(&self, arguments: &[&str]) -> Vec<Value> {
        let printed = self.sessions(&[&["list", "--json", "--user"], arguments].concat());
        serde_json::from_str(&printed).expect("a list")
    }
}

fn run(mut command: Command, arguments: &[&str]) -> Output {
    command.arg("sessions").args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.output().expect("it runs")
}

/// Sends the form of a person to sign up or in, and gives the cookies.
fn enter(address: SocketAddr, how: &str, name: &str) -> String {
    let body = format!(r#"{{"name":"{name}","email":"{name}@example.org","password":"correct horse"}}"#);
    let path = format!("/api/auth/{how}/email");
    let (status, cookies, _) = request(address, "POST", &path, "", &body).expect("an answer");
    assert_eq!(status, 200);
    cookies.join("; ")
}

fn session(address: SocketAddr, cookies: &str) -> Value {
    request(address, "GET", "/api/auth/get-session", cookies, "").expect("an answer").2["session"].clone()
}

fn id(address: SocketAddr, cookies: &str) -> String {
    session(address, cookies)["id"].as_str().expect("signed in").to_owned()
}

/// A live stream over a connection of its own, after its first list.
struct Stream(BufReader<TcpStream>);

impl Stream {
    fn open(address: SocketAddr, cookies: &str) -> Self {
        let mut connection = TcpStream::connect(address).expect("a connection");
        connection.set_read_timeout(Some(Duration::from_secs(20))).expect("a bound");
        let text = format!(
            "GET /api/auth/multi-session/events HTTP/1.1\r\nhost: {address}\r\ncookie: {cookies}\r\n\r\n"
        );
        connection.write_all(text.as_bytes()).expect("a request");
        let mut stream = Self(BufReader::new(connection));
        stream.line("event: snapshot");
        stream
    }

    /// Reads on to the line that begins so.
    fn line(&mut self, start: &str) -> String {
        loop {
            let mut line = String::new();
            assert_ne!(self.0.read_line(&mut line).expect("a line in time"), 0, "the stream is over");
            if line.starts_with(start) {
                return line;
            }
        }
    }

    /// Reads on until it is told that this session has ended.
    fn ended(mut self, id: &str) -> Value {
        loop {
            let line = self.line("data: {");
            let event: Value = serde_json::from_str(&line["data: ".len()..]).expect("JSON");
            if event["type"] == "ended" && event["id"] == id {
                return event;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_ends_sessions_under_a_running_server_and_their_pages_hear_why() {
    for place in Place::each().await {
        let server = Process::start_as(place.command());
        let address = server.address;
        let (laptop, grace) = (enter(address, "sign-up", "ada"), enter(address, "sign-up", "grace"));
        let phone = enter(address, "sign-in", "ada");
        let phone_id = id(address, &phone);

        let stream = Stream::open(address, &phone);
        place.sessions(&["revoke", &phone_id]);
        assert!(session(address, &phone).is_null(), "refused at once");
        let ended = stream.ended(&phone_id);
        assert_eq!((&ended["reason"], &ended["by"]), (&"operator".into(), &Value::Null));
        assert!(!session(address, &laptop).is_null());

        let laptop_id = id(address, &laptop);
        let stream = Stream::open(address, &laptop);
        place.sessions(&["revoke-user", "ADA@example.org"]);
        assert!(session(address, &laptop).is_null(), "refused at once");
        assert_eq!(stream.ended(&laptop_id)["reason"], "operator");
        assert!(!session(address, &grace).is_null());

        place.sessions(&["revoke-everybody", "--yes"]);
        assert!(session(address, &grace).is_null(), "refused at once");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_sees_a_users_sessions_and_counts_them_also_while_no_server_runs() {
    for place in Place::each().await {
        let server = Process::start_as(place.command());
        let first = enter(server.address, "sign-up", "ada");
        enter(server.address, "sign-up", "grace");
        let (first, user) = {
            let session = session(server.address, &first);
            (session["id"].clone(), session["userId"].as_str().expect("an id").to_owned())
        };
        for _ in 0..2 {
            enter(server.address, "sign-in", "ada");
        }
        server.kill();

        let live = place.list(&["ada@example.org"]);
        assert_eq!(live, place.list(&[&user]), "by e-mail or by id");
        assert_eq!(live.len(), 3);
        assert_eq!(live[2]["id"], first, "the newest first");
        assert_eq!(live[0]["ipAddress"], "127.0.0.1");
        assert_eq!(live[0]["ended"], Value::Null);

        place.sessions(&["revoke", first.as_str().expect("an id")]);
        assert_eq!(place.list(&["ada@example.org"]).len(), 2);
        let all = place.list(&["ada@example.org", "--ended"]);
        assert_eq!(all[2]["ended"]["reason"], "operator");
        let page = place.list(&["ada@example.org", "--ended", "--limit", "2"]);
        assert_eq!(page, all[..2]);
        let after = page[1]["id"].as_str().expect("an id");
        assert_eq!(place.list(&["ada@example.org", "--ended", "--after", after]), all[2..]);

        let table = place.sessions(&["list", "--user", "ada@example.org", "--ended"]);
        let rows: Vec<&str> = table.lines().collect();
        assert_eq!(rows.len(), 4, "{table}");
        assert!(rows[0].starts_with("ID ") && rows[0].ends_with("  STATE"), "{table}");
        assert!(rows[1].contains("127.0.0.1") && rows[1].ends_with("  live"), "{table}");
        assert!(rows[3].contains("  operator 2"), "{table}");

        let counted = place.sessions(&["stats"]);
        let numbers: Vec<&str> = counted.lines().filter_map(|line| line.split_whitespace().last()).collect();
        assert_eq!(numbers, ["3", "2", "4", "1", "1"], "{counted}");
        let counted: Value = serde_json::from_str(&place.sessions(&["stats", "--json"])).expect("numbers");
        assert_eq!(counted["liveSessions"], 3);
        assert_eq!(counted["endedInTheLastDay"]["operator"], 1);
    }
}

#[test]
fn an_operator_is_told_what_is_not_there() {
    let folder = TempDir::new().expect("a folder");
    let says = |folder: &Path, arguments: &[&str], code: i32, says: &str| {
        let output = run(command(folder), arguments);
        let log = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {log}");
        assert!(log.contains(says), "{arguments:?}: {log}");
        assert!(!log.contains("example.org"), "{arguments:?}: {log}");
    };
    says(folder.path(), &["stats"], 1, "cannot be opened");
    assert_eq!(std::fs::read_dir(folder.path()).expect("the folder").count(), 0, "nothing was made");
    assert!(command(folder.path()).arg("migrate").status().expect("it runs").success());
    says(folder.path(), &["revoke", "unknown"], 1, "session unknown is not live: it has ended or never was");
    says(folder.path(), &["revoke", "not an id"], 1, "is no session");
    says(folder.path(), &["revoke-user", "nobody@example.org"], 1, "there is no user of that e-mail or id");
    says(folder.path(), &["list", "--user", "nobody"], 1, "there is no user of that e-mail or id");
    says(folder.path(), &["revoke-everybody"], 2, "--yes");
    says(folder.path(), &["list"], 2, "--user");
    says(folder.path(), &["list", "--user", "x", "--limit", "1001"], 2, "--limit");
}
