//! Ending one session, the others, or all.

use multi_session::Sessions;
use serde_json::json;

use crate::harness::{CHROME, FIREFOX, SAFARI, TestApp, ids, text};
use crate::standards::surfaces::is_open;

#[tokio::test]
async fn asked_better_auth_6893_revoked_session_is_refused_immediately() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let phone = app.sign_in(SAFARI, "ada").await;
    let thief = phone.copy();
    let answer = laptop.revoke(&phone.current_id().await).await.ok();
    assert_eq!(answer, json!({ "status": true }));
    assert!(!is_open(&phone).await);
    assert!(!is_open(&thief).await, "a copy of its cookies opens nothing either");
    assert!(is_open(&laptop).await);
    assert_eq!(laptop.list().await.len(), 1);
    app.advance(Sessions::UNDO_WINDOW);
    assert!(!is_open(&phone).await);
    assert_eq!(phone.whoami().await, "");
    assert!(phone.holds_nothing());
}

#[tokio::test]
async fn session_can_be_named_by_its_handle() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let phone = app.sign_in(SAFARI, "ada").await;
    let handle = text(&phone.get_session().await["session"]["token"]);
    laptop.post("/api/auth/multi-session/revoke", json!({ "sessionToken": handle })).await.ok();
    assert_eq!(phone.whoami().await, "");
}

#[tokio::test]
async fn revoking_the_active_session_activates_the_next_held_account() {
    let app = TestApp::start().await;
    let browser = app.sign_up(FIREFOX, "ada").await;
    browser.sign_up("grace").await.ok();
    browser.revoke(&browser.current_id().await).await.ok();
    assert_eq!(browser.whoami().await, "ada");
    browser.revoke(&browser.current_id().await).await.ok();
    assert_eq!(browser.whoami().await, "", "nothing is held any more");
    assert!(browser.cookies().is_empty());
}

#[tokio::test]
async fn held_account_can_be_revoked_even_when_signed_out() {
    let app = TestApp::start().await;
    let browser = app.sign_up(FIREFOX, "ada").await;
    let ada = browser.current_id().await;
    browser.sign_up("grace").await.ok();
    browser.revoke(&ada).await.ok();
    assert_eq!(browser.whoami().await, "grace");

    browser.sign_in("ada").await.ok();
    browser.revoke_all().await.ok();
    let rows = browser.list().await;
    assert_eq!(rows[0]["user"]["name"], "grace");
    browser.revoke(&text(&rows[0]["id"])).await.ok();
    assert!(browser.list().await.is_empty());
}

#[tokio::test]
async fn foreign_unknown_and_ended_sessions_get_the_same_answer() {
    let app = TestApp::start().await;
    let ada = app.sign_up(FIREFOX, "ada").await;
    let grace = app.sign_up(CHROME, "grace").await;
    let foreign = grace.current_id().await;
    let ended = app.sign_in(SAFARI, "ada").await.current_id().await;
    ada.revoke(&ended).await.ok();
    let mut answers = Vec::new();
    for id in [foreign.as_str(), "no-such-session", ended.as_str()] {
        let answer = ada.revoke(id).await;
        answer.refused(401, "INVALID_SESSION_TOKEN");
        answers.push(answer.text);
    }
    let handle = text(&grace.get_session().await["session"]["token"]);
    let by_handle = ada.post("/api/auth/multi-session/revoke", json!({ "sessionToken": handle })).await;
    answers.push(by_handle.text);
    answers.dedup();
    assert_eq!(answers.len(), 1);
    assert_eq!(grace.whoami().await, "grace");
    app.browser(FIREFOX).revoke(&foreign).await.refused(401, "UNAUTHORIZED");
}

#[tokio::test]
async fn revoke_others_keeps_this_session_and_other_accounts() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "grace").await;
    laptop.sign_up("ada").await.ok();
    let phone = app.sign_in(SAFARI, "ada").await;
    let desktop = app.sign_in(CHROME, "ada").await;
    let graces_other = app.sign_in(CHROME, "grace").await;

    assert_eq!(laptop.revoke_others().await.ok(), json!({ "status": true }));
    assert_eq!(laptop.whoami().await, "ada");
    assert_eq!(phone.whoami().await, "");
    assert_eq!(desktop.whoami().await, "");
    assert_eq!(graces_other.whoami().await, "grace");
    assert_eq!(laptop.list().await.len(), 2, "ada here and grace here");
}

#[tokio::test]
async fn revoke_all_keeps_other_accounts_held_but_not_active() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "grace").await;
    laptop.sign_up("ada").await.ok();
    let phone = app.sign_in(SAFARI, "ada").await;

    assert_eq!(laptop.revoke_all().await.ok(), json!({ "status": true }));
    assert_eq!(laptop.whoami().await, "");
    assert_eq!(phone.whoami().await, "");
    let rows = laptop.list().await;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["user"]["name"], "grace");
    assert_eq!(rows[0]["isCurrent"], false);
}

#[tokio::test]
async fn signed_out_browser_cannot_revoke() {
    let app = TestApp::start().await;
    let nobody = app.browser(FIREFOX);
    nobody.revoke_others().await.refused(401, "UNAUTHORIZED");
    nobody.revoke_all().await.refused(401, "UNAUTHORIZED");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_devices_that_revoke_each_other_do_not_both_survive() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    for _ in 0..20 {
        let phone = app.sign_in(SAFARI, "ada").await;
        let (of_phone, of_laptop) = (phone.current_id().await, laptop.current_id().await);
        let (by_laptop, by_phone) = tokio::join!(laptop.revoke(&of_phone), phone.revoke(&of_laptop));
        let statuses = [by_laptop.status.as_u16(), by_phone.status.as_u16()];
        // The second one was refused: an ended session cannot end others, and an ended session cannot be
        // ended again.
        assert!(statuses == [200, 401] || statuses == [401, 200], "{statuses:?}");
        if laptop.whoami().await.is_empty() {
            laptop.sign_in("ada").await.ok();
            laptop.revoke_others().await.ok();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn revoke_all_during_sign_ins_leaves_a_consistent_list() {
    let app = TestApp::start_with(&["--maximum-sessions", "50"]).await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let sign_ins: Vec<_> = (0..8)
        .map(|_| {
            let app = app.clone();
            tokio::spawn(async move { app.sign_in(CHROME, "ada").await })
        })
        .collect();
    laptop.revoke_all().await.ok();
    let mut live = Vec::new();
    for sign_in in sign_ins {
        let browser = sign_in.await.expect("a browser");
        if browser.whoami().await == "ada" {
            live.push(browser);
        }
    }
    assert_eq!(laptop.whoami().await, "");
    for browser in &live {
        assert_eq!(ids(&browser.list().await).len(), live.len());
    }
}
