//! Invalid bodies: they get Better Auth's 4xx JSON and change nothing.

use axum::http::Method;
use serde_json::json;

use crate::harness::{Answer, FIREFOX, ORIGIN, TestApp, TestBrowser};

const POSTS_WITH_A_BODY: [&str; 4] = [
    "/api/auth/sign-up/email",
    "/api/auth/sign-in/email",
    "/api/auth/multi-session/set-active",
    "/api/auth/multi-session/revoke",
];

async fn send(browser: &TestBrowser, path: &str, content_type: &str, body: &str) -> Answer {
    let headers = [("origin", ORIGIN), ("content-type", content_type)];
    browser.send(Method::POST, path, &headers, Some(body.to_owned())).await
}

#[tokio::test]
async fn malformed_json_wrong_types_and_wrong_media_types_are_refused() {
    let app = TestApp::start().await;
    let browser = app.sign_up(FIREFOX, "ada").await;
    for path in POSTS_WITH_A_BODY {
        send(&browser, path, "application/json", "{\"email\":").await.refused(400, "BAD_REQUEST");
        send(&browser, path, "application/json", "[1]").await.refused(400, "VALIDATION_ERROR");
        send(&browser, path, "application/json", "null").await.refused(400, "VALIDATION_ERROR");
        send(&browser, path, "application/json", "").await.refused(400, "VALIDATION_ERROR");
        send(&browser, path, "application/json", "{}").await.refused(400, "VALIDATION_ERROR");
        send(&browser, path, "text/plain", "{}").await.refused(415, "UNSUPPORTED_MEDIA_TYPE");
        send(&browser, path, "application/json; charset=utf-8", "\u{0}").await.refused(400, "BAD_REQUEST");
    }
    assert_eq!(browser.whoami().await, "ada");
    assert_eq!(browser.list().await.len(), 1);
}

#[tokio::test]
async fn broken_optional_body_is_still_refused() {
    let app = TestApp::start().await;
    let browser = app.sign_up(FIREFOX, "ada").await;
    for path in ["multi-session/revoke-others", "multi-session/revoke-all", "revoke-sessions", "sign-out"] {
        let path = format!("/api/auth/{path}");
        send(&browser, &path, "application/json", "{").await.refused(400, "BAD_REQUEST");
        send(&browser, &path, "text/plain", "x").await.refused(415, "UNSUPPORTED_MEDIA_TYPE");
    }
    assert_eq!(browser.whoami().await, "ada");
}

#[tokio::test]
async fn every_problem_of_a_body_is_reported_with_zods_messages() {
    let app = TestApp::start().await;
    let browser = app.browser(FIREFOX);
    let path = "/api/auth/sign-in/email";
    let answer = send(&browser, path, "application/json", "{\"password\":7,\"rememberMe\":\"maybe\"}").await;
    assert_eq!(
        answer.json()["message"],
        "[body.email] Invalid input: expected string, received undefined; \
         [body.password] Invalid input: expected string, received number; \
         [body.rememberMe] Invalid input: expected boolean, received string"
    );
    let answer = send(&browser, "/api/auth/multi-session/revoke", "application/json", "{}").await;
    assert_eq!(
        answer.json()["message"],
        "[body.sessionToken] Invalid input: expected string, received undefined"
    );
    let answer = send(&browser, path, "text/plain", "x").await;
    assert_eq!(
        answer.json()["message"],
        "Content-Type \"text/plain\" is not allowed. Allowed types: \
         application/x-www-form-urlencoded, application/json"
    );
}

#[tokio::test]
async fn a_body_over_64_kib_is_413_for_the_api_and_for_server_functions() {
    let app = TestApp::start().await;
    let browser = app.sign_up(FIREFOX, "ada").await;
    let huge = "x".repeat(64 * 1024 + 1);
    for path in POSTS_WITH_A_BODY.into_iter().chain(["/api/auth/sign-out", "/fn/sign-in", "/fn/revoke-all"]) {
        send(&browser, path, "application/json", &huge).await.refused(413, "PAYLOAD_TOO_LARGE");
    }
    assert_eq!(browser.whoami().await, "ada");
    let just_fits = json!({ "email": "ada@example.org", "password": "x".repeat(60 * 1024) });
    browser.post("/api/auth/sign-in/email", just_fits).await.refused(400, "PASSWORD_TOO_LONG");
}

#[tokio::test]
async fn an_unknown_path_or_method_is_404_without_a_body() {
    let app = TestApp::start().await;
    let browser = app.sign_up(FIREFOX, "ada").await;
    for (method, path) in [
        (Method::GET, "/api/auth"),
        (Method::GET, "/api/auth/"),
        (Method::GET, "/api/auth/nothing"),
        (Method::GET, "/api/auth/ok/"),
        (Method::GET, "/api/auth//ok"),
        (Method::GET, "/api/auth/sign-in/email"),
        (Method::POST, "/api/auth/ok"),
        (Method::PUT, "/api/auth/sign-out"),
        (Method::DELETE, "/api/auth/multi-session/revoke-all"),
        (Method::HEAD, "/api/auth/ok"),
        (Method::HEAD, "/api/auth/multi-session/revoke-all"),
        (Method::OPTIONS, "/api/auth/ok"),
    ] {
        let answer = browser.send(method.clone(), path, &[("origin", ORIGIN)], None).await;
        assert_eq!(answer.status.as_u16(), 404, "{method} {path}");
        assert_eq!(answer.text, "", "{method} {path}");
    }
    assert_eq!(browser.whoami().await, "ada");
}
