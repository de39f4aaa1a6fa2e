//! Throttled sign-ins, and who is not throttled.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::json;

use crate::harness::{Answer, CHROME, FIREFOX, HOUR, PASSWORD, TestApp, TestBrowser};

const HOME: &str = "203.0.113.7:50000";

async fn app() -> TestApp {
    TestApp::start_with(&["--sign-in-throttle", "on"]).await
}

/// A browser without cookies at this address.
fn stranger(app: &TestApp, from: &str) -> TestBrowser {
    let mut browser = app.browser(CHROME);
    browser.peer = from.parse::<SocketAddr>().expect("an address");
    browser
}

async fn try_in(browser: &TestBrowser, name: &str, password: &str) -> Answer {
    let body = json!({ "email": format!("{name}@example.org"), "password": password });
    browser.post("/api/auth/sign-in/email", body).await
}

/// How many seconds this attempt has to wait; `None` if it was checked.
async fn wait(browser: &TestBrowser, name: &str) -> Option<u64> {
    let answer = try_in(browser, name, "a wrong password").await;
    if answer.status.as_u16() == 429 {
        assert_eq!(answer.header("retry-after"), answer.header("x-retry-after"));
        return Some(answer.header("retry-after").parse().expect("seconds"));
    }
    answer.refused(401, "INVALID_EMAIL_OR_PASSWORD");
    None
}

#[tokio::test]
async fn wait_grows_with_failures_from_one_network_and_is_forgotten() {
    let app = app().await;
    app.sign_up(FIREFOX, "ada").await;
    let thief = stranger(&app, "198.51.100.1:4000");
    // One more than an account without failures may do at once.
    for _ in 0..3 {
        assert_eq!(wait(&thief, "ada").await, None);
    }
    for seconds in [1, 2, 4, 8] {
        assert_eq!(wait(&thief, "ada").await, Some(seconds));
        assert_eq!(wait(&thief, "ada").await, Some(seconds), "to ask too early costs nothing");
        let right = try_in(&thief, "ada", PASSWORD).await;
        assert_eq!(right.status.as_u16(), 429, "and tells nothing of the password");
        app.advance(Duration::from_secs(seconds));
        assert_eq!(wait(&thief, "ada").await, None);
    }
    let elsewhere = stranger(&app, "198.51.100.2:4000");
    try_in(&elsewhere, "ada", PASSWORD).await.ok();
    app.advance(HOUR);
    for _ in 0..3 {
        assert_eq!(wait(&thief, "ada").await, None, "all is forgotten");
    }
}

#[tokio::test]
async fn clock_set_back_makes_no_attempt_wait_longer() {
    let app = app().await;
    app.sign_up(FIREFOX, "ada").await;
    let neighbour = stranger(&app, "198.51.100.1:4000");
    for _ in 0..3 {
        assert_eq!(wait(&neighbour, "ada").await, None);
    }
    app.clock.set_back(24 * HOUR);
    assert_eq!(wait(&neighbour, "ada").await, Some(1));
    app.advance(Duration::from_secs(1));
    try_in(&neighbour, "ada", PASSWORD).await.ok();
}

#[tokio::test]
async fn throttled_attempt_is_not_in_the_history() {
    let app = app().await;
    let owner = app.sign_up(FIREFOX, "ada").await;
    let thief = stranger(&app, "198.51.100.1:4000");
    for _ in 0..3 {
        assert_eq!(wait(&thief, "ada").await, None);
    }
    for _ in 0..20 {
        assert_eq!(wait(&thief, "ada").await, Some(1));
    }
    assert_eq!(try_in(&thief, "ada", PASSWORD).await.status.as_u16(), 429);
    app.sessions.flush().await.expect("a write");
    let history = owner.get("/api/auth/multi-session/history?kinds=password_refused").await.ok();
    let entries = history["entries"].as_array().expect("a list");
    assert_eq!(entries.len(), 3, "those that were looked at: {entries:?}");
    assert!(entries.iter().all(|entry| entry["refusal"].is_null()), "{entries:?}");
}

#[tokio::test]
async fn attempts_at_unknown_accounts_wait_the_same() {
    let app = app().await;
    app.sign_up(FIREFOX, "ada").await;
    for name in ["ada", "nobody"] {
        let mut waits = Vec::new();
        for number in 0..14 {
            let thief = stranger(&app, &format!("198.51.100.{number}:4000"));
            waits.push(wait(&thief, name).await);
        }
        let expected: Vec<_> = (0..14).map(|number| (number > 10).then_some(1)).collect();
        assert_eq!(waits, expected, "{name}");
    }
}

#[tokio::test]
async fn strangers_cannot_lock_out_the_owner_at_home_or_in_a_signed_in_browser() {
    let app = app().await;
    let owner = app.sign_up(FIREFOX, "ada").await;
    let mut travelling = owner.copy();
    travelling.peer = "192.0.2.55:4000".parse().expect("an address");
    for number in 0..40 {
        let thief = stranger(&app, &format!("198.51.100.{number}:4000"));
        if let Some(seconds) = wait(&thief, "ada").await {
            assert!(seconds <= 60);
            app.advance(Duration::from_secs(seconds));
            assert_eq!(wait(&thief, "ada").await, None);
        }
    }
    assert_eq!(wait(&stranger(&app, "192.0.2.99:4000"), "ada").await, Some(60));
    try_in(&stranger(&app, HOME), "ada", PASSWORD).await.ok();
    try_in(&travelling, "ada", PASSWORD).await.ok();
    assert_eq!(wait(&stranger(&app, "192.0.2.99:4000"), "ada").await, Some(60), "a stranger still waits");
}

