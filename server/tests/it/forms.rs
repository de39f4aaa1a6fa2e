//! Forms without scripts: each is answered with a page, and notices are true.

use axum::http::Method;
use serde_json::json;

use crate::harness::{Answer, CHROME, DAY, FIREFOX, MINUTE, ORIGIN, SAFARI, TestApp, TestBrowser};
use crate::mail::{location, read_all, sign_in_with, start, start_with};
use crate::report::not_me;
use crate::smtp::MailServer;
use crate::standards::surfaces::{FUNCTIONS, HTTPS};

const NEW: &str = "another+good+password";
const SIGN_IN: &str = "email=ada%40example.org&password=correct+horse+battery";
const LARGE: usize = 64 * 1024 + 1;

/// Submits a form with exactly these headers, in addition to those of every form.
async fn submit(browser: &TestBrowser, function: &str, form: &str, headers: &[(&str, &str)]) -> Answer {
    let of_forms = [
        ("accept", "text/html,application/xhtml+xml,*/*;q=0.8"),
        ("content-type", "application/x-www-form-urlencoded"),
    ];
    let headers = [&of_forms, headers].concat();
    browser.send(Method::POST, &format!("/fn/{function}"), &headers, Some(form.to_owned())).await
}

/// Checks that the answer is a page.
#[track_caller]
fn is_a_page(what: &str, answer: &Answer) {
    let told = format!("{what}: {} {}", answer.status, answer.text);
    if answer.status.is_redirection() {
        let to = answer.header("location");
        assert!(to.starts_with('/') && !to.starts_with("//") || to.starts_with(ORIGIN), "{told}: {to}");
    } else {
        assert_eq!(answer.header("content-type"), "text/html; charset=utf-8", "{told}");
        assert!(answer.text.contains("Something went wrong") && answer.text.contains("<a "), "{told}");
        assert!(!answer.text.contains("<script"), "{told}");
        assert!(answer.header("content-security-policy").contains("default-src 'none'"), "{told}");
        assert_eq!(answer.header("cache-control"), "no-store", "{told}");
    }
}

#[tokio::test]
async fn mailed_link_forms_work_with_only_a_null_origin() {
    let mails = MailServer::start().await;
    for flags in [&[][..], &["--base-url", HTTPS, "--rate-limit", "off", "--sign-in-throttle", "off"]] {
        let app = start_with(&mails, flags).await;
        let origin = if flags.is_empty() { ORIGIN } else { HTTPS };
        let laptop = app.browser(FIREFOX);
        let sign_up = format!("name=ada&{SIGN_IN}");
        location(&submit(&laptop, "sign-up", &sign_up, &[("origin", origin)]).await);
        let change = format!("current_password=correct+horse+battery&new_password={NEW}");
        location(&submit(&laptop, "change-password", &change, &[("origin", origin)]).await);
        assert_eq!(app.deliver().await, 1);
        let mail = mails.one().plain();
        let (_, token) = mail.split_once("?token=").expect("a link");
        let mailed = token.split_whitespace().next().expect("a token");

        // As browsers do for a page with `Referrer-Policy: no-referrer`.
        let null = [("origin", "null")];
        let stranger = app.browser(CHROME);
        for (browser, form) in [(&stranger, "token=x"), (&laptop, "token=x")] {
            let refused = submit(browser, "report-by-mail", form, &null).await;
            assert!(location(&refused).starts_with("/not-me?token="), "it was looked at");
        }
        let form = format!("token={mailed}");
        let led = submit(&laptop, "report-by-mail", &form, &null).await;
        let (_, token) = location(&led).split_once("/reset-password?token=").expect("the next form");
        let token = token.split('&').next().expect("its end").to_owned();
        assert_eq!(laptop.whoami().await, "", "every session has ended");
        let form = format!("token={token}&new_password={NEW}");
        let set = submit(&stranger, "reset-password", &form, &null).await;
        assert_eq!(location(&set), "/sign-in?done=password");
        let page = stranger.open(location(&set)).await;
        assert!(page.text.contains("Your password was changed."), "{}", page.text);
        // Its only cookie was that of the notice.
        let sign_in = SIGN_IN.replace("correct+horse+battery", NEW) + "&probe=true";
        let signed_in = submit(&stranger, "sign-in", &sign_in, &[("origin", origin)]).await;
        assert_eq!(location(&signed_in), "/sessions?done=signed-in");
        read_all(&app, &mails).await;
    }
}

