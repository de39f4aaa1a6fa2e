//! Everything that a request can reach: pages, server functions, REST and streams.

use axum::http::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, FIREFOX, ORIGIN, TestApp, TestBrowser, text};
use crate::openapi::{EVERYTHING, OPERATOR};
use crate::smtp::MailServer;

pub(crate) const SESSION: &str = "multi-session.session_token";
pub(crate) const HTTPS: &str = "https://id.example.org";

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

/// The server functions that take a form, each with one.
pub(crate) const FUNCTIONS: [(&str, &str); 23] = [
    ("sign-in", "email=eve%40example.org&password=correct+horse+battery"),
    ("sign-up", "name=eve&email=eve%40example.org&password=correct+horse+battery"),
    ("sign-out", ""),
    ("choose-device", "session_id=x"),
    ("change-password", "current_password=correct+horse+battery&new_password=another+password"),
    ("set-active", "session_id=x"),
    ("rename", "session_id=x&name=y"),
    ("reauthenticate", "password=correct+horse+battery&acting=x"),
    ("confirm", "password=correct+horse+battery&act=%2Ffn%2Frevoke-all&acting=x"),
    ("revoke", "session_id=x"),
    ("undo-revoke", "session_id=x"),
    ("revoke-others", ""),
    ("revoke-all", ""),
    ("report", "session_id=x"),
    ("recognize", "session_id=x"),
    ("send-again", ""),
    ("report-by-mail", "token=x"),
    ("forgot-password", "email=ada%40example.org"),
    ("reset-password", "token=x&new_password=another+password"),
    // They only read, but are not GETs, because addresses with secrets would be logged.
    ("device-choice", ""),
    ("confirm-question", "act=%2Ffn%2Frevoke-all"),
    ("not-me", "token=x"),
    ("check-reset-link", "token=x"),
];
/// The list, which pages fetch by themselves.
pub(crate) const READING: &str = "list-device-sessions";
/// The other server functions that only read. They answer a GET.
pub(crate) const READ: [&str; 3] = ["read-history", "list-ended-device-sessions", "account-status"];

/// The server functions, pages and operations that also answer signed-out browsers.
const FUNCTIONS_FOR_ALL: [&str; 11] = [
    "sign-in",
    "sign-up",
    "sign-out",
    "choose-device",
    "device-choice",
    "report-by-mail",
    "forgot-password",
    "reset-password",
    "confirm-question",
    "not-me",
    "check-reset-link",
];
const PAGES_FOR_ALL: [&str; 6] =
    ["/sign-in", "/sign-up", "/choose-device", "/forgot-password", "/reset-password", "/nothing"];
const OPERATIONS_FOR_ALL: [&str; 3] = ["getSession", "listDeviceSessions", "signOut"];

/// What a request needs to be accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needs {
    Nothing,
    Session,
    Operator,
}

/// One request that can be sent again and again.
pub(crate) struct Route {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) needs: Needs,
    is_page: bool,
    kind: &'static str,
    body: Option<String>,
}

impl Route {
    fn page(path: &str) -> Self {
        let needs = if PAGES_FOR_ALL.contains(&path) { Needs::Nothing } else { Needs::Session };
        Self { method: Method::GET, path: path.to_owned(), needs, is_page: true, kind: "", body: None }
    }

    fn function(name: &str, form: &str) -> Self {
        Self {
            method: Method::POST,
            path: format!("/fn/{name}"),
            needs: if FUNCTIONS_FOR_ALL.contains(&name) { Needs::Nothing } else { Needs::Session },
            is_page: false,
            kind: FORM,
            body: Some(form.to_owned()),
        }
    }

    /// An operation of the OpenAPI document, with an example body.
    fn operation(method: &str, path: &str, operation: &Value) -> Self {
        let media = &operation["requestBody"]["content"][JSON];
        let several = media["examples"].as_object().and_then(|all| all.values().next());
        let shown = media.get("example").or(several.map(|example| &example["value"]));
        let body = (method == "post").then(|| shown.map_or_else(|| "{}".to_owned(), Value::to_string));
        let schemes = operation["security"].as_array().expect("a list");
        let asks_for = |scheme: &str| schemes.iter().any(|schemes| schemes.get(scheme).is_some());
        let is_for_all = OPERATIONS_FOR_ALL.iter().any(|id| operation["operationId"] == *id);
        Self {
            method: method.to_uppercase().parse().expect("a method"),
            path: path.to_owned(),
            needs: match (asks_for("operator"), asks_for("session") && !is_for_all) {
                (true, _) => Needs::Operator,
                (false, true) => Needs::Session,
                (false, false) => Needs::Nothing,
            },
            is_page: false,
            kind: JSON,
            body,
        }
    }

    /// The same with an existing session, because the examples name none.
    pub(crate) fn about(mut self, session: &Value) -> Self {
        let (id, token) = (text(&session["id"]), text(&session["token"]));
        self.body = self.body.map(|body| match serde_json::from_str::<Value>(&body) {
            Ok(mut json) => {
                for (name, value) in [("sessionId", &id), ("sessionToken", &token), ("token", &token)] {
                    if let Some(field) = json.get_mut(name) {
                        *field = json!(value);
                    }
                }
                json.to_string()
            }
            Err(_) => body
                .replace("session_id=x", &format!("session_id={id}"))
                .replace("acting=x", &format!("acting={id}")),
        });
        self
    }

