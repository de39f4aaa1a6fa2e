//! Forms as browsers send them by themselves: whoever submits one gets a page.

use axum::http::Method;
use serde_json::json;

use crate::harness::{Answer, CHROME, FIREFOX, ORIGIN, TestApp, TestBrowser};
use crate::mail::{location, read_all, start, start_with};
use crate::report::not_me;
use crate::smtp::MailServer;
use crate::standards::surfaces::{FUNCTIONS, HTTPS};

const NEW: &str = "another+good+password";
const SIGN_IN: &str = "email=ada%40example.org&password=correct+horse+battery";
const LARGE: usize = 64 * 1024 + 1;

/// Submits a form with exactly these headers beside those that every form has.
async fn submit(browser: &TestBrowser, function: &str, form: &str, headers: &[(&str, &str)]) -> Answer {
    let of_forms = [
        ("accept", "text/html,application/xhtml+xml,*/*;q=0.8"),
        ("content-type", "application/x-www-form-urlencoded"),
    ];
    let headers = [&of_forms, headers].concat();
    browser.send(Method::POST, &format!("/fn/{function}"), &headers, Some(form.to_owned())).await
}

/// Holds that a browser shows a page for the answer.
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
async fn mailed_link_forms_work_where_the_browser_says_no_more_than_a_null_origin() {
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
        let mail = mails.one();

        // As a page with `Referrer-Policy: no-referrer` makes browsers do.
        let null = [("origin", "null")];
        let stranger = app.browser(CHROME);
        for (browser, form) in [(&stranger, "token=x"), (&laptop, "token=x")] {
            let refused = submit(browser, "report-by-mail", form, &null).await;
            assert!(location(&refused).starts_with("/not-me?token="), "it was looked at");
        }
        let form = format!("token={}", mail.token());
        let led = submit(&laptop, "report-by-mail", &form, &null).await;
        let (_, token) = location(&led).split_once("/reset-password?token=").expect("the next form");
        let token = token.split('&').next().expect("its end").to_owned();
        assert_eq!(laptop.whoami().await, "", "every session has ended");
        let form = format!("token={token}&new_password={NEW}");
        let set = submit(&laptop, "reset-password", &form, &null).await;
        assert_eq!(location(&set), "/sign-in?done=password");
        let page = laptop.open(location(&set)).await;
        assert!(page.text.contains("Your password was changed."), "{}", page.text);
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
    // All others rest on cookies.
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
    assert!(limited.text.contains("wait") && limited.text.contains("href=\"/sign-in\""), "{}", limited.text);
}

#[tokio::test]
async fn refusal_is_told_at_the_form_where_the_browser_sends_no_referer() {
    let app = TestApp::start().await;
    app.sign_up(FIREFOX, "ada").await;
    let browser = app.browser(CHROME);
    let from_here = [("origin", ORIGIN)];
    let wrong = "email=ada%40example.org&password=wrong+password";
    let refused = submit(&browser, "sign-in", wrong, &from_here).await;
    assert!(location(&refused).starts_with("/sign-in?"), "{}", location(&refused));
    let page = browser.open(location(&refused)).await;
    assert!(page.text.contains("That e-mail and password do not match an account."), "{}", page.text);

    location(&submit(&browser, "sign-in", SIGN_IN, &from_here).await);
    let refused = submit(&browser, "sign-in", wrong, &from_here).await;
    let page = browser.open(location(&refused)).await;
    assert!(page.text.contains("That e-mail and password do not match an account."), "another account");
    let refused = submit(&browser, "revoke", "session_id=unknown", &from_here).await;
    let page = browser.open(location(&refused)).await;
    assert!(page.text.contains("That session has already ended."), "{}", page.text);
}

#[tokio::test]
async fn person_at_another_address_than_the_servers_is_told_the_right_one() {
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
    // The API says what Better Auth says.
    let body = json!({ "email": "ada@example.org", "password": "x" }).to_string();
    let headers = [&other[..], &[("content-type", "application/json")]].concat();
    let answer = browser.send(Method::POST, "/api/auth/sign-in/email", &headers, Some(body)).await;
    answer.refused(403, "INVALID_ORIGIN");
    assert_eq!(answer.json()["message"], "Invalid origin");
    // Another site is not told to be this one.
    let evil = [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")];
    let page = submit(&browser, "sign-in", SIGN_IN, &evil).await;
    assert!(page.text.contains("came from another site") && !page.text.contains("evil.example"));
}
