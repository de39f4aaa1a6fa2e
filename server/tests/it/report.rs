//! "This wasn't me": from the list, by REST, and from a mail.

use axum::http::Method;
use serde_json::json;

use crate::harness::{Answer, CHROME, DAY, FIREFOX, MINUTE, ORIGIN, PASSWORD, SAFARI, TestApp, TestBrowser};
use crate::mail::{location, read_all, reset, sign_in_with, start};
use crate::smtp::{Mail, MailServer};

const NEW: &str = "another good password";

async fn report(browser: &TestBrowser, id: &str) -> Answer {
    browser.post("/api/auth/multi-session/report", json!({ "sessionId": id })).await
}

/// A mail with "This wasn't me" for ada, after a password change on `laptop` to the same password.
pub(crate) async fn not_me(app: &TestApp, mails: &MailServer, laptop: &TestBrowser) -> Mail {
    read_all(app, mails).await;
    let form = json!({ "currentPassword": PASSWORD, "newPassword": PASSWORD });
    laptop.post("/api/auth/change-password", form).await.ok();
    assert_eq!(app.deliver().await, 1);
    mails.one()
}

/// The token in the address of a mailed link.
#[track_caller]
fn token_in(address: &str) -> &str {
    let token = address.strip_prefix("/reset-password?token=");
    token.and_then(|rest| rest.strip_suffix("&reported=1")).expect("a page to choose a password")
}

#[tokio::test]
async fn report_locks_everybody_else_out_until_the_mailed_link_sets_a_password() {
    let mails = MailServer::start().await;
    let app = start(&mails).await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let thief = app.sign_in(CHROME, "ada").await;
    let phone = app.sign_in(SAFARI, "ada").await;
    let grace = app.sign_up(CHROME, "grace").await;
    read_all(&app, &mails).await;
    let copy = laptop.copy();
    let mut stream = laptop.events(None).await;
    stream.snapshot().await;

    let (id, own) = (thief.current_id().await, laptop.current_id().await);
    let answer = report(&laptop, &id).await.ok();
    assert_eq!(answer, json!({ "status": true, "ended": 2, "passwordLocked": true }));
    assert_eq!(stream.wait_for("ended", &id).await["reason"], "reported");
    for browser in [&thief, &phone, &copy] {
        assert_eq!(browser.whoami().await, "", "also who has copied the cookie");
    }
    assert_eq!((laptop.whoami().await, laptop.current_id().await), ("ada".to_owned(), own));
    assert_eq!(grace.whoami().await, "grace");

    for browser in [&thief, &phone] {
        sign_in_with(browser, "ada", PASSWORD).await.refused(403, "PASSWORD_RESET_REQUIRED");
        sign_in_with(browser, "ada", "a wrong password").await.refused(401, "INVALID_EMAIL_OR_PASSWORD");
    }
    let form = json!({ "currentPassword": PASSWORD, "newPassword": NEW });
    laptop.post("/api/auth/change-password", form).await.refused(403, "PASSWORD_RESET_REQUIRED");
    let form = json!({ "password": PASSWORD });
    let again = laptop.post("/api/auth/multi-session/reauthenticate", form).await;
    again.refused(403, "PASSWORD_RESET_REQUIRED");

    assert_eq!(app.deliver().await, 1);
    let mail = mails.one();
    assert_eq!(mail.to, "ada@example.org");
    assert!(
        mail.plain().contains("Device: Chrome on Windows\r\nIP address: 203.0.113.7\r\n"),
        "{}",
        mail.plain()
    );
    reset(&phone, &mail.token(), NEW).await.ok();
    assert_eq!(laptop.whoami().await, "", "who reported it may be the thief: everybody signs in anew");
    sign_in_with(&thief, "ada", PASSWORD).await.refused(401, "INVALID_EMAIL_OR_PASSWORD");
    sign_in_with(&laptop, "ada", NEW).await.ok();
}

#[tokio::test]
async fn ended_session_can_be_reported_and_a_second_report_sends_no_mail() {
    let mails = MailServer::start().await;
    let app = start(&mails).await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let thief = app.sign_in(CHROME, "ada").await;
    let id = thief.current_id().await;
    thief.sign_out(json!({})).await.ok();
    read_all(&app, &mails).await;
    assert!(laptop.open(&format!("/not-me?session_id={id}")).await.text.contains("Chrome on Windows"));
    for _ in 0..3 {
        assert_eq!(report(&laptop, &id).await.ok()["ended"], 0);
    }
    assert_eq!(app.deliver().await, 1);
    assert_eq!(mails.one().header("Subject"), "Choose a new Multi-session password");
    // A person who lost that mail requests another one.
    app.advance(2 * MINUTE);
    let body = json!({ "email": "ada@example.org" });
    laptop.post("/api/auth/request-password-reset", body).await.ok();
    assert_eq!(app.deliver().await, 1);
    reset(&laptop, &mails.one().token(), NEW).await.ok();
    sign_in_with(&laptop, "ada", NEW).await.ok();
}

