//! What a browser shows when its session was ended elsewhere, without JavaScript too.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::http::Method;
use multi_session::Sessions;
use serde_json::json;

use crate::harness::{CHROME, DAY, FIREFOX, MINUTE, PASSWORD, SAFARI, TestApp, TestBrowser, ids};
use crate::standards::surfaces::SESSION;

/// Opens a page as a person does and follows redirects. Returns the last address and its text.
async fn arrive(browser: &TestBrowser, path: &str) -> (String, String) {
    arrive_from(browser, "none", path).await
}

/// The same by a link or a script of a page of this site or another one.
async fn arrive_from(browser: &TestBrowser, site: &str, path: &str) -> (String, String) {
    let headers = [("accept", "text/html"), ("sec-fetch-site", site), ("sec-fetch-mode", "navigate")];
    let mut path = path.to_owned();
    for _ in 0..5 {
        let answer = browser.send(Method::GET, &path, &headers, None).await;
        if !answer.status.is_redirection() {
            assert_eq!(answer.status.as_u16(), 200);
            return (path, answer.text);
        }
        path = answer.header("location").to_owned();
    }
    panic!("it is led around in circles: {path}")
}

#[tokio::test]
async fn revoked_device_shows_which_device_revoked_it() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let phone = app.sign_in(SAFARI, "ada").await;
    let id = phone.current_id().await;
    laptop.revoke(&id).await.ok();
    app.advance(Duration::from_secs(2));
    let (path, page) = arrive(&phone, "/sessions").await;
    assert_eq!(path, format!("/sign-in?ended={id}"));
    assert!(page.contains("You were signed out by your other device (Firefox on macOS) just now."), "{page}");
    app.advance(Sessions::UNDO_WINDOW);
    let (path, _) = arrive(&phone, "/sessions").await;
    assert_eq!(path, format!("/sign-in?ended={id}"));
    assert!(phone.holds_nothing());
    phone.set_cookies(BTreeMap::new());
    let (path, _) = arrive(&phone, "/sessions").await;
    assert_eq!(path, "/sign-in", "it is told while the cookie is there");
}

#[tokio::test]
async fn next_held_account_becomes_active_when_the_active_one_ends() {
    let app = TestApp::start().await;
    let shared = app.sign_up(FIREFOX, "grace").await;
    let grace = shared.current_id().await;
    shared.sign_up("ada").await.ok();
    let ada = shared.current_id().await;
    let phone = app.sign_in(SAFARI, "ada").await;
    phone.revoke(&ada).await.ok();
    let (path, page) = arrive(&shared, "/").await;
    assert_eq!(path, format!("/sessions?ended={ada}"));
    assert!(page.contains(
        "One of your accounts in this browser was signed out by your other device (Safari on iPhone)"
    ));
    assert!(page.contains("You are now using grace."));
    assert_eq!(shared.current_id().await, grace);
}

#[tokio::test]
async fn next_held_account_becomes_active_even_if_the_dead_cookie_is_gone() {
    let app = TestApp::start().await;
    let shared = app.sign_up(FIREFOX, "grace").await;
    shared.sign_up("ada").await.ok();
    let ada = shared.current_id().await;
    let phone = app.sign_in(SAFARI, "ada").await;
    phone.revoke(&ada).await.ok();
    app.advance(Sessions::UNDO_WINDOW);
    assert_eq!(shared.whoami().await, "", "as Better Auth answers");
    let mut cookies = shared.cookies();
    cookies.remove(SESSION).expect("no answer to a read clears it");
    shared.set_cookies(cookies);
    let (path, _) = arrive_from(&shared, "cross-site", &format!("/?ended={ada}")).await;
    assert_eq!(path, format!("/sign-in?ended={ada}"), "a link of another site makes nobody active");
    let (path, _) = arrive_from(&shared, "same-origin", &format!("/?ended={ada}")).await;
    assert_eq!(path, format!("/sessions?ended={ada}"));
    assert_eq!(shared.whoami().await, "grace");
}

