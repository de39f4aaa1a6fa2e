//! The program as a process: start, errors, and shutdown.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use multi_session::{AccountStore, PostgresTestDatabase, SqliteStore, Timestamp};
use serde_json::Value;
use tempfile::TempDir;

use crate::smtp::MailServer;

const PROGRAM: &str = env!("CARGO_BIN_EXE_multi-session");

/// An address with a free port. Nobody else on this machine is likely to use it in the next moment.
pub(crate) fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("a free port")
}

/// The program on a free port, with its database in `folder`; it is killed when dropped.
pub(crate) struct Process {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Process {
    pub(crate) fn start(folder: &Path) -> Self {
        Self::start_as(command(folder))
    }

    /// Starts it with `command`.
    pub(crate) fn start_as(command: Command) -> Self {
        Self::start_with_log(command).0
    }

    /// The same, with all its output from when it serves until it ends.
    pub(crate) fn start_with_log(command: Command) -> (Self, JoinHandle<String>) {
        let (process, lines) = Self::start_with_lines(command);
        (process, std::thread::spawn(move || lines.map(|line| line + "\n").collect()))
    }

    /// The same, with the lines of its output. Somebody must read them, because the program blocks when the
    /// pipe is full.
    pub(crate) fn start_with_lines(
        mut command: Command,
    ) -> (Self, impl Iterator<Item = String> + Send + 'static) {
        let address = free_address();
        let mut child = command
            .env("LEPTOS_SITE_ADDR", address.to_string())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let log = child.stderr.take().expect("its log");
        let mut lines = BufReader::new(log).lines().map_while(Result::ok);
        let served = lines.find(|line| line.contains("serving"));
        assert!(served.is_some(), "it never served");
        (Self { child, address }, lines)
    }

    #[cfg(target_os = "linux")]
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn kill(mut self) {
        self.child.kill().expect("it is killed");
        self.child.wait().expect("it is gone");
    }

    #[cfg(unix)]
    pub(crate) fn stop(mut self, signal: &str) -> std::process::ExitStatus {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status();
        assert!(sent.expect("kill runs").success());
        self.child.wait().expect("it ends")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.child.kill().ok();
            self.child.wait().ok();
        }
    }
}

pub(crate) fn command(folder: &Path) -> Command {
    let mut command = Command::new(PROGRAM);
    configure(&mut command, folder);
    command
}

fn configure(command: &mut Command, folder: &Path) {
    let url = format!("sqlite://{}", folder.join("data/test.db").display());
    command.current_dir(folder).env("DATABASE_URL", url).env("RUST_LOG", "info").env("NO_COLOR", "1");
    command.stdin(Stdio::null()).stdout(Stdio::null());
}

/// One HTTP request over a connection of its own; `None` when the connection broke.
pub(crate) fn request(
    address: SocketAddr,
    method: &str,
    path: &str,
    cookies: &str,
    body: &str,
) -> Option<(u16, Vec<String>, Value)> {
    request_as("", address, method, path, cookies, body)
}

