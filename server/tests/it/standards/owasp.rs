//! OWASP's session management cheat sheet. `log.rs` has its part about logs.

use std::collections::BTreeMap;

use multi_session::Sessions;
use serde_json::json;

use super::surfaces::{SESSION, is_open};
use crate::harness::{Answer, CHROME, FIREFOX, MINUTE, PASSWORD, SAFARI, TestApp, TestBrowser};
use crate::mail::{location, read_all, start};
use crate::report::not_me;
use crate::smtp::MailServer;

#[tokio::test]
async fn owasp_session_ids_from_a_browser_are_never_adopted() {
    let app = TestApp::start().await;
    app.sign_up(FIREFOX, "ada").await;
    let planted = format!("{}.{}%3D", "a".repeat(32), "A".repeat(43));
    let held = format!("{SESSION}_multi-{}", "a".repeat(32));
    let cookies = BTreeMap::from([(SESSION.to_owned(), planted.clone()), (held.clone(), planted.clone())]);
    let ada = "email=ada%40example.org&password=correct+horse+battery";
    let eve = "name=eve&email=eve%40example.org&password=correct+horse+battery";
    for how in ["sign-in", "sign-up", "fn sign-in", "fn sign-up"] {
        let (victim, attacker) = (app.browser(CHROME), app.browser(FIREFOX));
        victim.set_cookies(cookies.clone());
        let answer = match how {
            "sign-in" => victim.sign_in("ada").await,
            "sign-up" => victim.sign_up("grace").await,
            "fn sign-in" => victim.call("sign-in", ada).await,
            _ => victim.call("sign-up", eve).await,
        };
        answer.ok();
        assert_ne!(victim.cookies()[SESSION], planted, "{how}");
        assert!(!victim.cookies().contains_key(&held), "{how}: it is cleared");
        attacker.set_cookies(cookies.clone());
        assert_eq!(attacker.whoami().await, "", "{how}");
        assert!(!is_open(&attacker).await, "{how}");
    }
}

