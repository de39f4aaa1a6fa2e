//! Undoing a revocation.

use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{Answer, CHROME, FIREFOX, PASSWORD, SAFARI, TestApp, TestBrowser};

const SECOND: Duration = Duration::from_secs(1);

async fn undo(browser: &TestBrowser, id: &str) -> Answer {
    browser.post("/api/auth/multi-session/undo-revoke", json!({ "sessionId": id })).await
}

/// A laptop that revoked a phone a second ago, and the phone with its session.
async fn revoked(app: &TestApp) -> (TestBrowser, TestBrowser, String) {
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let phone = app.sign_in(SAFARI, "ada").await;
    let id = phone.current_id().await;
    laptop.revoke(&id).await.ok();
    app.advance(SECOND);
    (laptop, phone, id)
}

#[tokio::test]
async fn undone_revocation_restores_the_device_with_its_cookies() {
    let app = TestApp::start().await;
    let (laptop, phone, id) = revoked(&app).await;
    let cookies = phone.cookies();
    let mut stream = laptop.events(None).await;
    stream.snapshot().await;
    assert_eq!(phone.whoami().await, "");
    assert!(phone.list().await.is_empty());
    phone.revoke(&id).await.refused(401, "UNAUTHORIZED");
    assert_eq!(phone.cookies(), cookies, "they open nothing, and stay");

    assert_eq!(undo(&laptop, &id).await.ok(), json!({ "status": true }));
    assert_eq!(stream.wait_for("created", &id).await["row"]["id"], id);
    assert_eq!((phone.whoami().await, phone.current_id().await), ("ada".to_owned(), id.clone()));
    assert_eq!(phone.cookies(), cookies);
    let history = laptop.get("/api/auth/multi-session/history?kinds=revoke_undone").await.ok();
    let own = laptop.current_id().await;
    assert_eq!(
        (&history["entries"][0]["sessionId"], &history["entries"][0]["by"]["id"]),
        (&json!(id), &json!(own))
    );
    undo(&laptop, &id).await.refused(403, "UNDO_EXPIRED");
}

#[tokio::test]
async fn after_ten_seconds_undo_fails_and_the_held_cookie_is_cleared() {
    let app = TestApp::start().await;
    let (laptop, phone, id) = revoked(&app).await;
    app.advance(9 * SECOND);
    undo(&laptop, &id).await.refused(403, "UNDO_EXPIRED");
    assert_eq!(phone.whoami().await, "");
    assert!(phone.holds_nothing());
}

#[tokio::test]
async fn clock_set_back_does_not_reopen_the_undo_window() {
    let app = TestApp::start().await;
    let (laptop, phone, id) = revoked(&app).await;
    app.advance(10 * SECOND);
    app.clock.set_back(10 * SECOND);
    undo(&laptop, &id).await.refused(403, "UNDO_EXPIRED");
    assert_eq!(phone.whoami().await, "");

    let tablet = app.sign_in(CHROME, "ada").await;
    let id = tablet.current_id().await;
    laptop.revoke(&id).await.ok();
    app.advance(9 * SECOND);
    undo(&laptop, &id).await.ok();
    assert_eq!(tablet.whoami().await, "ada", "what was revoked since is undone as ever");
}

#[tokio::test]
async fn only_the_revoking_session_can_undo() {
    let app = TestApp::start().await;
    let (laptop, phone, id) = revoked(&app).await;
    let tablet = app.sign_in(CHROME, "ada").await;
    let grace = app.sign_up(CHROME, "grace").await;
    for browser in [&tablet, &grace] {
        undo(browser, &id).await.refused(403, "UNDO_EXPIRED");
    }
    undo(&phone, &id).await.refused(401, "UNAUTHORIZED");
    undo(&laptop.copy(), "unknown").await.refused(403, "UNDO_EXPIRED");
    undo(&laptop, "a b").await.refused(403, "UNDO_EXPIRED");
    assert_eq!(phone.whoami().await, "");
}

#[tokio::test]
async fn no_undo_after_a_report_or_a_new_password() {
    let app = TestApp::start().await;
    let (laptop, phone, id) = revoked(&app).await;
    laptop.post("/api/auth/multi-session/report", json!({ "sessionId": id })).await.ok();
    undo(&laptop, &id).await.refused(403, "UNDO_EXPIRED");
    assert_eq!(phone.whoami().await, "");

    for others in [false, true] {
        let app = TestApp::start().await;
        let (laptop, phone, id) = revoked(&app).await;
        let form = json!({
            "currentPassword": PASSWORD, "newPassword": "another good password", "revokeOtherSessions": others
        });
        laptop.post("/api/auth/change-password", form).await.ok();
        undo(&laptop, &id).await.refused(403, "UNDO_EXPIRED");
        assert_eq!(phone.whoami().await, "");
    }
}

