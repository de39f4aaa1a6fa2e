//! The account history, on the page and as an export.

use http_body_util::BodyExt;
use multi_session::{Clock, EndedReason, HistoryKind, NewHistoryEntry, Operator, UserId};
use serde_json::{Value, json};

use crate::harness::{Answer, CHROME, DAY, FIREFOX, MINUTE, PASSWORD, SAFARI, TestApp, TestBrowser, text};
use crate::mail::{sign_in_with, start};
use crate::smtp::MailServer;

async fn read(browser: &TestBrowser, query: &str) -> Value {
    browser.get(&format!("/api/auth/multi-session/history{query}")).await.ok()
}

/// The entries, latest first: kind, device, and actor or reason.
fn words(page: &Value) -> Vec<String> {
    let entries = page["entries"].as_array().expect("a list");
    let word = |value: &Value| value.as_str().map(str::to_owned);
    let told = entries.iter().map(|entry| {
        let by = word(&entry["by"]["label"]).filter(|_| entry["by"]["id"] != entry["sessionId"]);
        let parts = [word(&entry["kind"]), word(&entry["device"]), word(&entry["reason"]), by];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    });
    told.collect()
}

async fn refused(browser: &TestBrowser, password: &str) {
    let body = json!({ "email": "ada@example.org", "password": password });
    browser.post("/api/auth/sign-in/email", body).await.refused(401, "INVALID_EMAIL_OR_PASSWORD");
}

async fn export(browser: &TestBrowser, format: &str) -> Answer {
    browser.post("/api/auth/multi-session/export-history", json!({ "format": format })).await
}

#[tokio::test]
async fn a_person_reads_what_happened_and_who_did_it() {
    let app = TestApp::start().await;
    let mut laptop = app.sign_up(FIREFOX, "ada").await;
    let phone = app.sign_in(SAFARI, "ada").await;
    let phone_id = phone.current_id().await;
    let body = json!({ "sessionId": phone_id, "name": "Old phone" });
    laptop.post("/api/auth/multi-session/rename", body).await.ok();
    refused(&app.browser(CHROME), "not the password").await;
    app.sessions.flush().await.expect("a write");
    laptop.peer = "198.51.100.9:50000".parse().expect("an address");
    laptop.revoke(&phone_id).await.ok();
    app.sessions.flush().await.expect("a write");

    let page = read(&laptop, "").await;
    assert_eq!(
        words(&page),
        [
            "address_changed, Firefox on macOS",
            "ended, Old phone, revoked, Firefox on macOS",
            "password_refused, Chrome on Windows",
            "renamed, Safari on iPhone, Firefox on macOS",
            "new_device, Safari on iPhone",
            "signed_in, Safari on iPhone",
            "signed_in, Firefox on macOS",
        ]
    );
    assert_eq!(page["next"], Value::Null);
    let entries = page["entries"].as_array().expect("a list");
    assert_eq!(entries[0]["ipAddress"], "198.51.100.9");
    assert_eq!(entries[0]["previousIpAddress"], "203.0.113.7");
    assert_eq!(entries[1]["sessionId"], phone_id);
    assert_eq!(entries[3]["name"], "Old phone");
    assert_eq!(entries[2]["sessionId"], Value::Null);

    let own = read(&laptop, &format!("?sessionId={phone_id}")).await;
    assert_eq!(own["entries"].as_array().expect("a list").len(), 4);
    let refused = read(&laptop, "?kinds=password_refused,exported").await;
    assert_eq!(words(&refused), ["password_refused, Chrome on Windows"]);
}

