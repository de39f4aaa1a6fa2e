//! The rate limit.

use axum::http::Method;
use serde_json::json;

use crate::harness::{FIREFOX, ORIGIN, TestApp};

#[tokio::test]
async fn fourth_sign_in_in_a_row_is_limited_by_rest_and_server_function() {
    let app = TestApp::start_with(&["--rate-limit", "on"]).await;
    app.sign_up(FIREFOX, "ada").await;
    let mut browser = app.browser(FIREFOX);
    browser.peer = "198.51.100.1:4000".parse().expect("an address");
    // Malformed, so that none waits for a hash and all four are sent at once.
    let rest = || browser.post("/api/auth/sign-in/email", json!({ "email": "x", "password": "y" }));
    rest().await.refused(400, "INVALID_EMAIL");
    assert_eq!(browser.call("sign-in", "email=x&password=y").await.status.as_u16(), 400);
    rest().await.refused(400, "INVALID_EMAIL");
    let answer = rest().await;
    assert_eq!(answer.status.as_u16(), 429);
    assert_eq!(answer.json()["message"], "Too many requests. Please try again later.");
    assert!(answer.header("retry-after").parse::<u64>().is_ok_and(|seconds| (1..=10).contains(&seconds)));
    assert_eq!(answer.header("retry-after"), answer.header("x-retry-after"));
    assert_eq!(browser.call("sign-in", "email=x&password=y").await.status.as_u16(), 429);
    assert_eq!(
        browser.call("change-password", "current_password=y&new_password=z").await.status.as_u16(),
        429
    );
    let reauthenticate = "/api/auth/multi-session/reauthenticate";
    assert_eq!(browser.post(reauthenticate, json!({ "password": "y" })).await.status.as_u16(), 429);
    assert_eq!(browser.call("confirm", "act=/fn/revoke-all&password=y&acting=x").await.status.as_u16(), 429);
    browser.get("/api/auth/get-session").await.ok();

    let mut elsewhere = app.browser(FIREFOX);
    elsewhere.peer = "198.51.100.2:4000".parse().expect("an address");
    elsewhere.sign_in("ada").await.ok();
}

#[tokio::test]
async fn address_counts_as_one_in_every_form_that_proxies_write() {
    let app = TestApp::start_with(&["--rate-limit", "on", "--trusted-proxies", "10.0.0.0/8"]).await;
    let mut proxied = app.browser(FIREFOX);
    proxied.peer = "10.0.0.1:4000".parse().expect("an address");
    let ask = async |forwarded: &str| {
        let headers =
            [("origin", ORIGIN), ("content-type", "application/json"), ("x-forwarded-for", forwarded)];
        // Malformed, so that none waits for a hash and all are sent at once.
        let body = json!({ "email": "x", "password": "y" }).to_string();
        proxied.send(Method::POST, "/api/auth/sign-in/email", &headers, Some(body)).await.status.as_u16()
    };
    for spellings in [
        ["198.51.100.1", "::ffff:198.51.100.1", "\"198.51.100.1:80\"", "198.51.100.1, "],
        ["2001:db8::1", "[2001:DB8::2]", "[2001:db8::3]:4711", "2001:db8::4%eth0"],
    ] {
        let mut answers = Vec::new();
        for spelling in spellings {
            answers.push(ask(spelling).await);
        }
        assert_eq!(answers, [400, 400, 400, 429], "{spellings:?}");
    }
}

#[tokio::test]
async fn hundred_and_first_request_is_limited() {
    let app = TestApp::start_with(&["--rate-limit", "on"]).await;
    let browser = app.browser(FIREFOX);
    let mut refused = 0;
    for _ in 0..130 {
        if browser.get("/api/auth/ok").await.status.as_u16() == 429 {
            refused += 1;
        }
    }
    assert!((1..=30).contains(&refused), "{refused} of 130");
}

#[tokio::test]
async fn all_pages_and_lookups_are_limited() {
    let app = TestApp::start_with(&["--rate-limit", "on"]).await;
    for (number, path) in [
        "/nothing/here",
        "/api/auth/error?error=X",
        "/api/auth/nothing",
        "/readyz",
        "/sign-in",
        "/history",
        "/forgot-password",
        "/fn/list-device-sessions",
    ]
    .into_iter()
    .enumerate()
    {
        let mut browser = app.browser(FIREFOX);
        browser.peer = format!("198.51.100.{number}:4000").parse().expect("an address");
        let mut refused = 0;
        for _ in 0..130 {
            refused += u32::from(browser.get(path).await.status.as_u16() == 429);
        }
        assert!((1..=30).contains(&refused), "{path}: {refused} of 130");
        // More than one, because the limiter admits one again ten times a second.
        let mut is_limited = false;
        for _ in 0..20 {
            is_limited |= browser.get("/api/auth/ok").await.status.as_u16() == 429;
        }
        assert_eq!(is_limited, path != "/readyz", "{path}");
    }
    let browser = app.browser(FIREFOX);
    for _ in 0..130 {
        assert_eq!(browser.get("/healthz").await.status.as_u16(), 200);
    }
}

#[tokio::test]
async fn rate_limit_is_off_by_default_on_plain_http() {
    let app = TestApp::start().await;
    app.sign_up(FIREFOX, "ada").await;
    for _ in 0..5 {
        app.browser(FIREFOX).sign_in("ada").await.ok();
    }
}