#[tokio::test]
async fn evicted_sessions_and_those_whose_place_was_taken_stay_ended() {
    let app = TestApp::start_with(&["--maximum-sessions", "2"]).await;
    let (laptop, phone, id) = revoked(&app).await;
    app.sign_in(CHROME, "ada").await;
    undo(&laptop, &id).await.refused(403, "UNDO_EXPIRED");
    assert_eq!((phone.whoami().await, laptop.list().await.len()), (String::new(), 2));
    let newest = app.sign_in(SAFARI, "ada").await;
    undo(&newest, &id).await.refused(403, "UNDO_EXPIRED");
}

#[tokio::test]
async fn browser_that_signed_in_again_stays_one_device() {
    let app = TestApp::start().await;
    let (laptop, phone, id) = revoked(&app).await;
    phone.sign_in("ada").await.ok();
    let again = phone.current_id().await;
    undo(&laptop, &id).await.refused(403, "UNDO_EXPIRED");
    assert_eq!(phone.current_id().await, again);
    assert_eq!(phone.list().await.len(), 2, "the laptop and this one");
    assert_eq!(phone.cookies().len(), 2, "nothing is left of the one before");
}

#[tokio::test]
async fn sign_out_in_the_revoked_browser_prevents_undo() {
    let app = TestApp::start().await;
    let (laptop, phone, id) = revoked(&app).await;
    let thief = phone.copy();
    phone.sign_out(json!({})).await.ok();
    assert!(phone.cookies().is_empty());
    undo(&laptop, &id).await.refused(403, "UNDO_EXPIRED");
    assert_eq!((phone.whoami().await, thief.whoami().await), (String::new(), String::new()));
    assert_eq!(laptop.list().await.len(), 1, "no device is listed that nobody holds");
}

#[tokio::test]
async fn revocation_made_final_by_others_stays_ended() {
    let app = TestApp::start().await;
    let (laptop, phone, id) = revoked(&app).await;
    laptop.revoke_others().await.ok();
    undo(&laptop, &id).await.refused(403, "UNDO_EXPIRED");
    assert_eq!(phone.whoami().await, "");
}

#[tokio::test]
async fn revoked_browser_can_create_an_account_at_once() {
    let app = TestApp::start().await;
    let (_, phone, id) = revoked(&app).await;
    assert_eq!(phone.open("/sessions").await.header("location"), format!("/sign-in?ended={id}"));
    assert_eq!(phone.open("/sign-up").await.status.as_u16(), 200);
}

#[tokio::test]
async fn session_ended_by_its_own_browser_leaves_no_held_cookie() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let phone = app.sign_in(SAFARI, "ada").await;
    let copy = phone.copy();
    phone.revoke(&phone.current_id().await).await.ok();
    assert!(phone.cookies().is_empty());
    assert_eq!(copy.whoami().await, "");
    assert!(copy.holds_nothing());
    let tablet = app.sign_in(SAFARI, "ada").await;
    laptop.revoke_all().await.ok();
    assert_eq!(tablet.whoami().await, "");
    assert!(tablet.holds_nothing(), "nobody is left who could take it back");
}

#[tokio::test]
async fn page_offers_undo_without_javascript_only_for_own_other_devices() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let phone = app.sign_in(SAFARI, "ada").await;
    let id = phone.current_id().await;
    let to = laptop.submit("/sessions", "revoke", &format!("session_id={id}")).await;
    let to = to.header("location").to_owned();
    assert_eq!(to, format!("/sessions?done=revoked&undo={id}"));
    let page = laptop.open(&to).await.text;
    assert!(page.contains("action=\"/fn/undo-revoke\"") && page.contains("Undo"), "{page}");
    let back = laptop.submit("/sessions", "undo-revoke", &format!("session_id={id}")).await;
    assert_eq!(back.header("location"), "/sessions?done=undone");
    assert_eq!(phone.whoami().await, "ada");
    let late = laptop.submit("/sessions", "undo-revoke", &format!("session_id={id}")).await;
    let page = laptop.open(late.header("location")).await.text;
    assert!(page.contains("Too late to undo."), "{page}");

    laptop.sign_up("grace").await.ok();
    let rows = laptop.list().await;
    let held = rows.iter().find(|row| row["isHeld"] == true && row["isCurrent"] == false).expect("ada");
    let held = held["id"].as_str().expect("an id");
    let to = laptop.submit("/sessions", "revoke", &format!("session_id={held}")).await;
    assert_eq!(to.header("location"), "/sessions?done=revoked");
    for forged in
        ["/sessions?done=revoked&undo=%3Cscript%3E", "/sessions?undo=x", "/sessions?done=renamed&undo=x"]
    {
        assert!(!laptop.open(forged).await.text.contains("undo-revoke"), "{forged}");
    }
    assert_ne!(laptop.get_session().await, Value::Null);
}