#[tokio::test]
async fn each_device_of_an_entry_has_its_own_address() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let mut phone = app.browser(SAFARI);
    phone.peer = "198.51.100.9:50000".parse().expect("an address");
    phone.sign_in("ada").await.ok();
    let id = phone.current_id().await;
    let body = json!({ "sessionId": id, "name": "Phone" });
    laptop.post("/api/auth/multi-session/rename", body).await.ok();
    laptop.revoke(&id).await.ok();

    let page = read(&laptop, "?kinds=renamed,ended").await;
    for entry in page["entries"].as_array().expect("a list") {
        assert_eq!(entry["ipAddress"], "198.51.100.9", "{entry}");
        assert_eq!((&entry["userAgent"], &entry["by"]["userAgent"]), (&json!(SAFARI), &json!(FIREFOX)));
        assert_eq!(entry["by"]["ipAddress"], "203.0.113.7", "{entry}");
        assert_eq!(entry["by"]["label"], "Firefox on macOS");
        assert_eq!(entry["by"]["place"], Value::Null);
    }
    let csv = export(&laptop, "csv").await.text;
    let line = format!("ended,revoked,Phone,198.51.100.9,,{id},Firefox on macOS,203.0.113.7,,");
    assert!(csv.contains(&line), "{line}: {csv}");
    let page = laptop.open("/history").await.text;
    assert_eq!(page.matches(">By").count(), 2, "{page}");
    assert!(page.matches("203.0.113.7").count() > 1 && page.matches("198.51.100.9").count() > 1, "{page}");
}

#[tokio::test]
async fn another_browser_is_in_the_history_and_an_update_is_not() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let updated = app.browser(&FIREFOX.replace("145.0", "147.0"));
    updated.set_cookies(laptop.cookies());
    updated.whoami().await;
    assert_eq!(updated.list().await[0]["device"]["label"], "Firefox on macOS", "before it is written");
    app.sessions.flush().await.expect("a write");
    let mut thief = app.browser(CHROME);
    thief.set_cookies(laptop.cookies());
    thief.peer = "198.51.100.9:50000".parse().expect("an address");
    for browser in [&thief, &updated, &thief] {
        browser.whoami().await;
        app.sessions.flush().await.expect("a write");
    }

    let page = read(&updated, "?kinds=browser_changed,signed_in").await;
    assert_eq!(words(&page), ["browser_changed, Firefox on macOS", "signed_in, Firefox on macOS"]);
    let by = &page["entries"][0]["by"];
    assert_eq!((&by["label"], &by["ipAddress"]), (&json!("Chrome on Windows"), &json!("198.51.100.9")));
    assert_eq!(page["entries"][0]["ipAddress"], "203.0.113.7");
    let row = &updated.list().await[0];
    assert_eq!(row["userAgent"], FIREFOX.replace("145.0", "147.0"), "the thief's takes no one's place");
    assert_eq!(
        (&row["signedInFrom"]["userAgent"], &row["session"]["userAgent"]),
        (&json!(FIREFOX), &json!(FIREFOX))
    );
    let page = updated.open("/history").await.text;
    assert!(page.contains("Session used by another browser"), "{page}");
}

#[tokio::test]
async fn long_history_is_exported_completely() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let user = UserId::new(text(&laptop.get_session().await["user"]["id"])).expect("an id");
    let refused = NewHistoryEntry::new(HistoryKind::PasswordRefused, user, None, app.clock.now());
    app.store.record(&vec![refused; 250], None).await.expect("a write");
    let json = export(&laptop, "json").await.ok();
    let entries = json["entries"].as_array().expect("a list");
    assert_eq!((entries.len(), json["user"]["email"].as_str()), (252, Some("ada@example.org")));
    let ids: Vec<_> = entries.iter().map(|entry| entry["id"].as_i64().expect("a number")).collect();
    assert!(ids.is_sorted_by(|one, next| one > next), "{ids:?}");
    let csv = export(&laptop, "csv").await.text;
    assert!(csv.starts_with("\u{feff}at,kind,"), "{csv}");
    assert_eq!(csv.lines().count(), 1 + 253);
}

#[tokio::test]
async fn export_stops_when_its_session_ends() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let user = UserId::new(text(&laptop.get_session().await["user"]["id"])).expect("an id");
    let body = laptop.begin_export().await;
    app.sessions.end_sessions_of(&Operator::new("cli:test"), &user).await.expect("an end");
    assert!(body.collect().await.is_err(), "what is broken off does not look whole");
}

