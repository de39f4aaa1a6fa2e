//! Whatever comes in, nobody gets in by it and nothing breaks: what once was worth a look, kept in `corpus/`, and 256
//! cases of chance for each.

use axum::http::Method;
use multi_session::{EndedBy, EndedReason, Ending, EventId, SessionEvent, SessionId, Timestamp};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tokio::runtime::{Handle, Runtime};

use crate::harness::{FIREFOX, ORIGIN, TestApp};

/// Holds `holds` for each line of the corpus and for what `strategy` makes.
fn hold<S: Strategy<Value = String>>(corpus: &str, strategy: &S, holds: impl Fn(&str)) {
    assert!(corpus.lines().count() > 10);
    corpus.lines().for_each(&holds);
    // A failure is told with its smallest case, and that is put into the corpus by hand.
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::default() });
    let outcome = runner.run(strategy, |text| {
        holds(&text);
        Ok(())
    });
    outcome.expect("it holds");
}

fn with_app(test: impl FnOnce(&Handle, TestApp)) {
    let runtime = Runtime::new().expect("a runtime");
    let app = runtime.block_on(TestApp::start());
    let _guard = runtime.enter();
    test(runtime.handle(), app);
}

#[test]
fn whatever_the_cookie_header_says_nobody_is_signed_in_by_it() {
    with_app(|runtime, app| {
        let ada = runtime.block_on(app.sign_up(FIREFOX, "ada"));
        let strategy = prop_oneof![
            "[ -~]{0,200}",
            "multi-session\\.session_token(_multi-[a-z0-9]{0,40})?=[ -~]{0,120}",
            "(multi-session\\.session_token=[a-z0-9]{32}\\.[A-Za-z0-9+/]{43}=; ?){1,3}",
        ];
        hold(include_str!("corpus/cookies.txt"), &strategy, |cookies| {
            let stranger = app.browser(FIREFOX);
            let headers = [("cookie", cookies)];
            let answer =
                runtime.block_on(stranger.send(Method::GET, "/api/auth/get-session", &headers, None));
            assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, "null"), "{cookies}");
            // At most dead ones are cleared.
            assert!(answer.set_cookies().iter().all(|cookie| cookie.contains("Max-Age=0")), "{cookies}");
        });
        assert_eq!(runtime.block_on(ada.whoami()), "ada");
    });
}

#[test]
fn whatever_a_body_holds_it_is_refused_and_ends_nothing() {
    with_app(|runtime, app| {
        let ada = runtime.block_on(app.sign_up(FIREFOX, "ada"));
        let paths = ["sign-in/email", "multi-session/set-active", "multi-session/revoke", "change-password"];
        let strategy = prop_oneof![
            ".{0,200}",
            "\\{(\"(email|password|sessionId|sessionToken|newPassword)\":(null|-?[0-9]{1,30}|\"[^\"]{0,40}\"|\\[\\]),?){0,4}\\}?",
        ];
        hold(include_str!("corpus/bodies.txt"), &strategy, |body| {
            for path in paths {
                let headers = [("origin", ORIGIN), ("content-type", "application/json")];
                let path = format!("/api/auth/{path}");
                let answer = runtime.block_on(ada.send(Method::POST, &path, &headers, Some(body.to_owned())));
                assert!(answer.status.is_client_error(), "{path} {body}: {} {}", answer.status, answer.text);
                assert!(answer.json()["message"].is_string(), "{path} {body}");
            }
        });
        assert_eq!(runtime.block_on(ada.whoami()), "ada");
    });
}

#[test]
fn whatever_an_event_says_it_is_read_as_it_was_written_or_not_at_all() {
    let strategy = prop_oneof![
        ".{0,100}",
        "[0-9a-f]{0,18}-[0-9]{0,22}",
        "\\{\"type\":\"(ended|touched|switched|created)\"(,\"(id|from|to|reason|at|by|row)\":(null|\"[^\"]{0,30}\")){0,4}\\}",
    ];
    hold(include_str!("corpus/events.txt"), &strategy, |text| {
        if let Some(id) = EventId::parse(text) {
            assert_eq!(EventId::parse(&id.to_string()), Some(id), "{text}");
        }
        if let Ok(event) = serde_json::from_str::<SessionEvent>(text) {
            let again = serde_json::to_string(&event).expect("JSON");
            assert_eq!(serde_json::from_str::<SessionEvent>(&again).expect("an event"), event, "{text}");
        }
    });
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::default() });
    let ending =
        ("[A-Za-z0-9_-]{1,64}", 0..253_402_300_800_000_i64, 0..EndedReason::ALL.len(), any::<String>());
    let outcome = runner.run(&ending, |(id, at, reason, label)| {
        let id = SessionId::new(id).expect("an id");
        let by = Some(EndedBy { id: id.clone(), label });
        let (at, reason) = (Timestamp::from_unix_ms(at), EndedReason::ALL[reason]);
        let event = SessionEvent::Ended(Ending { id, reason, at, by });
        let text = serde_json::to_string(&event).expect("JSON");
        // One line: an event of a stream ends with an empty one.
        prop_assert!(!text.contains(['\n', '\r']));
        prop_assert_eq!(serde_json::from_str::<SessionEvent>(&text).expect("an event"), event);
        Ok(())
    });
    outcome.expect("it holds");
}
