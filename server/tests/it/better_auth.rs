//! The rest of Better Auth's endpoints.

use axum::http::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, CHROME, DAY, FIREFOX, ORIGIN, PASSWORD, SAFARI, TestApp, TestBrowser, text};
use crate::standards::surfaces::is_open;

const NEW_PASSWORD: &str = "another good password";

async fn post(browser: &TestBrowser, path: &str, body: Value) -> Answer {
    browser.post(&format!("/api/auth/{path}"), body).await
}

#[tokio::test]
async fn list_sessions_returns_all_sessions_of_the_user_even_after_a_day() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    laptop.sign_up("grace").await.ok();
    laptop.sign_in("ada").await.ok();
    app.sign_in(CHROME, "ada").await;
    app.advance(3 * DAY);
    let rows = laptop.get("/api/auth/list-sessions").await.ok();
    let rows = rows.as_array().expect("a list");
    assert_eq!(rows.len(), 2);
    let mut keys: Vec<&String> = rows[0].as_object().expect("a session").keys().collect();
    keys.sort_unstable();
    let expected = ["createdAt", "expiresAt", "id", "ipAddress", "token", "updatedAt", "userAgent", "userId"];
    assert_eq!(keys, expected);
    app.browser(CHROME).get("/api/auth/list-sessions").await.refused(401, "UNAUTHORIZED");
}

#[tokio::test]
async fn revoke_session_ends_only_sessions_of_the_user_and_reveals_no_others() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let phone = app.sign_in(SAFARI, "ada").await;
    let grace = app.sign_up(CHROME, "grace").await;
    let token_of = async |browser: &TestBrowser| text(&browser.get_session().await["session"]["token"]);
    for token in [token_of(&phone).await, token_of(&grace).await, "unknown".to_owned()] {
        let answer = post(&laptop, "revoke-session", json!({ "token": token })).await;
        assert_eq!(answer.ok(), json!({ "status": true }));
    }
    assert_eq!(phone.whoami().await, "");
    assert_eq!(grace.whoami().await, "grace");
    post(&laptop, "revoke-session", json!({})).await.refused(400, "VALIDATION_ERROR");
    post(&phone, "revoke-session", json!({ "token": "x" })).await.refused(401, "UNAUTHORIZED");
}

#[tokio::test]
async fn revoke_other_sessions_and_revoke_sessions_work_like_our_endpoints() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let phone = app.sign_in(SAFARI, "ada").await;
    assert_eq!(post(&laptop, "revoke-other-sessions", json!({})).await.ok(), json!({ "status": true }));
    assert_eq!(phone.whoami().await, "");
    assert_eq!(post(&laptop, "revoke-sessions", json!({})).await.ok(), json!({ "status": true }));
    assert_eq!(laptop.whoami().await, "");
    post(&laptop, "revoke-sessions", json!({})).await.refused(401, "UNAUTHORIZED");
    let script = [("sec-fetch-site", "same-origin"), ("sec-fetch-mode", "cors")];
    let answer = laptop.send(Method::GET, "/api/auth/revoke-sessions", &script, None).await;
    assert_eq!(answer.status.as_u16(), 404, "these are POST only");
}

#[tokio::test]
async fn asked_supabase_797_a_password_change_ends_every_session_and_renews_this_one() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "grace").await;
    laptop.sign_up("ada").await.ok();
    let phone = app.sign_in(SAFARI, "ada").await;
    let thief = laptop.copy();
    let body = json!({
        "currentPassword": PASSWORD, "newPassword": NEW_PASSWORD, "revokeOtherSessions": true
    });
    let answer = post(&laptop, "change-password", body).await.ok();
    assert_eq!(answer["user"]["name"], "ada");
    assert_eq!(laptop.get_session().await["session"]["token"], answer["token"]);
    assert_eq!(laptop.list().await.len(), 2, "ada and, held, grace");
    assert!(is_open(&laptop).await);
    assert!(!is_open(&phone).await);
    assert!(!is_open(&thief).await, "the old cookie is dead");
    phone.sign_in("ada").await.refused(401, "INVALID_EMAIL_OR_PASSWORD");
    let body = json!({ "email": "ada@example.org", "password": NEW_PASSWORD });
    post(&phone, "sign-in/email", body).await.ok();
}

#[tokio::test]
async fn password_change_keeps_other_sessions_unless_asked() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let phone = app.sign_in(SAFARI, "ada").await;
    let body = json!({ "currentPassword": PASSWORD, "newPassword": NEW_PASSWORD });
    let answer = post(&laptop, "change-password", body).await.ok();
    assert_eq!(answer["token"], Value::Null);
    assert_eq!(laptop.whoami().await, "ada");
    assert_eq!(phone.whoami().await, "ada");
}