#[tokio::test]
async fn locked_password_is_not_called_wrong() {
    let mails = MailServer::start().await;
    let app = start(&mails).await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let thief = app.sign_in(CHROME, "ada").await;
    let id = thief.current_id().await;
    laptop.post("/api/auth/multi-session/report", json!({ "sessionId": id })).await.ok();
    sign_in_with(&thief, "ada", PASSWORD).await.refused(403, "PASSWORD_RESET_REQUIRED");
    refused(&thief, "not the password").await;
    let again = laptop.post("/api/auth/multi-session/reauthenticate", json!({ "password": PASSWORD })).await;
    again.refused(403, "PASSWORD_RESET_REQUIRED");
    app.sessions.flush().await.expect("a write");

    let page = read(&laptop, "?kinds=password_refused").await;
    let entries = page["entries"].as_array().expect("a list");
    let refusals: Vec<&Value> = entries.iter().map(|entry| &entry["refusal"]).collect();
    assert_eq!(refusals, [&json!("locked"), &Value::Null, &json!("locked")]);
    let page = laptop.open("/history").await.text;
    assert_eq!(page.matches("Correct password, but it is locked").count(), 2, "{page}");
    assert_eq!(page.matches(">Wrong password").count(), 1, "{page}");
    let csv = export(&laptop, "csv").await.text;
    assert_eq!(csv.matches(",password_refused,locked,").count(), 2, "{csv}");
    assert_eq!(csv.matches(",password_refused,,").count(), 1, "{csv}");
}

#[tokio::test]
async fn right_password_refused_by_a_limit_is_not_called_wrong() {
    let app = TestApp::start_with(&["--maximum-sessions", "2", "--revoke-oldest-on-max", "false"]).await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    app.sign_in(SAFARI, "ada").await;
    let thief = app.browser(CHROME);
    thief.sign_in("ada").await.refused(403, "MAXIMUM_SESSIONS_REACHED");
    refused(&thief, "not the password").await;
    app.sessions.flush().await.expect("a write");

    let page = read(&laptop, "?kinds=password_refused").await;
    assert_eq!(words(&page), ["password_refused, Chrome on Windows"; 2]);
    let entries = page["entries"].as_array().expect("a list");
    let refusals: Vec<&Value> = entries.iter().map(|entry| &entry["refusal"]).collect();
    assert_eq!(refusals, [&Value::Null, &json!("limit_reached")]);
    assert!(entries.iter().all(|entry| entry["sessionId"].is_null()), "{entries:?}");
    let page = laptop.open("/history").await.text;
    assert_eq!(page.matches("Correct password, but too many devices or accounts").count(), 1, "{page}");
    assert_eq!(page.matches(">Wrong password").count(), 1, "{page}");
    let csv = export(&laptop, "csv").await.text;
    assert_eq!(csv.matches(",password_refused,limit_reached,").count(), 1, "{csv}");
}

#[tokio::test]
async fn switch_is_in_the_history_of_the_account_that_became_active() {
    let app = TestApp::start().await;
    let browser = app.sign_up(FIREFOX, "ada").await;
    let ada = browser.current_id().await;
    browser.sign_up("grace").await.ok();
    browser.set_active(&ada).await.ok();
    browser.set_active(&ada).await.ok();
    let told = words(&read(&browser, "").await);
    assert_eq!(told, ["switched, Firefox on macOS", "signed_in, Firefox on macOS"]);
}

