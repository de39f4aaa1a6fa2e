//! Our pages in an application with its own login: redirects and notices.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::header::{CONTENT_TYPE, COOKIE, LOCATION, ORIGIN, SET_COOKIE};
use http::{Method, Request, StatusCode};
use http_body_util::BodyExt;
use leptos::prelude::*;
use leptos_axum::{AxumRouteListing, LeptosRoutes, generate_route_list};
use leptos_router::{
    SsrMode,
    components::{Route, Router as PageRouter, Routes},
    path,
};
use multi_session::http::{Problem, SessionRequest};
use multi_session::{ManualClock, MemoryStore, Options, Proof, Sessions, Subject, Timestamp, UserId};
use multi_session_leptos::{Feature, prelude::*};
use tower::ServiceExt;

const ORIGIN_OF_THE_APP: &str = "http://localhost";
const SESSIONS: MultiSessionOptions =
    MultiSessionOptions::at("/login", "/account/devices").step_up("/verify").without(Feature::History);

fn document() -> impl IntoView {
    view! {
        <html>
            <head>
                <leptos_meta::MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

#[component]
fn App() -> impl IntoView {
    leptos_meta::provide_meta_context();
    view! {
        <PageRouter>
            <Frame />
        </PageRouter>
    }
}

#[component]
fn Frame() -> impl IntoView {
    provide_multi_session(SESSIONS);
    view! {
        <Routes fallback=|| "Nothing is here.">
            <Route path=path!("") view=|| "The start" ssr=SsrMode::Async />
            <Route path=path!("login") view=|| "The login" ssr=SsrMode::Async />
            <MultiSessionRoutes />
        </Routes>
        <Toaster />
    }
}

/// Collected once, because pages of other tests that are rendered meanwhile would wait forever
/// (leptos-rs/leptos#4773).
static ROUTES: LazyLock<Vec<AxumRouteListing>> = LazyLock::new(|| generate_route_list(App));

/// The application, whose `/enter` logs Ada in.
fn app(clock: &Arc<ManualClock>) -> Router {
    let store = Arc::new(MemoryStore::default());
    let sessions = Sessions::builder(store).clock(Arc::clone(clock) as _).proofs(["code"]).build();
    let http = multi_session_leptos::session_http(&sessions, ORIGIN_OF_THE_APP, SESSIONS).expect("an origin");
    let leptos = LeptosOptions::builder().output_name("app").build();
    let enter = async |request: SessionRequest| {
        let ada = Subject::new(UserId::new("4711").expect("an id")).name("Ada");
        request.begin(ada, Proof::by("code")).await.map_err(Problem::from)
    };
    let pages = Router::new().leptos_routes(&leptos, ROUTES.clone(), document).route("/enter", get(enter));
    multi_session_leptos::router(pages, &http, SESSIONS).with_state(leptos)
}

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new(Timestamp::from_unix_ms(1_795_000_000_000)))
}

/// A browser with cookies and without scripts.
struct Browser<'a> {
    app: &'a Router,
    cookies: Mutex<BTreeMap<String, String>>,
}

struct Answer {
    status: StatusCode,
    location: String,
    text: String,
}

impl<'a> Browser<'a> {
    fn of(app: &'a Router) -> Self {
        Self { app, cookies: Mutex::default() }
    }

    async fn logged_in(app: &'a Router) -> Self {
        let browser = Self::of(app);
        browser.open("/enter").await;
        browser
    }

    async fn open(&self, path: &str) -> Answer {
        self.send(Method::GET, path, "").await
    }

    async fn submit(&self, function: &str, form: &str) -> Answer {
        self.send(Method::POST, &format!("/fn/{function}"), form).await
    }

    async fn send(&self, method: Method, path: &str, form: &str) -> Answer {
        let cookies: Vec<_> = self
            .cookies
            .lock()
            .expect("no panic")
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(ORIGIN, ORIGIN_OF_THE_APP)
            .header("sec-fetch-site", "same-origin")
            .header("accept", "text/html")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(COOKIE, cookies.join("; "))
            .body(Body::from(form.to_owned()))
            .expect("a request");
        let (head, body) = self.app.clone().oneshot(request).await.expect("an answer").into_parts();
        for cookie in head.headers.get_all(SET_COOKIE) {
            let cookie = cookie.to_str().expect("text");
            let (pair, attributes) = cookie.split_once(';').unwrap_or((cookie, ""));
            let (name, value) = pair.split_once('=').expect("a cookie");
            let mut cookies = self.cookies.lock().expect("no panic");
            if attributes.contains("Max-Age=0") {
                cookies.remove(name);
            } else {
                cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let location = head.headers.get(LOCATION).map(|to| to.to_str().expect("text").to_owned());
        let body = body.collect().await.expect("a body").to_bytes();
        Answer {
            status: head.status,
            location: location.unwrap_or_default(),
            text: String::from_utf8_lossy(&body).into_owned(),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn signed_out_person_gets_an_explanation_at_the_applications_login() {
    let app = app(&clock());
    let stranger = Browser::of(&app);
    assert_eq!(stranger.open("/account/devices").await.location, "/login");
    assert_eq!(stranger.open("/account/devices/rename?session_id=x").await.location, "/login");

    let (laptop, phone) = (Browser::logged_in(&app).await, Browser::logged_in(&app).await);
    assert!(laptop.open("/account/devices").await.text.contains("Your devices"));
    let left = laptop.submit("sign-out", "").await.location;
    assert!(left.starts_with("/login?done=signed-out"), "{left}");
    assert!(laptop.open(&left).await.text.contains("You're signed out."));

    let tablet = Browser::logged_in(&app).await;
    let others = tablet.submit("revoke-others", "").await.location;
    assert!(tablet.open(&others).await.text.contains("All other devices are signed out."));
    assert!(
        !tablet.open(&others).await.text.contains("All other devices are signed out."),
        "it is told once"
    );
    let led = phone.open("/account/devices").await.location;
    assert!(led.starts_with("/login?ended="), "{led}");
    let login = phone.open(&led).await;
    assert!(
        login.text.contains("The login") && login.text.contains("You were signed out by your other device"),
        "{}",
        login.text
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_the_application_are_left_alone() {
    let app = app(&clock());
    let (laptop, phone) = (Browser::logged_in(&app).await, Browser::logged_in(&app).await);
    laptop.submit("revoke-others", "").await;
    assert!(phone.open("/").await.text.contains("The start"));
    // A redirect would interrupt a login of several pages.
    assert!(phone.open("/login?email=ada%40example.org").await.text.contains("The login"));
}

#[tokio::test(flavor = "multi_thread")]
async fn page_that_is_left_out_is_not_found() {
    let app = app(&clock());
    let ada = Browser::logged_in(&app).await;
    let page = ada.open("/account/devices/history").await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    assert_eq!(ada.open("/account/devices/history/export").await.status, StatusCode::NOT_FOUND);
    assert!(!ada.open("/account/devices").await.text.contains("Activity"));
}

#[tokio::test(flavor = "multi_thread")]
async fn action_that_needs_a_step_up_redirects_to_the_applications_page() {
    let clock = clock();
    let app = app(&clock);
    let (ada, _phone) = (Browser::logged_in(&app).await, Browser::logged_in(&app).await);
    clock.advance(Options::FRESH_AGE + Duration::from_secs(1));
    let asked = ada.submit("revoke-others", "").await.location;
    assert_eq!(asked, "/verify?act=/fn/revoke-others&session_id=");
}
