//! Places of addresses, and truncated addresses.

use std::process::{Output, Stdio};

use multi_session::{Page, UserId};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::geo_database::GeoDatabase;
use crate::harness::{CHROME, FIREFOX, MINUTE, SAFARI, TestApp, TestBrowser, current, text};
use crate::mail::start_with;
use crate::process::{Process, command, request};
use crate::smtp::MailServer;

fn from(app: &TestApp, agent: &str, peer: &str) -> TestBrowser {
    let mut browser = app.browser(agent);
    browser.peer = peer.parse().expect("an address");
    browser
}

async fn history(browser: &TestBrowser, query: &str) -> Vec<Value> {
    let page = browser.get(&format!("/api/auth/multi-session/history{query}")).await.ok();
    page["entries"].as_array().expect("a list").clone()
}

async fn csv(browser: &TestBrowser) -> String {
    let answer = browser.post("/api/auth/multi-session/export-history", json!({ "format": "csv" })).await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.text);
    answer.text
}

/// Each address with its place, sorted.
fn places(rows: &[Value]) -> Vec<(String, Option<String>)> {
    let place = |row: &Value| row.get("place").expect("a place or null").as_str().map(str::to_owned);
    let mut places: Vec<_> = rows.iter().map(|row| (text(&row["ipAddress"]), place(row))).collect();
    places.sort();
    places.dedup();
    places
}

fn expected(places: &[(&str, &str)]) -> Vec<(String, Option<String>)> {
    let place = |place: &str| (!place.is_empty()).then(|| place.to_owned());
    places.iter().map(|(address, of)| ((*address).to_owned(), place(of))).collect()
}

#[tokio::test]
async fn place_is_shown_wherever_an_address_is() {
    let (mails, database) = (MailServer::start().await, GeoDatabase::make());
    let app = start_with(&mails, &["--geoip", database.path()]).await;
    // The database is in memory, so the file may be replaced or deleted.
    drop(database);
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let mut stream = laptop.events(None).await;
    stream.snapshot().await;
    let phone = from(&app, SAFARI, "[2001:db8:1:2::3]:50000");
    phone.sign_in("ada").await.ok();
    let created = stream.wait_for("created", &phone.current_id().await).await;
    assert_eq!(created["row"]["place"], "Austria");
    from(&app, CHROME, "192.0.2.1:50000").sign_in("ada").await.ok();

    let known = [("192.0.2.1", ""), ("2001:db8:1:2::3", "Austria"), ("203.0.113.7", "Berlin, Germany")];
    assert_eq!(places(&laptop.list().await), expected(&known));
    assert_eq!(places(&history(&laptop, "").await), expected(&known));
    let csv = csv(&laptop).await;
    assert!(csv.lines().next().is_some_and(|head| head.contains(",ip_address,place,")), "{csv}");
    for part in [",192.0.2.1,,", ",2001:db8:1:2::3,Austria,", ",203.0.113.7,\"Berlin, Germany\","] {
        assert!(csv.contains(part), "{part} is missing: {csv}");
    }
    for page in ["/sessions", "/history"] {
        let page = laptop.open(page).await.text;
        assert!(page.contains("Berlin, Germany") && page.contains("Austria"), "{page}");
    }

    assert_eq!(app.deliver().await, 2);
    let told: Vec<String> = mails.taken().iter().map(|mail| mail.plain()).collect();
    for facts in
        ["IP address: 2001:db8:1:2::3\r\nPlace: near Austria\r\nTime: ", "IP address: 192.0.2.1\r\nTime: "]
    {
        assert_eq!(told.iter().filter(|told| told.contains(facts)).count(), 1, "{facts}: {told:?}");
    }

    let user = UserId::new(text(&laptop.get_session().await["user"]["id"])).expect("an id");
    let page = Page { ended: false, after: None, limit: 10 };
    let seen = app.sessions.sessions_of(&user, page).await.expect("an answer");
    let seen: Vec<_> = seen.iter().map(|known| known.place.as_deref()).collect();
    assert_eq!(seen, [None, Some("Austria"), Some("Berlin, Germany")]);
}

#[tokio::test]
async fn without_a_database_there_are_no_places() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    assert_eq!(places(&laptop.list().await), expected(&[("203.0.113.7", "")]));
    assert_eq!(places(&history(&laptop, "").await), expected(&[("203.0.113.7", "")]));
    assert!(csv(&laptop).await.contains(",203.0.113.7,,"));
}

