//! The extractors, with and without the layer.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use axum::routing::get;
use http::header::{ACCEPT, COOKIE, LOCATION, SET_COOKIE};
use http::{Request, StatusCode};
use tower::ServiceExt;

use multi_session::http::{Problem, SessionHttp, SessionRequest, SignedIn};
use multi_session::{MemoryStore, Options, Proof, Sessions, Subject, UserId};

fn handlers() -> Router {
    let sign_in = async |request: SessionRequest| {
        let ada = Subject::new(UserId::new("ada").expect("an id")).name("Ada");
        request.begin(ada, Proof::by("code")).await.map_err(Problem::from)
    };
    Router::new()
        .route("/own", get(async |SignedIn(held): SignedIn| held.user.name.clone()))
        .route("/any", get(async |held: Option<SignedIn>| held.is_some().to_string()))
        .route("/sign-in", get(sign_in))
}

fn layered() -> Router {
    let sessions = Sessions::new(Arc::new(MemoryStore::default()), Options::default());
    let http = SessionHttp::new(&sessions, "http://localhost").expect("an origin");
    handlers().layer(http.with_sign_in_path("/login").layer())
}

async fn get_of(app: &Router, path: &str, accept: &str, cookies: &str) -> Response {
    let request = Request::get(path).header(ACCEPT, accept).header(COOKIE, cookies);
    app.clone().oneshot(request.body(Body::empty()).expect("a request")).await.expect("an answer")
}

#[tokio::test]
async fn signed_out_request_is_refused_or_redirected() {
    let app = layered();
    assert_eq!(get_of(&app, "/own", "application/json", "").await.status(), StatusCode::UNAUTHORIZED);
    let page = get_of(&app, "/own", "text/html", "").await;
    assert_eq!(
        (page.status(), &page.headers()[LOCATION]),
        (StatusCode::SEE_OTHER, &"/login".parse().expect("text"))
    );
    assert_eq!(get_of(&app, "/any", "text/html", "").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn signed_in_request_gets_its_session() {
    let app = layered();
    let begun = get_of(&app, "/sign-in", "*/*", "").await;
    assert_eq!(begun.status(), StatusCode::OK);
    let cookies = begun.headers().get_all(SET_COOKIE).into_iter();
    let cookies = cookies.filter_map(|cookie| cookie.to_str().ok()?.split(';').next());
    let cookies = cookies.collect::<Vec<_>>().join("; ");
    assert_eq!(get_of(&app, "/own", "*/*", &cookies).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn without_the_layer_extractors_fail() {
    for path in ["/own", "/any", "/sign-in"] {
        let answer = get_of(&handlers(), path, "text/html", "").await;
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR, "{path}");
    }
}
