//! The actors of the tests: a server, and browsers.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::ConnectInfo;
use axum::http::response::Parts;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use clap::Parser;
use http_body_util::BodyExt;
use multi_session::{Accounts, ManualClock, PasswordIfSet, Sessions, Store, Timestamp};
use serde_json::{Value, json};
use server::{Addresses, Config, Mailer, Server, router};
use tower::ServiceExt;

use crate::store::{TestDatabase, TestStore};

pub(crate) const ORIGIN: &str = "http://127.0.0.1:3000";
pub(crate) const PASSWORD: &str = "correct horse battery";

pub(crate) const FIREFOX: &str =
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:145.0) Gecko/20100101 Firefox/145.0";
pub(crate) const CHROME: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36";
pub(crate) const SAFARI: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1";

/// A server with its own database.
#[derive(Clone)]
pub(crate) struct TestApp {
    pub(crate) sessions: Sessions,
    pub(crate) accounts: Accounts,
    pub(crate) database: Arc<TestDatabase>,
    pub(crate) store: Arc<dyn TestStore>,
    pub(crate) clock: Arc<ManualClock>,
    mailer: Option<Mailer>,
    router: Router,
}

impl TestApp {
    pub(crate) async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts with the flags that a person would give.
    pub(crate) async fn start_with(flags: &[&str]) -> Self {
        let config = Config::parse_from(["multi-session"].iter().chain(flags));
        let mailer = Mailer::new(&config).expect("a valid configuration");
        let database = Arc::new(TestDatabase::make().await);
        let store = database.store();
        let clock = Arc::new(ManualClock::new(Timestamp::from_unix_ms(1_795_000_000_000)));
        let addresses = Addresses::new(&config).expect("a valid configuration");
        let shared: Arc<dyn Store> = Arc::clone(&store) as _;
        let builder = Sessions::builder(Arc::clone(&shared))
            .options(config.session_options().expect("valid limits"))
            .clock(Arc::clone(&clock) as _)
            .proofs_of(Arc::new(PasswordIfSet::new(shared)))
            .history_retention(config.history_retention);
        let sessions = addresses.set(builder).build();
        let builder = Accounts::builder(sessions.clone()).weak_hashes().throttle(config.is_throttled());
        let accounts = builder.mail(mailer.is_some()).build();
        tokio::spawn({
            let sessions = sessions.clone();
            async move { sessions.follow().await }
        });
        let server = Server::new(&config, accounts.clone()).expect("a valid configuration");
        let server = server.with_body_time(Duration::from_millis(500));
        Self { sessions, accounts, database, store, clock, mailer, router: router(&server) }
    }

    /// A browser that has never been here.
    pub(crate) fn browser(&self, user_agent: &str) -> TestBrowser {
        TestBrowser {
            app: self.clone(),
            user_agent: user_agent.to_owned(),
            cookies: Mutex::default(),
            peer: "203.0.113.7:50000".parse().expect("an address"),
        }
    }

    /// A browser signed up as `name`, with the address `name@example.org`.
    pub(crate) async fn sign_up(&self, user_agent: &str, name: &str) -> TestBrowser {
        let browser = self.browser(user_agent);
        browser.sign_up(name).await.ok();
        browser
    }

    /// Another browser signed in as `name`.
    pub(crate) async fn sign_in(&self, user_agent: &str, name: &str) -> TestBrowser {
        let browser = self.browser(user_agent);
        browser.sign_in(name).await.ok();
        browser
    }

    /// Sends the due mails, and returns how many.
    pub(crate) async fn deliver(&self) -> usize {
        self.mailer.as_ref().expect("a mail server").deliver(&self.accounts).await
    }

    /// Every route with the layers around it.
    pub(crate) fn router(&self) -> Router {
        self.router.clone()
    }

    pub(crate) fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }
}

/// A browser: it keeps cookies, and sends the headers of its page.
pub(crate) struct TestBrowser {
    pub(crate) app: TestApp,
    pub(crate) peer: SocketAddr,
    user_agent: String,
    cookies: Mutex<BTreeMap<String, String>>,
}

