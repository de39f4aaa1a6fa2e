//! Public requests of users of such systems. Requests about a single area are tested in that area's file,
//! with the same kind of name. docs/standards.md lists them.

use serde_json::json;

use super::surfaces::{READING, SESSION, is_open, is_open_as};
use crate::harness::{CHROME, DAY, FIREFOX, SAFARI, TestApp, TestBrowser, text};

/// How a browser sends a request: by REST or by a server function.
const WAYS: [bool; 2] = [false, true];

async fn revoke(browser: &TestBrowser, by_function: bool, id: &str) {
    if by_function {
        browser.call("revoke", &format!("session_id={id}")).await.ok();
    } else {
        browser.revoke(id).await.ok();
    }
}

#[tokio::test]
async fn asked_better_auth_6940_a_session_is_revoked_by_its_id_and_no_token_is_needed() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    for by_function in WAYS {
        let phone = app.sign_in(SAFARI, "ada").await;
        let rows = match by_function {
            true => laptop.get(&format!("/fn/{READING}")).await.ok().as_array().expect("a list").clone(),
            false => laptop.list().await,
        };
        let other = rows.iter().find(|row| row["isCurrent"] == false).expect("the phone");
        revoke(&laptop, by_function, &text(&other["id"])).await;
        assert!(!is_open(&phone).await, "by a function: {by_function}");
        assert!(is_open(&laptop).await, "by a function: {by_function}");
    }
}

#[tokio::test]
async fn asked_better_auth_8175_the_list_answers_also_days_after_the_sign_in() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let phone = app.sign_in(SAFARI, "ada").await;
    app.advance(2 * DAY);
    laptop.revoke_others().await.refused(403, "SESSION_NOT_FRESH");
    for browser in [&laptop, &phone] {
        assert!(is_open(browser).await);
        assert_eq!(browser.list().await.len(), 2);
    }
}

#[tokio::test]
async fn asked_kratos_2921_only_the_named_session_ends() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let grace = app.sign_up(CHROME, "grace").await;
    for by_function in WAYS {
        let middle = app.sign_in(SAFARI, "ada").await;
        let last = app.sign_in(CHROME, "ada").await;
        revoke(&laptop, by_function, &middle.current_id().await).await;
        assert!(!is_open(&middle).await, "by a function: {by_function}");
        for browser in [&laptop, &last] {
            assert!(is_open(browser).await, "by a function: {by_function}");
        }
        assert!(is_open_as(&grace, "grace").await, "by a function: {by_function}");
    }
}

#[tokio::test]
async fn asked_axum_login_144_a_server_function_keeps_and_extends_the_session() {
    let app = TestApp::start().await;
    let browser = app.sign_up(FIREFOX, "ada").await;
    let id = browser.current_id().await;
    for act in [None, Some("set-active"), Some("rename")] {
        app.advance(2 * DAY);
        let answer = match act {
            // Without the query it is an unattended request of a page.
            None => browser.get(&format!("/fn/{READING}?stay=true")).await,
            Some(function) => browser.call(function, &format!("session_id={id}&name=Laptop")).await,
        };
        assert!(answer.status.is_success(), "{act:?}: {}", answer.text);
        let end = text(&browser.get_session().await["session"]["expiresAt"]);
        assert_eq!(end, app.sessions.now().plus(30 * DAY).to_string(), "{act:?}");
        assert!(is_open(&browser).await, "{act:?}");
        assert_eq!(browser.current_id().await, id, "{act:?}");
    }
}

#[tokio::test]
async fn asked_better_auth_6049_a_forged_held_cookie_touches_no_other_users_session() {
    let app = TestApp::start().await;
    let victim = app.sign_up(FIREFOX, "ada").await;
    app.sign_up(CHROME, "mallory").await;
    let session = victim.get_session().await["session"].clone();
    let (id, token) = (text(&session["id"]), text(&session["token"]));
    let by_id = format!("session_id={id}");
    for act in [
        "list",
        "set-active",
        "set-active, token",
        "revoke",
        "revoke, token",
        "revoke-others",
        "revoke-all",
        "sign-out",
        "fn list",
        "fn set-active",
        "fn revoke",
        "fn rename",
        "fn revoke-others",
        "fn revoke-all",
        "fn sign-out",
    ] {
        // Her own session, and next to it a forged cookie for the victim's: with an invented secret, and with
        // her own.
        for is_her_own in [false, true] {
            let attacker = app.sign_in(CHROME, "mallory").await;
            let mut cookies = attacker.cookies();
            let made_up = format!("{}%3D", "A".repeat(43));
            let secret = if is_her_own { cookies[SESSION][33..].to_owned() } else { made_up };
            cookies.insert(format!("{SESSION}_multi-{token}"), format!("{token}.{secret}"));
            attacker.set_cookies(cookies);
            let verb = |verb: &str| format!("/api/auth/multi-session/{verb}");
            let by_token = json!({ "sessionToken": token });
            let answer = match act {
                "list" => attacker.get(&verb("list-device-sessions")).await,
                "set-active" => attacker.set_active(&id).await,
                "set-active, token" => attacker.post(&verb("set-active"), by_token).await,
                "revoke" => attacker.revoke(&id).await,
                "revoke, token" => attacker.post(&verb("revoke"), by_token).await,
                "revoke-others" => attacker.revoke_others().await,
                "revoke-all" => attacker.revoke_all().await,
                "sign-out" => attacker.sign_out(json!({})).await,
                "fn list" => attacker.get(&format!("/fn/{READING}")).await,
                "fn rename" => attacker.call("rename", &format!("{by_id}&name=Mine")).await,
                "fn set-active" | "fn revoke" => attacker.call(&act[3..], &by_id).await,
                "fn revoke-others" | "fn revoke-all" | "fn sign-out" => attacker.call(&act[3..], "").await,
                _ => panic!("{act}"),
            };
            assert!(!answer.text.contains("ada@example.org"), "{act}: {}", answer.text);
            if ["set-active", "revoke,", "rename"].iter().any(|it| act.contains(it))
                || act.ends_with("revoke")
            {
                answer.refused(401, "INVALID_SESSION_TOKEN");
            }
            assert!(is_open(&victim).await, "{act}");
        }
    }
    assert!(victim.list().await.iter().all(|row| row["name"].is_null()), "and nobody named it");
}