    /// Sends it with these headers.
    pub(crate) async fn send(&self, browser: &TestBrowser, headers: &[(&str, &str)]) -> Answer {
        let kind = [("content-type", self.kind)];
        let kind: &[_] = if self.body.is_some() { &kind } else { &[] };
        browser.send(self.method.clone(), &self.path, &[headers, kind].concat(), self.body.clone()).await
    }

    /// Sends it like a person or a script on a page of this site.
    pub(crate) async fn ask(&self, browser: &TestBrowser) -> Answer {
        let accept = if self.is_page { "text/html" } else { JSON };
        self.send(browser, &[("origin", ORIGIN), ("accept", accept)]).await
    }

    pub(crate) fn changes(&self) -> bool {
        self.method == Method::POST
    }

    /// Checks that the answer is for a signed-out browser: a page redirects to sign-in or the start, and
    /// everything else that needs a session is 401. It sets no session cookie unless it signs in.
    #[track_caller]
    pub(crate) fn let_nobody_in(&self, answer: &Answer) {
        let what = format!("{} {}: {} {}", self.method, self.path, answer.status, answer.text);
        if self.needs != Needs::Nothing && self.is_page {
            assert!(answer.status.is_redirection(), "{what}");
            let to = answer.header("location");
            assert!(to == "/" || to.split('?').next() == Some("/sign-in"), "{to}: {what}");
        } else if self.needs != Needs::Nothing {
            answer.refused(401, &text(&answer.json()["code"]));
        }
        let signs_in = answer.set_cookies().iter().any(|cookie| !cookie.contains("Max-Age=0"));
        assert!(!signs_in || self.path.contains("/sign-"), "{what}");
    }
}

/// Every page, every server function, and every operation of the OpenAPI document with its example body.
pub(crate) async fn routes(app: &TestApp) -> Vec<Route> {
    let pages = multi_session_leptos::page_routes().iter().map(|route| route.path());
    let others = ["/history/export", "/nothing"];
    let mut routes: Vec<_> = pages.chain(others).map(Route::page).collect();
    for name in READ.into_iter().chain([READING]) {
        let reads = Route::page(&format!("/fn/{name}"));
        routes.push(Route { needs: Needs::Nothing, is_page: false, ..reads });
    }
    routes.extend(FUNCTIONS.map(|(name, form)| Route::function(name, form)));
    let document = app.browser(FIREFOX).get("/api/auth/openapi.json").await.ok();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            routes.push(Route::operation(method, path, operation));
        }
    }
    assert!(routes.len() > 45, "{}", routes.len());
    routes
}

/// A server with all endpoints, whose mails stay queued.
pub(crate) async fn start() -> TestApp {
    start_with(&[]).await
}

/// The same with additional flags.
pub(crate) async fn start_with(flags: &[&str]) -> TestApp {
    TestApp::start_with(&[&EVERYTHING[..], flags].concat()).await
}

/// The same with a working mail server.
pub(crate) async fn start_with_mail(mails: &MailServer) -> TestApp {
    let url = mails.url();
    let mut flags = EVERYTHING;
    *flags.last_mut().expect("the URL of a mail server") = &url;
    TestApp::start_with(&flags).await
}

/// The places where a session can be used.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Surface {
    Page,
    Function,
    Rest,
    Stream,
}

impl Surface {
    pub(crate) const ALL: [Self; 4] = [Self::Page, Self::Function, Self::Rest, Self::Stream];

    /// Whether the cookies of `browser` open the account `name` here.
    pub(crate) async fn opens(self, browser: &TestBrowser, name: &str) -> bool {
        let (copy, email) = (browser.copy(), format!("{name}@example.org"));
        match self {
            Self::Page => copy.open("/sessions").await.text.contains(&email),
            Self::Function => copy.get(&format!("/fn/{READING}")).await.text.contains(&email),
            Self::Rest => copy.whoami().await == name,
            Self::Stream => copy.try_events(None).await.is_some(),
        }
    }
}

/// Whether the cookies of `browser` open ada's account. All places must agree.
pub(crate) async fn is_open(browser: &TestBrowser) -> bool {
    is_open_as(browser, "ada").await
}

/// The same of an account with another name.
pub(crate) async fn is_open_as(browser: &TestBrowser, name: &str) -> bool {
    let mut opened = Vec::new();
    for surface in Surface::ALL {
        opened.push(surface.opens(browser, name).await);
    }
    assert!(opened.iter().all(|it| *it == opened[0]), "{:?}: {opened:?}", Surface::ALL);
    opened[0]
}

/// Calls an operator endpoint about a user.
pub(crate) async fn operate(app: &TestApp, act: &str, user_id: &str) -> Answer {
    let path = format!("/api/auth/multi-session/operator/{act}");
    let body = json!({ "userId": user_id }).to_string();
    app.browser("program/1.0")
        .send(Method::POST, &path, &[OPERATOR, ("content-type", JSON)], Some(body))
        .await
}

/// A cookie value, decoded.
pub(crate) fn decoded(value: &str) -> String {
    value.replace("%2B", "+").replace("%2F", "/").replace("%3D", "=")
}
