//! Switching accounts.

use multi_session::Sessions;
use serde_json::json;

use crate::harness::{CHROME, FIREFOX, TestApp, TestBrowser, text};

/// A browser that holds ada and grace, with grace active; and both their session ids.
async fn two_accounts(app: &TestApp) -> (TestBrowser, String, String) {
    let browser = app.sign_up(FIREFOX, "ada").await;
    let ada = browser.current_id().await;
    browser.sign_up("grace").await.ok();
    let grace = browser.current_id().await;
    (browser, ada, grace)
}

#[tokio::test]
async fn a_held_session_becomes_active_and_both_stay_held() {
    let app = TestApp::start().await;
    let (browser, ada, grace) = two_accounts(&app).await;
    let answer = browser.set_active(&ada).await.ok();
    assert_eq!(answer["session"]["id"], ada.as_str());
    assert_eq!(answer["user"]["name"], "ada");
    assert_eq!(browser.whoami().await, "ada");
    browser.set_active(&grace).await.ok();
    assert_eq!(browser.whoami().await, "grace");
    assert_eq!(browser.list().await.len(), 2);
}

#[tokio::test]
async fn session_can_be_named_by_its_handle() {
    let app = TestApp::start().await;
    let (browser, ada, _) = two_accounts(&app).await;
    let rows = browser.list().await;
    let row = rows.iter().find(|row| row["id"] == ada.as_str()).expect("ada's row");
    let body = json!({ "sessionToken": row["session"]["token"] });
    browser.post("/api/auth/multi-session/set-active", body).await.ok();
    assert_eq!(browser.whoami().await, "ada");
}

#[tokio::test]
async fn held_account_becomes_active_again_without_a_password() {
    let app = TestApp::start().await;
    let (browser, ada, _) = two_accounts(&app).await;
    browser.revoke_all().await.ok();
    assert_eq!(browser.whoami().await, "");
    browser.set_active(&ada).await.ok();
    assert_eq!(browser.whoami().await, "ada");
}

#[tokio::test]
async fn sessions_not_held_dead_or_unknown_get_the_same_answer() {
    let app = TestApp::start().await;
    let (browser, ada, _) = two_accounts(&app).await;
    let elsewhere = app.sign_in(CHROME, "ada").await;
    let not_held = elsewhere.current_id().await;
    elsewhere.revoke(&ada).await.ok();
    for id in [not_held.as_str(), ada.as_str(), "no-such-session", "", "' or 1=1"] {
        browser.set_active(id).await.refused(401, "INVALID_SESSION_TOKEN");
        assert_eq!(browser.whoami().await, "grace");
    }
    let handle = text(&elsewhere.get_session().await["session"]["token"]);
    let body = json!({ "sessionToken": handle });
    browser.post("/api/auth/multi-session/set-active", body).await.refused(401, "INVALID_SESSION_TOKEN");
}

#[tokio::test]
async fn dead_session_is_dropped() {
    let app = TestApp::start().await;
    let (browser, ada, _) = two_accounts(&app).await;
    assert_eq!(browser.cookies().len(), 3);
    app.sign_in(CHROME, "ada").await.revoke(&ada).await.ok();
    browser.set_active(&ada).await.refused(401, "INVALID_SESSION_TOKEN");
    app.advance(Sessions::UNDO_WINDOW);
    browser.set_active(&ada).await.refused(401, "INVALID_SESSION_TOKEN");
    assert_eq!(browser.cookies().len(), 2, "no dead cookies pile up");
}
