//! The list: every live session of the active user, and the other accounts of the browser.

use serde_json::{Value, json};

use crate::harness::{CHROME, DAY, FIREFOX, MINUTE, SAFARI, TestApp, current, ids, text};

#[tokio::test]
async fn shows_every_device_current_first_then_most_recently_active() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    app.advance(MINUTE);
    let desktop = app.sign_in(CHROME, "ada").await;
    app.advance(MINUTE);
    let phone = app.sign_in(SAFARI, "ada").await;
    app.advance(MINUTE);
    desktop.get_session().await;
    app.advance(MINUTE);

    let labels = |rows: Vec<serde_json::Value>| -> Vec<String> {
        rows.iter().map(|row| text(&row["device"]["label"])).collect()
    };
    assert_eq!(labels(laptop.list().await), ["Firefox on macOS", "Chrome on Windows", "Safari on iPhone"]);
    assert_eq!(labels(phone.list().await), ["Safari on iPhone", "Firefox on macOS", "Chrome on Windows"]);
}

#[tokio::test]
async fn recently_signed_out_devices_are_listed_with_reason_and_actor() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let phone = app.sign_in(SAFARI, "ada").await;
    let desktop = app.sign_in(CHROME, "ada").await;
    let path = "/api/auth/multi-session/list-ended-device-sessions";
    app.browser(SAFARI).get(path).await.refused(401, "UNAUTHORIZED");
    assert_eq!(laptop.get(path).await.ok(), json!([]));
    let (phone_id, desktop_id) = (phone.current_id().await, desktop.current_id().await);
    let body = json!({ "sessionId": phone_id, "name": "Old phone" });
    laptop.post("/api/auth/multi-session/rename", body).await.ok();
    laptop.revoke(&phone_id).await.ok();
    app.advance(MINUTE);
    desktop.sign_out(json!({})).await.ok();
    laptop.sign_in("ada").await.ok();

    let ended = laptop.get(path).await.ok();
    let rows = ended.as_array().expect("a list");
    assert_eq!(ids(rows), [&*desktop_id, &*phone_id], "not what the new sign-in has replaced");
    assert_eq!(rows[0]["ending"]["reason"], "signed_out");
    assert_eq!(rows[0]["ending"]["by"]["id"], desktop_id);
    let row = &rows[1];
    assert_eq!(row["ending"]["reason"], "revoked");
    assert_eq!(row["ending"]["at"], "2026-11-18T11:06:40.000Z");
    assert_eq!(row["ending"]["by"]["label"], "Firefox on macOS");
    assert_eq!((&row["name"], &row["device"]["label"]), (&json!("Old phone"), &json!("Old phone")));
    assert_eq!((&row["ipAddress"], &row["place"]), (&json!("203.0.113.7"), &Value::Null));

    let grace = app.sign_up(CHROME, "grace").await;
    assert_eq!(grace.get(path).await.ok(), json!([]), "nobody else's");
    app.advance(28 * DAY - MINUTE);
    assert_eq!(ids(laptop.get(path).await.ok().as_array().expect("a list")), [&*desktop_id]);
    app.advance(MINUTE);
    assert_eq!(laptop.get(path).await.ok(), json!([]));
}

#[tokio::test]
async fn row_has_all_fields_for_the_page_and_better_auth() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let rows = laptop.list().await;
    let row = &rows[0];
    assert_eq!(row["isCurrent"], true);
    assert_eq!(row["isHeld"], true);
    assert_eq!(row["userAgent"], FIREFOX);
    assert_eq!(row["ipAddress"], "203.0.113.7");
    let signed_in = json!({ "ipAddress": "203.0.113.7", "place": null, "userAgent": FIREFOX });
    assert_eq!(row["signedInFrom"], signed_in);
    assert_eq!(
        row["device"],
        json!({ "browser": "Firefox 145", "os": "macOS", "kind": "desktop", "label": "Firefox on macOS" })
    );
    assert_eq!(row["createdAt"], "2026-11-18T11:06:40.000Z");
    assert_eq!(row["lastActiveAt"], row["createdAt"]);
    assert_eq!(row["expiresAt"], "2026-12-18T11:06:40.000Z");
    assert_eq!(row["user"]["email"], "ada@example.org");
    assert_eq!(row["user"]["emailVerified"], false);

    let session = &row["session"];
    assert_eq!(session["id"], row["id"]);
    assert_eq!(session["userId"], row["user"]["id"]);
    let handle = text(&session["token"]);
    assert_eq!(handle.len(), 32);
    assert!(handle.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()));
    assert!(!text(&row["id"]).replace('-', "").contains(&handle));
}