#[tokio::test]
async fn only_a_fresh_session_can_report_another_session_of_its_user() {
    let mails = MailServer::start().await;
    let app = start(&mails).await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let phone = app.sign_in(SAFARI, "ada").await;
    let grace = app.sign_up(CHROME, "grace").await;
    read_all(&app, &mails).await;
    let (own, id, hers) = (laptop.current_id().await, phone.current_id().await, grace.current_id().await);
    for id in [own.as_str(), &hers, "unknown", "a b"] {
        report(&laptop, id).await.refused(401, "INVALID_SESSION_TOKEN");
        let page = laptop.open(&format!("/not-me?session_id={}", id.replace(' ', "+"))).await;
        assert_eq!(location(&page), "/sessions", "{id}");
    }
    report(&app.browser(CHROME), &id).await.refused(401, "UNAUTHORIZED");
    app.advance(2 * DAY);
    report(&laptop, &id).await.refused(403, "SESSION_NOT_FRESH");
    assert_eq!((phone.whoami().await, grace.whoami().await), ("ada".to_owned(), "grace".to_owned()));
    assert_eq!(app.deliver().await, 0);
}

#[tokio::test]
async fn report_page_explains_what_will_happen_and_what_happened() {
    let mails = MailServer::start().await;
    let app = start(&mails).await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let phone = app.sign_in(SAFARI, "ada").await;
    let id = phone.current_id().await;
    let path = format!("/not-me?session_id={id}");
    let page = laptop.open(&path).await;
    for part in [
        "Safari on iPhone",
        "email you a link",
        "Wasn",
        "Secure my account",
        "ada@example.org",
        "203.0.113.7",
        "It was me",
        id.as_str(),
    ] {
        assert!(page.text.contains(part), "{part} is missing in {}", page.text);
    }
    assert_eq!(phone.whoami().await, "ada", "a page changes nothing");

    app.advance(2 * DAY);
    let asked = location(&laptop.submit(&path, "report", &format!("session_id={id}")).await).to_owned();
    assert_eq!(asked, format!("/confirm?act=/fn/report&session_id={id}"));
    assert!(laptop.open(&asked).await.text.contains("to secure your account"));
    let acting = laptop.current_id().await;
    let form =
        format!("act=/fn/report&session_id={id}&acting={acting}&password={}", PASSWORD.replace(' ', "+"));
    let done = laptop.submit(&asked, "confirm", &form).await;
    assert_eq!(location(&done), "/not-me?done=mail");
    let page = laptop.open("/not-me?done=mail").await;
    for part in ["Check your email", "Send it again", "href=\"/history\"", "Export your activity"] {
        assert!(page.text.contains(part), "{part} is missing in {}", page.text);
    }
    assert_eq!(laptop.whoami().await, "ada");
    let told = phone.open("/sessions").await;
    let to = location(&told).to_owned();
    assert!(
        phone.open(&to).await.text.contains("because you reported a sign-in from Firefox on macOS"),
        "{to}"
    );
    assert_eq!(phone.whoami().await, "");
}

#[tokio::test]
async fn pages_show_a_locked_password_and_can_send_the_mail_again() {
    let mails = MailServer::start().await;
    let app = start(&mails).await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let phone = app.sign_in(SAFARI, "ada").await;
    assert_eq!(location(&laptop.open("/not-me").await), "/sessions", "there is nothing to tell");
    assert!(laptop.open("/change-password").await.text.contains("name=\"current_password\""));
    report(&laptop, &phone.current_id().await).await.ok();
    read_all(&app, &mails).await;
    for path in ["/sessions", "/history"] {
        let page = laptop.open(path).await.text;
        assert!(
            page.contains("Your password is locked.") && page.contains("href=\"/change-password\""),
            "{page}"
        );
    }
    for path in ["/change-password", "/not-me"] {
        let page = laptop.open(path).await.text;
        assert!(page.contains("Check your email") && page.contains("ada@example.org"), "{page}");
        assert!(!page.contains("name=\"current_password\""), "the old one is asked for in vain: {page}");
    }
    app.advance(2 * MINUTE);
    let sent = laptop.submit("/not-me", "send-again", "").await;
    assert_eq!(location(&sent), "/not-me?done=again");
    assert!(laptop.open("/not-me?done=again").await.text.contains("sent it again"));
    assert_eq!(app.deliver().await, 1);
    let nobody = app.browser(CHROME);
    nobody.call("send-again", "").await.refused(401, "UNAUTHORIZED");
    assert_eq!(app.deliver().await, 0);
}

