//! Idle and absolute timeouts (ASVS 5.0, 7.3.1 and 7.3.2).

use std::collections::BTreeSet;
use std::time::Duration;

use multi_session::Timestamp;
use serde_json::json;

use crate::harness::{CHROME, DAY, FIREFOX, HOUR, MINUTE, PASSWORD, TestApp, text};
use crate::standards::surfaces::is_open;

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn idle_session_expires_after_exactly_thirty_days() {
    let app = TestApp::start().await;
    let browser = app.sign_up(FIREFOX, "ada").await;
    let thief = browser.copy();
    app.advance(30 * DAY - SECOND);
    let other = app.sign_in(CHROME, "ada").await;
    assert_eq!(other.list().await.len(), 2);
    app.advance(SECOND);
    assert_eq!(other.list().await.len(), 1);
    assert_eq!(browser.whoami().await, "");
    assert_eq!(thief.whoami().await, "");
    assert!(browser.holds_nothing());
}

#[tokio::test]
async fn activity_extends_a_session_at_most_once_a_day_without_a_new_cookie() {
    let app = TestApp::start().await;
    let browser = app.browser(FIREFOX);
    let cookies = browser.sign_up("ada").await.set_cookies();
    let until_the_absolute_limit = format!("Max-Age={}", 90 * DAY.as_secs());
    assert!(cookies.iter().all(|cookie| cookie.ends_with(&until_the_absolute_limit)), "{cookies:?}");
    let mut ends = BTreeSet::new();
    for _ in 0..(3 * 24) {
        app.advance(HOUR);
        let answer = browser.get("/api/auth/get-session").await;
        ends.insert(text(&answer.ok()["session"]["expiresAt"]));
        assert!(answer.set_cookies().is_empty(), "{:?}", answer.set_cookies());
    }
    let first = app.sessions.now().plus(30 * DAY - 72 * HOUR);
    ends.remove(&first.to_string());
    assert_eq!(ends.len(), 3, "{ends:?}");
    app.advance(30 * DAY - HOUR);
    assert_eq!(browser.whoami().await, "ada");
    app.advance(30 * DAY);
    assert_eq!(browser.whoami().await, "");
}

#[tokio::test]
async fn activity_extends_a_short_timeout_too() {
    let app = TestApp::start_with(&["--session-timeout", "3s"]).await;
    let browser = app.sign_up(FIREFOX, "ada").await;
    for _ in 0..10 {
        app.advance(2 * SECOND);
        assert_eq!(browser.whoami().await, "ada");
    }
    app.advance(3 * SECOND);
    assert_eq!(browser.whoami().await, "");
}

#[tokio::test]
async fn unremembered_session_lasts_a_day_and_ends_with_the_window() {
    let app = TestApp::start().await;
    let browser = app.browser(FIREFOX);
    let body =
        json!({ "name": "ada", "email": "ada@example.org", "password": PASSWORD, "rememberMe": false });
    let answer = browser.post("/api/auth/sign-up/email", body).await;
    assert!(
        answer.set_cookies().iter().all(|cookie| !cookie.contains("Max-Age")),
        "{:?}",
        answer.set_cookies()
    );
    app.advance(DAY - SECOND);
    assert_eq!(browser.whoami().await, "ada");
    app.advance(SECOND);
    assert_eq!(browser.whoami().await, "", "activity does not extend it");
}

#[tokio::test]
async fn nist_63b_presets_a_second_before_the_idle_limit_is_in_time_and_a_second_after_it_is_not() {
    for (flags, idle) in [
        (&[][..], 30 * DAY),
        (&["--preset", "nist-aal1"], 30 * DAY),
        (&["--preset", "nist-aal2"], HOUR),
        (&["--preset", "nist-aal3"], 15 * MINUTE),
        (&["--preset", "nist-aal3", "--session-timeout", "5m"], 5 * MINUTE),
    ] {
        let app = TestApp::start_with(flags).await;
        let browser = app.sign_up(FIREFOX, "ada").await;
        app.advance(idle - SECOND);
        assert_eq!(browser.whoami().await, "ada", "{flags:?}");
        let again = app.sign_in(CHROME, "ada").await;
        app.advance(idle + SECOND);
        assert_eq!(again.whoami().await, "", "{flags:?}");
    }
}