#[tokio::test]
async fn truncated_address_is_never_shown_or_stored_whole() {
    let (mails, database) = (MailServer::start().await, GeoDatabase::make());
    let app = start_with(&mails, &["--ip-mode", "truncated", "--geoip", database.path()]).await;
    let mut laptop = app.sign_up(FIREFOX, "ada").await;
    let ada = laptop.current_id().await;
    from(&app, SAFARI, "[2001:db8:1:2::3]:50000").sign_in("ada").await.ok();
    let wrong = json!({ "email": "ada@example.org", "password": "not the password" });
    let stranger = from(&app, CHROME, "198.51.100.77:50000");
    stranger.post("/api/auth/sign-in/email", wrong).await.refused(401, "INVALID_EMAIL_OR_PASSWORD");
    laptop.sign_up("grace").await.ok();
    laptop.set_active(&ada).await.ok();
    app.sessions.flush().await.expect("a write");
    app.advance(MINUTE);
    laptop.peer = "198.51.100.99:50000".parse().expect("an address");
    let rows = laptop.list().await;
    app.sessions.flush().await.expect("a write");

    let signed_in_from = [("2001:db8:1::", "Austria"), ("203.0.113.0", "Berlin, Germany")];
    let used_from = [("198.51.100.0", "FR"), signed_in_from[0], signed_in_from[1]];
    assert_eq!(places(&rows), expected(&used_from));
    let began: Vec<_> = rows.iter().map(|row| row["signedInFrom"].clone()).collect();
    assert_eq!(places(&began), expected(&signed_in_from));
    let csv = csv(&laptop).await;
    let entries = history(&laptop, "").await;
    assert_eq!(places(&entries), expected(&used_from));
    for kind in ["signed_in", "password_refused", "switched", "address_changed", "exported"] {
        assert!(entries.iter().any(|entry| entry["kind"] == kind), "{kind} is missing: {entries:?}");
    }
    let moved = history(&laptop, "?kinds=address_changed").await;
    assert_eq!((moved.len(), &moved[0]["previousIpAddress"]), (1, &"203.0.113.0".into()));
    assert_eq!(app.deliver().await, 1);
    let mail = mails.one();
    let facts = "IP address: 2001:db8:1::\r\nPlace: near Austria\r\n";
    assert!(mail.plain().contains(facts), "{}", mail.plain());

    let mut shown = vec![csv, mail.text, Value::from(rows).to_string(), Value::from(entries).to_string()];
    for page in ["/api/auth/get-session", "/sessions", "/history", "/fn/list-device-sessions"] {
        let answer = laptop.get(page).await;
        assert_eq!(answer.status.as_u16(), 200, "{page}");
        shown.push(answer.text);
    }
    let kept = app.database.contents().await;
    let is_kept = |part: &str| kept.windows(part.len()).any(|window| window == part.as_bytes());
    for whole in ["203.0.113.7", "2001:db8:1:2", "198.51.100.77", "198.51.100.99"] {
        assert!(shown.iter().all(|shown| !shown.contains(whole)), "{whole}: {shown:?}");
        assert!(!is_kept(whole), "{whole} is in the database");
    }
    for truncated in ["203.0.113.0", "2001:db8:1::", "198.51.100.0"] {
        assert!(is_kept(truncated), "{truncated} is there: the search works");
    }
}

#[tokio::test]
async fn change_within_the_stored_network_is_no_move() {
    // The same /64, the same /48, and another one.
    let peers = ["[2001:db8:1:2::4]:50000", "[2001:db8:1:9::3]:50000", "[2001:db8:2::3]:50000"];
    for (mode, moves) in [("full", [0, 1, 2]), ("truncated", [0, 0, 1])] {
        let app = TestApp::start_with(&["--ip-mode", mode]).await;
        let mut laptop = from(&app, FIREFOX, "[2001:db8:1:2::3]:50000");
        laptop.sign_up("ada").await.ok();
        for (peer, moves) in peers.iter().zip(moves) {
            app.advance(MINUTE);
            laptop.peer = peer.parse().expect("an address");
            laptop.list().await;
            app.sessions.flush().await.expect("a write");
            let told = history(&laptop, "?kinds=address_changed").await;
            assert_eq!(told.len(), moves, "{mode}, {peer}: {told:?}");
        }
    }
}

#[tokio::test]
async fn browser_without_cookies_is_recognized_in_the_truncated_network() {
    for (mode, neighbour_is_new) in [("full", true), ("truncated", false)] {
        let app = TestApp::start_with(&["--ip-mode", mode]).await;
        app.sign_up(FIREFOX, "ada").await;
        for (peer, is_new) in [("203.0.113.200:50000", neighbour_is_new), ("198.51.100.9:50000", true)] {
            let browser = from(&app, FIREFOX, peer);
            browser.sign_in("ada").await.ok();
            assert_eq!(current(&browser.list().await)["newDevice"], is_new, "{mode}, {peer}");
        }
    }
}

#[test]
fn operator_sees_places_but_does_not_need_them_to_end_sessions() {
    let (folder, database) = (TempDir::new().expect("a folder"), GeoDatabase::make());
    let mut serve = command(folder.path());
    serve.env("MULTI_SESSION_GEOIP", database.path());
    let server = Process::start_as(serve);
    let body = r#"{"name":"Ada","email":"ada@example.org","password":"correct horse"}"#;
    let answer = request(server.address, "POST", "/api/auth/sign-up/email", "", body);
    assert_eq!(answer.expect("an answer").0, 200);
    server.kill();

    let sessions = |geoip: &str, arguments: &[&str]| -> Output {
        let mut command = command(folder.path());
        command.arg("sessions").args(arguments).args(["--geoip", geoip]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).output().expect("it runs")
    };
    let list = ["list", "--user", "ada@example.org"];
    let table = sessions(database.path(), &list);
    let table = String::from_utf8(table.stdout).expect("text");
    assert!(table.contains("  127.0.0.1  Testland  "), "{table}");
    let json = sessions(database.path(), &[&list[..], &["--json"]].concat());
    let json: Value = serde_json::from_slice(&json.stdout).expect("a list");
    assert_eq!(json[0]["place"], "Testland");

    let failed = sessions("no.mmdb", &list);
    let log = String::from_utf8_lossy(&failed.stderr);
    assert_eq!(failed.status.code(), Some(1), "{log}");
    assert!(log.contains("places no.mmdb cannot be opened: the file cannot be read"), "{log}");
    let ended = sessions("no.mmdb", &["revoke-everybody", "--yes"]);
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
}
