//! Whatever the header of the cookies holds, nobody is signed in by it, and only dead cookies are cleared.

#![no_main]

use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::body::Body;
use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderValue, Request};
use libfuzzer_sys::fuzz_target;
use multi_session::http::{ClientAddress, CookieNames, RequestState, SessionLayer, TrustedOrigins};
use multi_session::{Engine, MemoryStore, Options};
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt;

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_current_thread().build().expect("a runtime"));

static APP: LazyLock<Router> = LazyLock::new(|| {
    let engine = Engine::new(Arc::new(MemoryStore::default()), Options::default());
    let layer = SessionLayer::new(
        engine,
        CookieNames::new("multi-session", true).expect("a name"),
        TrustedOrigins::new("https://id.example.org", []).expect("an origin"),
        ClientAddress::default(),
    );
    let is_signed_in = async |state: RequestState| {
        state.browser().expect("the store answers").active().is_some().to_string()
    };
    Router::new().route("/", axum::routing::get(is_signed_in)).layer(layer)
});

fuzz_target!(|cookies: &[u8]| {
    let Ok(value) = HeaderValue::from_bytes(cookies) else { return };
    let request = Request::get("/").header(COOKIE, value).body(Body::empty()).expect("a request");
    RUNTIME.block_on(async {
        let response = APP.clone().oneshot(request).await.expect("an answer");
        for cookie in response.headers().get_all(SET_COOKIE) {
            assert!(cookie.to_str().expect("text").contains("Max-Age=0"));
        }
        let body = axum::body::to_bytes(response.into_body(), 16).await.expect("a body");
        assert_eq!(&body[..], b"false");
    });
});