#[tokio::test]
async fn asvs_7_3_2_constant_activity_ends_at_the_absolute_limit_and_the_cookie_with_it() {
    for (flags, absolute, step) in [
        (&[][..], 90 * DAY, 5 * DAY),
        (&["--preset", "nist-aal1"], 30 * DAY, 2 * DAY),
        (&["--preset", "nist-aal2"], DAY, HOUR / 2),
        (&["--preset", "nist-aal3"], 12 * HOUR, 10 * MINUTE),
        (&["--session-timeout", "3s", "--absolute-timeout", "10s"], 10 * SECOND, 2 * SECOND),
    ] {
        let app = TestApp::start_with(flags).await;
        let browser = app.browser(FIREFOX);
        let cookies = browser.sign_up("ada").await.set_cookies();
        let until_then = format!("Max-Age={}", absolute.as_secs());
        assert!(cookies.iter().all(|cookie| cookie.ends_with(&until_then)), "{flags:?}: {cookies:?}");
        let (signed_in, mut passed) = (app.sessions.now(), Duration::ZERO);
        while passed + step < absolute {
            app.advance(step);
            passed += step;
            let answer = browser.get("/api/auth/get-session").await;
            let expiry = answer.ok()["session"]["expiresAt"].clone();
            let expiry = Timestamp::parse(&text(&expiry)).expect("a moment");
            assert!(expiry <= signed_in.plus(absolute), "{flags:?}");
            assert!(answer.set_cookies().is_empty(), "{flags:?}");
        }
        app.advance(absolute - passed - SECOND);
        assert_eq!(browser.whoami().await, "ada", "{flags:?}");
        assert!(is_open(&browser).await, "{flags:?}");
        app.advance(SECOND);
        assert!(!is_open(&browser).await, "{flags:?}");
        assert_eq!(browser.whoami().await, "", "{flags:?}");
        assert!(browser.holds_nothing());
    }
}

#[tokio::test]
async fn activity_extends_a_short_timeout_within_the_day_of_an_unremembered_session() {
    let app = TestApp::start_with(&["--session-timeout", "1h"]).await;
    let browser = app.sign_up(FIREFOX, "ada").await;
    let body = json!({ "email": "ada@example.org", "password": PASSWORD, "rememberMe": false });
    browser.post("/api/auth/sign-in/email", body).await.ok();
    for _ in 0..47 {
        app.advance(HOUR / 2);
        let answer = browser.get("/api/auth/get-session").await;
        assert_eq!(answer.ok()["user"]["name"], "ada");
        assert!(answer.set_cookies().iter().all(|cookie| !cookie.contains("Max-Age")));
    }
    app.advance(HOUR / 2);
    assert_eq!(browser.whoami().await, "");
}

#[tokio::test]
async fn sweep_marks_expired_sessions_and_deletes_after_the_retention() {
    let app = TestApp::start().await;
    let expired = app.sign_up(FIREFOX, "ada").await;
    let signed_out = app.sign_in(CHROME, "ada").await;
    signed_out.sign_out(json!({})).await.ok();
    let none = app.sessions.sweep().await.expect("a sweep");
    assert_eq!((none.expired, none.deleted), (0, 0));
    app.advance(31 * DAY);
    let swept = app.sessions.sweep().await.expect("a sweep");
    assert_eq!((swept.expired, swept.deleted), (1, 0));
    app.advance(60 * DAY);
    let swept = app.sessions.sweep().await.expect("a sweep");
    assert_eq!((swept.expired, swept.deleted), (0, 1), "the one that ended 91 days ago");
    app.advance(30 * DAY);
    assert_eq!(app.sessions.sweep().await.expect("a sweep").deleted, 1);
    assert_eq!(expired.whoami().await, "");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn simultaneous_requests_extend_a_session_and_all_are_served() {
    let app = TestApp::start().await;
    let browser = app.sign_up(FIREFOX, "ada").await;
    for _ in 0..10 {
        app.advance(2 * DAY);
        let requests: Vec<_> = (0..8)
            .map(|_| {
                let copy = browser.copy();
                tokio::spawn(async move { copy.get("/api/auth/get-session").await })
            })
            .collect();
        for request in requests {
            let answer = request.await.expect("an answer");
            assert_eq!(answer.json()["user"]["name"], "ada");
            assert!(answer.set_cookies().is_empty());
        }
        let end = text(&browser.get_session().await["session"]["expiresAt"]);
        assert_eq!(end, app.sessions.now().plus(30 * DAY).to_string());
    }
}

#[tokio::test]
async fn unattended_requests_are_not_activity() {
    let app = TestApp::start_with(&["--session-timeout", "30m"]).await;
    let (left, staying) = (app.sign_up(FIREFOX, "ada").await, app.sign_in(CHROME, "ada").await);
    let seen = app.sign_in(CHROME, "ada").await;
    let id = left.current_id().await;
    let began = app.sessions.now();
    for _ in 0..3 {
        app.advance(9 * MINUTE);
        // A page whose connection breaks repeatedly, and which then fetches the list.
        left.events(None).await.snapshot().await;
        let answer = left.get("/fn/list-device-sessions").await;
        answer.ok();
        assert_eq!(answer.set_cookies(), Vec::<String>::new());
        staying.get("/fn/list-device-sessions?stay=true").await.ok();
        seen.whoami().await;
    }
    let rows = seen.list().await;
    let row = rows.iter().find(|row| row["id"] == id.as_str()).expect("a row");
    assert_eq!(row["lastActiveAt"], began.to_string(), "nobody has used it");
    app.advance(3 * MINUTE);
    assert_eq!((left.whoami().await.as_str(), staying.whoami().await.as_str()), ("", "ada"));
}