#[tokio::test]
async fn asked_better_auth_4585_and_8114_where_the_active_account_expires_the_next_one_takes_over() {
    let app = TestApp::start().await;
    app.sign_up(SAFARI, "ada").await;
    let shared = app.sign_up(FIREFOX, "grace").await;
    let grace = shared.current_id().await;
    let for_a_day = json!({ "email": "ada@example.org", "password": PASSWORD, "rememberMe": false });
    shared.post("/api/auth/sign-in/email", for_a_day).await.ok();
    let ada = shared.current_id().await;
    app.advance(DAY);

    // REST says that nobody is active, as Better Auth does, and which accounts are held.
    let program = shared.copy();
    assert!(program.get_session().await.is_null());
    let rows = program.list().await;
    assert_eq!(ids(&rows), [grace.as_str()]);
    assert_eq!((&rows[0]["isHeld"], &rows[0]["isCurrent"]), (&json!(true), &json!(false)));
    program.set_active(&grace).await.ok();
    assert_eq!(program.whoami().await, "grace");

    // A person continues without interruption.
    let (path, page) = arrive(&shared, "/").await;
    assert_eq!(path, format!("/sessions?ended={ada}"));
    assert!(page.contains("You are now using grace."), "{page}");
    assert_eq!(shared.current_id().await, grace);
}

#[tokio::test]
async fn old_link_does_not_switch_accounts() {
    let app = TestApp::start().await;
    let shared = app.sign_up(FIREFOX, "grace").await;
    shared.sign_up("ada").await.ok();
    let ada = shared.current_id().await;
    shared.revoke_all().await.ok();
    let (path, _) = arrive(&shared, &format!("/?ended={ada}")).await;
    assert_eq!(path, format!("/sign-in?ended={ada}"), "the person did it in this browser");
    let phone = app.sign_in(SAFARI, "ada").await;
    let laptop = app.sign_in(CHROME, "ada").await;
    let id = phone.current_id().await;
    laptop.revoke(&id).await.ok();
    app.advance(2 * MINUTE);
    let (path, _) = arrive_from(&shared, "same-origin", &format!("/?ended={id}")).await;
    assert_eq!(path, format!("/sign-in?ended={id}"));
    assert_eq!(shared.whoami().await, "");
    for nonsense in ["x", "%00", "%3Cscript%3E", ""] {
        let (path, page) = arrive(&shared, &format!("/?ended={nonsense}")).await;
        assert!(path.starts_with("/sign-in"), "{path}");
        assert!(!page.contains("role=\"alert\""), "{nonsense}");
    }
}

#[tokio::test]
async fn only_the_browser_that_held_a_session_sees_how_it_ended() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let phone = app.sign_in(SAFARI, "ada").await;
    let id = phone.current_id().await;
    let half = phone.copy();
    let cookies = half.cookies().into_iter().map(|(name, value)| {
        let (handle, _) = value.split_once('.').expect("two halves");
        (name, format!("{handle}.{}%3D", "A".repeat(43)))
    });
    half.set_cookies(cookies.collect());
    laptop.revoke(&id).await.ok();
    let grace = app.sign_up(CHROME, "grace").await;
    for wait in [Duration::from_secs(1), Sessions::UNDO_WINDOW] {
        app.advance(wait);
        for stranger in [&app.browser(CHROME), &grace, &half, &laptop] {
            for page in ["/sign-in", "/sessions", "/", "/sign-up", "/nowhere"] {
                for site in ["none", "same-origin"] {
                    let headers = [("accept", "text/html"), ("sec-fetch-site", site)];
                    let path = format!("{page}?ended={id}");
                    let answer = stranger.send(Method::GET, &path, &headers, None).await;
                    assert!(
                        !answer.text.contains("signed out by your other device"),
                        "{path}: {}",
                        answer.text
                    );
                }
            }
        }
        let (path, page) = arrive(&phone, "/sessions").await;
        assert_eq!(path, format!("/sign-in?ended={id}"));
        assert!(page.contains("You were signed out by your other device (Firefox on macOS)"), "{page}");
    }
}

#[tokio::test]
async fn evicted_device_shows_the_sign_in_that_evicted_it() {
    let app = TestApp::start_with(&["--maximum-sessions", "1"]).await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    app.sign_in(CHROME, "ada").await;
    let (_, page) = arrive(&laptop, "/").await;
    let told = "You were signed out just now because you reached the limit of devices and signed in on Chrome on Windows.";
    assert!(page.contains(told), "{page}");
}

#[tokio::test]
async fn half_of_a_cookie_reveals_nothing() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let phone = app.sign_in(SAFARI, "ada").await;
    let forged = phone.copy();
    let cookies = forged.cookies().into_iter().map(|(name, value)| {
        let (handle, _) = value.split_once('.').expect("two halves");
        (name, format!("{handle}.{}%3D", "A".repeat(43)))
    });
    forged.set_cookies(cookies.collect());
    laptop.revoke_others().await.ok();
    let (path, _) = arrive(&forged, "/sessions").await;
    assert_eq!(path, "/sign-in");
}
