//! Signing out.

use serde_json::json;

use crate::harness::{CHROME, FIREFOX, ORIGIN, TestApp};

#[tokio::test]
async fn sign_out_ends_every_account_of_this_browser_only() {
    let app = TestApp::start().await;
    let browser = app.sign_up(FIREFOX, "ada").await;
    browser.sign_up("grace").await.ok();
    let thief = browser.copy();
    let elsewhere = app.sign_in(CHROME, "ada").await;
    assert_eq!(browser.sign_out(json!({})).await.ok(), json!({ "success": true }));
    assert!(browser.cookies().is_empty());
    assert!(thief.list().await.is_empty(), "a copy of its cookies opens nothing");
    assert_eq!(elsewhere.whoami().await, "ada");
}

#[tokio::test]
async fn sign_out_of_one_account_keeps_the_others_held() {
    let app = TestApp::start().await;
    let browser = app.sign_up(FIREFOX, "ada").await;
    browser.sign_up("grace").await.ok();
    browser.sign_out(json!({ "scope": "account" })).await.ok();
    assert_eq!(browser.whoami().await, "");
    assert_eq!(browser.list().await[0]["user"]["name"], "ada");
    browser.sign_out(json!({ "scope": "planet" })).await.refused(400, "VALIDATION_ERROR");
}

#[tokio::test]
async fn sign_out_needs_no_body_and_no_session() {
    let app = TestApp::start().await;
    let browser = app.sign_up(FIREFOX, "ada").await;
    for _ in 0..2 {
        let answer =
            browser.send(axum::http::Method::POST, "/api/auth/sign-out", &[("origin", ORIGIN)], None).await;
        assert_eq!(answer.ok(), json!({ "success": true }));
    }
}
