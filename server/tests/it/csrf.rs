//! Requests from other sites change nothing, by REST or by server function.

use axum::http::Method;

use crate::harness::{CHROME, FIREFOX, ORIGIN, TestApp};
use crate::standards::surfaces::{FUNCTIONS, routes};

const SIGN_IN: (&str, &str) =
    ("/api/auth/sign-in/email", r#"{"email":"ada@example.org","password":"correct horse battery"}"#);

#[tokio::test]
async fn another_sites_page_changes_nothing() {
    let app = TestApp::start().await;
    let browser = app.sign_up(FIREFOX, "ada").await;
    let other = app.sign_in(CHROME, "ada").await;
    let sources: [(&str, &[(&str, &str)]); 6] = [
        ("INVALID_ORIGIN", &[("origin", "https://evil.example")]),
        ("INVALID_ORIGIN", &[("origin", "http://127.0.0.1:3001")]),
        ("INVALID_ORIGIN", &[("sec-fetch-site", "cross-site")]),
        ("INVALID_ORIGIN", &[("referer", "https://evil.example/")]),
        ("MISSING_OR_NULL_ORIGIN", &[("origin", "null"), ("sec-fetch-site", "cross-site")]),
        ("MISSING_OR_NULL_ORIGIN", &[]),
    ];
    for route in routes(&app).await.iter().filter(|route| route.changes()) {
        for (code, headers) in sources {
            let answer = route.send(&browser, headers).await;
            answer.refused(403, code);
            assert!(answer.set_cookies().is_empty());
            assert!(answer.header("vary").contains("origin"));
        }
    }
    assert_eq!(browser.whoami().await, "ada");
    assert_eq!(other.whoami().await, "ada");
}

#[tokio::test]
async fn form_of_another_site_cannot_sign_in_a_new_browser() {
    let app = TestApp::start_with(&["--trusted-origins", "https://app.example.org"]).await;
    app.sign_up(FIREFOX, "ada").await;
    for origin in ["https://evil.example", "https://app.example.org"] {
        for (path, body) in [
            ("/api/auth/sign-in/email", "email=ada%40example.org&password=correct+horse+battery"),
            ("/api/auth/sign-up/email", "name=eve&email=eve%40example.org&password=correct+horse+battery"),
        ] {
            let headers = [
                ("origin", origin),
                ("sec-fetch-site", "cross-site"),
                ("sec-fetch-mode", "navigate"),
                ("content-type", "application/x-www-form-urlencoded"),
            ];
            let browser = app.browser(CHROME);
            let answer = browser.send(Method::POST, path, &headers, Some(body.to_owned())).await;
            answer.refused(403, "CROSS_SITE_NAVIGATION_LOGIN_BLOCKED");
            assert!(answer.set_cookies().is_empty());
        }
    }
}

#[tokio::test]
async fn own_and_trusted_pages_and_programs_are_accepted() {
    let app = TestApp::start_with(&["--trusted-origins", "https://app.example.org"]).await;
    app.sign_up(FIREFOX, "ada").await;
    let (path, body) = SIGN_IN;
    for source in [
        &[("origin", ORIGIN)][..],
        &[("origin", "http://localhost:3000")],
        &[("origin", "https://app.example.org"), ("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-origin")],
        &[("referer", "http://127.0.0.1:3000/sign-in")],
        &[],
    ] {
        let headers: Vec<_> = source.iter().copied().chain([("content-type", "application/json")]).collect();
        app.browser(CHROME).send(Method::POST, path, &headers, Some(body.to_owned())).await.ok();
    }
}

#[tokio::test]
async fn gets_that_change_something_answer_only_scripts_of_this_origin() {
    let app = TestApp::start().await;
    let browser = app.sign_up(FIREFOX, "ada").await;
    let other = app.sign_in(CHROME, "ada").await;
    let refused: [&[(&str, &str)]; 8] = [
        &[],
        &[("sec-fetch-site", "none"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")],
        &[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")],
        &[("sec-fetch-site", "same-origin"), ("sec-fetch-mode", "navigate")],
        &[("sec-fetch-site", "same-origin"), ("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", "image")],
        &[("sec-fetch-site", "same-origin"), ("sec-fetch-mode", "cors"), ("sec-purpose", "prefetch")],
        &[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "cors"), ("origin", "https://evil.example")],
        &[("origin", "https://evil.example")],
    ];
    for verb in ["revoke-others", "revoke-all"] {
        let path = format!("/api/auth/multi-session/{verb}");
        for headers in refused {
            browser.send(Method::GET, &path, headers, None).await.refused(403, "CROSS_SITE_GET_BLOCKED");
        }
    }
    assert_eq!(other.whoami().await, "ada");

    let script = [("sec-fetch-site", "same-origin"), ("sec-fetch-mode", "cors")];
    browser.send(Method::GET, "/api/auth/multi-session/revoke-others", &script, None).await.ok();
    assert_eq!(other.whoami().await, "");
    assert_eq!(browser.whoami().await, "ada");
    browser.send(Method::GET, "/api/auth/multi-session/revoke-all", &[("origin", ORIGIN)], None).await.ok();
    assert_eq!(browser.whoami().await, "");
}

#[tokio::test]
async fn a_server_function_that_changes_something_answers_no_get() {
    let app = TestApp::start().await;
    let browser = app.sign_up(FIREFOX, "ada").await;
    let other = app.sign_in(CHROME, "ada").await;
    let id = other.current_id().await;
    for (function, form) in FUNCTIONS {
        let form = form.replace("session_id=x", &format!("session_id={id}"));
        let answer = browser.get(&format!("/fn/{function}?{form}")).await;
        assert!(answer.status.is_client_error(), "{function}: {} {}", answer.status, answer.text);
        assert!(answer.set_cookies().is_empty(), "{function}");
    }
    for browser in [&browser, &other] {
        assert_eq!(browser.whoami().await, "ada");
    }
}
