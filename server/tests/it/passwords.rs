//! Passwords: changing one counts as a proof, and hashing is bounded in time and memory.

use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use multi_session::{Accounts, Browser, Client, Code, Error, PasswordLimits, SignIn, SignUp};
use serde_json::json;

use crate::harness::{DAY, FIREFOX, PASSWORD, SAFARI, TestApp, current};

fn form(email: &str, password: &str) -> SignIn {
    SignIn { email: email.to_owned(), password: password.to_owned(), remember: true, shared_computer: false }
}

/// Signs up ada with a hash as strong as in production, unlike that of [`TestApp::sign_up`].
async fn sign_up_ada(accounts: &Accounts) {
    let [name, email, password] = ["ada", "ada@example.org", PASSWORD].map(str::to_owned);
    let form = SignUp { name, email, password, image: None, remember: true, shared_computer: false };
    accounts.sign_up(&Browser::default(), &Client::default(), form).await.expect("she signs up");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sign_ins_beyond_the_hashing_queue_are_refused_and_others_are_served() {
    let app = TestApp::start().await;
    let limits = PasswordLimits { at_once: NonZeroUsize::MIN, waiting: 2 };
    let accounts = Accounts::builder(app.sessions.clone()).password_limits(limits).build();
    sign_up_ada(&accounts).await;
    let tries: Vec<_> = (0..16)
        .map(|_| {
            let accounts = accounts.clone();
            tokio::spawn(async move {
                accounts
                    .sign_in(&Browser::default(), &Client::default(), form("ada@example.org", PASSWORD))
                    .await
            })
        })
        .collect();
    let (mut served, mut busy) = (0, 0);
    for one in tries {
        match one.await.expect("no panic") {
            Ok(_) => served += 1,
            Err(error @ Error::Busy { .. }) => {
                assert_eq!(error.code(), Code::ServerBusy);
                busy += 1;
            }
            Err(error) => panic!("{error}"),
        }
    }
    assert!(served >= 3, "one at work and two waiting: {served}");
    assert!(busy >= 1, "the sixteenth found no place");
    let after =
        accounts.sign_in(&Browser::default(), &Client::default(), form("ada@example.org", PASSWORD)).await;
    assert!(after.is_ok(), "the places were given back");
}

/// Whether neither is twice as long as the other.
fn are_similar([one, other]: [Duration; 2]) -> bool {
    one < other * 2 && other < one * 2
}

#[tokio::test]
async fn an_unknown_email_takes_as_long_as_a_wrong_password() {
    let app = TestApp::start().await;
    let accounts = Accounts::builder(app.sessions.clone()).build();
    sign_up_ada(&accounts).await;
    // A busy machine makes them longer, never shorter, so the shortest of each are compared. If nothing were hashed for
    // an unknown email, it would be a thousand times shorter, however often it is tried.
    let mut shortest = [Duration::MAX; 2];
    for round in 1..=100 {
        for (shortest, email) in shortest.iter_mut().zip(["ada@example.org", "nobody@example.org"]) {
            let start = Instant::now();
            let answer = accounts
                .sign_in(&Browser::default(), &Client::default(), form(email, "wrong password"))
                .await;
            *shortest = start.elapsed().min(*shortest);
            assert!(answer.is_err());
        }
        if round >= 9 && are_similar(shortest) {
            break;
        }
    }
    assert!(are_similar(shortest), "wrong password and unknown email: {shortest:?}");
    let shorter = shortest[0].min(shortest[1]);
    assert!(shorter > Duration::from_millis(2), "{shorter:?} is no argon2id");
}

#[tokio::test]
async fn password_change_rotates_the_cookie_and_makes_the_session_fresh() {
    for is_form in [false, true] {
        let app = TestApp::start().await;
        let laptop = app.sign_up(FIREFOX, "grace").await;
        let grace = laptop.current_id().await;
        laptop.sign_up("ada").await.ok();
        let phone = app.sign_in(SAFARI, "ada").await;
        let id = phone.current_id().await;
        app.advance(2 * DAY);
        laptop.revoke(&id).await.refused(403, "SESSION_NOT_FRESH");
        let before = current(&laptop.list().await).clone();
        let (thief, cookies) = (laptop.copy(), laptop.cookies());
        let answer = if is_form {
            let form = "current_password=correct+horse+battery&new_password=another+good+password";
            laptop.call("change-password", form).await
        } else {
            let body = json!({ "currentPassword": PASSWORD, "newPassword": "another good password" });
            laptop.post("/api/auth/change-password", body).await
        };
        answer.ok();

        assert_eq!(laptop.whoami().await, "ada");
        assert_eq!(thief.whoami().await, "", "a form: {is_form}: the cookie so far is dead");
        thief.revoke(&id).await.refused(401, "UNAUTHORIZED");
        let kept =
            laptop.cookies().into_iter().filter(|(name, value)| cookies.get(name) == Some(value)).count();
        assert_eq!(
            (kept, laptop.cookies().len()),
            (1, 3),
            "grace's stays, and there is none beside ada's two"
        );
        let after = current(&laptop.list().await).clone();
        assert_eq!((&after["id"], &after["createdAt"]), (&before["id"], &before["createdAt"]));
        assert_eq!(phone.whoami().await, "ada", "a form: {is_form}: the others stay");
        laptop.revoke(&id).await.ok();
        assert_eq!(phone.whoami().await, "");
        laptop.set_active(&grace).await.ok();
        assert_eq!(laptop.whoami().await, "grace");
    }
}

#[tokio::test]
async fn password_is_the_same_in_every_unicode_composition() {
    const COMPOSED: &str = "é";
    const DECOMPOSED: &str = "e\u{301}";
    let app = TestApp::start().await;
    let longest = |e: &str| e.repeat(128);
    let too_long = |e: &str| e.repeat(129);
    let browser = app.browser(FIREFOX);
    let sign_up = async |email: &str, password: String| {
        let body = json!({ "name": "Ada", "email": email, "password": password });
        browser.post("/api/auth/sign-up/email", body).await
    };
    sign_up("ada@example.org", longest(DECOMPOSED)).await.ok();
    for e in [COMPOSED, DECOMPOSED] {
        sign_up("grace@example.org", too_long(e)).await.refused(400, "PASSWORD_TOO_LONG");
        sign_up("grace@example.org", e.repeat(7)).await.refused(400, "PASSWORD_TOO_SHORT");
        let sign_in = async |password: String| {
            let body = json!({ "email": "ada@example.org", "password": password });
            browser.post("/api/auth/sign-in/email", body).await
        };
        sign_in(longest(e)).await.ok();
        sign_in(too_long(e)).await.refused(400, "PASSWORD_TOO_LONG");
        let reauthenticate = async |password: String| {
            browser.post("/api/auth/multi-session/reauthenticate", json!({ "password": password })).await
        };
        reauthenticate(longest(e)).await.ok();
        reauthenticate(too_long(e)).await.refused(400, "PASSWORD_TOO_LONG");
        let change = async |from: String, to: String| {
            let body = json!({ "currentPassword": from, "newPassword": to });
            browser.post("/api/auth/change-password", body).await
        };
        change(longest(e), longest(e)).await.ok();
        change(too_long(e), longest(e)).await.refused(400, "PASSWORD_TOO_LONG");
        change(longest(e), too_long(e)).await.refused(400, "PASSWORD_TOO_LONG");
        let page = format!("current_password={}&new_password=another+good+password", too_long(e));
        browser.call("change-password", &page).await.refused(400, "PASSWORD_TOO_LONG");
    }
}
