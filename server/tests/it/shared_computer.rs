//! Sign-ins on a shared computer.

use std::time::Duration;

use serde_json::json;

use crate::harness::{CHROME, DAY, FIREFOX, MINUTE, PASSWORD, SAFARI, TestApp, current};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn shared_computer_keeps_no_cookie_and_expires_after_half_an_hour() {
    let app = TestApp::start().await;
    let browser = app.browser(FIREFOX);
    let body = json!({
        "name": "ada", "email": "ada@example.org", "password": PASSWORD, "rememberMe": true, "sharedComputer": true
    });
    let up = browser.post("/api/auth/sign-up/email", body).await;
    let body = json!({ "email": "ada@example.org", "password": PASSWORD, "sharedComputer": true });
    let again = browser.post("/api/auth/sign-in/email", body).await;
    for answer in [up, again] {
        answer.ok();
        let set: Vec<_> =
            answer.set_cookies().into_iter().filter(|cookie| !cookie.contains("Max-Age=0")).collect();
        assert_eq!(set.len(), 2);
        assert!(set.iter().all(|cookie| !cookie.contains("Max-Age")), "{set:?}");
    }
    for _ in 0..3 {
        app.advance(30 * MINUTE - SECOND);
        let answer = browser.get("/api/auth/get-session").await;
        assert_eq!(answer.ok()["user"]["name"], "ada");
        assert!(answer.set_cookies().iter().all(|cookie| !cookie.contains("Max-Age")));
    }
    app.advance(30 * MINUTE + SECOND);
    assert_eq!(browser.whoami().await, "");
}

#[tokio::test]
async fn shared_computer_is_marked_in_every_list() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(CHROME, "ada").await;
    let library = app.browser(FIREFOX);
    let form = "email=ada%40example.org&password=correct+horse+battery&keep=shared-computer";
    library.call("sign-in", form).await.ok();
    let rows = library.list().await;
    assert_eq!(current(&rows)["sharedComputer"], true);
    assert_eq!(rows[1]["sharedComputer"], false);
    let rows = laptop.list().await;
    assert_eq!((&rows[0]["sharedComputer"], &rows[1]["sharedComputer"]), (&false.into(), &true.into()));
    let page = laptop.open("/sessions").await;
    assert_eq!(page.text.matches("Shared computer").count(), 1, "{}", page.text);
    let form = "name=grace&email=grace%40example.org&password=correct+horse+battery&keep=shared-computer";
    let answer = library.call("sign-up", form).await;
    assert!(answer.set_cookies().iter().all(|cookie| !cookie.contains("Max-Age=2")));
    let rows = library.list().await;
    assert!(rows.iter().all(|row| row["sharedComputer"] == true), "held ones too: {rows:?}");
}

#[tokio::test]
async fn streams_mark_a_shared_computer() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(CHROME, "ada").await;
    let mut stream = laptop.events(None).await;
    assert_eq!(stream.snapshot().await[0]["sharedComputer"], false);
    let library = app.browser(SAFARI);
    let body = json!({ "email": "ada@example.org", "password": PASSWORD, "sharedComputer": true });
    library.post("/api/auth/sign-in/email", body).await.ok();
    let created = stream.wait_for("created", &library.current_id().await).await;
    assert_eq!(created["row"]["sharedComputer"], true);
}

#[tokio::test]
async fn shared_timeout_never_exceeds_the_other_timeouts() {
    let app = TestApp::start_with(&["--session-timeout", "10m"]).await;
    let browser = app.browser(FIREFOX);
    let body = json!({
        "name": "ada", "email": "ada@example.org", "password": PASSWORD, "sharedComputer": true
    });
    browser.post("/api/auth/sign-up/email", body).await.ok();
    app.advance(10 * MINUTE);
    assert_eq!(browser.whoami().await, "");
    browser
        .post(
            "/api/auth/sign-in/email",
            json!({ "email": "ada@example.org", "password": PASSWORD, "sharedComputer": true }),
        )
        .await
        .ok();
    let mut passed = Duration::ZERO;
    while passed < DAY - 5 * MINUTE {
        app.advance(5 * MINUTE);
        passed += 5 * MINUTE;
        assert_eq!(browser.whoami().await, "ada");
    }
    app.advance(5 * MINUTE);
    assert_eq!(browser.whoami().await, "", "a day at most");
}

#[tokio::test]
async fn password_change_and_step_up_keep_a_computer_shared() {
    let app = TestApp::start().await;
    let browser = app.browser(FIREFOX);
    let body = json!({
        "name": "ada", "email": "ada@example.org", "password": PASSWORD, "sharedComputer": true
    });
    browser.post("/api/auth/sign-up/email", body).await.ok();
    browser.post("/api/auth/multi-session/reauthenticate", json!({ "password": PASSWORD })).await.ok();
    assert_eq!(browser.list().await[0]["sharedComputer"], true);
    let body = json!({
        "currentPassword": PASSWORD, "newPassword": "another good password", "revokeOtherSessions": true
    });
    browser.post("/api/auth/change-password", body).await.ok();
    assert_eq!(browser.list().await[0]["sharedComputer"], true);
    app.advance(30 * MINUTE + SECOND);
    assert_eq!(browser.whoami().await, "");
}