#[tokio::test]
async fn list_has_accounts_of_this_browser_and_not_of_others() {
    let app = TestApp::start().await;
    let shared = app.sign_up(FIREFOX, "ada").await;
    shared.sign_up("grace").await.ok();
    let elsewhere = app.sign_in(CHROME, "ada").await;

    let rows = shared.list().await;
    assert_eq!(current(&rows)["user"]["name"], "grace");
    assert_eq!(rows.len(), 2, "grace here, ada here; not ada elsewhere, since ada is not active");
    assert!(rows.iter().all(|row| row["isHeld"] == true));

    let rows = elsewhere.list().await;
    assert_eq!(rows.len(), 2, "ada here and ada there");
    assert_eq!(rows.iter().filter(|row| row["isHeld"] == true).count(), 1);
    assert!(rows.iter().all(|row| row["user"]["name"] == "ada"));
}

#[tokio::test]
async fn signed_out_browser_lists_only_what_it_holds() {
    let app = TestApp::start().await;
    assert!(app.browser(FIREFOX).list().await.is_empty());

    let shared = app.sign_up(FIREFOX, "ada").await;
    shared.sign_up("grace").await.ok();
    shared.sign_out(json!({ "scope": "account" })).await.ok();
    let rows = shared.list().await;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["user"]["name"], "ada");
    assert_eq!(rows[0]["isCurrent"], false);
    assert_eq!(rows[0]["isHeld"], true);
}

#[tokio::test]
async fn last_activity_is_shown_at_once_and_written_by_the_flush() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let phone = app.sign_in(SAFARI, "ada").await;
    app.advance(5 * MINUTE);
    phone.get_session().await;
    let phone_id = phone.current_id().await;
    let last_active = |rows: Vec<serde_json::Value>| {
        text(&rows.iter().find(|row| row["id"] == phone_id.as_str()).expect("the phone")["lastActiveAt"])
    };
    assert_eq!(last_active(laptop.list().await), "2026-11-18T11:11:40.000Z");
    assert_eq!(app.sessions.flush().await.expect("a flush"), 2, "the phone and the laptop");
    assert_eq!(app.sessions.flush().await.expect("a flush"), 0);
    assert_eq!(last_active(laptop.list().await), "2026-11-18T11:11:40.000Z");
}

#[tokio::test]
async fn reading_the_list_writes_nothing() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let before = app.database.contents().await;
    for _ in 0..3 {
        laptop.list().await;
        laptop.get_session().await;
    }
    assert!(before == app.database.contents().await, "a read changed the database");
}

#[tokio::test]
async fn ids_are_unique_and_stable() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    app.sign_in(CHROME, "ada").await;
    let first = ids(&laptop.list().await);
    assert_ne!(first[0], first[1]);
    assert_eq!(first, ids(&laptop.list().await));
}

