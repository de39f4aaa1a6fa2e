//! A database that does not answer or refuses writes signs nobody out.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::harness::{DAY, FIREFOX, SAFARI, TestApp};

#[tokio::test]
async fn unavailable_store_is_503_and_changes_no_cookie() {
    let app = TestApp::start().await;
    let browser = app.sign_up(FIREFOX, "ada").await;
    assert_eq!(browser.get("/readyz").await.status.as_u16(), 200);
    let cookies = browser.cookies();
    app.store.close().await;

    let mut answers = Vec::new();
    answers.push(browser.get("/api/auth/get-session").await);
    answers.push(browser.get("/api/auth/multi-session/list-device-sessions").await);
    for verb in ["set-active", "revoke", "revoke-others", "revoke-all"] {
        answers.push(
            browser.post(&format!("/api/auth/multi-session/{verb}"), json!({ "sessionId": "x" })).await,
        );
        answers.push(browser.call(verb, "session_id=x").await);
    }
    answers.push(browser.sign_in("ada").await);
    answers.push(browser.sign_out(json!({})).await);
    answers.push(browser.get("/fn/list-device-sessions").await);
    answers.push(browser.get("/readyz").await);
    for answer in answers {
        answer.refused(503, "SERVICE_UNAVAILABLE");
        assert!(answer.set_cookies().is_empty());
    }
    for path in ["/sessions", "/sign-in", "/"] {
        let page = browser.open(path).await;
        assert!(page.set_cookies().is_empty(), "{path}");
        assert!(!page.text.contains("no such"), "{path}");
    }
    let page = browser.open("/sessions").await;
    assert!(page.text.contains("We can't load your devices"), "{}", page.text);
    for path in [
        "/history",
        "/history/export?format=csv",
        "/confirm?act=revoke-others",
        "/rename?session_id=x",
        "/not-me?session_id=x",
        "/not-me?token=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "/reset-password?token=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    ] {
        let page = browser.open(path).await;
        assert_eq!(page.status.as_u16(), 503, "{path}");
        assert_eq!(page.header("retry-after"), "1", "{path}");
        // At the same address and with a button to try again, so that a mailed link is not lost.
        for said in ["t load your data right now", "Try again"] {
            assert!(page.text.contains(said), "{path}: {}", page.text);
        }
        let is_secret = path.contains("token=");
        assert_eq!(page.header("referrer-policy") == "no-referrer", is_secret, "{path}");
        assert!(page.set_cookies().is_empty(), "{path}");
    }
    assert_eq!(browser.cookies(), cookies);
    assert_eq!(browser.get("/healthz").await.status.as_u16(), 200);
}

#[tokio::test]
async fn server_recovers_after_refused_writes_and_writes_its_buffers() {
    let app = TestApp::start().await;
    let browser = app.sign_up(FIREFOX, "ada").await;
    app.database.take_writes(false).await;
    browser.get("/readyz").await.refused(503, "SERVICE_UNAVAILABLE");
    for _ in 0..2 {
        app.browser(SAFARI).sign_in("ada").await.refused(503, "SERVICE_UNAVAILABLE");
        app.browser(SAFARI).sign_up("grace").await.refused(503, "SERVICE_UNAVAILABLE");
        browser.revoke_others().await.ok();
    }
    let wrong = json!({ "email": "ada@example.org", "password": "not the password" });
    app.browser(SAFARI)
        .post("/api/auth/sign-in/email", wrong)
        .await
        .refused(401, "INVALID_EMAIL_OR_PASSWORD");
    app.sessions.flush().await.expect_err("it takes no writes");
    assert_eq!(browser.whoami().await, "ada");

    app.database.take_writes(true).await;
    let deadline = Instant::now() + Duration::from_secs(10);
    while browser.get("/readyz").await.status.as_u16() != 200 {
        assert!(Instant::now() < deadline, "it takes writes again");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    app.sessions.flush().await.expect("a write");
    app.sign_in(SAFARI, "ada").await;
    app.sign_up(SAFARI, "grace").await;
    let history = browser.get("/api/auth/multi-session/history").await.ok();
    let kinds: Vec<_> =
        history["entries"].as_array().expect("entries").iter().map(|entry| &entry["kind"]).collect();
    assert!(kinds.iter().any(|kind| *kind == "password_refused"), "{history}");
}

#[tokio::test]
async fn read_succeeds_if_the_session_cannot_be_extended() {
    let app = TestApp::start().await;
    let browser = app.sign_up(FIREFOX, "ada").await;
    let until = browser.get_session().await["session"]["expiresAt"].clone();
    app.advance(2 * DAY);
    app.database.take_writes(false).await;
    let answer = browser.get("/api/auth/get-session").await;
    assert_eq!(answer.ok()["session"]["expiresAt"], until);
    assert_eq!(answer.set_cookies(), Vec::<String>::new());
    assert_eq!(browser.list().await.len(), 1);

    app.database.take_writes(true).await;
    let answer = browser.get("/api/auth/get-session").await;
    assert_ne!(answer.ok()["session"]["expiresAt"], until);
    assert_eq!(answer.set_cookies(), Vec::<String>::new(), "the cookie lives as long as the session can");
}
