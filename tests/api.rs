//! The REST API in an application other than the server: where it is mounted, and which endpoints it has.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::header::{CONTENT_TYPE, COOKIE, LOCATION, ORIGIN, SET_COOKIE, VARY};
use http::{Method, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use multi_session::api::{Api, OperatorTokens};
use multi_session::http::{Problem, SessionHttp, SessionRequest};
use multi_session::{Accounts, MemoryStore, Options, Proof, Sessions, Subject, UserId};

const BASE_URL: &str = "http://localhost";
const ACCOUNT_PATHS: [(Method, &str); 7] = [
    (Method::POST, "/sign-up/email"),
    (Method::POST, "/sign-in/email"),
    (Method::POST, "/change-password"),
    (Method::POST, "/request-password-reset"),
    (Method::GET, "/reset-password/secret?callbackURL=/"),
    (Method::POST, "/reset-password"),
    (Method::POST, "/multi-session/reauthenticate"),
];
const OPERATOR_PATHS: [&str; 4] = ["revoke-user", "revoke-everybody", "disable-user", "enable-user"];

fn sessions() -> Sessions {
    Sessions::new(Arc::new(MemoryStore::default()), Options::default())
}

fn http(sessions: &Sessions) -> SessionHttp {
    SessionHttp::new(sessions, BASE_URL).expect("an origin")
}

/// The API with accounts, under a path of the application's choice.
fn under(path: &str) -> Router {
    let accounts = Accounts::builder(sessions()).build();
    let http = http(accounts.sessions()).with_api_path(path).expect("a path");
    Router::new().merge(http.api().accounts(&accounts))
}

/// The API of an application with its own login at `/login`.
fn with_own_login(api: impl Fn(Api) -> Api) -> Router {
    let http = http(&sessions());
    let login = async |request: SessionRequest| {
        let ada = Subject::new(UserId::new("4711").expect("an id")).name("Ada");
        request.begin(ada, Proof::by("code")).await.map_err(Problem::from)
    };
    Router::new().route("/login", get(login)).layer(http.layer()).merge(api(http.api()))
}

/// A browser with cookies.
struct TestBrowser<'a> {
    app: &'a Router,
    cookies: Mutex<BTreeMap<String, String>>,
}

struct Answer {
    status: StatusCode,
    set_cookies: Vec<String>,
    location: String,
    text: String,
}

impl Answer {
    fn json(&self) -> Value {
        assert_eq!(self.status, StatusCode::OK, "{}", self.text);
        serde_json::from_str(&self.text).expect("JSON")
    }
}

impl<'a> TestBrowser<'a> {
    fn of(app: &'a Router) -> Self {
        Self { app, cookies: Mutex::default() }
    }

    async fn send(&self, method: Method, path: &str, body: Value) -> Answer {
        let cookies = self.cookies.lock().expect("the cookies").clone();
        let cookies = cookies.iter().map(|(name, value)| format!("{name}={value}"));
        let mut request = Request::builder().method(&method).uri(path).header(ORIGIN, BASE_URL);
        request = request.header(COOKIE, cookies.collect::<Vec<_>>().join("; "));
        if method == Method::POST {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let request = request.body(Body::from(body)).expect("a request");
        let response = self.app.clone().oneshot(request).await.expect("an answer");
        let (head, mut body) = response.into_parts();
        let header = |name| head.headers.get(name).map(|value| value.to_str().expect("text").to_owned());
        let set_cookies = head.headers.get_all(SET_COOKIE).into_iter();
        let set_cookies: Vec<_> =
            set_cookies.map(|cookie| cookie.to_str().expect("text").to_owned()).collect();
        for cookie in &set_cookies {
            let (name, value) = cookie.split_once('=').expect("a value");
            let value = value.split(';').next().unwrap_or_default();
            self.cookies.lock().expect("the cookies").insert(name.to_owned(), value.to_owned());
        }
        let bytes = if header(CONTENT_TYPE).is_some_and(|kind| kind == "text/event-stream") {
            // A stream does not end, so read only its beginning.
            body.frame().await.expect("a frame").expect("a frame").into_data().expect("data")
        } else {
            body.collect().await.expect("a body").to_bytes()
        };
        Answer {
            status: head.status,
            set_cookies,
            location: header(LOCATION).unwrap_or_default(),
            text: String::from_utf8(bytes.to_vec()).expect("text"),
        }
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, Value::Null).await
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, body).await
    }
}

fn ada() -> Value {
    json!({ "name": "Ada", "email": "ada@example.org", "password": "correct horse battery" })
}

