//! Property tests: no input signs anybody in or breaks anything. Each runs the interesting cases in `corpus/`
//! and some hundred random ones. cargo-fuzz starts with the same corpus and checks the same properties (`make
//! libfuzzer`).

use multi_session::{EndedBy, EndedReason, Ending, SessionEvent, SessionId, Timestamp};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestError, TestRunner};
use tokio::runtime::Runtime;

use crate::harness::{FIREFOX, TestApp};
use crate::openapi::EVERYTHING;
use crate::standards::surfaces::FUNCTIONS;

mod attacked;
mod frames;

use attacked::{Attacked, HTTPS, LOCAL, OPERATED, hold_event_texts};
use frames::{Frame, frames, hold_frames};

/// Checks the property for each line of the corpus, and for so many random cases of `strategy`.
fn check(cases: u32, corpus: &[u8], strategy: impl Strategy<Value = Vec<u8>>, holds: impl Fn(&[u8])) {
    let kept: Vec<&[u8]> = corpus.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect();
    assert!(kept.len() > 10);
    kept.into_iter().for_each(&holds);
    // A failure is reported with its smallest case, which we add to the corpus by hand.
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&strategy, |input| {
        holds(&input);
        Ok(())
    });
    match outcome {
        Ok(()) => {}
        Err(TestError::Fail(reason, input)) => panic!("{reason}: {}", input.escape_ascii()),
        Err(TestError::Abort(reason)) => panic!("{reason}"),
    }
}

/// Texts that match a regular expression.
fn text(expression: &'static str) -> impl Strategy<Value = Vec<u8>> {
    expression.prop_map(String::into_bytes)
}

/// Any bytes, seldom text.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..100)
}

/// Runs `test` on a server on which Ada is signed in, and checks that nothing happens to her.
fn attack(test: impl FnOnce(&Runtime, &Attacked)) {
    let runtime = Runtime::new().expect("a runtime");
    let _guard = runtime.enter();
    // The database is dropped with the app.
    let (_app, ada) = runtime.block_on(async {
        let app = TestApp::start_with(&OPERATED).await;
        let ada = Attacked::start(app.router(), app.sessions.clone(), app.store.clone(), &LOCAL).await;
        (app, ada)
    });
    test(&runtime, &ada);
    runtime.block_on(ada.assert_untouched());
}

#[test]
fn no_cookie_header_signs_anybody_in() {
    attack(|runtime, ada| {
        let https = runtime.block_on(Attacked::in_memory(&HTTPS));
        let strategy = prop_oneof![
            text("[ -~]{0,200}"),
            text("(__Host-|__Secure-)?multi-session\\.session_token(_multi-[a-z0-9]{0,40})?=[ -~]{0,120}"),
            text("(multi-session\\.(session_token|device)=[a-zA-Z0-9]{32}\\.[A-Za-z0-9+/]{43}=; ?){1,3}"),
            bytes(),
        ];
        check(256, include_bytes!("corpus/cookies.txt"), strategy, |header| {
            runtime.block_on(ada.hold_cookies(header));
            runtime.block_on(https.hold_cookies(header));
        });
        runtime.block_on(https.assert_untouched());
    });
}

#[test]
fn no_headers_let_another_site_change_anything_or_choose_an_address() {
    let names = [
        "origin",
        "referer",
        "sec-fetch-site",
        "sec-fetch-mode",
        "sec-fetch-dest",
        "sec-purpose",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-http-method-override",
        "user-agent",
        "last-event-id",
        "content-type",
        "accept",
        "accept-encoding",
        "range",
        "if-none-match",
        "host",
        "authorization",
    ];
    let values = [
        "",
        "null",
        "none",
        "same-origin",
        "same-site",
        "cross-site",
        "cors",
        "navigate",
        "prefetch",
        "http://127.0.0.1:3000",
        "http://127.0.0.1:3001",
        "http://localhost:3000/sessions",
        "http://127.0.0.1:3000@evil.example",
        "https://evil.example",
        "10.0.0.1",
        "1.2.3.4, 10.0.0.1",
        "ffffffffffffffff-1",
        "text/html",
        "application/json",
        "text/plain; charset=\"",
        "bytes=0-",
        "*",
    ];
    let value = prop_oneof![
        2 => prop::sample::select(values.to_vec()).prop_map(str::to_owned),
        1 => "[ -{}~]{0,60}",
        1 => "\\PC{0,30}",
    ];
    let header = (prop::sample::select(names.to_vec()), value);
    let line = prop::collection::vec(header, 0..6).prop_map(|headers| {
        let headers: Vec<_> = headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        headers.join(" | ").into_bytes()
    });
    attack(|runtime, ada| {
        check(128, include_bytes!("corpus/headers.txt"), line, |line| {
            runtime.block_on(ada.hold_headers(line));
        });
    });
}

#[tokio::test]
async fn every_operation_with_a_body_is_attacked() {
    let app = TestApp::start_with(&EVERYTHING).await;
    let document = app.browser(FIREFOX).get("/api/auth/openapi.json").await.ok();
    let paths = document["paths"].as_object().expect("paths").iter();
    let taking = paths.filter(|(_, item)| {
        let mut operations = item.as_object().expect("operations").values();
        operations.any(|operation| operation["requestBody"].is_object())
    });
    let mut described: Vec<&str> =
        taking.map(|(path, _)| path.strip_prefix("/api/auth/").expect("an endpoint")).collect();
    let mut all: Vec<&str> = attacked::operations().collect();
    described.sort_unstable();
    all.sort_unstable();
    assert_eq!(all, described);
}

