//! The properties that hold for any input. `make test` and cargo-fuzz both use this file.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::header::{
    ACCEPT, AUTHORIZATION, CONTENT_TYPE, COOKIE, LOCATION, ORIGIN, REFERER, SET_COOKIE,
};
use axum::http::request::Builder;
use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode};
use axum::response::Response;
use clap::Parser;
use http_body_util::BodyExt;
use multi_session::http::ClientAddress;
use multi_session::{
    Accounts, Actor, EventId, ManualClock, MemoryStore, Operator, SessionEvent, SessionId, Sessions, Store,
    Timestamp, UserId,
};
use serde_json::{Value, json};
use server::{Config, Server, router};
use tower::ServiceExt;
use url::Url;

use super::frames::{Frame, frames};

/// The origins of a local server, the public one first.
pub(crate) const LOCAL: [&str; 3] = ["http://127.0.0.1:3000", "http://localhost:3000", "http://[::1]:3000"];
/// The origin of a server on https, whose cookies have the `__Host-` prefix, and which reads Better Auth's
/// cookies.
pub(crate) const HTTPS: [&str; 1] = ["https://id.example.org"];

/// The flags of a server with an operator token, and the header of an operator's program.
pub(crate) const OPERATED: [&str; 2] = [
    // printf TOKEN | sha256sum
    "--operator-token-hash",
    "68a2d922833af5fad2d20de6d7f0002d86e52a5490b98e5a2894d07e1e8dccd3",
];
const BEARER: &str = "Bearer mso_0123456789abcdef";

/// Operations whose body has a secret or a session id, which nobody can guess.
const OPERATIONS: [&str; 14] = [
    "sign-in/email",
    "change-password",
    "update-session",
    "request-password-reset",
    "reset-password",
    "multi-session/set-active",
    "multi-session/rename",
    "multi-session/recognize",
    "multi-session/reauthenticate",
    "multi-session/revoke",
    "multi-session/undo-revoke",
    "multi-session/report",
    "multi-session/sign-in-instead",
    "revoke-session",
];
/// Operations for operators' programs, which name a user.
const OF_OPERATORS: [&str; 3] = [
    "multi-session/operator/revoke-user",
    "multi-session/operator/disable-user",
    "multi-session/operator/enable-user",
];
/// Operations that answer the same whether the target exists or not.
const SAYING_NOTHING: [&str; 2] = ["revoke-session", "multi-session/operator/revoke-user"];
/// Operations for which random input may be valid: only strangers send it.
const MEANT_BY_ANYTHING: [&str; 7] = [
    "sign-up/email",
    "sign-out",
    "revoke-sessions",
    "revoke-other-sessions",
    "multi-session/export-history",
    "multi-session/revoke-others",
    "multi-session/revoke-all",
];
/// Those of them that can succeed for a stranger.
const FOR_STRANGERS: [&str; 2] = ["sign-up/email", "sign-out"];
/// Server functions whose form has a secret or a session id.
const NAMING: [&str; 14] = [
    "sign-in",
    "choose-device",
    "change-password",
    "set-active",
    "recognize",
    "rename",
    "reauthenticate",
    "confirm",
    "revoke",
    "undo-revoke",
    "report",
    "report-by-mail",
    "forgot-password",
    "reset-password",
];
/// Server functions for which random input may be valid, and those that only read.
const OTHERS: [&str; 9] = [
    "sign-up",
    "send-again",
    "sign-out",
    "revoke-others",
    "revoke-all",
    "device-choice",
    "confirm-question",
    "not-me",
    "check-reset-link",
];

const SESSION: &str = "/api/auth/get-session";
const LIST: &str = "/api/auth/multi-session/list-device-sessions";
const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";
const FORWARDED: &str = "x-forwarded-for";
const EMAIL: &str = "ada@example.org";
/// The address of all requests.
const PEER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7)), 50_000);
/// The maximum that the server accepts.
const MAXIMUM_HEADERS: usize = 100;
/// The timeout for an event: far more than it needs.
const PATIENCE: Duration = Duration::from_secs(10);

/// The operations with a body.
pub(crate) fn operations() -> impl Iterator<Item = &'static str> {
    OPERATIONS.into_iter().chain(OF_OPERATORS).chain(MEANT_BY_ANYTHING)
}

/// The server functions with a form.
pub(crate) fn functions() -> impl Iterator<Item = &'static str> {
    NAMING.into_iter().chain(OTHERS)
}

