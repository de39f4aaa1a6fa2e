//! Naming devices.

use serde_json::{Value, json};

use crate::harness::{Answer, CHROME, FIREFOX, SAFARI, TestApp, TestBrowser};

async fn rename(browser: &TestBrowser, id: &str, name: &str) -> Answer {
    browser.post("/api/auth/multi-session/rename", json!({ "sessionId": id, "name": name })).await
}

/// The name and the label of the row of a session.
async fn called(browser: &TestBrowser, id: &str) -> (Value, Value) {
    let rows = browser.list().await;
    let row = rows.iter().find(|row| row["id"] == id).expect("a row");
    (row["name"].clone(), row["device"]["label"].clone())
}

#[tokio::test]
async fn asked_nextcloud_30447_device_name_is_in_every_list_until_removed() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let phone = app.sign_in(SAFARI, "ada").await;
    let (id, phone_id) = (laptop.current_id().await, phone.current_id().await);
    let label = called(&laptop, &id).await.1;
    assert_eq!(rename(&phone, &id, "  Work laptop ").await.ok(), json!({ "status": true }));
    assert_eq!(
        rename(&phone, &phone_id, "Pocket").await.ok(),
        json!({ "status": true }),
        "the current one too"
    );
    for browser in [&laptop, &phone] {
        assert_eq!(called(browser, &id).await, (json!("Work laptop"), json!("Work laptop")));
        assert_eq!(called(browser, &phone_id).await, (json!("Pocket"), json!("Pocket")));
    }
    let page = laptop.open("/sessions").await;
    assert!(page.text.contains("Work laptop") && page.text.contains("Revoke Pocket"), "{}", page.text);
    rename(&laptop, &id, "").await.ok();
    assert_eq!(called(&phone, &id).await, (Value::Null, label));
}

#[tokio::test]
async fn open_lists_get_the_new_name_and_endings_use_it() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let phone = app.sign_in(SAFARI, "ada").await;
    let (id, phone_id) = (laptop.current_id().await, phone.current_id().await);
    let mut stream = phone.events(None).await;
    stream.snapshot().await;
    rename(&laptop, &id, "Work laptop").await.ok();
    let told = stream.wait_for("renamed", &id).await;
    assert_eq!((&told["name"], &told["label"]), (&json!("Work laptop"), &json!("Work laptop")));
    rename(&laptop, &id, " ").await.ok();
    let told = stream.wait_for("renamed", &id).await;
    assert_eq!(told["name"], Value::Null);
    assert!(told["label"].as_str().is_some_and(|label| label.starts_with("Firefox")), "{told}");

    rename(&laptop, &id, "Work laptop").await.ok();
    laptop.revoke(&phone_id).await.ok();
    let ended = stream.wait_for("ended", &phone_id).await;
    assert_eq!(ended["by"]["label"], "Work laptop");
}

#[tokio::test]
async fn device_of_another_user_cannot_be_named() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let id = laptop.current_id().await;
    let grace = app.sign_up(CHROME, "grace").await;
    for id in [&*id, "unknown", "", "a b"] {
        rename(&grace, id, "Mine").await.refused(401, "INVALID_SESSION_TOKEN");
    }
    rename(&app.browser(SAFARI), &id, "Mine").await.refused(401, "UNAUTHORIZED");
    assert_eq!(called(&laptop, &id).await.0, Value::Null);

    // Another account of the same browser belongs to the same person.
    laptop.sign_up("bea").await.ok();
    rename(&laptop, &id, "Shared").await.ok();
    assert_eq!(called(&laptop, &id).await.0, "Shared");
}

#[tokio::test]
async fn device_name_is_short_printable_and_escaped() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let id = laptop.current_id().await;
    for name in ["x".repeat(101), "two\nlines".to_owned(), "nul\0".to_owned(), "\u{7f}".to_owned()] {
        rename(&laptop, &id, &name).await.refused(400, "INVALID_NAME");
    }
    laptop
        .post("/api/auth/multi-session/rename", json!({ "sessionId": id }))
        .await
        .refused(400, "VALIDATION_ERROR");
    rename(&laptop, &id, &"☕".repeat(100)).await.ok();
    rename(&laptop, &id, "<script>alert(1)</script>").await.ok();
    for path in ["/sessions".to_owned(), format!("/rename?session_id={id}")] {
        let page = laptop.open(&path).await;
        assert!(!page.text.contains("<script>alert"), "{path}");
        assert!(page.text.contains("alert(1)"), "{path}");
    }
}

#[tokio::test]
async fn the_page_names_a_device_without_a_script() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let id = laptop.current_id().await;
    let path = format!("/rename?session_id={id}");
    let page = laptop.open(&path).await;
    assert!(page.text.contains(r#"action="/fn/rename""#) && page.text.contains(&id), "{}", page.text);
    let answer = laptop.submit(&path, "rename", &format!("session_id={id}&name=Work+laptop")).await;
    assert!(answer.header("location").ends_with("/sessions?done=renamed"), "{}", answer.header("location"));
    assert!(laptop.open(&path).await.text.contains(r#"value="Work laptop""#));
    let long = format!("session_id={id}&name={}", "x".repeat(101));
    let answer = laptop.submit(&path, "rename", &long).await;
    let location = answer.header("location").replace("http://127.0.0.1:3000", "");
    assert!(location.starts_with(&path), "{location}");
    let page = laptop.open(&location).await;
    assert!(page.text.contains("A name can have at most 100 characters."), "{}", page.text);
    let elsewhere = laptop.open("/rename?session_id=unknown").await;
    assert_eq!(elsewhere.header("location"), "/sessions");
}