#[tokio::test]
async fn mailed_link_forms_of_another_site_change_nothing() {
    let mails = MailServer::start().await;
    let app = start(&mails).await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let mail = not_me(&app, &mails, &laptop).await;
    let form = format!("token={}", mail.token());
    for headers in [
        &[("origin", "https://evil.example")][..],
        &[("origin", "null"), ("sec-fetch-site", "cross-site")],
        &[("origin", "null"), ("sec-fetch-site", "same-site")],
    ] {
        let answer = submit(&laptop, "report-by-mail", &form, headers).await;
        assert_eq!(answer.status.as_u16(), 403, "{headers:?}");
        is_a_page("another site", &answer);
    }
    // All others need cookies.
    let answer = submit(&laptop, "sign-out", "", &[("origin", "null")]).await;
    assert_eq!(answer.status.as_u16(), 403);
    is_a_page("a null origin", &answer);
    assert_eq!(laptop.whoami().await, "ada");
}

#[tokio::test]
async fn every_refused_form_is_answered_with_a_page() {
    let mails = MailServer::start().await;
    let app = start(&mails).await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let large = "x".repeat(LARGE);
    let from_here = [("origin", ORIGIN)];
    let sources: [&[(&str, &str)]; 6] = [
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
        &[("origin", "null"), ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")],
        &[("sec-fetch-site", "cross-site")],
        &[("referer", "https://evil.example/")],
        &[],
    ];
    for (function, form) in FUNCTIONS {
        for headers in sources {
            let answer = submit(&laptop, function, form, headers).await;
            let what = format!("{function} {headers:?}");
            is_a_page(&what, &answer);
            assert!(answer.set_cookies().is_empty(), "{what}");
        }
        for form in [large.as_str(), "\u{0}", "%FF%FE", "[", "unknown=1"] {
            let what = format!("{function} {:?}", &form[..form.len().min(12)]);
            let answer = submit(&app.browser(CHROME), function, form, &from_here).await;
            is_a_page(&what, &answer);
            assert_eq!(form == large, answer.status.as_u16() == 413, "{what}: {}", answer.status);
        }
        let broken = [("origin", ORIGIN), ("accept", "text/html"), ("content-type", "text/plain")];
        let path = format!("/fn/{function}");
        let answer = app.browser(CHROME).send(Method::POST, &path, &broken, Some("x".to_owned())).await;
        is_a_page(&format!("{function} of another type"), &answer);
    }
    assert_eq!(laptop.whoami().await, "ada");

    app.store.close().await;
    for (function, form) in FUNCTIONS {
        let answer = submit(&laptop, function, form, &from_here).await;
        is_a_page(&format!("{function} without a database"), &answer);
    }

    let app = TestApp::start_with(&["--rate-limit", "on"]).await;
    let browser = app.browser(FIREFOX);
    let mut last = None;
    for _ in 0..4 {
        last = Some(submit(&browser, "sign-in", "email=x&password=y", &from_here).await);
    }
    let limited = last.expect("an answer");
    assert_eq!(limited.status.as_u16(), 429);
    assert!(limited.headers.contains_key("retry-after"));
    is_a_page("too many", &limited);
    assert!(
        limited.text.contains("Try again in ") && limited.text.contains("href=\"/sign-in\""),
        "{}",
        limited.text
    );
}

#[tokio::test]
async fn refusal_is_shown_at_the_form_without_a_referer() {
    let app = TestApp::start().await;
    app.sign_up(FIREFOX, "ada").await;
    let browser = app.browser(CHROME);
    let from_here = [("origin", ORIGIN)];
    let wrong = "email=ada%40example.org&password=wrong+password";
    let refused = submit(&browser, "sign-in", wrong, &from_here).await;
    assert!(location(&refused).starts_with("/sign-in?"), "{}", location(&refused));
    let page = browser.open(location(&refused)).await;
    assert!(page.text.contains("Wrong email or password."), "{}", page.text);

    location(&submit(&browser, "sign-in", &[SIGN_IN, "&keep=remembered"].concat(), &from_here).await);
    let refused = submit(&browser, "sign-in", wrong, &from_here).await;
    let page = browser.open(location(&refused)).await;
    assert!(page.text.contains("Wrong email or password."), "another account");
    let refused = submit(&browser, "revoke", "session_id=unknown", &from_here).await;
    let page = browser.open(location(&refused)).await;
    assert!(page.text.contains("That device was already signed out."), "{}", page.text);
    app.advance(DAY + MINUTE);
    let asked = submit(&browser, "revoke-others", "", &from_here).await;
    assert_eq!(
        location(&asked),
        "/confirm?act=/fn/revoke-others&session_id=",
        "the question for the password"
    );
}

#[tokio::test]
async fn page_at_the_wrong_address_names_the_right_one() {
    let app = TestApp::start().await;
    app.sign_up(FIREFOX, "ada").await;
    let other = [("origin", "http://192.168.1.5:3000"), ("host", "192.168.1.5:3000")];
    let browser = app.browser(CHROME);
    let page = submit(&browser, "sign-in", SIGN_IN, &other).await;
    assert_eq!(page.status.as_u16(), 403);
    is_a_page("another address", &page);
    for part in [&format!("href=\"{ORIGIN}\""), "http://192.168.1.5:3000", "INVALID_ORIGIN"] {
        assert!(page.text.contains(part), "{part} is missing in {}", page.text);
    }
    let script = [&other[..], &[("accept", "application/json")]].concat();
    let answer = browser.send(Method::POST, "/fn/sign-in", &script, Some(SIGN_IN.to_owned())).await;
    answer.refused(403, "INVALID_ORIGIN");
    assert!(answer.json()["message"].as_str().is_some_and(|text| text.contains(ORIGIN)), "{}", answer.text);
    // The API has Better Auth's message.
    let body = json!({ "email": "ada@example.org", "password": "x" }).to_string();
    let headers = [&other[..], &[("content-type", "application/json")]].concat();
    let answer = browser.send(Method::POST, "/api/auth/sign-in/email", &headers, Some(body)).await;
    answer.refused(403, "INVALID_ORIGIN");
    assert_eq!(answer.json()["message"], "Invalid origin");
    // A request from another site gets no such explanation.
    let evil = [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")];
    let page = submit(&browser, "sign-in", SIGN_IN, &evil).await;
    assert!(page.text.contains("came from another site") && !page.text.contains("evil.example"));
}

#[tokio::test]
async fn notice_is_shown_only_to_the_browser_that_acted() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let (stranger, other) = (app.browser(CHROME), app.sign_in(CHROME, "ada").await);
    let id = other.current_id().await;
    for (path, words) in [
        ("/sign-in?done=password", "password was changed"),
        ("/sign-in?done=everywhere", "signed out everywhere"),
        ("/sign-in?done=signed-in", "You're signed in."),
        ("/sign-in?done=switched", "You switched accounts."),
        ("/sign-in?done=revoked", "Signed out."),
    ] {
        assert!(!stranger.open(path).await.text.contains(words), "{path}");
    }
    for (path, words) in [
        ("/sessions?done=password-others", "password was changed"),
        ("/sessions?done=others", "All other devices are signed out."),
        ("/sessions?done=undone", "is signed in again"),
        ("/sessions?done=renamed", "Device renamed."),
        ("/sessions?done=signed-out", "You're signed out."),
        (&format!("/sessions?done=revoked&undo={id}"), "undo-revoke"),
        (&format!("/sessions?done=signed-in&undo={id}"), "undo-revoke"),
    ] {
        let page = laptop.open(path).await;
        assert!(page.status.is_success() && !page.text.contains(words), "{path}: {}", page.text);
    }
    for path in ["/not-me?done=mail", "/not-me?done=change", "/not-me?done=password"] {
        for (browser, start) in [(&stranger, "/sign-in"), (&laptop, "/sessions")] {
            assert_eq!(location(&browser.open(path).await), start, "{path}");
        }
    }

    let to = laptop.submit("/sessions", "revoke", &format!("session_id={id}")).await;
    let to = location(&to).to_owned();
    let page = laptop.open(&to).await.text;
    assert!(page.contains("Signed out.") && page.contains("undo-revoke"), "{page}");
    assert!(!laptop.open(&to).await.text.contains("Signed out."), "once");

    let form = "session_id=x&name=y".replace('x', &laptop.current_id().await);
    let to = location(&laptop.submit("/rename", "rename", &form).await).replace(ORIGIN, "");
    let other_words = laptop.open("/sessions?done=password").await.text;
    assert!(!other_words.contains("password was changed"), "another notice proves nothing");
    assert!(laptop.open(&to).await.text.contains("Device renamed."), "and is not lost by that");

    // By the start page, as a script does.
    laptop.call("revoke-all", "").await.ok();
    let start = laptop.open("/?done=everywhere").await;
    assert_eq!(location(&start), "/sign-in?done=everywhere");
    assert!(laptop.open(location(&start)).await.text.contains("You're signed out everywhere."));
    assert!(!laptop.open(location(&start)).await.text.contains("You're signed out everywhere."));
}

#[tokio::test]
async fn going_back_after_a_sign_out_claims_no_sign_in() {
    let app = TestApp::start().await;
    app.sign_up(FIREFOX, "ada").await;
    let browser = app.browser(CHROME);
    let to = location(&browser.submit("/sign-in", "sign-in", SIGN_IN).await).to_owned();
    assert!(browser.open(&to).await.text.contains("You're signed in."));
    let out = browser.submit("/sessions", "sign-out", "").await;
    assert!(browser.open(location(&out)).await.text.contains("You're signed out."));
    let back = location(&browser.open(&to).await).to_owned();
    let page = browser.open(&back).await.text;
    assert!(!page.contains("You're signed in.") && !page.contains("cookies"), "{page}");
    // A signed-in person does not get the contrary message either.
    location(&browser.submit("/sign-in", "sign-in", SIGN_IN).await);
    assert!(!browser.open("/sessions?done=signed-out").await.text.contains("You're signed out."));
}

#[tokio::test]
async fn browser_without_cookies_gets_an_error_and_begins_no_session() {
    let app = TestApp::start().await;
    let ada = app.sign_up(FIREFOX, "ada").await;
    for from in ["/sign-in", "/sign-up"] {
        let page = app.browser(CHROME).open(from).await;
        assert!(page.text.contains(r#"name="probe" value="true""#), "{}", page.text);
        assert!(page.headers.contains_key("set-cookie"), "{from}");
    }
    let form = format!("{SIGN_IN}&probe=true");
    for _ in 0..3 {
        let browser = app.browser(CHROME);
        let refused = browser.submit("/sign-in", "sign-in", &form).await;
        let to = location(&refused).replace(ORIGIN, "");
        assert!(to.starts_with("/sign-in?"), "{to}");
        assert!(browser.open(&to).await.text.contains("Your browser blocks cookies for this site"));
    }
    let refused = app.browser(CHROME).call("sign-in", &form).await;
    refused.refused(400, "COOKIES_BLOCKED");
    let form_up = format!("name=eve&{}&probe=true", SIGN_IN.replace("ada", "eve"));
    app.browser(CHROME).call("sign-up", &form_up).await.refused(400, "COOKIES_BLOCKED");
    assert_eq!(ada.list().await.len(), 1, "no session has begun");
    app.browser(CHROME).sign_up("eve").await.ok();

    // A browser that keeps cookies signs in, and keeps no more than it needs. Its second attempt has a cookie
    // too.
    for opens in [true, false] {
        let browser = app.browser(CHROME);
        if opens {
            browser.open("/sign-in").await;
        } else {
            browser.call("sign-in", &form).await.refused(400, "COOKIES_BLOCKED");
        }
        let to = browser.submit("/sign-in", "sign-in", &form).await;
        assert_eq!(location(&to), "/sessions?done=signed-in");
        assert!(browser.open(location(&to)).await.text.contains("You're signed in."));
        assert_eq!(browser.notice(), None);
    }
}

#[tokio::test]
async fn browser_that_lost_its_cookies_after_sign_in_gets_an_explanation() {
    let app = TestApp::start().await;
    app.sign_up(FIREFOX, "ada").await;
    let to = app.browser(SAFARI).submit("/sign-in", "sign-in", SIGN_IN).await;
    let keeps_none = app.browser(SAFARI);
    let to = location(&keeps_none.open(location(&to)).await).to_owned();
    assert_eq!(to, "/sign-in?done=signed-in");
    let page = app.browser(SAFARI).open(&to).await.text;
    assert!(page.contains("You're not signed in.") && page.contains("may block cookies"), "{page}");
}

#[tokio::test]
async fn page_does_not_claim_a_mail_that_nobody_requested() {
    let mails = MailServer::start().await;
    let app = start(&mails).await;
    app.sign_up(FIREFOX, "ada").await;
    let browser = app.browser(CHROME);
    assert!(browser.open("/forgot-password?sent=1").await.text.contains("Send link"));
    let sent = browser.submit("/forgot-password", "forgot-password", "email=ada%40example.org").await;
    for _ in 0..2 {
        assert!(browser.open(location(&sent)).await.text.contains("Check your email"));
    }
    app.advance(MINUTE);
    assert!(app.browser(CHROME).open(location(&sent)).await.text.contains("Send link"));
    sign_in_with(&browser, "ada", "correct horse battery").await.ok();
}