/// A server on which Ada is signed in, and stays so whatever others send.
pub(crate) struct Attacked {
    router: Router,
    sessions: Sessions,
    store: Arc<dyn Store>,
    /// Its origins, the public one first.
    own: &'static [&'static str],
    /// The header of Ada's browser.
    cookies: String,
    session: SessionId,
    user: UserId,
    /// How many names her device was given.
    names: AtomicU32,
}

impl Attacked {
    /// Starts a server over a store in memory, whose clock stands still.
    pub(crate) async fn in_memory(own: &'static [&'static str]) -> Self {
        let off = ["--rate-limit", "off", "--sign-in-throttle", "off"];
        let config =
            Config::parse_from(["multi-session", "--base-url", own[0]].iter().chain(&off).chain(&OPERATED));
        let store = Arc::new(MemoryStore::default());
        let clock = ManualClock::new(Timestamp::from_unix_ms(1_795_000_000_000));
        let sessions = Sessions::builder(Arc::clone(&store) as _).clock(Arc::new(clock)).build();
        tokio::spawn({
            let sessions = sessions.clone();
            async move { sessions.follow().await }
        });
        let server = Server::new(&config, Accounts::builder(sessions.clone()).weak_hashes().build())
            .expect("a valid configuration");
        Self::start(router(&server), sessions, store, own).await
    }

    /// Signs Ada up at this server.
    pub(crate) async fn start(
        router: Router,
        sessions: Sessions,
        store: Arc<dyn Store>,
        own: &'static [&'static str],
    ) -> Self {
        let form = json!({ "name": "Ada", "email": EMAIL, "password": "correct horse battery" });
        let from = from_page(own[0], JSON, JSON);
        let signed_up =
            send(&router, request(Method::POST, "/api/auth/sign-up/email", &from), form.to_string()).await;
        let cookies = kept_of(&signed_up);
        let asks = request(Method::GET, SESSION, &HeaderMap::new()).header(COOKIE, &cookies);
        let found = json_of(send(&router, asks, "").await).await;
        let id = |part: &str| found[part]["id"].as_str().expect("an id").to_owned();
        let session = SessionId::new(id("session")).expect("an id");
        let user = UserId::new(id("user")).expect("an id");
        Self { router, sessions, store, own, cookies, session, user, names: AtomicU32::new(0) }
    }

    /// No cookie header signs anybody in. At most dead cookies are cleared.
    pub(crate) async fn hold_cookies(&self, header: &[u8]) {
        let Ok(header) = HeaderValue::from_bytes(header) else { return };
        let asks = request(Method::GET, SESSION, &HeaderMap::new()).header(COOKIE, &header);
        let answer = send(&self.router, asks, "").await;
        assert!(cookies_of(&answer).all(|cookie| cookie.contains("Max-Age=0")), "{header:?}");
        assert_eq!(answer.status(), StatusCode::OK, "{header:?}");
        assert_eq!(text_of(answer).await, "null", "{header:?}");
    }

    /// With any headers, such as `origin: null | accept: text/html`: only Ada is signed in, another site
    /// changes nothing, our own pages are served, and nobody can choose an address.
    pub(crate) async fn hold_headers(&self, line: &[u8]) {
        let sent = headers_of(line);
        assert!(self.reads(&sent).await.contains(EMAIL), "{sent:?}");
        let stranger = send(&self.router, request(Method::GET, SESSION, &sent), "").await;
        assert_eq!(cookies_of(&stranger).count(), 0, "{sent:?}");
        assert_eq!(text_of(stranger).await, "null", "{sent:?}");
        for path in ["/sessions", "/nothing"] {
            self.ada(Method::GET, path, &sent, "").await;
        }
        let stream = self.ada(Method::GET, "/api/auth/multi-session/events", &sent, "").await;
        // Only a request whose headers name a page of another origin gets none.
        let says_where = ["origin", "sec-fetch-site", "referer"].iter().any(|name| sent.contains_key(*name));
        let is_foreign = text(&sent, "origin").is_some_and(|origin| origin.contains("evil"));
        if stream.status() == StatusCode::FORBIDDEN {
            assert!(says_where, "{sent:?}");
        } else {
            assert!(!is_foreign, "{sent:?}");
            assert_eq!(stream.status(), StatusCode::OK, "{sent:?}");
            assert_eq!(stream.headers()[CONTENT_TYPE], "text/event-stream", "{sent:?}");
        }
        drop(stream);
        self.hold_origins(&sent).await;
        self.hold_types(&sent).await;
        hold_addresses(&sent);
    }

    /// Only the origin of a request decides whether it may change something.
    async fn hold_origins(&self, sent: &HeaderMap) {
        // Browsers never report a page of ours as another site's.
        let own = match text(sent, "sec-fetch-site") {
            None | Some("same-origin" | "none") => StatusCode::OK,
            Some(_) => StatusCode::FORBIDDEN,
        };
        for (origin, expected) in [
            (self.own[0], own),
            ("https://evil.example", StatusCode::FORBIDDEN),
            ("http://127.0.0.1:3000.evil.example", StatusCode::FORBIDDEN),
        ] {
            let mut headers = sent.clone();
            headers.insert(ORIGIN, HeaderValue::from_static(origin));
            assert_eq!(self.names_device(&headers).await, expected, "{origin} {sent:?}");
        }
        let status = self.names_device(sent).await;
        assert!(!self.is_of_another_site(sent) || status == StatusCode::FORBIDDEN, "{status} {sent:?}");

        let path = "/api/auth/multi-session/revoke-others";
        let status = self.ada(Method::GET, path, sent, "").await.status();
        let is_script = match (text(sent, "sec-fetch-site"), text(sent, "sec-fetch-mode")) {
            (None, None) => sent.contains_key(ORIGIN),
            metadata => metadata == (Some("same-origin"), Some("cors")),
        };
        assert!(is_script || status == StatusCode::FORBIDDEN, "{status} {sent:?}");
    }

    /// Neither the content type nor the `Accept` header makes an invalid request valid.
    async fn hold_types(&self, sent: &HeaderMap) {
        let mut headers = sent.clone();
        headers.insert(ORIGIN, HeaderValue::from_static(self.own[0]));
        let path = "/api/auth/multi-session/set-active";
        let answer = self.ada(Method::POST, path, &headers, r#"{"sessionId":"x"}"#).await;
        assert!(answer.status().is_client_error(), "{} {sent:?}", answer.status());
        let answer = self.ada(Method::POST, "/fn/rename", &headers, "session_id=x&name=y").await;
        let status = answer.status();
        assert!(status.is_client_error() || status.is_redirection(), "{status} {sent:?}");
    }

    /// Any body is refused with a message or finds nothing to end, and changes nothing.
    pub(crate) async fn hold_bodies(&self, body: &[u8]) {
        let what = body.escape_ascii().to_string();
        let from = from_page(self.own[0], JSON, JSON);
        let path = |operation: &str| format!("/api/auth/{operation}");
        for operation in operations() {
            let stranger = request(Method::POST, &path(operation), &from);
            let answer = send(&self.router, stranger, body.to_vec()).await;
            if !FOR_STRANGERS.contains(&operation) || !answer.status().is_success() {
                hold_refusal(operation, &what, answer).await;
            } else if operation == "sign-up/email" {
                self.forget_who_signed_up(&answer).await;
            } else {
                assert_eq!(cookies_of(&answer).count(), 0, "{operation} {what}");
            }
        }
        for operation in OPERATIONS {
            let answer = self.ada(Method::POST, &path(operation), &from, body.to_vec()).await;
            hold_nothing_ended(operation, &what, answer).await;
        }
        for operation in OF_OPERATORS {
            let program = request(Method::POST, &path(operation), &from).header(AUTHORIZATION, BEARER);
            let answer = send(&self.router, program, body.to_vec()).await;
            hold_nothing_ended(operation, &what, answer).await;
        }
        assert!(self.reads(&HeaderMap::new()).await.contains(EMAIL), "{what}");
    }

    /// The server function refuses any form: a script gets the error, and a form is redirected to a page of
    /// ours.
    pub(crate) async fn hold_forms(&self, form: &[u8]) {
        let what = form.escape_ascii().to_string();
        let script = from_page(self.own[0], FORM, JSON);
        for name in functions() {
            // A successful sign-up creates an account. All other browsers hold nothing.
            let stranger = request(Method::POST, &format!("/fn/{name}"), &script);
            let answer = send(&self.router, stranger, form.to_vec()).await;
            if name == "sign-up" && cookies_of(&answer).count() > 0 {
                self.forget_who_signed_up(&answer).await;
            } else {
                assert_eq!(cookies_of(&answer).count(), 0, "{name} {what}");
            }
        }
        let browser = from_page(self.own[0], FORM, "text/html,application/xhtml+xml");
        for name in NAMING {
            let path = format!("/fn/{name}");
            let answer = self.ada(Method::POST, &path, &script, form.to_vec()).await;
            hold_refusal(&path, &what, answer).await;

            let answer = self.ada(Method::POST, &path, &browser, form.to_vec()).await;
            assert!(answer.status().is_redirection(), "{path} {what}: {}", answer.status());
            // The notice may restore the form. No other cookie is set.
            let others = cookies_of(&answer).filter(|cookie| !cookie.starts_with("multi-session.notice="));
            assert_eq!(others.count(), 0, "{path} {what}");
            let to = answer.headers()[LOCATION].to_str().expect("text");
            let base = Url::parse(self.own[0]).expect("an origin");
            let leads = base.join(to).expect("an address").origin();
            assert_eq!(leads, base.origin(), "{path} {what}: {to}");
        }
        assert!(self.reads(&HeaderMap::new()).await.contains(EMAIL), "{what}");
    }

    /// A stream sends any stored device name unchanged: one event for each name, and the list.
    pub(crate) async fn hold_events(&self, name: &str) {
        let mut stream = self.stream().await;
        assert_eq!(stream.snapshot().await, self.list().await);

        self.calls_device(name).await;
        assert_eq!(stream.renamed().await, self.renamed_to(name));
        let list = self.list().await;
        assert_eq!(list[0]["name"], name);
        assert_eq!(self.stream().await.snapshot().await, list);

        // The next event is the next name, so the previous one was a single event.
        self.calls_device("the next").await;
        assert_eq!(stream.renamed().await, self.renamed_to("the next"));
    }

    /// Checks that Ada has only her one session, and that it was used from nowhere else.
    pub(crate) async fn assert_untouched(&self) {
        self.sessions.flush().await.expect("the store answers");
        assert_eq!(self.list().await.as_array().map(Vec::len), Some(1));
        let path = "/api/auth/multi-session/history?kinds=address_changed";
        let moves = json_of(self.ada(Method::GET, path, &HeaderMap::new(), "").await).await;
        assert_eq!(moves["entries"], json!([]));
    }

    /// Sends a request of Ada's browser with these headers.
    async fn ada(&self, method: Method, path: &str, headers: &HeaderMap, body: impl Into<Body>) -> Response {
        send(&self.router, request(method, path, headers).header(COOKIE, &self.cookies), body).await
    }

    /// Erases a user who was just signed up, because the same input would sign in from then on.
    async fn forget_who_signed_up(&self, answer: &Response) {
        let asks = request(Method::GET, SESSION, &HeaderMap::new()).header(COOKIE, kept_of(answer));
        let found = json_of(send(&self.router, asks, "").await).await;
        let user = UserId::new(found["user"]["id"].as_str().expect("an id")).expect("an id");
        let gone = self.sessions.forget(&Operator::new("test"), &user).await;
        assert!(gone.expect("the store answers").is_some());
    }

    /// Ada's session as her browser gets it. This changes no cookie.
    async fn reads(&self, headers: &HeaderMap) -> String {
        let answer = self.ada(Method::GET, SESSION, headers, "").await;
        assert_eq!(cookies_of(&answer).count(), 0, "{headers:?}");
        text_of(answer).await
    }

    async fn list(&self) -> Value {
        json_of(self.ada(Method::GET, LIST, &HeaderMap::new(), "").await).await
    }

    async fn stream(&self) -> Stream {
        let path = "/api/auth/multi-session/events";
        let answer = self.ada(Method::GET, path, &HeaderMap::new(), "").await;
        assert_eq!(answer.status(), StatusCode::OK);
        Stream { body: answer.into_body(), bytes: Vec::new(), read: 0 }
    }

    /// Names Ada's device with a request with these headers, and returns the status. The name changes only on
    /// success.
    async fn names_device(&self, headers: &HeaderMap) -> StatusCode {
        let mut headers = headers.clone();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(JSON));
        let name = format!("name {}", self.names.fetch_add(1, Ordering::Relaxed));
        let body = json!({ "sessionId": self.session, "name": name }).to_string();
        let answer = self.ada(Method::POST, "/api/auth/multi-session/rename", &headers, body).await;
        assert_eq!(cookies_of(&answer).count(), 0, "{headers:?}");
        let is_called_so = self.list().await[0]["name"] == name;
        assert_eq!(is_called_so, answer.status() == StatusCode::OK, "{headers:?}");
        answer.status()
    }

    /// Names Ada's device directly in the store, because stored names may be older than the rule that names
    /// are printable.
    async fn calls_device(&self, name: &str) {
        let actor = Actor { session: &self.session, user: &self.user };
        let renamed = self.store.rename(actor, &self.session, Some(name), self.sessions.now()).await;
        assert!(renamed.expect("the store answers"));
    }

    fn renamed_to(&self, name: &str) -> SessionEvent {
        let (id, label) = (self.session.clone(), name.to_owned());
        SessionEvent::Renamed { id, name: Some(label.clone()), label }
    }

    /// Whether these headers say that the request is not from a page of this server, or do not name a page.
    /// `None` for an origin that no browser would send.
    fn is_of_another_site(&self, headers: &HeaderMap) -> bool {
        let is_own = |origin: &str| self.own.contains(&origin);
        let is_same = matches!(text(headers, "sec-fetch-site"), Some("same-origin" | "none"));
        match text(headers, "origin") {
            Some("null") => !is_same,
            Some(origin) if origin == self.own[0] => headers.contains_key("sec-fetch-site") && !is_same,
            Some(origin) => {
                let written = Url::parse(origin).map(|url| url.origin().ascii_serialization());
                written.is_ok_and(|written| written == origin) && !is_own(origin)
            }
            None if headers.contains_key("sec-fetch-site") => !is_same,
            None => {
                let page = text(headers, "referer").and_then(|page| Url::parse(page).ok());
                page.is_none_or(|page| !is_own(&page.origin().ascii_serialization()))
            }
        }
    }
}

