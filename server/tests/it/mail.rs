//! Mails over a real mail server: password resets, and mails that must not be lost or reveal anything.

use axum::http::Method;
use serde_json::json;

use crate::harness::{Answer, CHROME, DAY, FIREFOX, MINUTE, PASSWORD, SAFARI, TestApp, TestBrowser};
use crate::smtp::MailServer;

const NEW: &str = "another good password";

/// A server that sends its mails to `mails`.
pub(crate) async fn start(mails: &MailServer) -> TestApp {
    start_with(mails, &[]).await
}

/// The same, with the flags that a person would give.
pub(crate) async fn start_with(mails: &MailServer, flags: &[&str]) -> TestApp {
    let url = mails.url();
    let mail = ["--smtp-url", &url, "--mail-from", "Multi-session <no-reply@example.org>"];
    TestApp::start_with(&[&mail, flags].concat()).await
}

/// Drops the mails so far, which are about new devices.
pub(crate) async fn read_all(app: &TestApp, mails: &MailServer) {
    app.deliver().await;
    mails.taken();
}

pub(crate) fn location(answer: &Answer) -> &str {
    assert!(answer.status.is_redirection(), "{} {}", answer.status, answer.text);
    answer.header("location")
}

async fn request(browser: &TestBrowser, email: &str) -> Answer {
    browser.post("/api/auth/request-password-reset", json!({ "email": email })).await
}

pub(crate) async fn reset(browser: &TestBrowser, token: &str, password: &str) -> Answer {
    browser.post("/api/auth/reset-password", json!({ "token": token, "newPassword": password })).await
}

pub(crate) async fn sign_in_with(browser: &TestBrowser, name: &str, password: &str) -> Answer {
    let body = json!({ "email": format!("{name}@example.org"), "password": password });
    browser.post("/api/auth/sign-in/email", body).await
}

#[tokio::test]
async fn mailed_link_sets_a_new_password_once() {
    let mails = MailServer::start().await;
    let app = start(&mails).await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let phone = app.sign_in(SAFARI, "ada").await;
    let grace = app.sign_up(CHROME, "grace").await;
    read_all(&app, &mails).await;

    let browser = app.browser(CHROME);
    let page = browser.open("/forgot-password").await;
    assert!(page.text.contains("Send link"), "{}", page.text);
    let sent = browser.submit("/forgot-password", "forgot-password", "email=Ada%40Example.org").await;
    assert_eq!(location(&sent), "/forgot-password?sent=1");
    assert!(browser.open(location(&sent)).await.text.contains("Check your email"));
    assert_eq!(app.deliver().await, 1);
    let mail = mails.one();
    assert_eq!(mail.to, "ada@example.org");
    assert_eq!(mail.header("Subject"), "Reset your Multi-session password");
    assert_eq!(mail.header("From"), "Multi-session <no-reply@example.org>");
    assert_eq!(mail.header("Auto-Submitted"), "auto-generated");
    assert!(mail.text.contains("multipart/alternative") && mail.text.contains("Content-Type: text/html"));

    // Mail scanners open links too.
    let link = mail.link();
    for _ in 0..2 {
        let page = browser.open(&link).await;
        assert_eq!((page.status.as_u16(), page.header("cache-control")), (200, "no-store"));
        assert_eq!(page.header("referrer-policy"), "no-referrer");
        assert!(page.text.contains("Set password") && !page.text.contains("http"), "{}", page.text);
    }
    let short = format!("token={}&new_password=1234567", mail.token());
    let refused = browser.submit("", "reset-password", &short).await;
    assert!(location(&refused).starts_with(&link), "the link is good still");
    assert!(browser.open(location(&refused)).await.text.contains("A password needs at least 8 characters."));

    let form = format!("token={}&new_password={}", mail.token(), NEW.replace(' ', "+"));
    let done = laptop.submit("", "reset-password", &form).await;
    assert_eq!(location(&done), "/sign-in?done=password");
    assert!(laptop.open(location(&done)).await.text.contains("Your password was changed."));
    for browser in [&laptop, &phone] {
        assert_eq!(browser.whoami().await, "", "every session has ended");
    }
    assert_eq!(grace.whoami().await, "grace");
    sign_in_with(&phone, "ada", PASSWORD).await.refused(401, "INVALID_EMAIL_OR_PASSWORD");
    sign_in_with(&phone, "ada", NEW).await.ok();

    reset(&browser, &mail.token(), "a third password").await.refused(400, "INVALID_TOKEN");
    assert!(browser.open(&link).await.text.contains("This link has expired or was already used"));
    assert_eq!(phone.whoami().await, "ada", "and nothing has happened");

    assert_eq!(app.deliver().await, 1);
    let told = mails.one();
    assert_eq!(told.header("Subject"), "Your Multi-session password was changed");
    assert!(told.link().starts_with("/not-me?token="));
}

