//! Live streams: who gets which events, and when a stream ends.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::http::Method;
use futures_util::FutureExt;
use multi_session::{Accounts, Browser, Client, SessionEvent, Sessions, SignIn, StreamItem, StreamLimits};

use crate::harness::{CHROME, DAY, FIREFOX, MINUTE, ORIGIN, PASSWORD, SAFARI, TestApp, ids, text};
use crate::mail;
use crate::smtp::MailServer;

#[tokio::test]
async fn stream_begins_with_the_list_and_sends_each_sign_in_and_end() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let mut stream = laptop.events(None).await;
    let rows = stream.snapshot().await;
    assert_eq!(ids(&rows), [laptop.current_id().await]);
    assert_eq!(rows[0]["isCurrent"], true);

    let phone = app.sign_in(SAFARI, "ada").await;
    let phone_id = phone.current_id().await;
    let created = stream.wait_for("created", &phone_id).await;
    assert_eq!(created["row"]["device"]["label"], "Safari on iPhone");
    assert_eq!((&created["row"]["isCurrent"], &created["row"]["isHeld"]), (&false.into(), &false.into()));

    laptop.revoke(&phone_id).await.ok();
    let ended = stream.wait_for("ended", &phone_id).await;
    assert_eq!(ended["reason"], "revoked");
    assert_eq!(ended["by"]["label"], "Firefox on macOS");
    assert_eq!(ended["by"]["id"], laptop.current_id().await.as_str());
}

#[tokio::test]
async fn asked_kubestellar_4906_the_stream_of_an_ended_session_says_why_and_closes() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let phone = app.sign_in(SAFARI, "ada").await;
    let phone_id = phone.current_id().await;
    let mut stream = phone.events(None).await;
    assert_eq!(stream.snapshot().await.len(), 2);
    laptop.revoke(&phone_id).await.ok();
    let ended = stream.wait_for("ended", &phone_id).await;
    assert_eq!(ended["reason"], "revoked");
    assert_eq!(ended["by"]["label"], "Firefox on macOS");
    stream.assert_ended().await;
    assert_eq!(app.sessions.streams(), 0);
}

#[tokio::test]
async fn evicted_session_gets_an_event_with_the_sign_in_that_evicted_it() {
    let app = TestApp::start_with(&["--maximum-sessions", "1"]).await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let mut stream = laptop.events(None).await;
    stream.snapshot().await;
    app.sign_in(CHROME, "ada").await;
    let mut seen = BTreeMap::new();
    while let Some(event) = stream.next().await {
        seen.insert(text(&event.data["type"]), event.data);
    }
    assert_eq!(seen["ended"]["reason"], "evicted");
    assert_eq!(seen["ended"]["by"]["label"], "Chrome on Windows");
}

#[tokio::test]
async fn every_way_to_end_a_session_ends_its_stream() {
    for (how, reason) in [
        ("sign-out", "signed_out"),
        ("multi-session/revoke-all", "revoked"),
        ("sign-in", "replaced"),
        ("change-password", "password_changed"),
        ("sweep", "expired"),
        ("report", "reported"),
        ("reset-password", "password_changed"),
    ] {
        let mails = MailServer::start().await;
        let app = mail::start(&mails).await;
        let laptop = app.sign_up(FIREFOX, "ada").await;
        let id = laptop.current_id().await;
        let mut stream = laptop.events(None).await;
        stream.snapshot().await;
        match how {
            "sign-in" => drop(laptop.sign_in("ada").await.ok()),
            "change-password" => {
                let body = serde_json::json!({
                    "currentPassword": crate::harness::PASSWORD,
                    "newPassword": "another password",
                    "revokeOtherSessions": true,
                });
                laptop.post("/api/auth/change-password", body).await.ok();
            }
            "sweep" => {
                app.advance(31 * DAY);
                app.sessions.sweep().await.expect("a sweep");
            }
            "report" => {
                let other = app.sign_in(SAFARI, "ada").await;
                let path = "/api/auth/multi-session/report";
                other.post(path, serde_json::json!({ "sessionId": id })).await.ok();
            }
            "reset-password" => {
                let elsewhere = app.browser(CHROME);
                let form = serde_json::json!({ "email": "ada@example.org" });
                elsewhere.post("/api/auth/request-password-reset", form).await.ok();
                assert_eq!(app.deliver().await, 1);
                mail::reset(&elsewhere, &mails.one().token(), "another password").await.ok();
            }
            path => drop(laptop.post(&format!("/api/auth/{path}"), serde_json::json!({})).await.ok()),
        }
        let mut last = None;
        while let Some(event) = stream.next().await {
            if event.data["id"] == id.as_str() {
                last = Some(text(&event.data["reason"]));
            }
        }
        assert_eq!(last.as_deref(), Some(reason), "{how}");
    }
}

