//! Sessions in the log (ASVS 7.2.3, OWASP's session management cheat sheet).

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::surfaces::decoded;
use crate::harness::text;
use crate::process::{Process, command, request};

const PASSWORD: &str = "correct horse";

/// A browser of a server process. It also remembers every cookie that it ever had.
struct Visitor {
    server: SocketAddr,
    cookies: BTreeMap<String, String>,
    seen: Vec<String>,
}

impl Visitor {
    fn new(server: SocketAddr) -> Self {
        Self { server, cookies: BTreeMap::new(), seen: Vec::new() }
    }

    fn send(&mut self, method: &str, path: &str, body: &str) -> (u16, Vec<String>, Value) {
        let answer = request(self.server, method, path, &self.header(), body).expect("an answer");
        for cookie in &answer.1 {
            let (name, value) = cookie.split_once('=').expect("a value");
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
                self.seen.push(value.to_owned());
            }
        }
        answer
    }

    fn post(&mut self, path: &str, body: &Value) {
        let (status, _, answer) = self.send("POST", &format!("/api/auth/{path}"), &body.to_string());
        assert_eq!(status, 200, "{path}: {answer}");
    }

    fn session(&mut self) -> Value {
        self.send("GET", "/api/auth/get-session", "").2["session"].clone()
    }

    /// Opens a live stream, and reads its first event.
    fn listen(&self) {
        let mut stream = TcpStream::connect(self.server).expect("a connection");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a bound");
        let (host, cookies) = (self.server, self.header());
        let path = "/api/auth/multi-session/events";
        write!(stream, "GET {path} HTTP/1.1\r\nhost: {host}\r\ncookie: {cookies}\r\n\r\n")
            .expect("a request");
        let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
        assert!(lines.any(|line| line == "event: snapshot"), "the stream told nothing");
    }

    fn header(&self) -> String {
        let pairs: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("; ")
    }

    /// Every secret that it ever had, including device cookies, encoded and decoded.
    fn secrets(&self) -> Vec<String> {
        let secrets = self.seen.iter().map(|value| value.split_once('.').map_or(&**value, |(_, it)| it));
        secrets.flat_map(|secret| [secret.to_owned(), decoded(secret)]).collect()
    }

    /// Every handle that its cookies ever had.
    fn handles(&self) -> Vec<String> {
        self.seen.iter().filter_map(|value| Some(value.split_once('.')?.0.to_owned())).collect()
    }
}

fn ada() -> Value {
    json!({ "name": "Ada", "email": "ada@example.org", "password": PASSWORD })
}

#[test]
fn asvs_7_2_3_no_secret_is_in_a_log_line() {
    let folder = TempDir::new().expect("a folder");
    let mut command = command(folder.path());
    command.env("RUST_LOG", "debug");
    let (server, log) = Process::start_with_log(command);
    let mut visitor = Visitor::new(server.address);
    visitor.post("sign-up/email", &ada());
    let id = text(&visitor.session()["id"]);
    let wrong = json!({ "email": "ada@example.org", "password": "a wrong one" }).to_string();
    assert_eq!(visitor.send("POST", "/api/auth/sign-in/email", &wrong).0, 401);
    visitor.listen();
    assert_eq!(visitor.send("GET", "/sessions", "").0, 200);
    visitor.post("multi-session/reauthenticate", &json!({ "password": PASSWORD }));
    visitor.post("sign-in/email", &ada());
    visitor.post(
        "change-password",
        &json!({ "currentPassword": PASSWORD, "newPassword": "another horse", "revokeOtherSessions": true }),
    );
    let form = "email=ada%40example.org&password=another+horse&keep=remembered";
    assert_eq!(visitor.send("POST", "/fn/sign-in", form).0, 200);
    let form = "email=ada%40example.org&password=a+wrong+two";
    assert_eq!(visitor.send("POST", "/fn/sign-in", form).0, 401);
    visitor.post("multi-session/revoke-all", &json!({}));
    assert!(visitor.session().is_null());
    server.kill();
    let log = log.join().expect("the log");
    assert!(
        log.contains(&format!("session {id} began")) && log.contains(&format!("session {id} ended")),
        "{log}"
    );
    let secrets = visitor.secrets();
    assert!(secrets.iter().all(|secret| secret.len() > 40) && secrets.len() > 20, "{secrets:?}");
    for secret in &secrets {
        assert!(!log.contains(&secret[..20]), "{secret} is in the log: {log}");
    }
    for typed in [PASSWORD, "another horse", "a wrong one", "a wrong two", "ada@example.org"] {
        for written in [typed.to_owned(), typed.replace(' ', "+").replace('@', "%40")] {
            assert!(!log.contains(&written), "{written} is in the log: {log}");
        }
    }
}

#[test]
fn owasp_log_has_begin_renewal_and_end_of_sessions_by_id() {
    let folder = TempDir::new().expect("a folder");
    let mut command = command(folder.path());
    // It is extended again half a second after the last time.
    command.env("MULTI_SESSION_SESSION_TIMEOUT", "15s");
    let (server, log) = Process::start_with_log(command);
    let mut visitor = Visitor::new(server.address);
    visitor.post("sign-up/email", &ada());
    let session = visitor.session();
    let id = text(&session["id"]);
    // Each request may be the one that extends it. If none does, it ends after 15 seconds, and the test
    // fails.
    while visitor.session()["expiresAt"] == session["expiresAt"] {}
    visitor.post("multi-session/reauthenticate", &json!({ "password": PASSWORD }));
    assert_eq!(visitor.session()["id"], id.as_str());
    visitor.post("sign-out", &json!({}));
    server.kill();
    let log = log.join().expect("the log");
    let mut rest = log.as_str();
    for what in ["began", "was extended", "was re-authenticated", "ended"] {
        let line = format!("session {id} {what}");
        let (_, after) =
            rest.split_once(&line).unwrap_or_else(|| panic!("{line} is not there, in this order: {log}"));
        rest = after;
    }
    // The handle is replaced with the cookie, and is not logged either.
    for part in visitor.secrets().into_iter().chain(visitor.handles()) {
        assert!(!log.contains(&part), "{part} is in the log: {log}");
    }
}