impl TestBrowser {
    pub(crate) async fn sign_up(&self, name: &str) -> Answer {
        let body = json!({ "name": name, "email": format!("{name}@example.org"), "password": PASSWORD });
        self.post("/api/auth/sign-up/email", body).await
    }

    pub(crate) async fn sign_in(&self, name: &str) -> Answer {
        let body = json!({ "email": format!("{name}@example.org"), "password": PASSWORD });
        self.post("/api/auth/sign-in/email", body).await
    }

    pub(crate) async fn sign_out(&self, body: Value) -> Answer {
        self.post("/api/auth/sign-out", body).await
    }

    pub(crate) async fn get_session(&self) -> Value {
        self.get("/api/auth/get-session").await.ok()
    }

    /// The name of the signed-in user; empty when signed out.
    pub(crate) async fn whoami(&self) -> String {
        self.get_session().await["user"]["name"].as_str().unwrap_or_default().to_owned()
    }

    pub(crate) async fn list(&self) -> Vec<Value> {
        let answer = self.get("/api/auth/multi-session/list-device-sessions").await.ok();
        answer.as_array().expect("a list").clone()
    }

    /// The id of this browser's active session.
    pub(crate) async fn current_id(&self) -> String {
        text(&self.get_session().await["session"]["id"])
    }

    pub(crate) async fn set_active(&self, id: &str) -> Answer {
        self.post("/api/auth/multi-session/set-active", json!({ "sessionId": id })).await
    }

    pub(crate) async fn revoke(&self, id: &str) -> Answer {
        self.post("/api/auth/multi-session/revoke", json!({ "sessionId": id })).await
    }

    pub(crate) async fn revoke_others(&self) -> Answer {
        self.post("/api/auth/multi-session/revoke-others", json!({})).await
    }

    pub(crate) async fn revoke_all(&self) -> Answer {
        self.post("/api/auth/multi-session/revoke-all", json!({})).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        let headers = [("origin", ORIGIN), ("content-type", "application/json")];
        self.send(Method::POST, path, &headers, Some(body.to_string())).await
    }

    /// Calls a server function as the WebAssembly client does.
    pub(crate) async fn call(&self, function: &str, form: &str) -> Answer {
        let headers = [
            ("origin", ORIGIN),
            ("accept", "application/json"),
            ("content-type", "application/x-www-form-urlencoded"),
        ];
        self.send(Method::POST, &format!("/fn/{function}"), &headers, Some(form.to_owned())).await
    }

    /// Sends a form as a browser without WebAssembly does, from the page it is on.
    pub(crate) async fn submit(&self, page: &str, function: &str, form: &str) -> Answer {
        let referer = format!("{ORIGIN}{page}");
        let headers = [
            ("origin", ORIGIN),
            ("referer", referer.as_str()),
            ("accept", "text/html,application/xhtml+xml"),
            ("content-type", "application/x-www-form-urlencoded"),
        ];
        self.send(Method::POST, &format!("/fn/{function}"), &headers, Some(form.to_owned())).await
    }

