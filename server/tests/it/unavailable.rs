//! A database that does not answer signs nobody out.

use serde_json::json;

use crate::harness::{FIREFOX, TestApp};

#[tokio::test]
async fn everything_is_503_and_no_cookie_is_touched() {
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
    assert!(page.text.contains("could not be loaded"), "{}", page.text);
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
        // At the same address, and with a way to ask again: what a mail led to is not lost.
        for said in ["This page could not be loaded", "<a class=\"button\" href=\"\">Try again</a>"] {
            assert!(page.text.contains(said), "{path}: {}", page.text);
        }
        let is_secret = path.contains("token=");
        assert_eq!(page.header("referrer-policy") == "no-referrer", is_secret, "{path}");
        assert!(page.set_cookies().is_empty(), "{path}");
    }
    assert_eq!(browser.cookies(), cookies);
    assert_eq!(browser.get("/healthz").await.status.as_u16(), 200);
}