#[tokio::test]
async fn acts_of_operators_and_timeouts_are_in_the_history() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    app.sign_in(SAFARI, "ada").await;
    let user = laptop.get_session().await["user"]["id"].clone();
    let user = UserId::new(text(&user)).expect("an id");
    app.sessions.end_sessions_of(&Operator::new("cli:test"), &user).await.expect("an end");
    app.sign_in(CHROME, "ada").await;
    app.advance(31 * DAY);
    app.sessions.sweep().await.expect("a sweep");
    let again = app.sign_in(FIREFOX, "ada").await;
    let told = words(&read(&again, "?kinds=ended").await);
    assert_eq!(told[0], "ended, Chrome on Windows, expired");
    assert_eq!(told[1..].iter().filter(|told| told.ends_with(EndedReason::Operator.as_str())).count(), 2);
    // After 400 days it is deleted.
    app.advance(401 * DAY);
    app.sessions.sweep().await.expect("a sweep");
    let later = app.sign_in(FIREFOX, "ada").await;
    let left = words(&read(&later, "").await);
    assert_eq!(left, ["signed_in, Firefox on macOS", "ended, Firefox on macOS, expired"]);
}

#[tokio::test]
async fn a_history_is_read_in_pages_without_a_gap() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    for _ in 0..4 {
        app.sign_in(CHROME, "ada").await;
    }
    let all = read(&laptop, "").await;
    let mut paged = Vec::new();
    let mut query = "?limit=2".to_owned();
    loop {
        let page = read(&laptop, &query).await;
        paged.extend(page["entries"].as_array().expect("a list").clone());
        if page["next"].is_null() {
            break;
        }
        query = format!("?limit=2&before={}", page["next"]);
    }
    assert_eq!(Value::from(paged), all["entries"]);
    for query in ["?limit=0", "?limit=101", "?limit=x", "?before=0", "?kinds=nonsense", "?sessionId=%20"] {
        let path = format!("/api/auth/multi-session/history{query}");
        laptop.get(&path).await.refused(400, "VALIDATION_ERROR");
    }
}

#[tokio::test]
async fn nobody_reads_another_account() {
    let app = TestApp::start().await;
    let ada = app.sign_up(FIREFOX, "ada").await;
    let grace = app.sign_up(CHROME, "grace").await;
    let adas = ada.current_id().await;
    assert_eq!(read(&grace, &format!("?sessionId={adas}")).await["entries"], json!([]));
    assert_eq!(words(&read(&grace, "").await), ["signed_in, Chrome on Windows"]);
    let nobody = app.browser(SAFARI);
    nobody.get("/api/auth/multi-session/history").await.refused(401, "UNAUTHORIZED");
    export(&nobody, "json").await.refused(401, "UNAUTHORIZED");
    assert_eq!(nobody.open("/history").await.header("location"), "/sign-in");
    assert_eq!(nobody.open("/history/export").await.header("location"), "/sign-in");
}

#[tokio::test]
async fn export_needs_a_fresh_session_and_is_in_the_history() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let file = export(&laptop, "json").await;
    assert_eq!(file.header("content-disposition"), "attachment; filename=\"history.json\"");
    assert_eq!(file.header("cache-control"), "no-store");
    let json = file.ok();
    assert_eq!(json["user"]["email"], "ada@example.org");
    let signed_in = "signed_in, Firefox on macOS";
    assert_eq!(words(&json), ["exported, Firefox on macOS", signed_in]);

    let csv = laptop.open("/history/export?format=csv").await;
    assert!(csv.header("content-type").starts_with("text/csv"));
    assert_eq!(csv.text.lines().count(), 4, "{}", csv.text);
    export(&laptop, "exe").await.refused(400, "VALIDATION_ERROR");

    app.advance(DAY + MINUTE);
    export(&laptop, "json").await.refused(403, "SESSION_NOT_FRESH");
    let asked = laptop.open("/history/export?format=csv").await;
    let confirm = asked.header("location").to_owned();
    assert_eq!(confirm, "/confirm?act=/history/export&session_id=csv");
    let page = laptop.open(&confirm).await;
    assert!(page.text.contains("export your account"), "{}", page.text);
    let acting = laptop.current_id().await;
    let form = format!(
        "act=%2Fhistory%2Fexport&session_id=csv&acting={acting}&password={}",
        PASSWORD.replace(' ', "+")
    );
    let answer = laptop.submit(&confirm, "confirm", &form).await;
    let page = answer.header("location").to_owned();
    assert_eq!(page, "/history?export=csv");
    let page = laptop.open(&page).await;
    assert_eq!(page.header("refresh"), "0; url=/history/export?format=csv");
    let csv = laptop.open("/history/export?format=csv").await;
    assert!(csv.text.contains("reauthenticated"), "{}", csv.text);
}