#[tokio::test]
async fn without_a_live_session_there_is_no_stream() {
    let app = TestApp::start().await;
    let path = "/api/auth/multi-session/events";
    app.browser(FIREFOX).get(path).await.refused(401, "UNAUTHORIZED");
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let phone = app.sign_in(SAFARI, "ada").await;
    laptop.revoke_others().await.ok();
    phone.get(path).await.refused(401, "UNAUTHORIZED");
    assert_eq!(app.sessions.streams(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn session_that_ends_while_its_stream_opens_gets_the_event() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    for _ in 0..12 {
        let phone = app.sign_in(SAFARI, "ada").await;
        let id = phone.current_id().await;
        let (stream, revoked) = tokio::join!(phone.try_events(None), laptop.revoke(&id));
        revoked.ok();
        // Either it could not be opened, or it sends the event and closes. It never stays open.
        let Some(mut stream) = stream else { continue };
        let mut told = false;
        while let Some(event) = stream.next().await {
            told |= event.data["type"] == "ended" && event.data["id"] == id.as_str();
        }
        assert!(told, "the stream closed without a word");
    }
    assert_eq!(app.sessions.streams(), 0);
}

#[tokio::test]
async fn switch_is_sent_only_to_tabs_of_the_same_browser() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "grace").await;
    let grace = laptop.current_id().await;
    laptop.sign_up("ada").await.ok();
    let ada = laptop.current_id().await;
    let phone = app.sign_in(SAFARI, "ada").await;
    let mut tab = laptop.events(None).await;
    let mut elsewhere = phone.events(None).await;
    tab.snapshot().await;
    elsewhere.snapshot().await;
    laptop.set_active(&grace).await.ok();
    let switched = tab.wait_for("switched", &ada).await;
    assert_eq!(switched, serde_json::json!({ "type": "switched", "from": ada, "to": grace }));
    let tablet = app.sign_in(CHROME, "ada").await.current_id().await;
    let mut heard = Vec::new();
    while !heard.last().is_some_and(|event: &serde_json::Value| event["row"]["id"] == tablet.as_str()) {
        heard.push(elsewhere.next().await.expect("an event").data);
    }
    assert!(heard.iter().all(|event| event["type"] != "switched"), "{heard:?}");
}

#[tokio::test]
async fn activity_is_sent_when_it_is_written() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let phone = app.sign_in(SAFARI, "ada").await;
    let mut stream = laptop.events(None).await;
    stream.snapshot().await;
    app.advance(5 * MINUTE);
    let phone_id = phone.current_id().await;
    app.sessions.flush().await.expect("a write");
    let touched = stream.wait_for("touched", &phone_id).await;
    assert_eq!(text(&touched["lastActiveAt"]), app.sessions.now().to_string());
}

#[tokio::test]
async fn slow_reader_gets_the_list_instead_of_a_backlog() {
    let app = TestApp::start_with(&["--maximum-sessions", "100"]).await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let (mut stream, mut reader) = (laptop.events(None).await, laptop.events(None).await);
    stream.snapshot().await;
    reader.snapshot().await;
    for _ in 0..40 {
        let phone = app.sign_in(SAFARI, "ada").await.current_id().await;
        reader.wait_for("created", &phone).await;
    }
    let mut names = Vec::new();
    let mut rows = 0;
    while rows < 41 {
        let event = stream.next().await.expect("an event");
        rows = event.data.as_array().map_or(rows, Vec::len);
        names.push(event.name);
    }
    assert!(names.windows(2).any(|pair| pair == ["resync", "snapshot"]), "{names:?}");
    assert!(names.len() < 40, "{names:?}");
}

#[tokio::test]
async fn reconnecting_without_missed_events_skips_the_list() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let mut stays = laptop.events(None).await;
    stays.snapshot().await;
    // When this arrives, everything before it has arrived.
    let tablet = app.sign_in(CHROME, "ada").await.current_id().await;
    stays.wait_for("created", &tablet).await;
    let mut stream = laptop.events(None).await;
    let first = stream.next().await.expect("a snapshot");
    assert_eq!(first.name, "snapshot");
    drop(stream);
    let mut back = laptop.events(Some(&first.id)).await;
    let phone = app.sign_in(SAFARI, "ada").await.current_id().await;
    // A list before it would be an error here.
    back.wait_for("created", &phone).await;
    drop(back);
    let mut missed = laptop.events(Some(&first.id)).await;
    assert_eq!(missed.snapshot().await.len(), 3);
    let mut unknown = laptop.events(Some("nonsense")).await;
    assert_eq!(unknown.snapshot().await.len(), 3);
}

#[tokio::test]
async fn streams_are_bounded_for_each_session_and_for_the_node() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let mut open = Vec::new();
    for _ in 0..6 {
        open.push(laptop.events(None).await);
    }
    let seventh = laptop.get("/api/auth/multi-session/events").await;
    assert_eq!(seventh.status.as_u16(), 429);
    open.pop();
    open.push(laptop.events(None).await);
    app.sessions.close_streams();
    for mut stream in open {
        while stream.next().await.is_some() {}
    }
    laptop.get("/api/auth/multi-session/events").await.refused(503, "SERVER_BUSY");
    assert_eq!(app.sessions.streams(), 0);
}