/// Checks that it is an error with a message and sets no cookie.
async fn hold_refusal(path: &str, what: &str, answer: Response) {
    assert!(answer.status().is_client_error(), "{path} {what}: {}", answer.status());
    assert_eq!(cookies_of(&answer).count(), 0, "{path} {what}");
    assert!(json_of(answer).await["message"].is_string(), "{path} {what}");
}

/// Checks the same, unless the answer does not reveal whether there was anything to end: then there was
/// nothing.
async fn hold_nothing_ended(operation: &str, what: &str, answer: Response) {
    if !SAYING_NOTHING.contains(&operation) || !answer.status().is_success() {
        return hold_refusal(operation, what, answer).await;
    }
    assert_eq!(cookies_of(&answer).count(), 0, "{operation} {what}");
    let told = json_of(answer).await;
    assert!(told["ended"].is_null() || told["ended"] == 0, "{operation} {what}: {told}");
}

/// Any text is an event or an event id, which is read as it was written, or it is neither.
pub(crate) fn hold_event_texts(text: &str) {
    if let Some(id) = EventId::parse(text) {
        assert_eq!(EventId::parse(&id.to_string()), Some(id), "{text}");
    }
    if let Ok(event) = serde_json::from_str::<SessionEvent>(text) {
        let again = serde_json::to_string(&event).expect("JSON");
        assert_eq!(serde_json::from_str::<SessionEvent>(&again).expect("an event"), event, "{text}");
    }
}