#[tokio::test]
async fn api_is_where_the_application_mounts_it_and_nowhere_else() {
    let app = under("/auth");
    let laptop = TestBrowser::of(&app);
    let signed_up = laptop.post("/auth/sign-up/email", ada()).await;
    signed_up.json();
    assert!(!signed_up.set_cookies.is_empty());
    for cookie in &signed_up.set_cookies {
        assert!(cookie.contains("; Path=/;") || cookie.ends_with("; Path=/"), "{cookie}");
    }
    assert_eq!(laptop.get("/auth/get-session").await.json()["user"]["name"], "Ada");
    assert_eq!(laptop.get("/auth/multi-session/list-device-sessions").await.json()[0]["isCurrent"], true);
    let stream = laptop.get("/auth/multi-session/events").await;
    assert_eq!(stream.status, StatusCode::OK);
    assert!(stream.text.starts_with("event: snapshot\n"), "{}", stream.text);
    for path in ["/api/auth", "/api/auth/ok", "/api/auth/get-session", "/api/auth/multi-session/events"] {
        assert_eq!(laptop.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    let unknown = laptop.get("/auth/unknown").await;
    assert_eq!((unknown.status, &*unknown.text), (StatusCode::NOT_FOUND, ""));
}

#[tokio::test]
async fn document_and_links_follow_the_path() {
    let app = under("/v1/auth");
    let browser = TestBrowser::of(&app);
    let document = browser.get("/v1/auth/openapi.json").await.json();
    let paths = document["paths"].as_object().expect("paths");
    assert!(paths.contains_key("/v1/auth/multi-session/revoke"), "{:?}", paths.keys());
    assert!(paths.keys().all(|path| path.starts_with("/v1/auth/")), "{:?}", paths.keys());
    assert!(!document.to_string().contains("/api/auth"), "{document}");
    // The redirect address is missing.
    let link = browser.get("/v1/auth/reset-password/secret?callbackURL=").await;
    let error = "/v1/auth/error?error=INVALID_TOKEN";
    assert_eq!((link.status, &*link.location), (StatusCode::FOUND, &*format!("{BASE_URL}{error}")));
    let page = browser.get(error).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.contains("INVALID_TOKEN"), "{}", page.text);
}

#[tokio::test]
async fn stream_of_a_mounted_api_is_not_activity() {
    let app = under("/auth");
    let laptop = TestBrowser::of(&app);
    laptop.post("/auth/sign-up/email", ada()).await.json();
    // Every answer sets missing cookies, except for unattended requests.
    laptop.cookies.lock().expect("the cookies").retain(|name, _| !name.contains("_multi-"));
    assert_eq!(laptop.get("/auth/multi-session/events").await.set_cookies, [""; 0]);
    assert_eq!(laptop.get("/auth/get-session").await.set_cookies.len(), 1);
}

#[tokio::test]
async fn request_that_passes_the_layer_twice_is_verified_once() {
    let http = http(&sessions());
    let app = Router::new().merge(http.api()).layer(http.layer());
    let request = Request::get("/api/auth/get-session").body(Body::empty()).expect("a request");
    let response = app.oneshot(request).await.expect("an answer");
    // Each layer that verifies a request appends this header.
    assert_eq!(response.headers().get_all(VARY).iter().count(), 1);
}

#[tokio::test]
async fn without_accounts_there_is_no_sign_up_sign_in_or_password() {
    let app = with_own_login(|api| api);
    let (laptop, phone) = (TestBrowser::of(&app), TestBrowser::of(&app));
    let document = laptop.get("/api/auth/openapi.json").await;
    for (method, path) in ACCOUNT_PATHS {
        let answer = laptop.send(method, &format!("/api/auth{path}"), json!({})).await;
        assert_eq!((answer.status, &*answer.text), (StatusCode::NOT_FOUND, ""), "{path}");
    }
    for part in ["/sign-up/", "/sign-in/", "password", "reauthenticate", "\"accounts\""] {
        let paths = document.json()["paths"].as_object().expect("paths").keys().cloned().collect::<Vec<_>>();
        assert!(!paths.iter().any(|path| path.contains(part)), "{part}: {paths:?}");
    }
    assert!(document.json()["tags"].as_array().expect("tags").iter().all(|tag| tag["name"] != "accounts"));

    for browser in [&laptop, &phone] {
        assert_eq!(browser.get("/login").await.status, StatusCode::OK);
    }
    let rows = laptop.get("/api/auth/multi-session/list-device-sessions").await.json();
    let rows = rows.as_array().expect("a list");
    assert_eq!(rows.iter().map(|row| &row["signedInWith"]).collect::<Vec<_>>(), ["code", "code"]);
    let other = rows.iter().find(|row| row["isCurrent"] == false).expect("the phone");
    laptop.post("/api/auth/multi-session/revoke", json!({ "sessionId": other["id"] })).await.json();
    assert_eq!(phone.get("/api/auth/get-session").await.json(), Value::Null);
    assert_eq!(laptop.get("/api/auth/get-session").await.json()["user"]["name"], "Ada");
}

#[tokio::test]
async fn operators_have_endpoints_only_with_a_token() {
    let (token, hash) = OperatorTokens::generate();
    let without = with_own_login(|api| api);
    let with =
        with_own_login(|api| api.operator_tokens(OperatorTokens::of_hashes([&*hash]).expect("a hash")));
    for (app, is_there) in [(&without, false), (&with, true)] {
        let browser = TestBrowser::of(app);
        let document = browser.get("/api/auth/openapi.json").await.json();
        for name in OPERATOR_PATHS {
            let path = format!("/api/auth/multi-session/operator/{name}");
            let expected = if is_there { StatusCode::UNAUTHORIZED } else { StatusCode::NOT_FOUND };
            assert_eq!(browser.post(&path, json!({ "userId": "4711" })).await.status, expected, "{path}");
            assert_eq!(document["paths"].get(&path).is_some(), is_there, "{path}");
        }
    }
    let laptop = TestBrowser::of(&with);
    assert_eq!(laptop.get("/login").await.status, StatusCode::OK);
    let request = Request::post("/api/auth/multi-session/operator/revoke-user")
        .header("authorization", format!("Bearer {token}"))
        .header(CONTENT_TYPE, "application/json")
        .body(Body::from(json!({ "userId": "4711" }).to_string()));
    let answer = with.clone().oneshot(request.expect("a request")).await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(laptop.get("/api/auth/get-session").await.json(), Value::Null);
}