#[tokio::test]
async fn one_user_cannot_use_all_streams() {
    let app = TestApp::start_with(&["--maximum-sessions", "10"]).await;
    let mut open = Vec::new();
    let laptop = app.sign_up(FIREFOX, "ada").await;
    for _ in 0..5 {
        let phone = app.sign_in(SAFARI, "ada").await;
        for _ in 0..6 {
            open.push(phone.events(None).await);
        }
    }
    let path = "/api/auth/multi-session/events";
    assert_eq!(laptop.get(path).await.status.as_u16(), 429, "whichever session and address it is of");
    let grace = app.sign_up(CHROME, "grace").await;
    drop(grace.events(None).await);
    open.pop();
    drop(laptop.events(None).await);
}

#[tokio::test]
async fn page_of_another_origin_opens_no_stream() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let path = "/api/auth/multi-session/events";
    for headers in [
        &[("sec-fetch-site", "same-site"), ("sec-fetch-mode", "no-cors")][..],
        &[("sec-fetch-site", "cross-site")],
        &[("origin", "http://other.example.org")],
        &[("origin", "null")],
        &[("referer", "http://other.example.org/")],
    ] {
        laptop.send(Method::GET, path, headers, None).await.refused(403, "INVALID_ORIGIN");
    }
    assert_eq!(app.sessions.streams(), 0);
    for headers in [&[("sec-fetch-site", "same-origin")][..], &[("origin", ORIGIN)], &[]] {
        let answer = laptop.send(Method::GET, path, headers, None).await;
        assert_eq!(answer.status.as_u16(), 200, "{headers:?}");
    }
}

#[tokio::test]
async fn a_stream_carries_no_secret() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let mut stream = laptop.events(None).await;
    let mut seen = serde_json::to_string(&stream.snapshot().await).expect("JSON");
    let phone = app.sign_in(SAFARI, "ada").await;
    seen.push_str(&stream.wait_for("created", &phone.current_id().await).await.to_string());
    for browser in [&laptop, &phone] {
        for cookie in browser.cookies().values() {
            let secret = cookie.split_once('.').expect("a secret").1;
            assert!(!seen.contains(&secret[..20]), "a secret went out");
        }
    }
}

/// As hyper does if the client disconnects.
#[tokio::test]
async fn change_is_completed_and_announced_if_the_client_disconnects() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "grace").await;
    laptop.sign_up("ada").await.ok();
    let ada = laptop.current_id().await;
    let phone = app.sign_in(SAFARI, "ada").await;
    let phone_id = phone.current_id().await;
    let (mut tab, mut revoked) = (laptop.events(None).await, phone.events(None).await);
    tab.snapshot().await;
    revoked.snapshot().await;

    // Everybody who changes something waits for it.
    let import = app.store.begin_import(app.sessions.now()).await.expect("it holds the lock of writers");
    assert!(laptop.revoke(&phone_id).now_or_never().is_none(), "it waits");
    assert!(laptop.sign_in("grace").now_or_never().is_none(), "it waits");
    drop(import);
    assert_eq!(revoked.wait_for("ended", &phone_id).await["reason"], "revoked");
    revoked.assert_ended().await;
    // The last step of a sign-in.
    tab.wait_for("switched", &ada).await;
}

#[tokio::test]
async fn stream_closes_even_if_the_notification_is_lost() {
    let app = TestApp::start().await;
    let mut limits = StreamLimits::default();
    limits.checked_every = Duration::from_millis(20);
    let builder = Sessions::builder(Arc::clone(&app.store) as _).clock(Arc::clone(&app.clock) as _);
    let sessions = builder.stream_limits(limits).build();
    let accounts = Accounts::builder(sessions.clone()).build();
    let (nobody, client) = (Browser::default(), Client::default());
    let (remember, shared_computer) = (true, false);
    app.sign_up(FIREFOX, "ada").await;
    let sign_in = async || {
        let (email, password) = ("ada@example.org".to_owned(), PASSWORD.to_owned());
        let form = SignIn { email, password, remember, shared_computer };
        accounts.sign_in(&nobody, &client, form).await.expect("a sign-in")
    };
    let (laptop, phone) = (sign_in().await, sign_in().await);
    tokio::spawn({
        let sessions = sessions.clone();
        async move { sessions.follow().await }
    });
    let mut stream = sessions.watch(&phone, &Client::default(), None).expect("a stream");
    stream.next().await.expect("the list");
    let mut other = sessions.watch(&laptop, &Client::default(), None).expect("a stream");
    other.next().await.expect("the list");

    // As if the notification were lost: the database does not send one for this.
    let id = phone.active().expect("it is signed in").session.id.clone();
    app.database.end_unannounced(&id).await;
    // Events of the sign-ins may come before.
    let mut last = None;
    while let Some((_, told)) = stream.next().await {
        last = Some(told);
    }
    let Some(StreamItem::Event(event)) = last else { panic!("{last:?}") };
    assert!(matches!(&*event, SessionEvent::Ended(ending) if ending.id == id), "{event:?}");
    while !matches!(other.next().await.expect("an event").1, StreamItem::Resync) {}
    let list = other.next().await.expect("the list").1;
    assert!(matches!(&list, StreamItem::Snapshot(rows) if rows.iter().all(|row| row.id != id)), "{list:?}");
}