/// A browser cannot choose its address: neither at the server itself nor behind a trusted proxy, which adds
/// it in a new header or at the end of the last one.
fn hold_addresses(sent: &HeaderMap) {
    let address = |addresses: &ClientAddress, peer: SocketAddr, headers: &HeaderMap| {
        let mut extensions = Extensions::new();
        extensions.insert(ConnectInfo(peer));
        addresses.of(headers, &extensions)
    };
    let browser = Some(PEER.ip());
    assert_eq!(address(&ClientAddress::default(), PEER, sent), browser, "{sent:?}");

    let behind = ClientAddress::new(vec!["10.0.0.0/8".parse().expect("a network")]);
    let proxy = SocketAddr::from(([10, 0, 0, 1], 50_000));
    let told = PEER.ip().to_string();
    let mut appended = sent.clone();
    appended.append(FORWARDED, HeaderValue::from_str(&told).expect("a header"));
    assert_eq!(address(&behind, proxy, &appended), browser, "{appended:?}");

    let mut lines: Vec<Vec<u8>> =
        sent.get_all(FORWARDED).iter().map(|line| line.as_bytes().to_vec()).collect();
    let last = lines.pop().unwrap_or_default();
    lines.push([last.as_slice(), b", ", told.as_bytes()].concat());
    let mut joined = sent.clone();
    joined.remove(FORWARDED);
    for line in lines {
        joined.append(FORWARDED, HeaderValue::from_bytes(&line).expect("a header"));
    }
    assert_eq!(address(&behind, proxy, &joined), browser, "{joined:?}");
}