#[test]
fn any_random_body_is_refused_and_ends_nothing() {
    attack(|runtime, ada| {
        let strategy = prop_oneof![
            text(".{0,200}"),
            text(
                "\\{(\"(email|password|sessionId|sessionToken|newPassword|token|name|userId|scope|format)\":(null|-?[0-9]{1,30}|\"[^\"]{0,40}\"|\\[\\]),?){0,4}\\}?"
            ),
            bytes(),
        ];
        check(256, include_bytes!("corpus/bodies.txt"), strategy, |body| {
            runtime.block_on(ada.hold_bodies(body));
        });
    });
}

#[test]
fn any_random_form_is_refused_and_redirected_to_our_page() {
    let mut all: Vec<&str> = attacked::functions().collect();
    let mut known = FUNCTIONS.map(|(name, _)| name);
    all.sort_unstable();
    known.sort_unstable();
    assert_eq!(all, known);
    attack(|runtime, ada| {
        // Without `password` and `current_password`, because verifying a wrong one takes long.
        let strategy = prop_oneof![
            text(".{0,200}"),
            text(
                "((session_id|token|email|name|act|acting|new_password|keep)(\\[[a-z0-9]{0,3}\\])?=[^&]{0,30}&?){0,4}"
            ),
            text("((session_id|token|email|act|acting)=(%[0-9a-fA-F]{0,2}|[a-z+]){0,12}&){0,4}"),
            bytes(),
        ];
        check(128, include_bytes!("corpus/forms.txt"), strategy, |form| {
            runtime.block_on(ada.hold_forms(form));
        });
    });
}

#[test]
fn any_event_is_read_as_written_or_not_at_all() {
    let strategy = prop_oneof![
        text(".{0,100}"),
        text("[0-9a-f]{0,18}-[0-9]{0,22}"),
        text(
            "\\{\"type\":\"(ended|touched|switched|created|renamed|recognized|moved)\"(,\"(id|from|to|reason|at|by|row|name|label)\":(null|\"[^\"]{0,30}\")){0,4}\\}"
        ),
    ];
    check(256, include_bytes!("corpus/events.txt"), strategy, |text| {
        hold_event_texts(&String::from_utf8_lossy(text));
    });
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::default() });
    let ending =
        ("[A-Za-z0-9_-]{1,64}", 0..253_402_300_800_000_i64, 0..EndedReason::ALL.len(), any::<String>());
    let outcome = runner.run(&ending, |(id, at, reason, label)| {
        let id = SessionId::new(id).expect("an id");
        let mut ending = Ending::new(id.clone(), EndedReason::ALL[reason], Timestamp::from_unix_ms(at));
        ending.by = Some(EndedBy::new(id, label));
        let event = SessionEvent::Ended(ending);
        let text = serde_json::to_string(&event).expect("JSON");
        prop_assert_eq!(serde_json::from_str::<SessionEvent>(&text).expect("an event"), event);
        Ok(())
    });
    outcome.expect("it holds");
}

#[test]
fn any_device_name_fits_into_one_event() {
    let runtime = Runtime::new().expect("a runtime");
    // A store in memory, because PostgreSQL cannot store NUL in text.
    let ada = runtime.block_on(Attacked::in_memory(&LOCAL));
    let strategy = prop_oneof![
        text("\\PC{0,100}"),
        text("[\\r\\n\\x00 :a-e]{0,30}"),
        text("((data|event|id|retry)?:? ?[a-z]{0,5}(\\r\\n|\\r|\\n|\\x{85}|\\x{2028}|\\x{feff})){0,6}"),
        bytes(),
    ];
    check(256, include_bytes!("corpus/events.txt"), strategy, |name| {
        runtime.block_on(ada.hold_events(&String::from_utf8_lossy(name)));
    });
    runtime.block_on(ada.assert_untouched());
}

#[test]
fn stream_bytes_are_read_the_same_in_one_piece_and_in_many() {
    let strategy = prop_oneof![
        text("((data|event|id|retry)?:? ?[a-z]{0,5}(\\r\\n|\\r|\\n|\\x{85}|\\x{2028}|\\x{feff})){0,9}"),
        // Fragments of fields, line ends and multibyte characters.
        prop::collection::vec(prop::sample::select(b"data:id\r\n\n \0\xef\xbb\xbf\xe2".to_vec()), 0..60),
        bytes(),
    ];
    check(256, include_bytes!("corpus/events.txt"), strategy, hold_frames);
}

#[test]
fn events_are_read_as_a_browser_reads_them() {
    let frame = |name: &str, id: &str, data: &str| Frame {
        name: name.to_owned(),
        id: id.to_owned(),
        data: data.to_owned(),
    };
    for (stream, expected) in [
        ("", vec![]),
        (":\n\n", vec![]),
        ("event: a\nid: 1\n\n", vec![]),
        ("data: b", vec![]),
        ("data: b\n", vec![]),
        ("data: b\n\n", vec![frame("message", "", "b")]),
        ("\u{feff}data:b\r\rdata\r\n\r\n", vec![frame("message", "", "b"), frame("message", "", "")]),
        (
            "event: a\nid: 1\ndata: b\ndata:  c\n\ndata: d\n\n",
            vec![frame("a", "1", "b\n c"), frame("message", "1", "d")],
        ),
        ("id: 1\u{0}2\nretry: 9\nnothing\ndata: b:c\n\n", vec![frame("message", "", "b:c")]),
        // A line break in a name would be an event of its own.
        ("data: b\n\ndata: c\n\n", vec![frame("message", "", "b"), frame("message", "", "c")]),
    ] {
        assert_eq!(frames(stream.as_bytes()), expected, "{stream:?}");
    }
}
