//! Passwords cost time and memory, and both are bounded.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration, Instant};

use multi_session::{Browser, Client, Code, Engine, Error, PasswordLimits, SignIn};

use crate::harness::{FIREFOX, PASSWORD, TestApp};

fn form(email: &str, password: &str) -> SignIn {
    SignIn { email: email.to_owned(), password: password.to_owned(), remember: true, shared_computer: false }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn beyond_the_bound_a_sign_in_is_refused_and_the_others_are_served() {
    let app = TestApp::start().await;
    app.sign_up(FIREFOX, "ada").await;
    let limits = PasswordLimits { at_once: NonZeroUsize::MIN, waiting: 2 };
    let engine = Engine::builder(Arc::clone(&app.store) as _).password_limits(limits).build();
    let tries: Vec<_> = (0..16)
        .map(|_| {
            let engine = engine.clone();
            tokio::spawn(async move {
                engine
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
        engine.sign_in(&Browser::default(), &Client::default(), form("ada@example.org", PASSWORD)).await;
    assert!(after.is_ok(), "the places were given back");
}

#[tokio::test]
async fn an_unknown_email_takes_as_long_as_a_wrong_password() {
    let app = TestApp::start().await;
    app.sign_up(FIREFOX, "ada").await;
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..9 {
        for (times, email) in times.iter_mut().zip(["ada@example.org", "nobody@example.org"]) {
            let start = Instant::now();
            let answer = app
                .engine
                .sign_in(&Browser::default(), &Client::default(), form(email, "wrong password"))
                .await;
            times.push(start.elapsed());
            assert!(answer.is_err());
        }
    }
    let [wrong, unknown] = times.map(|mut times| {
        times.sort_unstable();
        times[times.len() / 2]
    });
    let (shorter, longer) = (wrong.min(unknown), wrong.max(unknown));
    // Without the comparison it would be a thousand times shorter; the machine's noise stays far below two.
    assert!(longer < shorter * 2, "wrong password {wrong:?}, unknown e-mail {unknown:?}");
    assert!(shorter > Duration::from_millis(2), "{shorter:?} is no argon2id");
}