#[tokio::test]
async fn reset_of_an_unknown_address_gets_the_same_answer() {
    let mails = MailServer::start().await;
    let app = start(&mails).await;
    app.sign_up(FIREFOX, "ada").await;
    let ask = async |email: &str| {
        let rest = request(&app.browser(CHROME), email).await;
        let form = format!("email={}", email.replace('@', "%40"));
        let page = app.browser(CHROME).submit("/forgot-password", "forgot-password", &form).await;
        [(rest.status, rest.headers, rest.text), (page.status, page.headers, page.text)]
    };
    let known = ask("ada@example.org").await;
    let unknown = ask("nobody@example.org").await;
    assert_eq!(known, unknown);
    assert_eq!(
        known[0].2,
        r#"{"status":true,"message":"If this email exists in our system, check your email for the reset link"}"#
    );
    assert_eq!(app.deliver().await, 1);
    assert_eq!(mails.one().to, "ada@example.org");
}

#[tokio::test]
async fn link_works_for_thirty_minutes_unless_another_one_was_used() {
    let mails = MailServer::start().await;
    let app = start(&mails).await;
    app.sign_up(FIREFOX, "ada").await;
    let browser = app.browser(CHROME);
    let ask = async || {
        request(&browser, "ada@example.org").await.ok();
        assert_eq!(app.deliver().await, 1);
        mails.one()
    };
    let first = ask().await;
    app.advance(30 * MINUTE - std::time::Duration::from_secs(1));
    assert!(browser.open(&first.link()).await.text.contains("Set password"));
    app.advance(std::time::Duration::from_secs(2));
    assert!(browser.open(&first.link()).await.text.contains("This link has expired or was already used"));
    reset(&browser, &first.token(), NEW).await.refused(400, "INVALID_TOKEN");

    let second = ask().await;
    app.advance(MINUTE);
    let third = ask().await;
    reset(&browser, &third.token(), NEW).await.ok();
    reset(&browser, &second.token(), "a third password").await.refused(400, "INVALID_TOKEN");
    sign_in_with(&browser, "ada", NEW).await.ok();
    for token in ["", "x", "%", &second.token()[1..], &"A".repeat(43)] {
        reset(&browser, token, NEW).await.refused(400, "INVALID_TOKEN");
    }
}

#[tokio::test]
async fn reset_mails_to_a_mailbox_are_limited() {
    let mails = MailServer::start().await;
    let app = start(&mails).await;
    app.sign_up(FIREFOX, "ada").await;
    let browser = app.browser(CHROME);
    for _ in 0..20 {
        request(&browser, "ada@example.org").await.ok();
    }
    assert_eq!(app.deliver().await, 1);
    for minute in 1..30 {
        app.advance(MINUTE);
        request(&browser, "ada@example.org").await.ok();
        // Five, and then another one after a quarter of an hour.
        assert_eq!(app.deliver().await, usize::from(minute < 5 || minute == 19), "minute {minute}");
    }
    assert_eq!(mails.taken().len(), 6);
}

#[tokio::test]
async fn owner_gets_a_usable_link_despite_requests_of_strangers() {
    let mails = MailServer::start().await;
    let app = start_with(&mails, &["--sign-in-throttle", "on"]).await;
    app.sign_up(FIREFOX, "ada").await;
    let path = "/api/auth/request-password-reset";
    for minute in 0..20 {
        for number in 0..6 {
            let mut stranger = app.browser(CHROME);
            stranger.peer = format!("198.51.100.{number}:4000").parse().expect("an address");
            let body =
                json!({ "email": "ada@example.org", "redirectTo": format!("/nowhere/{minute}/{number}") });
            stranger.post(path, body).await.ok();
        }
        app.deliver().await;
        app.advance(MINUTE);
    }
    let ours = |link: &str| link.starts_with("/reset-password?token=");
    let sent = mails.taken();
    assert_eq!(sent.len(), 7, "five to wherever they wanted, and then one each quarter of an hour");
    assert_eq!(sent.iter().filter(|mail| ours(&mail.link())).count(), 2);
    let browser = app.browser(FIREFOX);
    request(&browser, "ada@example.org").await.ok();
    let sent_now = app.deliver().await;
    let last = mails.taken().pop().or_else(|| sent.into_iter().rev().find(|mail| ours(&mail.link())));
    let last = last.expect("a link");
    assert!(ours(&last.link()), "{sent_now} sent now");
    reset(&browser, &last.token(), NEW).await.ok();
}