    /// Opens a page as a person does.
    pub(crate) async fn open(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[("accept", "text/html")], None).await
    }

    /// Sends a request with exactly these headers beside the cookies and the user agent, and keeps the cookies.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<String>,
    ) -> Answer {
        let (parts, body) = self.send_for_bytes(method, path, headers, body).await;
        let text = String::from_utf8(body.to_vec()).expect("text");
        Answer { status: parts.status, headers: parts.headers, text }
    }

    /// The same for an answer that is not text.
    pub(crate) async fn send_for_bytes(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<String>,
    ) -> (Parts, Bytes) {
        let (parts, mut body) = self.ask(method, path, headers, body).await;
        if parts.headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == "text/event-stream") {
            // A stream does not end, so read only its beginning.
            let frame = body.frame().await.expect("a frame").expect("a frame");
            return (parts, frame.into_data().expect("data"));
        }
        (parts, body.collect().await.expect("a body").to_bytes())
    }

    /// Begins to export the history, without reading it yet.
    pub(crate) async fn begin_export(&self) -> Body {
        let (parts, body) = self.ask(Method::GET, "/history/export", &[], None).await;
        assert_eq!(parts.status, StatusCode::OK);
        body
    }

    /// Opens a live stream. `heard` is the id of the last event of an earlier stream.
    pub(crate) async fn events(&self, heard: Option<&str>) -> EventStream {
        self.try_events(heard).await.expect("somebody is signed in")
    }

    /// Opens a live stream, unless nobody is signed in.
    pub(crate) async fn try_events(&self, heard: Option<&str>) -> Option<EventStream> {
        let headers: Vec<_> = heard.map(|id| ("last-event-id", id)).into_iter().collect();
        let path = "/api/auth/multi-session/events";
        let (parts, body) = self.ask(Method::GET, path, &headers, None).await;
        if parts.status == StatusCode::UNAUTHORIZED {
            return None;
        }
        assert_eq!(parts.status, StatusCode::OK);
        assert_eq!(parts.headers[header::CONTENT_TYPE], "text/event-stream");
        Some(EventStream { body, text: String::new() })
    }

    async fn ask(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<String>,
    ) -> (Parts, Body) {
        let mut request = Request::builder().method(method).uri(path).extension(ConnectInfo(self.peer));
        request = request.header(header::USER_AGENT, &self.user_agent);
        if let Some(cookies) = self.cookie_header() {
            request = request.header(header::COOKIE, cookies);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body.unwrap_or_default())).expect("a request");
        let response = self.app.router.clone().oneshot(request).await.expect("an answer");
        let (parts, body) = response.into_parts();
        self.keep(&parts.headers);
        (parts, body)
    }

    fn cookie_header(&self) -> Option<String> {
        let cookies = self.cookies.lock().expect("the cookies");
        let pairs: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }

    pub(crate) fn keep(&self, headers: &HeaderMap) {
        let mut cookies = self.cookies.lock().expect("the cookies");
        for cookie in headers.get_all(header::SET_COOKIE) {
            let cookie = cookie.to_str().expect("text");
            let (pair, attributes) = cookie.split_once(';').expect("attributes");
            let (name, value) = pair.split_once('=').expect("a value");
            if attributes.contains("Max-Age=0") {
                cookies.remove(name);
            } else {
                cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    /// The session cookies.
    pub(crate) fn cookies(&self) -> BTreeMap<String, String> {
        let mut cookies = self.cookies.lock().expect("the cookies").clone();
        cookies.retain(|name, _| is_of_session(name));
        cookies
    }

    /// The notice that an action left for the next page.
    pub(crate) fn notice(&self) -> Option<String> {
        let cookies = self.cookies.lock().expect("the cookies");
        cookies.iter().find(|(name, _)| name.ends_with(".notice")).map(|(_, value)| value.clone())
    }

    /// Whether it has only the session cookie, which only signing in and out change. Nothing is signed in by
    /// it alone, so the browser is signed out.
    pub(crate) fn holds_nothing(&self) -> bool {
        self.cookies().keys().all(|name| name.ends_with(".session_token"))
    }

    pub(crate) fn set_cookies(&self, cookies: BTreeMap<String, String>) {
        *self.cookies.lock().expect("the cookies") = cookies;
    }

    pub(crate) fn add_cookie(&self, name: &str, value: &str) {
        self.cookies.lock().expect("the cookies").insert(name.to_owned(), value.to_owned());
    }

    /// The device cookie, with its name.
    pub(crate) fn device_cookie(&self) -> Option<(String, String)> {
        let cookies = self.cookies.lock().expect("the cookies");
        cookies.clone().into_iter().find(|(name, _)| is_device(name))
    }

    /// Another browser with a copy of this one's cookies, as a thief would have.
    pub(crate) fn copy(&self) -> Self {
        let copy = self.app.browser("thief/1.0");
        copy.set_cookies(self.cookies());
        copy
    }
}

fn is_of_session(cookie: &str) -> bool {
    cookie.split('=').next().is_some_and(|name| name.contains(".session_token"))
}

fn is_device(cookie: &str) -> bool {
    cookie.split('=').next().is_some_and(|name| name.ends_with(".device"))
}

/// A live stream, read event by event.
pub(crate) struct EventStream {
    body: Body,
    text: String,
}

/// One event of a stream.
#[derive(Debug)]
pub(crate) struct StreamEvent {
    pub(crate) name: String,
    pub(crate) id: String,
    pub(crate) data: Value,
}

impl EventStream {
    /// Waits for the next event; `None` at the end of the stream.
    pub(crate) async fn next(&mut self) -> Option<StreamEvent> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| {
                    let line = event.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
                    line.unwrap_or_default().to_owned()
                };
                let (name, id, data) = (field("event"), field("id"), field("data"));
                self.text = rest.to_owned();
                if !name.is_empty() {
                    return Some(StreamEvent { name, id, data: serde_json::from_str(&data).expect("JSON") });
                }
                continue;
            }
            let frame = tokio::time::timeout(PATIENCE, self.body.frame()).await.expect("an event or the end");
            let bytes = frame?.expect("a frame").into_data().expect("data");
            self.text.push_str(std::str::from_utf8(&bytes).expect("text"));
        }
    }

    /// Waits for this event of this session. Earlier events may arrive late, because receiving them twice is
    /// harmless.
    pub(crate) async fn wait_for(&mut self, what: &str, session: &str) -> Value {
        loop {
            let event = self.next().await.expect("an event");
            assert_eq!(event.name, "session", "{event:?}");
            let about = [&event.data["id"], &event.data["row"]["id"], &event.data["from"]];
            if event.data["type"] == what && about.iter().any(|id| *id == session) {
                return event.data;
            }
        }
    }

    /// The next event, which must be the whole list.
    pub(crate) async fn snapshot(&mut self) -> Vec<Value> {
        let event = self.next().await.expect("an event");
        assert_eq!(event.name, "snapshot", "{event:?}");
        event.data.as_array().expect("a list").clone()
    }

    /// Checks that the stream has ended.
    pub(crate) async fn assert_ended(mut self) {
        let event = self.next().await;
        assert!(event.is_none(), "{event:?}");
    }
}