/// Whether the answer clears the site's storage but not its cookies: those of other parts of the site and the
/// device cookie stay.
#[track_caller]
fn clears_site_data(answer: &Answer) -> bool {
    let told = answer.headers.get_all("clear-site-data").iter().collect::<Vec<_>>();
    assert!(told.is_empty() || told == [r#""storage""#], "{told:?}");
    !told.is_empty()
}

#[tokio::test]
async fn owasp_sign_out_of_the_last_account_clears_site_data() {
    let app = TestApp::start().await;
    let browser = app.browser(FIREFOX);
    browser.sign_up("ada").await.ok();
    for how in [
        "sign-out",
        "account",
        "revoke-all",
        "revoke-sessions",
        "revoke",
        "fn sign-out",
        "form",
        "fn revoke-all",
        "fn revoke",
    ] {
        assert!(!clears_site_data(&browser.sign_in("ada").await), "{how}");
        let id = browser.current_id().await;
        let device = browser.device_cookie();
        let answer = match how {
            "sign-out" => browser.sign_out(json!({})).await,
            "account" => browser.sign_out(json!({ "scope": "account" })).await,
            "revoke-all" => browser.revoke_all().await,
            "revoke-sessions" => browser.post("/api/auth/revoke-sessions", json!({})).await,
            "revoke" => browser.revoke(&id).await,
            "fn sign-out" => browser.call("sign-out", "").await,
            "form" => browser.submit("/sessions", "sign-out", "").await,
            "fn revoke-all" => browser.call("revoke-all", "").await,
            _ => browser.call("revoke", &format!("session_id={id}")).await,
        };
        assert!(answer.status.is_success() || answer.status.is_redirection(), "{how}: {}", answer.text);
        assert!(browser.cookies().is_empty(), "{how}");
        assert!(clears_site_data(&answer), "{how}");
        assert!(device.is_some() && browser.device_cookie() == device, "{how}: the device is still known");
    }
}

/// A browser that holds grace's session and, active, ada's.
async fn holding_two(app: &TestApp) -> TestBrowser {
    let browser = app.browser(FIREFOX);
    browser.sign_in("grace").await.ok();
    browser.sign_in("ada").await.ok();
    browser
}

#[tokio::test]
async fn owasp_mailed_link_that_ends_the_last_session_clears_site_data() {
    let mails = MailServer::start().await;
    let app = start(&mails).await;
    app.sign_up(CHROME, "grace").await;
    let browser = app.sign_up(FIREFOX, "ada").await;
    let form = |token: &str| format!("token={token}&new_password={}", PASSWORD.replace(' ', "+"));

    // "This wasn't me" ends this session too. When the new password is set, nobody is signed in here.
    let mail = not_me(&app, &mails, &browser).await;
    let led = browser.submit(&mail.link(), "report-by-mail", &format!("token={}", mail.token())).await;
    assert!(clears_site_data(&led) && browser.cookies().is_empty());
    let (_, token) = location(&led).split_once("?token=").expect("a token");
    let token = token.split('&').next().expect("its end");
    let set = browser.submit("", "reset-password", &form(token)).await;
    assert_eq!(location(&set), "/sign-in?done=password");
    assert!(!clears_site_data(&set), "it was told");

    // A forgotten password, in a browser that is signed in.
    browser.sign_in("ada").await.ok();
    read_all(&app, &mails).await;
    app.advance(2 * MINUTE);
    browser.post("/api/auth/request-password-reset", json!({ "email": "ada@example.org" })).await.ok();
    assert_eq!(app.deliver().await, 1);
    let set = browser.submit("", "reset-password", &form(&mails.one().token())).await;
    assert!(clears_site_data(&set) && browser.cookies().is_empty());

    // Another account stays.
    let browser = holding_two(&app).await;
    let mail = not_me(&app, &mails, &browser).await;
    let led = browser.submit(&mail.link(), "report-by-mail", &format!("token={}", mail.token())).await;
    assert!(!clears_site_data(&led));
    assert_eq!(browser.list().await.len(), 1, "grace is held");
}

#[tokio::test]
async fn owasp_nothing_else_clears_site_data() {
    let app = TestApp::start().await;
    let ada = app.sign_up(CHROME, "ada").await;
    app.sign_up(CHROME, "grace").await;

    // Another account stays.
    for how in ["account", "revoke-all", "revoke", "fn sign-out", "fn revoke-all"] {
        let browser = holding_two(&app).await;
        let answer = match how {
            "account" => browser.sign_out(json!({ "scope": "account" })).await,
            "revoke-all" => browser.revoke_all().await,
            "revoke" => browser.revoke(&browser.current_id().await).await,
            "fn sign-out" => browser.call("sign-out", "").await,
            _ => browser.call("revoke-all", "").await,
        };
        answer.ok();
        assert!(!clears_site_data(&answer), "{how}");
        assert!(!browser.list().await.is_empty(), "{how}: grace is held");
        assert!(clears_site_data(&browser.sign_out(json!({})).await), "{how}: and then the last one");
    }

    // Nobody signed out, or nobody was signed in.
    ada.sign_in("ada").await.ok();
    let phone = app.sign_in(SAFARI, "ada").await;
    let nobody = app.browser(CHROME);
    let mut others = vec![
        ada.get("/api/auth/get-session").await,
        ada.open("/sessions").await,
        ada.open("/nothing").await,
        ada.call("revoke", "session_id=unknown").await,
        ada.revoke(&phone.current_id().await).await,
        nobody.sign_out(json!({})).await,
        nobody.call("sign-out", "").await,
        nobody.open("/sign-in").await,
    ];
    // Its cookies are dead, because it was ended elsewhere.
    app.advance(Sessions::UNDO_WINDOW);
    let replayed = phone.copy();
    // The next page explains what happened, and clears them.
    let led = phone.open("/sessions").await;
    others.push(phone.open(location(&led)).await);
    others.push(led);
    others.push(replayed.sign_out(json!({})).await);
    assert!(phone.holds_nothing() && replayed.cookies().is_empty(), "they were cleared");
    for answer in others {
        assert!(!clears_site_data(&answer), "{} {}", answer.status, answer.text);
    }
}
