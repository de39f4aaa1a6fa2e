//! Metrics say exactly what happened, and of nobody in particular; the log says it as JSON, with the caller's trace.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use ::metrics::set_default_local_recorder;
use metrics_exporter_prometheus::PrometheusHandle;
use multi_session::{
    Browser, Client, Keep, Operator, Options, OutboxEvent, PostgresOptions, PostgresStore,
    PostgresTestDatabase, Proof, SessionId, Sessions, Store, Subject, UserId,
};
use serde_json::{Value, json};
use server::{describe_metrics, metrics_recorder};
use tempfile::TempDir;

use crate::harness::{CHROME, DAY, FIREFOX, SAFARI, TestApp, TestBrowser, current, text};
use crate::invariants::page;
use crate::mail;
use crate::process::{Process, command, free_address, request};
use crate::smtp::MailServer;
use crate::standards::surfaces;
use crate::webhooks::backlogs;

/// With it the server counts requests; no test server listens there.
const COUNTED: [&str; 2] = ["--metrics-addr", "127.0.0.1:9464"];

/// Metrics as they were exported.
struct Exported {
    text: String,
    /// By their names with their labels.
    samples: BTreeMap<String, f64>,
}

impl Exported {
    fn parse(text: String) -> Self {
        let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let samples = lines.map(|line| {
            let (name, value) = line.rsplit_once(' ').expect("a value");
            (name.to_owned(), value.parse().expect("a number"))
        });
        Self { samples: samples.collect(), text: text.clone() }
    }

    fn of(handle: &PrometheusHandle) -> Self {
        Self::parse(handle.render())
    }

    /// The value of a metric without labels.
    fn get(&self, name: &str) -> f64 {
        *self.samples.get(name).unwrap_or_else(|| panic!("no {name} in {}", self.text))
    }

    /// The values of a metric that are not zero, by their labels.
    fn all(&self, name: &str) -> BTreeMap<&str, f64> {
        let of_name = self.samples.iter().filter_map(|(sample, value)| {
            let labels = sample.strip_prefix(name)?.strip_prefix('{')?.strip_suffix('}')?;
            (*value != 0.0).then_some((labels, *value))
        });
        of_name.collect()
    }

    /// The names of all metrics with their types.
    fn types(&self) -> BTreeMap<String, String> {
        let lines = self.text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
        lines.map(|(name, kind)| (name.to_owned(), kind.to_owned())).collect()
    }

    fn help(&self, name: &str) -> &str {
        let help = self.text.lines().find_map(|line| line.strip_prefix(&format!("# HELP {name} ")));
        help.unwrap_or_else(|| panic!("{name} is not described"))
    }

    /// The names of a metric's labels, but for the bound of a bucket.
    fn labels(&self, name: &str) -> BTreeSet<&str> {
        let of_name = self.samples.keys().filter_map(|sample| {
            let (sample, labels) = sample.split_once('{')?;
            let suffix = sample.strip_prefix(name)?;
            ["", "_sum", "_count"].contains(&suffix).then_some(labels.strip_suffix('}')?)
        });
        let labels = of_name.flat_map(|labels| labels.split("\","));
        labels.filter_map(|label| label.split_once('=')).map(|(name, _)| name).collect()
    }
}