#[tokio::test]
async fn a_password_change_is_checked_and_changes_nothing_when_refused() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let phone = app.sign_in(SAFARI, "ada").await;
    let long = "x".repeat(129);
    for (current, new, code) in [
        ("wrong password", NEW_PASSWORD, "INVALID_PASSWORD"),
        (PASSWORD, "short", "PASSWORD_TOO_SHORT"),
        (PASSWORD, &long, "PASSWORD_TOO_LONG"),
    ] {
        let body = json!({ "currentPassword": current, "newPassword": new, "revokeOtherSessions": true });
        post(&laptop, "change-password", body).await.refused(400, code);
    }
    post(&laptop, "change-password", json!({})).await.refused(400, "VALIDATION_ERROR");
    post(&app.browser(CHROME), "change-password", json!({})).await.refused(401, "UNAUTHORIZED");
    assert_eq!(phone.whoami().await, "ada");
    phone.sign_in("ada").await.ok();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_of_two_simultaneous_password_changes_wins() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let phone = app.sign_in(SAFARI, "ada").await;
    let body =
        |new: &str| json!({ "currentPassword": PASSWORD, "newPassword": new, "revokeOtherSessions": true });
    let (one, other) = tokio::join!(
        post(&laptop, "change-password", body("the laptop's password")),
        post(&phone, "change-password", body("the phone's password"))
    );
    let won = [&one, &other].iter().filter(|answer| answer.status.is_success()).count();
    assert_eq!(won, 1, "{} {}", one.text, other.text);
}

#[tokio::test]
async fn update_session_has_nothing_to_update() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let answer = post(&laptop, "update-session", json!({ "userAgent": "x" })).await;
    assert_eq!(answer.status.as_u16(), 400);
    assert_eq!(answer.json(), json!({ "message": "No fields to update" }));
    post(&app.browser(CHROME), "update-session", json!({})).await.refused(401, "UNAUTHORIZED");
}

#[tokio::test]
async fn get_session_by_post_is_405() {
    let app = TestApp::start().await;
    let answer = post(&app.browser(FIREFOX), "get-session", json!({})).await;
    answer.refused(405, "METHOD_NOT_ALLOWED_DEFER_SESSION_REQUIRED");
}

#[tokio::test]
async fn callback_is_returned_unless_it_leads_to_another_site() {
    let app = TestApp::start().await;
    let browser = app.sign_up(FIREFOX, "ada").await;
    let body = |url: &str| json!({ "email": "ada@example.org", "password": PASSWORD, "callbackURL": url });
    let answer = post(&browser, "sign-in/email", body("/sessions")).await;
    assert_eq!(answer.header("location"), "/sessions");
    let json = answer.ok();
    assert_eq!((&json["redirect"], &json["url"]), (&json!(true), &json!("/sessions")));
    for url in ["/app#settings", "/a:b", "/a,b", "/a[0]", "/x?to=//y", "/caf\u{e9}"] {
        let answer = post(&browser, "sign-in/email", body(url)).await;
        assert_eq!(answer.ok()["url"], url);
        let to = if url.is_ascii() { url.to_owned() } else { format!("{ORIGIN}/caf%C3%A9") };
        assert_eq!(answer.header("location"), to);
    }
    for url in [
        "https://evil.example/",
        "//evil.example",
        "/.//evil.example",
        "/..//evil.example",
        "/x/../..//evil.example",
        "/x/%2f/evil.example",
        "/a%5cb",
        "blob:http://127.0.0.1:3000/x",
    ] {
        post(&browser, "sign-in/email", body(url)).await.refused(403, "INVALID_CALLBACK_URL");
        let sign_up =
            json!({ "name": "Eve", "email": "eve@example.org", "password": PASSWORD, "callbackURL": url });
        post(&browser, "sign-up/email", sign_up).await.refused(403, "INVALID_CALLBACK_URL");
    }
    post(&browser, "sign-in/email", body(&format!("{ORIGIN}/x"))).await.ok();
}

#[tokio::test]
async fn list_can_be_limited_to_held_accounts_like_the_original_plugin() {
    let app = TestApp::start_with(&["--list-scope", "browser"]).await;
    let shared = app.sign_up(FIREFOX, "ada").await;
    shared.sign_up("grace").await.ok();
    app.sign_in(CHROME, "grace").await;
    let rows = shared.list().await;
    assert_eq!(rows.len(), 2);
    assert!(rows.iter().all(|row| row["isHeld"] == true));
}