#[tokio::test]
async fn mail_is_sent_after_an_outage_of_the_mail_server() {
    let mails = MailServer::start().await;
    let app = start(&mails).await;
    app.sign_up(FIREFOX, "ada").await;
    let address = mails.address;
    drop(mails);
    request(&app.browser(CHROME), "ada@example.org").await.ok();
    assert_eq!(app.deliver().await, 0);
    let mails = MailServer::start_at(address).await;
    assert_eq!(app.deliver().await, 0, "it is tried again after a minute");
    app.advance(MINUTE);
    assert_eq!(app.deliver().await, 1);
    reset(&app.browser(CHROME), &mails.one().token(), NEW).await.ok();
    app.advance(DAY);
    assert_eq!(app.deliver().await, 1, "that it was changed");
    assert_eq!(app.deliver().await, 0);
}

#[tokio::test]
async fn mail_is_sent_by_another_node_after_a_crash() {
    let mails = MailServer::start().await;
    let app = start(&mails).await;
    app.sign_up(FIREFOX, "ada").await;
    request(&app.browser(CHROME), "ada@example.org").await.ok();
    let taken = app.accounts.due_mails().await.expect("an answer");
    assert_eq!(taken.len(), 1);
    // The node ends here. Another one looks for mails at once, and later.
    drop(taken);
    assert_eq!(app.deliver().await, 0, "nobody sends it twice");
    app.advance(15 * MINUTE);
    assert_eq!(app.deliver().await, 1);
    reset(&app.browser(CHROME), &mails.one().token(), NEW).await.ok();
}

#[tokio::test]
async fn refused_mail_delays_no_others_and_is_given_up_after_a_day() {
    let mails = MailServer::start().await;
    let app = start(&mails).await;
    for name in ["ada", "grace"] {
        app.sign_up(FIREFOX, name).await;
        request(&app.browser(CHROME), &format!("{name}@example.org")).await.ok();
    }
    mails.refuses("ada@example.org");
    assert_eq!(app.deliver().await, 1);
    assert_eq!(mails.one().to, "grace@example.org");
    let mut tries = 1;
    let mut attempted = 0;
    while attempted < 30 {
        app.advance(60 * MINUTE);
        attempted += 1;
        assert_eq!(app.deliver().await, 0);
        let left =
            app.store.claim_mails(app.sessions.now(), app.sessions.now(), 10).await.expect("an answer");
        if left.is_empty() && attempted > 24 {
            break;
        }
        tries += 1;
    }
    assert!((24..=26).contains(&tries), "{tries}");
    request(&app.browser(CHROME), "ada@example.org").await.ok();
    assert_eq!(app.deliver().await, 0, "a new one is tried anew");
}

#[tokio::test]
async fn the_database_has_no_secret_and_no_text_of_a_mail() {
    let mails = MailServer::start().await;
    let app = start(&mails).await;
    app.sign_up(FIREFOX, "ada").await;
    request(&app.browser(CHROME), "ada@example.org").await.ok();
    assert_eq!(app.deliver().await, 1);
    let token = mails.one().token();
    let contents = app.database.contents().await;
    let holds = |text: &str| contents.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds("ada@example.org"), "the contents are read");
    assert!(!holds(&token) && !holds("Choose a new password"));
}

#[tokio::test]
async fn front_end_link_redirects_there_with_the_token_or_an_error() {
    let mails = MailServer::start().await;
    let app = start_with(&mails, &["--trusted-origins", "https://app.example.org"]).await;
    app.sign_up(FIREFOX, "ada").await;
    let browser = app.browser(CHROME);
    let path = "/api/auth/request-password-reset";
    for to in [
        "https://evil.example/",
        "//evil.example",
        "javascript:alert(1)",
        "/.//evil.example",
        "/x/../..//evil.example",
        "/./%2fevil.example",
    ] {
        let body = json!({ "email": "ada@example.org", "redirectTo": to });
        browser.post(path, body).await.refused(403, "INVALID_REDIRECT_URL");
    }
    let body = json!({ "email": "ada@example.org", "redirectTo": "https://app.example.org/reset?a=b" });
    browser.post(path, body).await.ok();
    assert_eq!(app.deliver().await, 1);
    let link = mails.one().link();
    let (start, _) = link.split_once('?').expect("a query");
    assert!(link.ends_with("?callbackURL=https%3A%2F%2Fapp.example.org%2Freset%3Fa%3Db"), "{link}");
    let follow = async |link: &str| browser.send(Method::GET, link, &[], None).await;
    let followed = follow(&link).await;
    assert_eq!(followed.status.as_u16(), 302);
    assert_eq!(followed.header("referrer-policy"), "no-referrer");
    let token =
        location(&followed).strip_prefix("https://app.example.org/reset?a=b&token=").expect("a token");
    assert!(start.ends_with(token));

    reset(&browser, token, NEW).await.ok();
    assert_eq!(location(&follow(&link).await), "https://app.example.org/reset?a=b&error=INVALID_TOKEN");
    let nowhere = follow(&format!("{start}?callbackURL=")).await;
    assert_eq!(location(&nowhere), "http://127.0.0.1:3000/api/auth/error?error=INVALID_TOKEN");
    for to in ["//evil.example", "/.//evil.example", "/x/..//evil.example", "/%2525/%252f"] {
        let answer = follow(&format!("{start}?callbackURL={to}")).await;
        answer.refused(403, "INVALID_CALLBACK_URL");
    }
    let hash = follow(&format!("{start}?callbackURL=/app%23settings")).await;
    assert_eq!(location(&hash), "http://127.0.0.1:3000/app?error=INVALID_TOKEN#settings");
    follow(start).await.refused(400, "VALIDATION_ERROR");
}

