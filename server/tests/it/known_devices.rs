//! Sign-ins on new devices.

use axum::http::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::{CHROME, DAY, FIREFOX, ORIGIN, PASSWORD, SAFARI, TestApp, TestBrowser, current, text};
use crate::mail::start;
use crate::process::{Process, command, request, request_as};
use crate::smtp::MailServer;

const ELSEWHERE: &str = "198.51.100.9:50000";

fn from(app: &TestApp, agent: &str, peer: &str) -> TestBrowser {
    let mut browser = app.browser(agent);
    browser.peer = peer.parse().expect("an address");
    browser
}

/// Signs in, and returns whether the list marks the browser as a new device.
async fn is_new(browser: &TestBrowser, name: &str) -> bool {
    browser.sign_in(name).await.ok();
    current(&browser.list().await)["newDevice"] == true
}

/// The same browser at another time and place, in a later version.
fn moved(app: &TestApp, browser: &TestBrowser) -> TestBrowser {
    let agent = FIREFOX.replace("145.0", "151.0");
    let moved = from(app, &agent, ELSEWHERE);
    moved.set_cookies(browser.device_cookie().into_iter().collect());
    moved
}

#[tokio::test]
async fn asked_keycloak_51939_and_authentik_14439_a_browser_never_seen_is_marked_told_and_mailed_once() {
    let mails = MailServer::start().await;
    let app = start(&mails).await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    assert_eq!(app.deliver().await, 0, "the browser that made the account is no news");
    assert_eq!(laptop.list().await[0]["newDevice"], false);

    let mut stream = laptop.events(None).await;
    stream.snapshot().await;
    let phone = app.browser(SAFARI);
    assert!(is_new(&phone, "ada").await);
    let created = stream.wait_for("created", &phone.current_id().await).await;
    assert_eq!(created["row"]["newDevice"], true);
    let page = laptop.open("/sessions").await.text;
    assert_eq!(page.matches("New device").count(), 1, "{page}");
    assert!(laptop.open("/history").await.text.contains("on a new device"));
    let history = laptop.get("/api/auth/multi-session/history?kinds=new_device").await.ok();
    let entries = history["entries"].as_array().expect("a list");
    assert_eq!((entries.len(), &entries[0]["sessionId"]), (1, &Value::from(phone.current_id().await)));

    assert_eq!(app.deliver().await, 1);
    let mail = mails.one();
    assert_eq!(
        (mail.to.as_str(), mail.header("Subject")),
        ("ada@example.org", "New sign-in to your Multi-session account")
    );
    let facts =
        "Device: Safari on iPhone\r\nIP address: 203.0.113.7\r\nTime: 18 November 2026, 11:06 UTC\r\n";
    assert!(mail.plain().contains(facts), "{}", mail.plain());
    assert!(mail.link().starts_with("/not-me?token="));

    assert!(!is_new(&phone, "ada").await, "it has been seen now");
    assert_eq!(app.deliver().await, 0);
    app.advance(8 * DAY);
    assert!(!laptop.open("/sessions").await.text.contains("New device"), "it is no news any more");
}

#[test]
fn without_a_mail_server_a_new_device_is_logged_with_its_user_and_session() {
    let folder = TempDir::new().expect("a folder");
    let (server, log) = Process::start_with_log(command(folder.path()));
    let body = r#"{"name":"Ada","email":"ada@example.org","password":"correct horse"}"#;
    request(server.address, "POST", "/api/auth/sign-up/email", "", body).expect("an answer");
    let signed_in = request_as(FIREFOX, server.address, "POST", "/api/auth/sign-in/email", "", body);
    let cookies = signed_in.expect("an answer").1.join("; ");
    let held = request(server.address, "GET", "/api/auth/get-session", &cookies, "").expect("an answer").2;
    let (session, user) = (text(&held["session"]["id"]), text(&held["user"]["id"]));
    server.kill();
    let log = log.join().expect("the log");
    let says = format!("user {user} gets no mail about session {session} (new-device)");
    assert_eq!(log.matches(&says).count(), 1, "{log}");
    assert_eq!(log.matches("gets no mail about").count(), 1, "the first browser is no news: {log}");
    assert!(!log.contains("example.org"), "{log}");
}

