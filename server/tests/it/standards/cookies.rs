//! RFC 6265bis: cookies as browsers read them.

use std::time::Duration;

use axum::http::Method;
use multi_session::Options;
use serde_json::json;

use super::surfaces::HTTPS;
use crate::harness::{Answer, CHROME, DAY, FIREFOX, PASSWORD, TestApp, TestBrowser};

async fn sign_up(browser: &TestBrowser) -> Answer {
    let headers = [("origin", HTTPS), ("content-type", "application/json")];
    let form = json!({ "name": "ada", "email": "ada@example.org", "password": PASSWORD }).to_string();
    browser.send(Method::POST, "/api/auth/sign-up/email", &headers, Some(form)).await
}

#[tokio::test]
async fn rfc_6265bis_cookie_names_are_case_sensitive() {
    let app = TestApp::start_with(&["--base-url", HTTPS]).await;
    let ada = app.browser(FIREFOX);
    sign_up(&ada).await.ok();
    assert_eq!(ada.copy().whoami().await, "ada");
    // Browsers apply the same rules to `__HOST-`, but this server has never set it.
    for prefix in ["__HOST-", "__host-", ""] {
        let thief = app.browser(CHROME);
        let renamed = ada.cookies().into_iter().map(|(name, value)| (name.replace("__Host-", prefix), value));
        thief.set_cookies(renamed.collect());
        assert_eq!(thief.whoami().await, "", "{prefix:?}");
    }
}

#[tokio::test]
async fn rfc_6265bis_a_cookie_lives_400_days_at_most_and_is_not_too_long() {
    let prefix = "p".repeat(64);
    let limits = ["--session-timeout", "400d", "--absolute-timeout", "400d"];
    let app =
        TestApp::start_with(&[&["--base-url", HTTPS, "--cookie-prefix", &prefix], &limits[..]].concat())
            .await;
    let answer = sign_up(&app.browser(FIREFOX)).await;
    assert_eq!(answer.set_cookies().len(), 2);
    let device = answer.device_cookie().expect("a device cookie");
    for cookie in answer.set_cookies().into_iter().chain([device]) {
        assert!(cookie.split(';').next().expect("a pair").len() <= 4096, "{cookie}");
        let attributes: Vec<&str> = cookie.split("; ").collect();
        assert!(attributes.contains(&"Max-Age=34560000"), "{cookie}");
        assert!(attributes.iter().all(|attribute| attribute.len() <= 1024), "{cookie}");
    }
    assert!(Options::builder().session_timeout(400 * DAY + Duration::from_secs(1)).build().is_err());
}