#[tokio::test]
async fn a_link_of_another_site_exports_nothing() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    for site in ["cross-site", "same-site"] {
        let headers = [("accept", "text/html"), ("sec-fetch-site", site), ("sec-fetch-mode", "navigate")];
        let answer = laptop.send(axum::http::Method::GET, "/history/export?format=csv", &headers, None).await;
        assert_eq!(answer.header("location"), "/history");
    }
    assert_eq!(words(&read(&laptop, "").await), ["signed_in, Firefox on macOS"]);
}

#[tokio::test]
async fn page_shows_entries_as_sentences_with_links_to_sessions() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let phone = app.sign_in(SAFARI, "ada").await;
    let phone_id = phone.current_id().await;
    laptop.revoke(&phone_id).await.ok();
    let page = laptop.open("/history").await;
    assert_eq!(page.header("cache-control"), "no-store");
    for part in [
        "Activity",
        "Signed out by Firefox on macOS",
        "Safari on iPhone",
        "(this device)",
        "203.0.113.7",
        "18 November 2026",
        &format!("/history?session_id={phone_id}"),
    ] {
        assert!(page.text.contains(part), "{part} is missing: {}", page.text);
    }
    let own = laptop.open(&format!("/history?session_id={phone_id}")).await;
    assert!(own.text.contains("What happened in one session of"));
    assert!(
        own.text.contains("on a new device") && !own.text.contains(">Signed in with password<"),
        "one entry for both"
    );
    let ended = laptop.open("/history?show=ended").await;
    assert!(ended.text.contains("Signed out by") && !ended.text.contains("Signed in with"));
    let nothing = laptop.open("/history?show=changes").await;
    assert!(nothing.text.contains("No activity in this category yet."));
}

#[tokio::test]
async fn no_secret_is_in_the_history() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    refused(&app.browser(CHROME), "a mistyped password").await;
    app.sessions.flush().await.expect("a write");
    let file = export(&laptop, "json").await.text;
    assert!(!file.contains("a mistyped password"));
    for value in laptop.cookies().values() {
        assert!(!file.contains(value.as_str()), "{file}");
    }
}

#[tokio::test]
async fn history_offers_a_report_while_the_session_is_certainly_stored() {
    let app = TestApp::start_with(&["--session-timeout", "200d", "--absolute-timeout", "200d"]).await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let phone = app.sign_in(SAFARI, "ada").await;
    let (own, id) = (laptop.current_id().await, phone.current_id().await);
    let address = format!("/not-me?session_id={id}");
    phone.sign_out(json!({})).await.ok();
    phone.sign_in("ada").await.ok();
    let again = phone.current_id().await;
    let links = async |id: &str| {
        let page = laptop.open("/history").await.text;
        page.matches(&format!("href=\"/not-me?session_id={id}\"")).count()
    };
    assert_eq!(links(&own).await, 0, "it is in use");
    assert_eq!(links(&again).await, 1, "on a device that was known");
    assert_eq!(links(&id).await, 1, "on a new one, which has two entries, though the session has ended");

    app.advance(90 * DAY - MINUTE);
    app.sessions.sweep().await.expect("a sweep");
    assert_eq!(links(&id).await, 1);
    assert!(laptop.open(&address).await.text.contains("Safari on iPhone"), "it is taken");
    app.advance(2 * MINUTE);
    app.sessions.sweep().await.expect("a sweep");
    assert_eq!(laptop.open(&address).await.header("location"), "/sessions", "nobody knows it any more");
    assert_eq!(links(&id).await, 0);
}