#[tokio::test]
async fn page_marks_active_and_long_unused_devices() {
    const EDGE: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0";
    // With the default timeouts a session ends earlier.
    let app = TestApp::start_with(&["--session-timeout", "200d", "--absolute-timeout", "200d"]).await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    app.sign_in(SAFARI, "ada").await;
    let in_use = app.sign_in(EDGE, "ada").await;
    app.advance(2 * DAY);
    app.sign_in(CHROME, "ada").await;
    app.advance(89 * DAY);
    in_use.get_session().await;

    let page = laptop.open("/sessions").await.text;
    let marks = |label: &str| -> Vec<&'static str> {
        let mut rows = page.split("<li ").skip(1).filter_map(|row| row.split("</li>").next());
        let row = rows.find(|row| row.contains(label)).expect("a row");
        ["Active now", "Inactive for 90 days"].into_iter().filter(|mark| row.contains(*mark)).collect()
    };
    assert_eq!(marks("Safari on iPhone"), ["Inactive for 90 days"], "for 91 days: {page}");
    assert!(marks("Chrome on Windows").is_empty(), "for 89 days: {page}");
    assert_eq!(marks("Edge on Windows"), ["Active now"], "{page}");
    assert_eq!(marks("Firefox on macOS"), ["Active now"], "it looks at the page: {page}");
}

#[tokio::test]
async fn row_shows_where_the_session_was_last_used_and_where_it_signed_in() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let mut phone = app.sign_in(SAFARI, "ada").await;
    let id = phone.current_id().await;
    let mut stream = laptop.events(None).await;
    stream.snapshot().await;
    phone.peer = "198.51.100.9:50000".parse().expect("an address");
    let rows = phone.list().await;
    assert_eq!(current(&rows)["ipAddress"], "198.51.100.9", "before it is written");

    app.sessions.flush().await.expect("a write");
    let moved = stream.wait_for("moved", &id).await;
    assert_eq!((&moved["ipAddress"], &moved["place"]), (&json!("198.51.100.9"), &json!(null)));
    assert_eq!(
        (&moved["userAgent"], &moved["device"]["label"]),
        (&json!(SAFARI), &json!("Safari on iPhone"))
    );
    let rows = laptop.list().await;
    let row = rows.iter().find(|row| row["id"] == id.as_str()).expect("the phone");
    assert_eq!(row["ipAddress"], "198.51.100.9");
    assert_eq!(row["signedInFrom"]["ipAddress"], "203.0.113.7");
    assert_eq!(row["session"]["ipAddress"], "203.0.113.7", "as Better Auth has it");
    let page = laptop.open("/sessions").await.text;
    assert!(page.contains("198.51.100.9") && page.contains("203.0.113.7"), "{page}");

    // The address in between is recorded, although the session returned before the write.
    for peer in ["192.0.2.1:50000", "198.51.100.9:50000"] {
        phone.peer = peer.parse().expect("an address");
        phone.whoami().await;
    }
    app.sessions.flush().await.expect("a write");
    assert_eq!(current(&phone.list().await)["ipAddress"], "198.51.100.9");
    let history = phone.get("/api/auth/multi-session/history?kinds=address_changed").await.ok();
    let entries = history["entries"].as_array().expect("a list");
    let told: Vec<_> = entries.iter().map(|entry| text(&entry["ipAddress"])).collect();
    assert_eq!(told, ["198.51.100.9", "192.0.2.1", "198.51.100.9"]);
}

#[tokio::test]
async fn renamed_unknown_device_shows_only_known_facts() {
    let app = TestApp::start().await;
    for (agent, said) in [("node", "<span>node<"), ("", ""), ("Mozilla/5.0", "")] {
        let browser = app.browser(agent);
        browser.sign_up(&format!("ada{}", agent.len())).await.ok();
        let id = browser.current_id().await;
        browser
            .post("/api/auth/multi-session/rename", json!({ "sessionId": id, "name": "Robot" }))
            .await
            .ok();
        let page = browser.open("/sessions").await.text;
        assert!(page.contains("Robot"), "{page}");
        let facts =
            page.split_once("device__facts").and_then(|(_, rest)| rest.split_once("</p>")).expect("facts");
        assert!(!facts.0.contains(" on "), "{agent}: {}", facts.0);
        assert!(facts.0.contains(said), "{agent}: {}", facts.0);
    }
}