/// A live stream, as a browser reads it.
struct Stream {
    body: Body,
    bytes: Vec<u8>,
    /// How many events were read.
    read: usize,
}

impl Stream {
    async fn next(&mut self) -> Frame {
        loop {
            if let Some(frame) = frames(&self.bytes).into_iter().nth(self.read) {
                self.read += 1;
                assert!(EventId::parse(&frame.id).is_some(), "{frame:?}");
                return frame;
            }
            let part = tokio::time::timeout(PATIENCE, self.body.frame()).await.expect("an event in time");
            let part = part.expect("the stream goes on").expect("a part of it");
            self.bytes.extend(part.into_data().expect("data"));
        }
    }

    /// The first event, which is the whole list.
    async fn snapshot(&mut self) -> Value {
        let frame = self.next().await;
        assert_eq!(frame.name, "snapshot", "{frame:?}");
        serde_json::from_str(&frame.data).expect("JSON")
    }

    /// Waits for the next new device name. Events of sign-ins may arrive late.
    async fn renamed(&mut self) -> SessionEvent {
        loop {
            let frame = self.next().await;
            if frame.name != "session" {
                continue;
            }
            let event = serde_json::from_str(&frame.data).expect("an event");
            if matches!(event, SessionEvent::Renamed { .. }) {
                return event;
            }
        }
    }
}