#[tokio::test]
async fn mailed_report_link_works_once_and_leads_to_a_new_password() {
    let mails = MailServer::start().await;
    let app = start(&mails).await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let thief = app.sign_in(CHROME, "ada").await;
    let (first, mail) = (not_me(&app, &mails, &laptop).await, not_me(&app, &mails, &laptop).await);
    let link = mail.link();
    assert!(link.starts_with("/not-me?token="), "{link}");
    for _ in 0..2 {
        let page = laptop.open(&link).await;
        assert_eq!(
            (page.header("cache-control"), page.header("referrer-policy")),
            ("no-store", "no-referrer")
        );
        assert!(page.text.contains("All devices are signed out, including this one."), "{}", page.text);
    }
    assert_eq!((laptop.whoami().await, thief.whoami().await), ("ada".to_owned(), "ada".to_owned()));

    // In a browser without cookies of the account, because mails are often read elsewhere.
    let elsewhere = app.browser(SAFARI);
    let form = format!("token={}", mail.token());
    let led = elsewhere.submit(&link, "report-by-mail", &form).await;
    let to = location(&led).to_owned();
    let token = token_in(&to);
    assert_eq!((laptop.whoami().await, thief.whoami().await), (String::new(), String::new()));
    sign_in_with(&thief, "ada", PASSWORD).await.refused(403, "PASSWORD_RESET_REQUIRED");
    assert!(elsewhere.open(&to).await.text.contains("Set password"));

    for mail in [&mail, &first] {
        let form = format!("token={}", mail.token());
        let again = elsewhere.submit(&link, "report-by-mail", &form).await;
        assert!(location(&again).starts_with("/not-me?token=&"));
        assert!(
            elsewhere.open(&mail.link()).await.text.contains("This link has expired or was already used")
        );
    }
    reset(&elsewhere, token, NEW).await.ok();
    assert_eq!(app.deliver().await, 1, "that the password was changed, and no link that nobody needs");
    sign_in_with(&laptop, "ada", NEW).await.ok();
}

#[tokio::test]
async fn mailed_report_link_works_for_seven_days() {
    let mails = MailServer::start().await;
    let app = start(&mails).await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let mail = not_me(&app, &mails, &laptop).await;
    app.advance(7 * DAY - MINUTE);
    assert!(laptop.open(&mail.link()).await.text.contains("All devices are signed out, including this one."));
    app.advance(MINUTE);
    assert!(laptop.open(&mail.link()).await.text.contains("This link has expired or was already used"));
    let form = format!("token={}", mail.token());
    laptop.call("report-by-mail", &form).await.refused(400, "INVALID_TOKEN");
    assert_eq!(laptop.whoami().await, "ada");
    // The token has only one purpose.
    reset(&laptop, &not_me(&app, &mails, &laptop).await.token(), NEW).await.refused(400, "INVALID_TOKEN");
}

#[tokio::test]
async fn without_a_mail_server_a_report_ends_the_others_and_leads_to_a_new_password() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let thief = app.sign_in(CHROME, "ada").await;
    let copy = laptop.copy();
    let id = thief.current_id().await;
    let page = laptop.open(&format!("/not-me?session_id={id}")).await;
    assert!(
        page.text.contains("You change your password on the next page") && !page.text.contains("email you")
    );
    let done = laptop.submit("/not-me", "report", &format!("session_id={id}")).await;
    assert_eq!(location(&done), "/not-me?done=change");
    assert!(laptop.open("/not-me?done=change").await.text.contains("href=\"/change-password\""));
    assert_eq!((thief.whoami().await, copy.whoami().await), (String::new(), String::new()));
    assert_eq!(laptop.whoami().await, "ada");
    let form = json!({ "currentPassword": PASSWORD, "newPassword": NEW });
    laptop.post("/api/auth/change-password", form).await.ok();
    sign_in_with(&thief, "ada", NEW).await.ok();
    assert_eq!(laptop.list().await.len(), 2);
}