#[tokio::test]
async fn browser_is_recognized_by_its_cookie_in_any_network() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let cookie = laptop.device_cookie().expect("a device cookie");
    laptop.sign_out(json!({})).await.ok();
    assert_eq!(laptop.device_cookie(), Some(cookie), "it stays when sessions go");
    app.advance(300 * DAY);
    assert!(!is_new(&moved(&app, &laptop), "ada").await);
    assert!(is_new(&from(&app, CHROME, ELSEWHERE), "ada").await, "there without it");
}

#[tokio::test]
async fn browser_without_cookies_is_recognized_by_name_and_network() {
    let app = TestApp::start().await;
    app.sign_up(FIREFOX, "ada").await;
    assert!(!is_new(&app.browser(FIREFOX), "ada").await);
    assert!(is_new(&from(&app, FIREFOX, ELSEWHERE), "ada").await);
    assert!(is_new(&app.browser(CHROME), "ada").await);
}

#[tokio::test]
async fn known_devices_of_one_account_are_unknown_to_another() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    app.sign_up(SAFARI, "grace").await;
    assert!(is_new(&laptop, "grace").await, "though its cookie is known to ada");
    let answer = laptop.sign_in("grace").await;
    let set = answer.device_cookie().expect("a device cookie");
    assert!(set.ends_with("; HttpOnly; SameSite=Lax; Path=/; Max-Age=34560000"), "{set}");
    let (name, value) = laptop.device_cookie().expect("a device cookie");
    assert!(set.starts_with(&format!("{name}={value};")), "one cookie serves all accounts of a browser");
}

#[tokio::test]
async fn known_device_cookie_counts_among_several() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let (name, known) = laptop.device_cookie().expect("a device cookie");
    let grace = app.sign_up(CHROME, "grace").await.device_cookie().expect("a device cookie").1;
    let moved = from(&app, SAFARI, ELSEWHERE);
    let cookies = format!("{name}=garbage; {name}={grace}; {name}={known}");
    let headers = [("origin", ORIGIN), ("content-type", "application/json"), ("cookie", &cookies)];
    let body = json!({ "email": "ada@example.org", "password": PASSWORD }).to_string();
    moved.send(Method::POST, "/api/auth/sign-in/email", &headers, Some(body)).await.ok();
    assert_eq!(current(&moved.list().await)["newDevice"], false);
    assert_eq!(moved.device_cookie().expect("a device cookie").1, known, "and it is kept");
}

#[tokio::test]
async fn forged_device_cookies_are_ignored() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let (name, cookie) = laptop.device_cookie().expect("a device cookie");
    for forged in [String::new(), "x".repeat(43), cookie[1..].to_owned(), format!("{cookie}A")] {
        let stranger = from(&app, CHROME, ELSEWHERE);
        stranger.set_cookies([(name.clone(), forged)].into());
        let body = json!({ "email": "ada@example.org", "password": PASSWORD, "sharedComputer": true });
        stranger.post("/api/auth/sign-in/email", body).await.ok();
        assert_eq!(current(&stranger.list().await)["newDevice"], true);
    }
    let contents = app.database.contents().await;
    assert!(!contents.windows(cookie.len()).any(|window| window == cookie.as_bytes()));
}

#[tokio::test]
async fn shared_computer_is_never_recognized_and_unremembered_sign_in_sets_no_device_cookie() {
    let app = TestApp::start().await;
    app.sign_up(FIREFOX, "ada").await;
    for _ in 0..2 {
        let library = app.browser(CHROME);
        let body = json!({ "email": "ada@example.org", "password": PASSWORD, "sharedComputer": true });
        library.post("/api/auth/sign-in/email", body).await.ok();
        assert_eq!(current(&library.list().await)["newDevice"], true);
        assert_eq!(library.device_cookie(), None);
    }
    for is_new in [true, false] {
        let browser = app.browser(SAFARI);
        let body = json!({ "email": "ada@example.org", "password": PASSWORD, "rememberMe": false });
        browser.post("/api/auth/sign-in/email", body).await.ok();
        assert_eq!(current(&browser.list().await)["newDevice"], is_new);
        assert_eq!(browser.device_cookie(), None);
    }
}

#[tokio::test]
async fn after_a_report_every_browser_is_a_new_device() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let thief = app.sign_in(CHROME, "ada").await;
    let id = thief.current_id().await;
    laptop.post("/api/auth/multi-session/report", json!({ "sessionId": id })).await.ok();
    assert!(is_new(&thief, "ada").await, "though it has its cookie still");
    assert!(is_new(&moved(&app, &laptop), "ada").await);
    assert!(!is_new(&moved(&app, &laptop), "ada").await);
}
