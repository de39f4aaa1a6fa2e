//! The maximum of sessions, exactly.

use std::collections::HashSet;

use multi_session::{Browser, Client, Presented, SignIn};
use serde_json::{Value, json};

use crate::harness::{CHROME, FIREFOX, MINUTE, ORIGIN, PASSWORD, TestApp, TestBrowser, ids, text};
use crate::standards::surfaces::is_open;

#[tokio::test]
async fn asked_keycloak_38016_the_oldest_by_creation_gives_way_not_the_least_active() {
    let app = TestApp::start().await;
    let mut browsers = vec![app.sign_up(FIREFOX, "ada").await];
    for _ in 0..4 {
        app.advance(MINUTE);
        browsers.push(app.sign_in(CHROME, "ada").await);
    }
    app.advance(MINUTE);
    assert_eq!(browsers[0].whoami().await, "ada", "the oldest is the most recently active one");
    browsers.push(app.sign_in(CHROME, "ada").await);
    assert!(!is_open(&browsers[0]).await);
    for browser in &browsers[1..] {
        assert!(is_open(browser).await);
    }
    assert_eq!(browsers[5].list().await.len(), 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn asked_keycloak_14689_sixty_four_sign_ins_at_once_leave_exactly_the_five_newest() {
    let app = TestApp::start().await;
    app.sign_up(FIREFOX, "ada").await;
    let sign_ins: Vec<_> = (0..64)
        .map(|_| {
            let accounts = app.accounts.clone();
            tokio::spawn(async move {
                let form = SignIn {
                    email: "ada@example.org".to_owned(),
                    password: PASSWORD.to_owned(),
                    remember: true,
                    shared_computer: false,
                };
                accounts.sign_in(&Browser::default(), &Client::default(), form).await.expect("a sign-in")
            })
        })
        .collect();
    let mut browsers = Vec::new();
    for sign_in in sign_ins {
        browsers.push(sign_in.await.expect("no panic"));
    }
    let mut live = HashSet::new();
    let mut last = None;
    for browser in &browsers {
        let now = app.sessions.current(&Presented::of(browser), &Client::default()).await.expect("an answer");
        if let Some(held) = now.active() {
            live.insert(text(&json!(held.session.id)));
            last = Some(now);
        }
    }
    assert_eq!(live.len(), 5);
    let listed = app.sessions.list(&last.expect("a live one")).await.expect("a list");
    assert_eq!(listed.len(), 5);
    let order = app.database.order_of_creation().await.expect("the rows");
    let newest: HashSet<String> = order.iter().rev().take(5).map(ToString::to_string).collect();
    assert_eq!(order.len(), 65, "one sign-up and 64 sign-ins");
    assert_eq!(live, newest);
}

#[tokio::test]
async fn without_eviction_a_new_session_is_refused_and_nothing_changes() {
    let app = TestApp::start_with(&["--maximum-sessions", "2", "--revoke-oldest-on-max", "false"]).await;
    let first = app.sign_up(FIREFOX, "ada").await;
    let second = app.sign_in(CHROME, "ada").await;
    let third = app.browser(CHROME);
    third.sign_in("ada").await.refused(403, "MAXIMUM_SESSIONS_REACHED");
    assert!(third.cookies().is_empty());
    assert_eq!(first.list().await.len(), 2);

    second.sign_in("ada").await.ok();
    assert_eq!(
        first.list().await.len(),
        2,
        "signing in again in the same browser replaces, also at the maximum"
    );
    second.revoke(&second.current_id().await).await.ok();
    third.sign_in("ada").await.ok();
}

#[tokio::test]
async fn asked_better_auth_6184_signing_in_again_replaces_that_session_and_its_cookies() {
    let app = TestApp::start().await;
    let browser = app.sign_up(FIREFOX, "ada").await;
    let thief = browser.copy();
    let before = browser.current_id().await;
    browser.sign_in("ada").await.ok();
    assert_ne!(browser.current_id().await, before);
    assert_eq!(browser.list().await.len(), 1);
    assert_eq!(browser.cookies().len(), 2, "the old held-session cookie is gone");
    assert!(is_open(&browser).await);
    assert!(!is_open(&thief).await, "the old cookie is dead");
}

#[tokio::test]
async fn asked_keycloak_35344_at_the_maximum_proving_who_one_is_ends_and_refuses_nobody() {
    for gives_way in ["true", "false"] {
        let flags = ["--maximum-sessions", "2", "--revoke-oldest-on-max", gives_way];
        let app = TestApp::start_with(&flags).await;
        let first = app.sign_up(FIREFOX, "ada").await;
        app.advance(MINUTE);
        let second = app.sign_in(CHROME, "ada").await;
        let before = ids(&first.list().await);
        for browser in [&second, &first, &second] {
            app.advance(MINUTE);
            let form = json!({ "password": PASSWORD });
            browser.post("/api/auth/multi-session/reauthenticate", form).await.ok();
        }
        assert!(is_open(&first).await && is_open(&second).await, "{gives_way}");
        assert_eq!(ids(&first.list().await), before, "{gives_way}");
    }
}

#[tokio::test]
async fn one_account_too_many_ends_the_oldest_held_one() {
    let app = TestApp::start_with(&["--maximum-sessions", "2"]).await;
    let ada_elsewhere = app.sign_up(CHROME, "ada").await;
    let shared = app.sign_in(FIREFOX, "ada").await;
    shared.sign_up("grace").await.ok();
    shared.sign_up("linus").await.ok();
    let rows = shared.list().await;
    let names: HashSet<String> = rows.iter().map(|row| text(&row["user"]["name"])).collect();
    assert_eq!(names, HashSet::from(["grace".to_owned(), "linus".to_owned()]));
    assert_eq!(shared.cookies().len(), 3);
    assert_eq!(ids(&ada_elsewhere.list().await).len(), 1, "ada's session in that browser has ended");
}

#[tokio::test]
async fn one_account_too_many_is_refused_without_eviction() {
    let app = TestApp::start_with(&["--maximum-sessions", "2", "--revoke-oldest-on-max", "false"]).await;
    let shared = app.sign_up(FIREFOX, "ada").await;
    shared.sign_up("grace").await.ok();
    shared.sign_up("linus").await.refused(403, "MAXIMUM_ACCOUNTS_REACHED");
    assert_eq!(shared.whoami().await, "grace");
    assert_eq!(shared.list().await.len(), 2);
    let form = format!("name=Linus&email=linus@example.org&password={}", PASSWORD.replace(' ', "+"));
    let refused = shared.submit("/sign-up?add=1", "sign-up", &form).await;
    let to = refused.header("location");
    let page = shared.open(to.strip_prefix(ORIGIN).unwrap_or(to)).await.text;
    assert!(page.contains("This browser has reached its limit of 2 accounts."), "{page}");
    assert!(!page.contains("limit of 2 devices"), "{page}");
    app.browser(CHROME).sign_in("linus").await.refused(401, "INVALID_EMAIL_OR_PASSWORD");
}

/// The refusals in the history, latest first: null for a wrong password.
async fn refusals(browser: &TestBrowser) -> Vec<Value> {
    let page = browser.get("/api/auth/multi-session/history?kinds=password_refused").await.ok();
    page["entries"].as_array().expect("a list").iter().map(|entry| entry["refusal"].clone()).collect()
}

#[tokio::test]
async fn refused_extra_account_is_in_its_history() {
    let app = TestApp::start_with(&["--maximum-sessions", "2", "--revoke-oldest-on-max", "false"]).await;
    let linus = app.sign_up(CHROME, "linus").await;
    let shared = app.sign_up(FIREFOX, "ada").await;
    shared.sign_up("grace").await.ok();
    shared.sign_in("linus").await.refused(403, "MAXIMUM_ACCOUNTS_REACHED");
    shared.sign_up("mary").await.refused(403, "MAXIMUM_ACCOUNTS_REACHED");
    app.sessions.flush().await.expect("a write");

    assert_eq!(refusals(&linus).await, ["limit_reached"]);
    assert!(refusals(&shared).await.is_empty(), "nobody tried grace's password");
    let mary = app.sign_up(CHROME, "mary").await;
    assert!(refusals(&mary).await.is_empty(), "there was no account then");
}

#[tokio::test]
async fn two_simultaneous_sign_ins_in_one_browser_leave_one_session() {
    let app = TestApp::start().await;
    let one = app.browser(FIREFOX);
    one.sign_up("ada").await.ok();
    one.sign_out(json!({})).await.ok();
    let other = app.browser(FIREFOX);
    tokio::join!(async { one.sign_in("ada").await.ok() }, async { other.sign_in("ada").await.ok() });
    // The browser received both answers: it has the session cookie of one and the held cookies of both.
    let mut cookies = one.cookies();
    cookies.extend(other.cookies());
    one.set_cookies(cookies);
    assert_eq!(one.list().await.len(), 1);
    assert_eq!(one.cookies().len(), 2);
}