/// The same with a user agent.
pub(crate) fn request_as(
    agent: &str,
    address: SocketAddr,
    method: &str,
    path: &str,
    cookies: &str,
    body: &str,
) -> Option<(u16, Vec<String>, Value)> {
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(5)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(30))).ok()?;
    let cookie = if cookies.is_empty() { String::new() } else { format!("cookie: {cookies}\r\n") };
    let agent = if agent.is_empty() { String::new() } else { format!("user-agent: {agent}\r\n") };
    // Server functions need a form.
    let kind =
        if path.starts_with("/fn/") { "application/x-www-form-urlencoded" } else { "application/json" };
    let text = format!(
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\norigin: http://{address}\r\n{cookie}{agent}\
         content-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(text.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let cookies = head
        .lines()
        .filter_map(|line| line.strip_prefix("set-cookie: "))
        .filter_map(|cookie| cookie.split(';').next())
        .map(str::to_owned)
        .collect();
    Some((status, cookies, serde_json::from_str(body).unwrap_or(Value::Null)))
}

#[cfg(unix)]
#[test]
fn server_stops_cleanly_and_writes_the_last_activity() {
    let folder = TempDir::new().expect("a folder");
    for signal in ["-TERM", "-INT"] {
        let process = Process::start(folder.path());
        let email = format!("ada{}@example.org", signal.to_lowercase());
        let body = format!(r#"{{"name":"Ada","email":"{email}","password":"correct horse"}}"#);
        let answer = request(process.address, "POST", "/api/auth/sign-up/email", "", &body);
        let (status, cookies, _) = answer.expect("an answer");
        assert_eq!(status, 200);
        let idle = TcpStream::connect(process.address).expect("an idle connection");
        assert_eq!(process.stop(signal).code(), Some(0), "{signal}");
        drop(idle);

        let again = Process::start(folder.path());
        let answer = request(again.address, "GET", "/api/auth/get-session", &cookies.join("; "), "");
        let (_, _, session) = answer.expect("an answer");
        assert_eq!(session["user"]["email"], email);
        assert_eq!(again.stop("-TERM").code(), Some(0));
    }
}

/// A limit of the file size simulates a full disk. Its signal is ignored, so that writes fail.
#[cfg(target_os = "linux")]
#[test]
fn server_recovers_after_a_full_disk() {
    let folder = TempDir::new().expect("a folder");
    let mut program = Command::new("sh");
    program.args(["-c", "trap '' XFSZ; exec \"$0\"", PROGRAM]);
    configure(&mut program, folder.path());
    let process = Process::start_as(program);
    let may_write = |bytes: &str| {
        let limit = format!("--fsize={bytes}:unlimited");
        let limited =
            Command::new("prlimit").args(["--pid", &process.child.id().to_string(), &limit]).status();
        assert!(limited.expect("prlimit runs").success());
    };
    let ask = |method: &str, path: &str, body: &str| {
        request(process.address, method, path, "", body).expect("an answer").0
    };
    let sign_up = |name: &str| {
        let body = format!(r#"{{"name":"","email":"{name}@example.org","password":"correct horse"}}"#);
        ask("POST", "/api/auth/sign-up/email", &body)
    };
    let sign_in = || {
        let body = r#"{"email":"ada@example.org","password":"correct horse"}"#;
        ask("POST", "/api/auth/sign-in/email", body)
    };
    assert_eq!(sign_up("ada"), 200);
    may_write("1");
    assert_eq!((sign_in(), sign_up("grace")), (503, 503));
    assert_eq!(ask("GET", "/readyz", ""), 503);
    may_write("unlimited");
    assert_eq!((sign_in(), sign_up("grace")), (200, 200));
    let deadline = Instant::now() + Duration::from_secs(10);
    while ask("GET", "/readyz", "") != 200 {
        assert!(Instant::now() < deadline, "it is ready again");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(process.stop("-TERM").code(), Some(0));
}

#[cfg(unix)]
#[test]
fn pages_at_another_address_are_logged_once_with_both_addresses_and_the_setting() {
    let folder = TempDir::new().expect("a folder");
    let (process, log) = Process::start_with_log(command(folder.path()));
    for (origin, site) in [
        ("https://evil.example", "sec-fetch-site: cross-site\r\n"),
        ("http://192.168.1.5:3000", ""),
        ("http://192.168.1.5:3000", "sec-fetch-site: same-origin\r\n"),
    ] {
        let mut stream = TcpStream::connect(process.address).expect("a connection");
        write!(
            stream,
            "POST /fn/sign-in HTTP/1.1\r\nhost: 192.168.1.5:3000\r\norigin: {origin}\r\n{site}content-length: 0\r\n\
             connection: close\r\n\r\n"
        )
        .expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
    }
    let own = format!("http://{}", process.address);
    process.stop("-TERM");
    let log = log.join().expect("the log");
    let warnings: Vec<_> =
        log.lines().filter(|line| line.contains("WARN") && line.contains("origin")).collect();
    assert_eq!(warnings.len(), 1, "{log}");
    for part in ["http://192.168.1.5:3000", &own, "MULTI_SESSION_BASE_URL"] {
        assert!(warnings[0].contains(part), "{part} is missing in {}", warnings[0]);
    }
    assert!(!log.contains("evil.example"), "{log}");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn running_mail_is_sent_once_during_shutdown() {
    let (folder, mails) = (TempDir::new().expect("a folder"), MailServer::start().await);
    let mut with_mail = command(folder.path());
    with_mail.env("MULTI_SESSION_SMTP_URL", mails.url()).env("MULTI_SESSION_MAIL_FROM", "us@example.org");
    let (process, mut log) = Process::start_with_lines(with_mail);
    let ada = r#"{"name":"Ada","email":"ada@example.org","password":"correct horse"}"#;
    let signed_up = request(process.address, "POST", "/api/auth/sign-up/email", "", ada);
    assert_eq!(signed_up.expect("an answer").0, 200);
    mails.be_silent(true);
    let forgotten = r#"{"email":"ada@example.org"}"#;
    let asked = request(process.address, "POST", "/api/auth/request-password-reset", "", forgotten);
    assert_eq!(asked.expect("an answer").0, 200);
    assert_eq!(mails.next().await.header("Subject"), "Reset your Multi-session password");

    let stopping = std::thread::spawn(move || process.stop("-TERM"));
    assert!(log.any(|line| line.contains("stopping")), "it hears the signal");
    mails.be_silent(false);
    assert_eq!(stopping.join().expect("no panic").code(), Some(0));
    assert!(!log.any(|line| line.contains("WARN") || line.contains("ERROR")));
    let url = format!("sqlite://{}", folder.path().join("data/test.db").display());
    let store = SqliteStore::open(&url).await.expect("the database");
    let later = Timestamp::from_unix_ms(i64::MAX);
    assert!(store.claim_mails(later, later, 10).await.expect("an answer").is_empty(), "it is sent");
}

/// A limit of open files for some seventy connections, with any number of processors.
#[cfg(unix)]
fn few_files() -> usize {
    236 + 10 * std::thread::available_parallelism().map_or(2, usize::from)
}

/// The program with this limit of open files.
#[cfg(unix)]
fn with_open_files(folder: &Path, limit: usize) -> Command {
    let mut limited = Command::new("sh");
    limited.arg("-c").arg(format!("ulimit -n {limit}; exec \"$0\"")).arg(PROGRAM);
    configure(&mut limited, folder);
    limited
}

#[cfg(unix)]
#[test]
fn pages_are_rendered_when_idle_connections_use_all_files() {
    let folder = TempDir::new().expect("a folder");
    let (process, log) = Process::start_with_log(with_open_files(folder.path(), few_files()));
    let page = |mut connection: TcpStream| {
        let get = format!("GET /sign-in HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n", process.address);
        connection.write_all(get.as_bytes()).expect("a request");
        let mut answer = String::new();
        connection.read_to_string(&mut answer).expect("an answer");
        answer
    };
    let connect = || TcpStream::connect(process.address).expect("a connection");
    let first = connect();
    // As many as are accepted, and those in the system's queue.
    let connect_soon = |_| TcpStream::connect_timeout(&process.address, Duration::from_millis(500)).ok();
    let idle: Vec<TcpStream> = (0..400).map_while(connect_soon).collect();
    assert!(page(first).starts_with("HTTP/1.1 200 "), "the first page of the node");
    drop(idle);
    assert!(page(connect()).starts_with("HTTP/1.1 200 "));
    assert_eq!(process.stop("-TERM").code(), Some(0));
    let log = log.join().expect("the log");
    assert!(!log.contains("ERROR"), "{log}");
}

#[cfg(unix)]
#[test]
fn error_says_how_far_to_raise_the_limit_of_open_files() {
    let folder = TempDir::new().expect("a folder");
    let mut limited = with_open_files(folder.path(), few_files());
    let address = free_address();
    limited.env("LEPTOS_SITE_ADDR", address.to_string()).stderr(Stdio::piped());
    let mut child = limited.spawn().expect("it starts");
    let log = BufReader::new(child.stderr.take().expect("its log")).lines().map_while(Result::ok);
    let said: String = log.take_while(|line| !line.contains("serving")).collect();
    child.kill().and_then(|()| child.wait()).expect("it is gone");
    let limit = format!("the limit of open files is {}", few_files());
    for word in [&limit, "MAXIMUM_CONNECTIONS", "MAXIMUM_STREAMS", "ulimit -n"] {
        assert!(said.contains(word), "{word}: {said}");
    }

    let output = with_open_files(folder.path(), 60).stderr(Stdio::piped()).output().expect("it runs");
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(log.contains("leaves none for connections: raise it to ") && !log.contains("panic"), "{log}");
}

#[test]
fn configuration_errors_are_explained() {
    let folder = TempDir::new().expect("a folder");
    std::fs::write(folder.path().join("file"), "not a folder").expect("a file");
    for (name, value, says) in [
        ("MULTI_SESSION_MAXIMUM_SESSIONS", "0", "maximum sessions must be 1 to 100"),
        ("MULTI_SESSION_SESSION_TIMEOUT", "0s", "session timeout must be 1 second to 400 days"),
        ("MULTI_SESSION_SESSION_TIMEOUT", "soon", "session-timeout"),
        ("MULTI_SESSION_ABSOLUTE_TIMEOUT", "401d", "absolute timeout must be 1 second to 400 days"),
        ("MULTI_SESSION_FRESH_AGE", "0s", "fresh age must be 1 second to 400 days"),
        ("MULTI_SESSION_PRESET", "nist-aal4", "nist-aal2"),
        ("MULTI_SESSION_BASE_URL", "example.org", "is not an origin"),
        ("MULTI_SESSION_TRUSTED_ORIGINS", "https://a.example/path", "is not an origin"),
        ("MULTI_SESSION_COOKIE_PREFIX", "a b", "is not a valid cookie prefix"),
        ("MULTI_SESSION_COOKIE_PREFIX", "__HOST-x", "leave out __Host-"),
        ("MULTI_SESSION_TRUSTED_PROXIES", "everybody", "trusted-proxies"),
        ("MULTI_SESSION_IP_MODE", "none", "ip-mode"),
        ("MULTI_SESSION_GEOIP", "no.mmdb", "places no.mmdb cannot be opened: the file cannot be read: "),
        ("MULTI_SESSION_GEOIP", "file", "places file cannot be opened: it is not a MaxMind database"),
        ("DATABASE_URL", "mysql://localhost", "DATABASE_URL must begin with sqlite:// or postgres://"),
        ("DATABASE_URL", "sqlite://file/test.db", "cannot be opened"),
        (
            "DATABASE_URL",
            "postgres://ada:s3cret@127.0.0.1:1/app",
            "postgres://127.0.0.1:1/app cannot be opened",
        ),
        ("MULTI_SESSION_DATABASE_CONNECTIONS", "0", "database-connections"),
        ("MULTI_SESSION_OPERATOR_TOKEN_HASH", "mso_s3cret", "must be a SHA-256"),
        (
            "MULTI_SESSION_SMTP_URL",
            "smtp://ada:s3cret@mail.example.org",
            "MULTI_SESSION_SMTP_URL needs MULTI_SESSION_MAIL_FROM",
        ),
        ("MULTI_SESSION_METRICS_ADDR", "192.0.2.1:80", "cannot listen on 192.0.2.1:80 for metrics"),
        ("MULTI_SESSION_LOG_FORMAT", "xml", "log-format"),
        ("LEPTOS_SITE_ADDR", "192.0.2.1:80", "cannot listen on 192.0.2.1:80"),
    ] {
        let output =
            command(folder.path()).env(name, value).stderr(Stdio::piped()).output().expect("it runs");
        let log = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{name}={value} was taken");
        assert!(log.contains(says), "{name}={value}: {log}");
        assert!(!log.contains("panic"), "{name}={value}: {log}");
        assert!(!log.contains("s3cret"), "{name}={value}: {log}");
    }
}

#[test]
fn setting_looser_than_the_preset_is_refused_with_an_explanation() {
    let folder = TempDir::new().expect("a folder");
    let output = command(folder.path())
        .args(["--preset", "nist-aal2"])
        .env("MULTI_SESSION_SESSION_TIMEOUT", "2h")
        .stderr(Stdio::piped())
        .output()
        .expect("it runs");
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(log.contains("session timeout of 7200s is looser than nist-aal2 allows (3600s)"), "{log}");
}

#[test]
fn log_in_a_file_has_no_colors() {
    let folder = TempDir::new().expect("a folder");
    let mut no_database = command(folder.path());
    no_database.env_remove("NO_COLOR").args(["sessions", "stats"]).stderr(Stdio::piped());
    let log = no_database.output().expect("it runs").stderr;
    let log = String::from_utf8_lossy(&log);
    assert!(log.contains("ERROR") && !log.contains('\u{1b}'), "{log:?}");
}

#[test]
fn migrate_creates_the_database_and_exits() {
    let folder = TempDir::new().expect("a folder");
    let output = command(folder.path()).arg("migrate").output().expect("it runs");
    assert!(output.status.success());
    assert!(folder.path().join("data/test.db").is_file());
}

#[tokio::test]
async fn migrate_updates_a_postgresql_database_repeatedly() {
    let (folder, database) = (TempDir::new().expect("a folder"), PostgresTestDatabase::empty().await);
    for _ in 0..2 {
        let migrate = command(folder.path()).arg("migrate").env("DATABASE_URL", database.url()).output();
        assert!(migrate.expect("it runs").status.success());
    }
    assert_eq!(database.contents().await, "", "the tables are there, and empty");
}

#[test]
fn help_names_every_setting_with_its_environment_variable() {
    let output = Command::new(PROGRAM).arg("--help").stdout(Stdio::piped()).output().expect("it runs");
    let help = String::from_utf8(output.stdout).expect("text");
    let settings = crate::configuration::documented();
    assert!(settings.len() > 25, "{}", settings.len());
    for name in settings.keys() {
        let flag = crate::configuration::flag_of(name);
        assert!(help.contains(&format!("--{flag}")), "--{flag} is not in --help");
        assert!(help.contains(&format!("[env: {name}")), "{name} is not in --help");
    }
}
