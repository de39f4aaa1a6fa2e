//! "Yes, it was me": a person confirms a new device.

use serde_json::{Value, json};

use crate::harness::{Answer, CHROME, DAY, FIREFOX, SAFARI, TestApp, TestBrowser};

async fn recognize(browser: &TestBrowser, id: &str) -> Answer {
    browser.post("/api/auth/multi-session/recognize", json!({ "sessionId": id })).await
}

/// Whether the row of a session has the mark of a new device.
async fn is_new(browser: &TestBrowser, id: &str) -> bool {
    let rows = browser.list().await;
    rows.iter().find(|row| row["id"] == id).expect("a row")["newDevice"] == true
}

#[tokio::test]
async fn confirmed_device_loses_its_mark_in_every_list() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let phone = app.sign_in(SAFARI, "ada").await;
    let id = phone.current_id().await;
    let mut stream = phone.events(None).await;
    stream.snapshot().await;
    assert!(is_new(&phone, &id).await);
    assert_eq!(recognize(&laptop, &id).await.ok(), json!({ "status": true }));
    stream.wait_for("recognized", &id).await;
    for browser in [&laptop, &phone] {
        assert!(!is_new(browser, &id).await);
    }
    recognize(&laptop, &id).await.ok();
    let history = laptop.get("/api/auth/multi-session/history?kinds=recognized").await.ok();
    let entries = history["entries"].as_array().expect("a list");
    assert_eq!(entries.len(), 1, "once");
    assert_eq!(
        (&entries[0]["sessionId"], &entries[0]["by"]["id"]),
        (&json!(id), &json!(laptop.current_id().await))
    );
    assert!(laptop.open("/history").await.text.contains("Yes, it was me"));
}

#[tokio::test]
async fn intruder_cannot_confirm_their_own_sign_ins() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let thieves = [app.sign_in(SAFARI, "ada").await, app.sign_in(CHROME, "ada").await];
    let ids = [thieves[0].current_id().await, thieves[1].current_id().await];
    for thief in &thieves {
        for id in &ids {
            recognize(thief, id).await.refused(403, "DEVICE_NOT_RECOGNIZED");
            assert!(is_new(&laptop, id).await);
        }
    }
    // Once the first one has lost its mark, by time or by confirmation, it can confirm others.
    app.advance(7 * DAY);
    recognize(&thieves[0], &ids[0]).await.refused(403, "DEVICE_NOT_RECOGNIZED");
    recognize(&thieves[0], &ids[1]).await.ok();
    assert!(!is_new(&laptop, &ids[1]).await);
}

#[tokio::test]
async fn device_of_another_user_cannot_be_confirmed() {
    let app = TestApp::start().await;
    app.sign_up(FIREFOX, "ada").await;
    let phone = app.sign_in(SAFARI, "ada").await;
    let id = phone.current_id().await;
    let grace = app.sign_up(CHROME, "grace").await;
    for id in [&*id, "unknown", "", "a b"] {
        recognize(&grace, id).await.refused(401, "INVALID_SESSION_TOKEN");
    }
    recognize(&app.browser(SAFARI), &id).await.refused(401, "UNAUTHORIZED");
    let path = "/api/auth/multi-session/recognize";
    grace.post(path, json!({ "sessionId": Value::Null })).await.refused(400, "VALIDATION_ERROR");
    assert!(is_new(&phone, &id).await);
    let ended = grace.current_id().await;
    grace.revoke(&ended).await.ok();
    recognize(&grace, &ended).await.refused(401, "UNAUTHORIZED");
}