/// Sends a password in one of three ways. Returns whether it was checked.
async fn guess(browser: &TestBrowser, way: usize, password: &str) -> bool {
    let answer = match way {
        0 => browser.post("/api/auth/multi-session/reauthenticate", json!({ "password": password })).await,
        1 => {
            let body = json!({ "currentPassword": password, "newPassword": "another password" });
            browser.post("/api/auth/change-password", body).await
        }
        _ => try_in(browser, "ada", password).await,
    };
    answer.status.as_u16() != 429
}

#[tokio::test]
async fn copied_cookie_gives_no_extra_guesses() {
    for way in 0..3 {
        let app = app().await;
        let owner = app.sign_up(FIREFOX, "ada").await;
        let mut looked_at = 0;
        for number in 0..60 {
            let mut thief = owner.copy();
            thief.peer = format!("198.51.100.{number}:4000").parse().expect("an address");
            looked_at += u32::from(guess(&thief, way, "a wrong password").await);
        }
        assert_eq!(looked_at, 11, "way {way}");
        assert!(guess(&owner, way, PASSWORD).await, "way {way}: the owner is at home");
    }
}

#[tokio::test]
async fn neighbour_behind_the_same_address_cannot_lock_out_a_live_session() {
    for way in 0..3 {
        let app = app().await;
        let owner = app.sign_up(FIREFOX, "ada").await;
        let neighbour = stranger(&app, HOME);
        for _ in 0..8 {
            if let Some(seconds) = wait(&neighbour, "ada").await {
                app.advance(Duration::from_secs(seconds));
                assert_eq!(wait(&neighbour, "ada").await, None);
            }
        }
        assert!(wait(&neighbour, "ada").await.is_some());
        assert!(guess(&owner, way, "a wrong password").await, "way {way}");
        assert!(guess(&owner, way, PASSWORD).await, "way {way}");
    }
}

#[tokio::test]
async fn network_that_tries_many_accounts_waits_at_unknown_ones() {
    let app = app().await;
    app.sign_up(FIREFOX, "ada").await;
    let office = || stranger(&app, HOME);
    for number in 0..21 {
        assert_eq!(wait(&office(), &format!("nobody{number}")).await, None);
    }
    assert_eq!(wait(&office(), "grace").await, Some(1));
    assert_eq!(wait(&stranger(&app, "198.51.100.1:4000"), "grace").await, None, "another network");
    try_in(&office(), "ada", PASSWORD).await.ok();
    assert_eq!(wait(&office(), "grace").await, Some(1), "a success elsewhere changes nothing");
}

#[tokio::test]
async fn throttle_counts_whole_addresses_and_knows_truncated_networks() {
    let app = TestApp::start_with(&["--sign-in-throttle", "on", "--ip-mode", "truncated"]).await;
    app.sign_up(FIREFOX, "ada").await;
    let thief = stranger(&app, "198.51.100.1:4000");
    for _ in 0..3 {
        assert_eq!(wait(&thief, "ada").await, None);
    }
    assert_eq!(wait(&thief, "ada").await, Some(1));
    // Its neighbours. With these the account has eleven failures.
    for number in 2..10 {
        assert_eq!(wait(&stranger(&app, &format!("198.51.100.{number}:4000")), "ada").await, None);
    }
    let elsewhere = stranger(&app, "192.0.2.99:4000");
    assert_eq!(wait(&elsewhere, "ada").await, Some(1));
    // The account has signed in from 203.0.113.7, of which the /24 is stored.
    try_in(&stranger(&app, "203.0.113.99:4000"), "ada", PASSWORD).await.ok();
    assert_eq!(wait(&elsewhere, "ada").await, Some(1), "a stranger still waits");
}

#[tokio::test]
async fn sign_in_page_password_change_and_step_up_are_throttled_too() {
    let app = app().await;
    let ada = app.sign_up(FIREFOX, "ada").await;
    let form = "current_password=a+wrong+password&new_password=another+password";
    for status in [400, 400, 400, 429] {
        assert_eq!(ada.call("change-password", form).await.status.as_u16(), status);
    }
    let again = ada.post("/api/auth/multi-session/reauthenticate", json!({ "password": PASSWORD })).await;
    assert_eq!(again.status.as_u16(), 429, "{}", again.text);
    assert_eq!(wait(&stranger(&app, HOME), "ada").await, Some(1), "it is one count");
    let answer = stranger(&app, HOME)
        .submit("/sign-in", "sign-in", "email=ada%40example.org&password=correct+horse+battery")
        .await;
    let location = answer.header("location").replace("http://127.0.0.1:3000", "");
    let page = stranger(&app, HOME).open(&location).await;
    assert!(page.text.contains("Too many attempts. Try again in 1 second."), "{}", page.text);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn simultaneous_attempts_are_throttled() {
    let app = app().await;
    app.sign_up(FIREFOX, "ada").await;
    let tries: Vec<_> = (0..12)
        .map(|_| {
            let thief = stranger(&app, "198.51.100.1:4000");
            tokio::spawn(async move { wait(&thief, "ada").await })
        })
        .collect();
    let mut looked_at = 0;
    for wait in tries {
        looked_at += usize::from(wait.await.expect("an answer").is_none());
    }
    assert_eq!(looked_at, 3);
}

#[tokio::test]
async fn right_passwords_never_wait_and_the_throttle_is_off_by_default_on_plain_http() {
    let throttled = app().await;
    throttled.sign_up(FIREFOX, "ada").await;
    for _ in 0..6 {
        throttled.sign_in(CHROME, "ada").await;
    }
    let app = TestApp::start().await;
    for _ in 0..6 {
        assert_eq!(wait(&stranger(&app, HOME), "ada").await, None);
    }
}