/// Reads the headers of a line. Invalid ones are left out, and so are cookies, which the browser adds itself.
fn headers_of(line: &[u8]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for part in line.split(|byte| *byte == b'|').take(MAXIMUM_HEADERS) {
        let mut halves = part.splitn(2, |byte| *byte == b':');
        let (Some(name), Some(value)) = (halves.next(), halves.next()) else { continue };
        let name = HeaderName::from_bytes(name.trim_ascii());
        let value = HeaderValue::from_bytes(value.trim_ascii());
        if let (Ok(name), Ok(value)) = (name, value)
            && name != COOKIE
        {
            headers.append(name, value);
        }
    }
    headers
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).map(|value| value.to_str().unwrap_or("?"))
}

/// The headers of a request by a page of `origin`.
fn from_page(origin: &str, kind: &str, accept: &str) -> HeaderMap {
    let page = format!("{origin}/sessions");
    [(ORIGIN, origin), (REFERER, &page), (CONTENT_TYPE, kind), (ACCEPT, accept)]
        .into_iter()
        .map(|(name, value)| (name, HeaderValue::from_str(value).expect("a header")))
        .collect()
}

/// A request without cookies.
fn request(method: Method, path: &str, headers: &HeaderMap) -> Builder {
    let request = Request::builder().method(method).uri(path).extension(ConnectInfo(PEER));
    headers.iter().fold(request, |request, (name, value)| request.header(name, value))
}

/// Sends it, and checks that the server has no internal error.
async fn send(router: &Router, request: Builder, body: impl Into<Body>) -> Response {
    let request = request.body(body.into()).expect("a request");
    let what = format!("{} {} {:?}", request.method(), request.uri(), request.headers());
    let answer = router.clone().oneshot(request).await.expect("an answer");
    assert!(!answer.status().is_server_error(), "{what}: {}", answer.status());
    answer
}

fn cookies_of(answer: &Response) -> impl Iterator<Item = &str> {
    let all = answer.headers().get_all(SET_COOKIE).into_iter();
    all.map(|cookie| cookie.to_str().expect("text"))
}

/// The cookie header of a browser after an answer.
fn kept_of(answer: &Response) -> String {
    let pairs: Vec<_> = cookies_of(answer).filter_map(|cookie| Some(cookie.split_once(';')?.0)).collect();
    pairs.join("; ")
}

async fn text_of(answer: Response) -> String {
    let body = to_bytes(answer.into_body(), usize::MAX).await.expect("a body");
    String::from_utf8(body.to_vec()).expect("text")
}

async fn json_of(answer: Response) -> Value {
    let text = text_of(answer).await;
    serde_json::from_str(&text).unwrap_or_else(|_| panic!("not JSON: {text}"))
}
