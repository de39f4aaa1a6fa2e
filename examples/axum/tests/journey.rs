//! Uses the example over HTTP like two browsers of one person.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(30);
const EMAIL: &str = "ada@example.org";

/// The example as a separate process, which ends with the test.
struct Example {
    process: Child,
    address: SocketAddr,
    log: Receiver<String>,
}

impl Example {
    fn start(folder: &TempDir, settings: &[(&str, &str)]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_example-axum"))
            .env("ADDRESS", "127.0.0.1:0")
            .env("DATA", folder.path())
            .env("NO_COLOR", "1")
            .env_remove("RUST_LOG")
            .envs(settings.iter().copied())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let lines = BufReader::new(process.stdout.take().expect("a log")).lines();
        let (send, log) = channel();
        std::thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| send.send(line)));
        let address = logged(&log, "listening on http://").parse().expect("an address");
        Self { process, address, log }
    }

    /// Ends it with a signal, and waits.
    #[cfg(unix)]
    fn stop(mut self, signal: &str) -> std::process::ExitStatus {
        let sent = Command::new("kill").args([signal, &self.process.id().to_string()]).status();
        assert!(sent.expect("kill runs").success());
        self.process.wait().expect("it ends")
    }

    /// The code that was logged last.
    fn code(&self) -> String {
        logged(&self.log, &format!("the code for {EMAIL} is "))
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Waits for a line of the log with these words, and returns the text behind them.
fn logged(log: &Receiver<String>, words: &str) -> String {
    loop {
        let line = log.recv_timeout(PATIENCE).expect("it is logged");
        if let Some((_, rest)) = line.split_once(words) {
            return rest.to_owned();
        }
    }
}

/// A browser that keeps its cookies.
struct Browser<'a> {
    example: &'a Example,
    /// Where the browser has opened the pages.
    origin: String,
    agent: &'static str,
    cookies: Vec<(String, String)>,
}

/// An answer: status, redirect and body.
struct Answer {
    status: u16,
    location: String,
    body: String,
}

impl<'a> Browser<'a> {
    fn new(example: &'a Example, agent: &'static str) -> Self {
        let origin = format!("http://{}", example.address);
        Self { example, origin, agent, cookies: Vec::new() }
    }

    fn get(&mut self, path: &str) -> Answer {
        self.send("GET", path, "")
    }

    fn post(&mut self, path: &str, form: &str) -> Answer {
        self.send("POST", path, form)
    }