#[tokio::test]
async fn after_a_reported_reset_the_page_offers_the_history_export() {
    let mails = MailServer::start().await;
    let app = start(&mails).await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    app.sign_in(CHROME, "ada").await;
    let mail = not_me(&app, &mails, &laptop).await;
    let led = laptop.submit(&mail.link(), "report-by-mail", &format!("token={}", mail.token())).await;
    let choose = location(&led).to_owned();
    let page = laptop.open(&choose).await.text;
    assert!(
        page.contains("your old password no longer works") && page.contains("name=\"reported\""),
        "{page}"
    );
    let new = NEW.replace(' ', "+");
    let form = |password: &str| format!("token={}&reported=true&new_password={password}", token_in(&choose));
    let refused = laptop.submit("", "reset-password", &form("1234567")).await;
    assert!(location(&refused).starts_with(&choose), "a refusal forgets nothing");
    let page = laptop.open(location(&refused)).await.text;
    assert!(page.contains("at least 8 characters") && page.contains("name=\"reported\""), "{page}");

    let done = laptop.submit("", "reset-password", &form(&new)).await;
    assert_eq!(location(&done), "/not-me?done=password");
    let page = laptop.open(location(&done)).await.text.replace("&amp;", "&");
    let sign_in = "/sign-in?add=1&to=history";
    for part in ["Sign in with your new password", "Export your activity", &format!("href=\"{sign_in}\"")] {
        assert!(page.contains(part), "{part} is missing in {page}");
    }

    assert_eq!(laptop.open(sign_in).await.status.as_u16(), 200);
    let wrong = laptop.submit(sign_in, "sign-in", "email=ada%40example.org&password=wrong+password").await;
    let tried = location(&wrong).replace(ORIGIN, "");
    assert!(tried.starts_with(&format!("{sign_in}&__path=")), "{tried}");
    let form = format!("email=ada%40example.org&password={new}");
    let signed_in = laptop.submit(&tried, "sign-in", &form).await;
    let to = location(&signed_in).to_owned();
    assert_eq!(to, "/sessions?done=signed-in");
    // Browsers send the Referer within this site. A script goes to the start page.
    let follow = async |browser: &TestBrowser, to: &str, from: &str| {
        let from = format!("{ORIGIN}{from}");
        let headers =
            [("accept", "text/html"), ("referer", from.as_str()), ("sec-fetch-site", "same-origin")];
        browser.send(Method::GET, to, &headers, None).await
    };
    for (to, from) in [(to.as_str(), tried.as_str()), (to.as_str(), sign_in), ("/?done=signed-in", sign_in)] {
        assert_eq!(location(&follow(&laptop, to, from).await), "/history", "{to} from {from}");
    }
    let export = "/history/export?format=csv";
    assert!(laptop.open("/history").await.text.contains(export), "it is offered");
    let file = laptop.open(export).await;
    assert!(file.header("content-type").starts_with("text/csv"), "{}", file.text);
    assert!(file.text.contains(",reported,"), "{}", file.text);

    // Without the request, or without being signed in, the person gets the usual page.
    for from in ["/sign-in", "/sign-in?add=1", "/sign-in?add=1&to=https://evil.example/history"] {
        assert_eq!(follow(&laptop, &to, from).await.status.as_u16(), 200, "{from}");
    }
    let evil = format!("https://evil.example{sign_in}");
    let headers = [("accept", "text/html"), ("referer", evil.as_str()), ("sec-fetch-site", "cross-site")];
    assert_eq!(laptop.send(Method::GET, &to, &headers, None).await.status.as_u16(), 200);
    assert_eq!(follow(&laptop, "/sessions", sign_in).await.status.as_u16(), 200);
    let stranger = app.browser(SAFARI);
    assert_eq!(location(&follow(&stranger, &to, sign_in).await), "/sign-in?done=signed-in");
}

#[tokio::test]
async fn forged_reported_parameter_changes_only_text() {
    let mails = MailServer::start().await;
    let app = start(&mails).await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let body = json!({ "email": "ada@example.org" });
    laptop.post("/api/auth/request-password-reset", body).await.ok();
    assert_eq!(app.deliver().await, 1);
    let link = mails.one().link();
    for (address, words) in [
        (format!("{link}&reported=1"), "All devices are signed out and your old password no longer works."),
        (link, "This signs you out on every device."),
        (
            format!("/reset-password?token={}&reported=1", "A".repeat(43)),
            "This link has expired or was already used",
        ),
    ] {
        let page = laptop.open(&address).await.text;
        assert!(page.contains(words), "{address}: {page}");
    }
    let form = format!("token={}&reported=true&new_password=another+password", "A".repeat(43));
    laptop.call("reset-password", &form).await.refused(400, "INVALID_TOKEN");
    assert_eq!(laptop.whoami().await, "ada");
    sign_in_with(&app.browser(CHROME), "ada", PASSWORD).await.ok();
    let history = laptop.get("/api/auth/multi-session/history?kinds=reported,password_changed").await.ok();
    assert_eq!(history["entries"], json!([]));
}

#[tokio::test]
async fn reported_sign_in_is_not_asked_about_again() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let thief = app.sign_in(CHROME, "ada").await;
    let id = thief.current_id().await;
    let asks = async |id: &str| {
        let page = laptop.open("/history").await.text.replace("&amp;", "&");
        page.contains(&format!("href=\"/not-me?session_id={id}\""))
    };
    assert!(asks(&id).await);
    laptop.submit("/not-me", "report", &format!("session_id={id}")).await;
    assert!(!asks(&id).await, "it would lock the next password as well");
    let phone = app.sign_in(SAFARI, "ada").await;
    assert!(asks(&phone.current_id().await).await, "of what came later nobody has said anything");
}