/// The server's answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {} {}", self.status, self.text))
    }

    /// The JSON of a success.
    #[track_caller]
    pub(crate) fn ok(&self) -> Value {
        assert_eq!(self.status, StatusCode::OK, "{}", self.text);
        self.json()
    }

    /// Checks that it is an error with this status and code.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, code: &str) {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        assert_eq!(self.json()["code"], code, "{}", self.text);
        assert!(self.json()["message"].as_str().is_some_and(|message| !message.is_empty()));
    }

    /// The session cookies that it sets or clears.
    pub(crate) fn set_cookies(&self) -> Vec<String> {
        self.all_cookies().filter(|cookie| is_of_session(cookie)).collect()
    }

    /// The device cookie, if it sets one.
    pub(crate) fn device_cookie(&self) -> Option<String> {
        self.all_cookies().find(|cookie| is_device(cookie))
    }

    fn all_cookies(&self) -> impl Iterator<Item = String> {
        let all = self.headers.get_all(header::SET_COOKIE).iter();
        all.map(|cookie| cookie.to_str().expect("text").to_owned())
    }

    #[track_caller]
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no {name}")).to_str().expect("text")
    }
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("not a text: {value}")).to_owned()
}

pub(crate) fn ids(rows: &[Value]) -> Vec<String> {
    rows.iter().map(|row| text(&row["id"])).collect()
}

/// The row of the current session.
pub(crate) fn current(rows: &[Value]) -> &Value {
    rows.iter().find(|row| row["isCurrent"] == true).expect("a current row")
}

/// The timeout for an event: far more than it needs.
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) const MINUTE: Duration = Duration::from_secs(60);
pub(crate) const HOUR: Duration = Duration::from_secs(60 * 60);
pub(crate) const DAY: Duration = Duration::from_secs(24 * 60 * 60);