    fn send(&mut self, method: &str, path: &str, form: &str) -> Answer {
        let (address, origin, agent) = (self.example.address, &self.origin, self.agent);
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut stream = TcpStream::connect_timeout(&address, PATIENCE).expect("a connection");
        stream.set_read_timeout(Some(PATIENCE)).expect("a time");
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {address}\r\norigin: {origin}\r\nuser-agent: {agent}\r\n\
             accept: text/html\r\ncookie: {}\r\ncontent-type: application/x-www-form-urlencoded\r\n\
             content-length: {}\r\nconnection: close\r\n\r\n{form}",
            cookies.join("; "),
            form.len(),
        );
        stream.write_all(request.as_bytes()).expect("it is sent");
        let mut text = String::new();
        stream.read_to_string(&mut text).expect("an answer");
        let (head, body) = text.split_once("\r\n\r\n").expect("a head");
        let header = |name: &str| head.lines().filter_map(|line| line.strip_prefix(name)).collect::<Vec<_>>();
        for cookie in header("set-cookie: ") {
            let (name, rest) = cookie.split_once('=').expect("a cookie");
            self.cookies.retain(|(known, _)| known != name);
            let value = rest.split(';').next().unwrap_or_default();
            if !rest.contains("Max-Age=0") {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        Answer {
            status: head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status"),
            location: header("location: ").concat(),
            body: body.to_owned(),
        }
    }

    /// Signs in with the code that the example logs.
    fn log_in(&mut self) {
        let asked = self.post("/login", &format!("email={EMAIL}"));
        assert!(asked.body.contains("Code from the log"), "{}", asked.body);
        assert!(
            self.post("/login/code", &format!("email={EMAIL}&code=000000"))
                .body
                .contains("This code is wrong")
        );
        let signed_in = self.post("/login/code", &format!("email={EMAIL}&code={}", self.example.code()));
        assert_eq!((signed_in.status, &*signed_in.location), (303, "/"), "{}", signed_in.body);
    }

    fn devices(&mut self) -> Vec<serde_json::Value> {
        serde_json::from_str(&self.get("/devices").body).expect("a list")
    }
}

#[tokio::test]
async fn person_signs_in_by_code_sees_devices_and_revokes_one() {
    let folder = TempDir::new().expect("a folder");
    let example = Example::start(&folder, &[]);
    let mut laptop =
        Browser::new(&example, "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0");
    let mut phone =
        Browser::new(&example, "Mozilla/5.0 (Android 15; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0");

    let stranger = laptop.get("/");
    assert_eq!((stranger.status, &*stranger.location), (303, "/login"));
    let wrong = laptop.post("/login/code", &format!("email={EMAIL}&code=000000"));
    assert!(wrong.body.contains("This code is wrong or has expired."), "{}", wrong.body);

    laptop.log_in();
    phone.log_in();
    let page = laptop.get("/");
    for words in ["Signed in as ada@example.org", "Firefox on Linux", "(current)", "Firefox on Android"] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    let devices = laptop.devices();
    assert_eq!(devices.len(), 2);
    assert!(devices.iter().all(|device| device["signedInWith"] == "code"), "{devices:?}");

    // This is not a valid session id.
    assert_eq!(laptop.post("/devices/revoke", "id=a%20b").status, 401);

    let other = devices.iter().find(|device| device["isCurrent"] == false).expect("the phone");
    let revoked = laptop.post("/devices/revoke", &format!("id={}", other["id"].as_str().expect("an id")));
    assert_eq!((revoked.status, &*revoked.location), (303, "/"));
    assert_eq!(phone.get("/").location, "/login", "it is out at once");
    assert_eq!(laptop.devices().len(), 1);

    // The callback writes it to the application's own table.
    let database = SqliteConnectOptions::new().filename(folder.path().join("app.db"));
    let database = SqlitePool::connect_with(database).await.expect("the application's database");
    let deadline = Instant::now() + PATIENCE;
    let reason = loop {
        let found =
            sqlx::query_scalar::<_, String>("select reason from audit").fetch_optional(&database).await;
        if let Some(reason) = found.expect("an answer") {
            break reason;
        }
        assert!(Instant::now() < deadline, "the callback is not called");
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert_eq!(reason, "revoked");

    phone.log_in();
    assert_eq!(laptop.post("/devices/revoke-others", "").location, "/");
    assert_eq!(phone.get("/").location, "/login");
    assert_eq!(laptop.post("/sign-out", "").location, "/login");
    assert_eq!(laptop.get("/").location, "/login");
}

#[tokio::test]
async fn stale_session_needs_a_code_to_revoke_another() {
    let folder = TempDir::new().expect("a folder");
    let example = Example::start(&folder, &[("FRESH_AGE", "5")]);
    let (mut laptop, mut phone) = (Browser::new(&example, "laptop"), Browser::new(&example, "phone"));
    laptop.log_in();
    phone.log_in();
    let devices = laptop.devices();
    let other = devices.iter().find(|device| device["isCurrent"] == false).expect("the phone");
    let other = format!("id={}", other["id"].as_str().expect("an id"));

    // While the session is fresh, the answer is that the other session does not exist.
    let deadline = Instant::now() + PATIENCE;
    while laptop.post("/devices/revoke", "id=none").location != "/confirm" {
        assert!(Instant::now() < deadline, "the session stays fresh");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let refused = laptop.post("/devices/revoke", &other);
    assert_eq!((refused.status, &*refused.location), (303, "/confirm"));
    assert_eq!(phone.get("/").status, 200, "it is signed in still");

    // The code is sent by a click, not by opening the page, and at most once a minute.
    let before = laptop.cookies.clone();
    assert!(laptop.get("/confirm").body.contains("Send me a code"));
    assert!(laptop.post("/confirm", "").body.contains("Code from the log"));
    let code = example.code();
    assert!(laptop.post("/confirm/code", "code=000000").body.contains("This code is wrong"));
    assert!(laptop.post("/confirm", "").body.contains("Code from the log"));
    assert_eq!(laptop.post("/confirm/code", &format!("code={code}")).location, "/", "no other code was made");
    assert_ne!(laptop.cookies, before);

    assert_eq!(laptop.post("/devices/revoke", &other).location, "/");
    assert_eq!(phone.get("/").location, "/login", "it is out at once");
}

#[test]
fn form_at_another_address_is_refused_and_the_log_names_the_expected_one() {
    let folder = TempDir::new().expect("a folder");
    let example = Example::start(&folder, &[]);
    let mut laptop = Browser::new(&example, "laptop");
    laptop.origin = "http://192.168.1.5:4000".to_owned();
    let refused = laptop.post("/login", &format!("email={EMAIL}"));
    assert_eq!(refused.status, 403, "{}", refused.body);
    let explained = logged(
        &example.log,
        "a page at http://192.168.1.5:4000 was refused because this server's address is ",
    );
    assert!(explained.starts_with(&format!("http://{}. ", example.address)), "{explained}");
}

#[cfg(unix)]
#[test]
fn sigterm_ends_it_like_ctrl_c() {
    for signal in ["-TERM", "-INT"] {
        let folder = TempDir::new().expect("a folder");
        assert_eq!(Example::start(&folder, &[]).stop(signal).code(), Some(0), "{signal}");
    }
}