#[tokio::test]
async fn without_a_mail_server_mail_features_are_not_offered() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let browser = app.browser(CHROME);
    request(&browser, "ada@example.org").await.refused(400, "RESET_PASSWORD_DISABLED");
    assert_eq!(location(&browser.open("/forgot-password").await), "/sign-in");
    assert!(!browser.open("/sign-in").await.text.contains("data-mail"));
    let form = json!({ "currentPassword": PASSWORD, "newPassword": NEW });
    laptop.post("/api/auth/change-password", form).await.ok();
    assert!(app.accounts.due_mails().await.expect("an answer").is_empty());

    let mails = MailServer::start().await;
    let app = start(&mails).await;
    assert!(app.browser(CHROME).open("/sign-in").await.text.contains("data-mail=\"on\""));
}

#[tokio::test]
async fn mail_about_a_new_device_has_its_name_address_and_time() {
    let mails = MailServer::start().await;
    let app = start(&mails).await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let new = app.sign_in(SAFARI, "ada").await;
    assert_eq!(app.deliver().await, 1);
    let mail = mails.one();
    assert_eq!(mail.header("Subject"), "New sign-in to your Multi-session account");
    let facts =
        "Device: Safari on iPhone\r\nIP address: 203.0.113.7\r\nTime: 18 November 2026, 11:06 UTC\r\n";
    assert!(mail.plain().contains(facts), "{}", mail.plain());
    let form = format!("token={}", mail.token());
    let led = laptop.submit(&mail.link(), "report-by-mail", &form).await;
    assert!(location(&led).starts_with("/reset-password?token="));
    assert_eq!(new.whoami().await, "");
}

#[tokio::test]
async fn password_change_is_mailed() {
    let mails = MailServer::start().await;
    let app = start(&mails).await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let form = json!({ "currentPassword": PASSWORD, "newPassword": NEW });
    laptop.post("/api/auth/change-password", form).await.ok();
    assert_eq!(app.deliver().await, 1);
    let mail = mails.one();
    assert_eq!(
        (mail.to.as_str(), mail.header("Subject")),
        ("ada@example.org", "Your Multi-session password was changed")
    );
    let facts = "Device: Firefox on macOS\r\nIP address: 203.0.113.7\r\nTime: ";
    assert!(mail.plain().contains(facts), "{}", mail.plain());
    assert!(!mail.text.contains("correct horse") && !mail.text.contains(NEW));
}

#[tokio::test]
async fn password_change_from_a_new_address_is_recorded_with_that_address() {
    let mails = MailServer::start().await;
    let app = start(&mails).await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    // With a copied cookie and the password, in the very first request from there.
    let mut thief = laptop.copy();
    thief.peer = "198.51.100.9:50000".parse().expect("an address");
    let form = json!({ "currentPassword": PASSWORD, "newPassword": NEW });
    thief.post("/api/auth/change-password", form).await.ok();
    assert_eq!(app.deliver().await, 1);
    let told = mails.one().plain();
    assert!(told.contains("IP address: 198.51.100.9"), "{told}");
    let history = thief.get("/api/auth/multi-session/history").await.ok();
    let entries = history["entries"].as_array().expect("a list");
    for kind in ["password_changed", "reauthenticated", "address_changed"] {
        let entry = entries.iter().find(|entry| entry["kind"] == kind).expect(kind);
        assert_eq!(entry["ipAddress"], "198.51.100.9", "{kind}");
    }
}