fn labelled<const N: usize>(samples: [(&'static str, f64); N]) -> BTreeMap<&'static str, f64> {
    samples.into()
}

/// The other session of the user in a list.
async fn other_id(browser: &TestBrowser) -> String {
    let rows = browser.list().await;
    text(&rows.iter().find(|row| row["isCurrent"] != true).expect("another device")["id"])
}

#[tokio::test]
async fn metrics_say_exactly_what_happened_and_of_nobody_in_particular() {
    let recorder = metrics_recorder();
    let handle = recorder.handle();
    let _guard = set_default_local_recorder(&recorder);
    describe_metrics();
    let app = TestApp::start_with(&[&COUNTED[..], &["--sign-in-throttle", "on"]].concat()).await;

    let laptop = app.sign_up(FIREFOX, "ada").await;
    let phone = app.browser(SAFARI);
    assert_eq!(mail::sign_in_with(&phone, "ada", "a wrong one").await.status, 401);
    phone.sign_in("ada").await.ok();
    assert_eq!(app.browser(CHROME).sign_in("nobody").await.status, 401);
    let id = other_id(&laptop).await;
    laptop.revoke(&id).await.ok();
    laptop.post("/api/auth/multi-session/undo-revoke", json!({ "sessionId": id })).await.ok();
    assert_eq!(phone.whoami().await, "ada");
    let stream = laptop.events(None).await;
    app.accounts.measure();
    let open = Exported::of(&handle).get("multi_session_streams");
    drop(stream);
    laptop.revoke_others().await.ok();
    for _ in 0..3 {
        assert_eq!(mail::sign_in_with(&phone, "ada", "a wrong one").await.status, 401);
    }
    assert_eq!(mail::sign_in_with(&phone, "ada", "a wrong one").await.status, 429);
    let known = laptop.get_session().await;
    laptop.sign_out(json!({})).await.ok();
    assert_eq!(laptop.get("/ada@example.org?password=hunter2").await.status, 404);
    app.sessions.flush().await.expect("it is written");
    app.accounts.measure();
    app.accounts.measure_store().await.expect("it is counted");

    let exported = Exported::of(&handle);
    assert_eq!(
        exported.all("multi_session_sign_ins_total"),
        labelled([
            (r#"method="password",outcome="success""#, 2.0),
            (r#"method="password",outcome="throttled""#, 1.0),
            (r#"method="password",outcome="wrong_proof""#, 5.0),
        ])
    );
    assert_eq!(exported.get("multi_session_throttled_total"), 1.0);
    assert_eq!(
        exported.all("multi_session_sessions_begun_total"),
        labelled([(r#"reason="sign_in""#, 2.0), (r#"reason="undone""#, 1.0)])
    );
    assert_eq!(
        exported.all("multi_session_sessions_ended_total"),
        labelled([(r#"reason="revoked""#, 2.0), (r#"reason="signed_out""#, 1.0)])
    );
    assert_eq!((open, exported.get("multi_session_streams")), (1.0, 0.0));
    assert_eq!(exported.get("multi_session_live_sessions"), 0.0);
    assert_eq!(exported.get("multi_session_live_users"), 0.0);
    let requests = exported.all("multi_session_http_requests_total");
    let of = |route: &str, method: &str, status: &str| {
        let labels = format!(r#"route="{route}",method="{method}",status="{status}""#);
        *requests.get(&*labels).unwrap_or_else(|| panic!("no {labels} in {requests:?}"))
    };
    assert_eq!(of("/api/auth/sign-up/email", "POST", "200"), 1.0);
    assert_eq!(of("/api/auth/sign-in/email", "POST", "200"), 1.0);
    assert_eq!(of("/api/auth/sign-in/email", "POST", "401"), 5.0);
    assert_eq!(of("/api/auth/sign-in/email", "POST", "429"), 1.0);
    assert_eq!(of("/api/auth/multi-session/revoke", "POST", "200"), 1.0);
    assert_eq!(of("/api/auth/sign-out", "POST", "200"), 1.0);
    assert_eq!(of("other", "GET", "404"), 1.0);
    let timed = exported.all("multi_session_http_request_seconds_count");
    assert_eq!(timed[r#"route="/api/auth/sign-in/email""#], 7.0);
    // A sign-up, and seven sign-ins of which one was not looked at.
    assert_eq!(exported.get("multi_session_password_queue_wait_seconds_count"), 7.0);
    let begun = exported.all("multi_session_store_operation_seconds_count");
    assert_eq!(begun[r#"operation="begin",outcome="success""#], 2.0);
    assert_eq!(begun[r#"operation="undo_revoke",outcome="success""#], 1.0);

    let (session, user) = (&known["session"], &known["user"]);
    let addresses = ["203.0.113", "example.org", "hunter2", "Firefox"].map(str::to_owned);
    let ids = [&session["id"], &session["token"], &user["id"]].map(text);
    let secrets = laptop.cookies().into_values().chain(phone.cookies().into_values());
    for private in addresses.into_iter().chain(ids).chain([id, "ada".to_owned()]).chain(secrets) {
        assert!(!exported.text.contains(&private), "{private} is in {}", exported.text);
    }
}

#[tokio::test]
async fn every_reason_for_the_end_of_a_session_is_counted_once() {
    let recorder = metrics_recorder();
    let handle = recorder.handle();
    let _guard = set_default_local_recorder(&recorder);
    let app = TestApp::start_with(&["--maximum-sessions", "2"]).await;
    let operator = Operator::new("cli:test");

    let laptop = app.sign_up(FIREFOX, "ada").await;
    laptop.sign_in("ada").await.ok(); // replaced
    app.sign_in(SAFARI, "ada").await;
    let third = app.sign_in(CHROME, "ada").await; // evicts the first
    let form = json!({
        "currentPassword": crate::harness::PASSWORD,
        "newPassword": "another horse battery",
        "revokeOtherSessions": true,
    });
    third.post("/api/auth/change-password", form).await.ok(); // ends both, begins one
    let fourth = app.browser(FIREFOX);
    mail::sign_in_with(&fourth, "ada", "another horse battery").await.ok();
    let id = text(&current(&third.list().await)["id"]);
    fourth.post("/api/auth/multi-session/report", json!({ "sessionId": id })).await.ok(); // reported
    let ada = UserId::new(text(&fourth.get_session().await["user"]["id"])).expect("an id");
    app.sessions.forget(&operator, &ada).await.expect("erased"); // erased
    let grace = app.sign_up(FIREFOX, "grace").await;
    let id = SessionId::new(grace.current_id().await).expect("an id");
    app.sessions.end_session(&operator, &id).await.expect("ended"); // operator
    app.sign_in(SAFARI, "grace").await;
    app.advance(31 * DAY);
    app.sessions.sweep().await.expect("swept"); // expired

    let exported = Exported::of(&handle);
    assert_eq!(
        exported.all("multi_session_sessions_ended_total"),
        labelled([
            (r#"reason="erased""#, 1.0),
            (r#"reason="evicted""#, 1.0),
            (r#"reason="expired""#, 1.0),
            (r#"reason="operator""#, 1.0),
            (r#"reason="password_changed""#, 2.0),
            (r#"reason="replaced""#, 1.0),
            (r#"reason="reported""#, 1.0),
        ])
    );
    assert_eq!(
        exported.all("multi_session_sessions_begun_total"),
        labelled([(r#"reason="password_changed""#, 1.0), (r#"reason="sign_in""#, 7.0)])
    );
}

#[tokio::test]
async fn mails_are_counted_as_sent_failed_and_waiting() {
    let recorder = metrics_recorder();
    let handle = recorder.handle();
    let _guard = set_default_local_recorder(&recorder);
    let mails = MailServer::start().await;
    let app = mail::start(&mails).await;
    for name in ["ada", "grace"] {
        app.sign_up(FIREFOX, name).await;
        app.sign_in(SAFARI, name).await; // from a new device
    }
    mails.refuses("ada@example.org");
    assert_eq!(app.deliver().await, 1);
    app.accounts.measure_store().await.expect("it is counted");
    let exported = Exported::of(&handle);
    let outcomes =
        [(r#"kind="new-device",outcome="failed""#, 1.0), (r#"kind="new-device",outcome="sent""#, 1.0)];
    assert_eq!(exported.all("multi_session_mails_total"), labelled(outcomes));
    assert_eq!(exported.get("multi_session_mails_waiting"), 1.0);
}

#[tokio::test]
async fn deliveries_and_waiting_events_are_counted_for_each_consumer() {
    let recorder = metrics_recorder();
    let handle = recorder.handle();
    let _guard = set_default_local_recorder(&recorder);
    let app = TestApp::start().await;
    let outbox = app.sessions.outbox("audit").await.expect("it is added");
    let ada = app.sign_up(FIREFOX, "ada").await.get_session().await;
    app.sign_up(FIREFOX, "grace").await;
    let ada = text(&ada["user"]["id"]);
    let running = tokio::spawn(outbox.run(std::future::pending(), move |event: OutboxEvent| {
        let outcome = if event.user_id.as_str() == ada { Err("it is down") } else { Ok(()) };
        async move { outcome }
    }));
    backlogs(&app, |all| (all[0].waiting, all[0].failing) == (1, 1)).await;
    running.abort();
    app.accounts.measure_store().await.expect("it is counted");
    let exported = Exported::of(&handle);
    assert_eq!(
        exported.all("multi_session_outbox_deliveries_total"),
        labelled([
            (r#"consumer="audit",outcome="failed""#, 1.0),
            (r#"consumer="audit",outcome="success""#, 1.0),
        ])
    );
    let waiting = labelled([(r#"consumer="audit",state="waiting""#, 1.0)]);
    assert_eq!(exported.all("multi_session_outbox_events"), waiting);
}

#[tokio::test]
async fn requests_over_the_limit_of_their_address_are_counted() {
    let recorder = metrics_recorder();
    let handle = recorder.handle();
    let _guard = set_default_local_recorder(&recorder);
    let app = TestApp::start_with(&["--rate-limit", "on"]).await;
    let browser = app.browser(FIREFOX);
    for _ in 0..4 {
        browser.sign_in("ada").await;
    }
    let refused = labelled([(r#"limit="passwords""#, 1.0)]);
    assert_eq!(Exported::of(&handle).all("multi_session_rate_limited_total"), refused);
}

#[tokio::test]
async fn every_endpoint_page_and_server_function_is_counted_by_its_own_pattern() {
    let recorder = metrics_recorder();
    let handle = recorder.handle();
    let _guard = set_default_local_recorder(&recorder);
    let app = surfaces::start_with(&COUNTED).await;
    let routes = surfaces::routes(&app).await;
    let browser = app.browser(FIREFOX);
    for route in &routes {
        route.ask(&browser).await;
    }
    for path in ["/healthz", "/readyz", "/manifest.webmanifest", "/.well-known/change-password"] {
        browser.get(path).await;
    }
    let exported = Exported::of(&handle);
    let counted = exported.all("multi_session_http_request_seconds_count");
    for route in routes.iter().filter(|route| route.path != "/nothing") {
        assert!(counted.contains_key(&*format!(r#"route="{}""#, route.path)), "{}: {counted:?}", route.path);
    }
    assert_eq!(counted[r#"route="other""#], 1.0, "only /nothing: {counted:?}");
}

#[tokio::test]
async fn waits_for_the_session_caches_of_other_nodes_and_the_pool_are_counted() {
    let recorder = metrics_recorder();
    let handle = recorder.handle();
    let _guard = set_default_local_recorder(&recorder);
    let database = PostgresTestDatabase::migrated().await;
    let options = PostgresOptions::default().session_cache(1_000);
    let open = async || PostgresStore::open_with(&database.url(), 4, &options).await.expect("a database");
    let (here, there) = (open().await, open().await);
    let sessions = Sessions::new(Arc::new(here.clone()), Options::default());
    let waits = || here.session_cache().expect("it keeps sessions").waits;
    let deadline = Instant::now() + Duration::from_secs(10);
    // The other node registers soon after its start.
    while waits() == 0 {
        assert!(Instant::now() < deadline, "it waits for no other node");
        let (nobody, ada) = (Browser::default(), Subject::new(UserId::new("ada").expect("an id")));
        let proof = Proof::by("code");
        sessions.begin(&nobody, &Client::default(), ada, proof, Keep::Remembered).await.expect("a session");
    }
    sessions.measure();
    let exported = Exported::of(&handle);
    assert_eq!(exported.get("multi_session_lease_wait_seconds_count"), waits() as f64);
    assert_eq!(exported.all("multi_session_pool_connections_max"), labelled([(r#"pool="postgres""#, 4.0)]));
    assert!(exported.all("multi_session_pool_wait_seconds_count")[r#"pool="postgres""#] > 1.0);
    let sign_ins = exported.all("multi_session_sign_ins_total");
    assert!(sign_ins[r#"method="code",outcome="success""#] > 0.0, "{sign_ins:?}");
    there.close().await;
    here.close().await;
}

/// One request with these headers; the head and the body of its answer.
fn ask(address: SocketAddr, method: &str, path: &str, headers: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a bound");
    let text = format!(
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\n{headers}content-length: 0\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(text.as_bytes()).expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    (head.to_owned(), body.to_owned())
}

fn scrape(address: SocketAddr) -> Exported {
    let (head, body) = ask(address, "GET", "/metrics", "");
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    assert!(head.contains("content-type: text/plain; version=0.0.4"), "{head}");
    Exported::parse(body)
}

/// Waits until the gauges that count the database are set, which is at once after the start.
fn scrape_counted(address: SocketAddr) -> Exported {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let exported = scrape(address);
        if exported.samples.contains_key("multi_session_mails_waiting") {
            return exported;
        }
        assert!(Instant::now() < deadline, "{}", exported.text);
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[cfg(unix)]
#[test]
fn metrics_have_an_address_of_their_own_that_goes_with_the_server() {
    let (folder, address) = (TempDir::new().expect("a folder"), free_address());
    let mut counted = command(folder.path());
    counted.env("MULTI_SESSION_METRICS_ADDR", address.to_string());
    let process = Process::start_as(counted);
    let ada = r#"{"name":"Ada","email":"ada@example.org","password":"correct horse"}"#;
    let signed_up = request(process.address, "POST", "/api/auth/sign-up/email", "", ada);
    assert_eq!(signed_up.expect("an answer").0, 200);
    let exported = scrape_counted(address);
    let begun = labelled([(r#"reason="sign_in""#, 1.0)]);
    assert_eq!(exported.all("multi_session_sessions_begun_total"), begun);
    for (method, path, status) in
        [("GET", "/", 404), ("GET", "/api/auth/ok", 404), ("GET", "/sign-in", 404), ("POST", "/metrics", 405)]
    {
        let (head, _) = ask(address, method, path, "");
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{method} {path}: {head}");
    }
    let (head, _) = ask(process.address, "GET", "/metrics", "");
    assert!(head.starts_with("HTTP/1.1 404 "), "not beside the pages: {head}");
    assert_eq!(process.stop("-TERM").code(), Some(0));
    assert!(TcpStream::connect(address).is_err(), "nobody listens any more");
}

/// On how many ports a process listens.
#[cfg(target_os = "linux")]
fn listening(process: &Process) -> usize {
    let files = std::fs::read_dir(format!("/proc/{}/fd", process.id())).expect("its files");
    let links = files.filter_map(|file| std::fs::read_link(file.ok()?.path()).ok());
    let sockets: BTreeSet<String> = links
        .filter_map(|link| Some(link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned()))
        .collect();
    let table = std::fs::read_to_string("/proc/net/tcp").expect("the sockets of this machine");
    let lines = table.lines().skip(1).map(|line| line.split_whitespace().collect::<Vec<_>>());
    // 0A is LISTEN.
    lines.filter(|line| line[3] == "0A" && sockets.contains(line[9])).count()
}

#[cfg(target_os = "linux")]
#[test]
fn without_an_address_nobody_listens_for_metrics() {
    let folder = TempDir::new().expect("a folder");
    assert_eq!(listening(&Process::start(folder.path())), 1);
    let mut counted = command(folder.path());
    counted.env("MULTI_SESSION_METRICS_ADDR", free_address().to_string());
    assert_eq!(listening(&Process::start_as(counted)), 2);
}

#[test]
fn an_address_that_is_taken_is_an_error_that_names_the_setting() {
    let folder = TempDir::new().expect("a folder");
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("its address").to_string();
    let output = command(folder.path())
        .env("MULTI_SESSION_METRICS_ADDR", &address)
        .stderr(std::process::Stdio::piped())
        .output()
        .expect("it runs");
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    let says = format!("cannot listen on {address} for metrics (MULTI_SESSION_METRICS_ADDR)");
    assert!(log.contains(&says) && !log.contains("panic"), "{log}");
}

/// The rows of the metrics in docs/metrics.md: name, type, labels and meaning.
fn documented() -> BTreeMap<String, [String; 3]> {
    let text = page("docs/metrics.md");
    let rows = text.lines().filter_map(|line| {
        let cells: Vec<_> = line.strip_prefix("| `")?.strip_suffix('|')?.split('|').map(str::trim).collect();
        let [name, kind, labels, meaning] = cells[..] else { return None };
        Some((name.trim_end_matches('`').to_owned(), [kind, labels, meaning].map(str::to_owned)))
    });
    rows.collect()
}

/// The names that begin as ours do, in a text.
fn names_in(text: &str) -> BTreeSet<&str> {
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.split(|c| !is_of_name(c)).filter(|word| word.starts_with("multi_session_")).collect()
}

#[test]
fn document_and_dashboard_have_every_metric_and_no_other() {
    let (folder, address) = (TempDir::new().expect("a folder"), free_address());
    let mut counted = command(folder.path());
    counted.env("MULTI_SESSION_METRICS_ADDR", address.to_string());
    // Nobody listens there.
    counted.env("MULTI_SESSION_WEBHOOK_URL", format!("http://{}", free_address()));
    counted.env("MULTI_SESSION_WEBHOOK_SECRET", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD");
    let process = Process::start_as(counted);
    let ada = r#"{"name":"Ada","email":"ada@example.org","password":"correct horse"}"#;
    let signed_up = request(process.address, "POST", "/api/auth/sign-up/email", "", ada);
    assert_eq!(signed_up.expect("an answer").0, 200);
    let exported = scrape_counted(address);
    drop(process);
    let types = exported.types();
    let names = |names: Vec<&String>| names.into_iter().cloned().collect::<BTreeSet<_>>();

    let documented = documented();
    assert_eq!(names(documented.keys().collect()), names(types.keys().collect()));
    for (name, [kind, labels, meaning]) in &documented {
        assert_eq!(kind, &types[name], "{name}");
        assert_eq!(meaning, exported.help(name), "{name}");
        let labels: BTreeSet<_> = labels.split('`').skip(1).step_by(2).collect();
        assert_eq!(labels, exported.labels(name), "{name}");
    }

    let dashboard: Value = serde_json::from_str(&page("docs/grafana.json")).expect("JSON");
    let panels = dashboard["panels"].as_array().expect("panels");
    let targets = panels.iter().filter_map(|panel| panel["targets"].as_array()).flatten();
    let queries: Vec<String> = targets.map(|target| text(&target["expr"])).collect();
    let mut queried = BTreeSet::new();
    for name in queries.iter().flat_map(|query| names_in(query)) {
        let suffixes = ["", "_bucket", "_sum", "_count"];
        let of = suffixes.iter().find_map(|suffix| {
            let name = name.strip_suffix(suffix)?;
            let is_histogram = types.get(name)? == "histogram";
            (is_histogram != suffix.is_empty()).then(|| name.to_owned())
        });
        queried.insert(of.unwrap_or_else(|| panic!("{name} is in a query, and not exported")));
    }
    assert_eq!(queried, names(types.keys().collect()), "the dashboard shows every metric");
}

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

#[test]
fn a_json_log_has_the_callers_trace_and_no_secret() {
    let folder = TempDir::new().expect("a folder");
    let mut as_json = command(folder.path());
    as_json.env("MULTI_SESSION_LOG_FORMAT", "json").env("RUST_LOG", "debug");
    as_json.env("MULTI_SESSION_TRUSTED_PROXIES", "127.0.0.1");
    let (process, log) = Process::start_with_log(as_json);
    let sign_up = |name: &str, traceparent: &str| {
        let body = format!(r#"{{"name":"","email":"{name}@example.org","password":"correct horse"}}"#);
        let mut stream = TcpStream::connect(process.address).expect("a connection");
        write!(
            stream,
            "POST /api/auth/sign-up/email HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\n\
             x-forwarded-for: 198.51.100.77\r\ntraceparent: {traceparent}\r\ncontent-length: {}\r\n\
             connection: close\r\n\r\n{body}",
            process.address,
            body.len()
        )
        .expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        let cookies = answer.lines().filter_map(|line| line.strip_prefix("set-cookie: ")?.split(';').next());
        let values = cookies.filter_map(|cookie| Some(cookie.split_once('=')?.1.to_owned()));
        values.filter(|value| !value.is_empty()).collect::<Vec<_>>()
    };
    let cookies = [
        sign_up("ada", &format!("00-{TRACE}-00f067aa0ba902b7-01")),
        sign_up("grace", &format!("00-{}-00f067aa0ba902b7-01", TRACE.to_uppercase())),
    ];
    process.kill();
    let log = log.join().expect("the log");
    let lines: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}")))
        .collect();

    let began: Vec<_> = lines
        .iter()
        .filter(|line| line["message"].as_str().is_some_and(|it| it.ends_with(" began")))
        .collect();
    let spans = |line: &Value, field: &str| {
        let spans = line["spans"].as_array().expect("spans").iter();
        spans.filter_map(|span| span[field].as_str().map(str::to_owned)).collect::<Vec<_>>()
    };
    assert_eq!(began.len(), 2, "{log}");
    assert_eq!(spans(began[0], "trace_id"), [TRACE]);
    assert_eq!(spans(began[1], "trace_id"), [""; 0], "it is not as the standard says");
    assert_eq!(spans(began[0], "path"), ["/api/auth/sign-up/email"]);
    assert_eq!(spans(began[0], "name"), ["request", "sign_up", "begin"]);
    assert_eq!(began[0]["level"], "INFO");
    for field in ["session.id", "user.id", "timestamp"] {
        assert!(began[0][field].is_string(), "{field}: {}", began[0]);
    }

    let secrets = cookies.iter().flatten().map(|value| value.split_once('.').map_or(&**value, |(_, it)| it));
    for private in secrets.chain(["example.org", "correct horse", "198.51.100"]) {
        assert!(private.len() > 9 && !log.contains(private), "{private} is in {log}");
    }
}
