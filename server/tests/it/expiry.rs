//! The sliding window.

use std::time::Duration;

use serde_json::json;

use crate::harness::{CHROME, DAY, FIREFOX, HOUR, PASSWORD, TestApp};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn a_session_lives_thirty_days_without_activity_and_not_a_second_more() {
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
    assert!(browser.cookies().is_empty());
}

#[tokio::test]
async fn activity_extends_it_and_both_cookies_at_most_once_a_day() {
    let app = TestApp::start().await;
    let browser = app.sign_up(FIREFOX, "ada").await;
    let mut extensions = 0;
    for _ in 0..(3 * 24) {
        app.advance(HOUR);
        let answer = browser.get("/api/auth/get-session").await;
        let cookies = answer.set_cookies();
        if !cookies.is_empty() {
            extensions += 1;
            assert_eq!(cookies.len(), 2, "the session cookie and the held one");
            assert!(cookies.iter().all(|cookie| cookie.contains("Max-Age=2592000")), "{cookies:?}");
        }
    }
    assert_eq!(extensions, 3);
    app.advance(30 * DAY - HOUR);
    assert_eq!(browser.whoami().await, "ada");
    app.advance(30 * DAY);
    assert_eq!(browser.whoami().await, "");
}

#[tokio::test]
async fn a_short_timeout_slides_too() {
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
async fn not_to_be_remembered_is_a_day_and_goes_with_the_window() {
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
async fn the_sweeper_marks_the_expired_and_deletes_after_the_retention() {
    let app = TestApp::start().await;
    let expired = app.sign_up(FIREFOX, "ada").await;
    let signed_out = app.sign_in(CHROME, "ada").await;
    signed_out.sign_out(json!({})).await.ok();
    let none = app.engine.sweep().await.expect("a sweep");
    assert_eq!((none.expired, none.deleted), (0, 0));
    app.advance(31 * DAY);
    let swept = app.engine.sweep().await.expect("a sweep");
    assert_eq!((swept.expired, swept.deleted), (1, 0));
    app.advance(60 * DAY);
    let swept = app.engine.sweep().await.expect("a sweep");
    assert_eq!((swept.expired, swept.deleted), (0, 1), "the one that ended 91 days ago");
    app.advance(30 * DAY);
    assert_eq!(app.engine.sweep().await.expect("a sweep").deleted, 1);
    assert_eq!(expired.whoami().await, "");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_requests_at_once_one_extends_and_all_are_served() {
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
        let mut extended = 0;
        for request in requests {
            let answer = request.await.expect("an answer");
            assert_eq!(answer.json()["user"]["name"], "ada");
            extended += usize::from(!answer.set_cookies().is_empty());
        }
        assert_eq!(extended, 1);
    }
}
