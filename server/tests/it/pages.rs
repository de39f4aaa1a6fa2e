//! The pages without WebAssembly.

use axum::http::Method;
use multi_session::Code;
use serde_json::json;

use crate::harness::{CHROME, FIREFOX, TestApp};

#[tokio::test]
async fn list_is_complete_without_scripts() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    app.sign_in(CHROME, "ada").await;
    let page = laptop.open("/sessions").await;
    assert_eq!(page.status.as_u16(), 200);
    for part in ["Your devices", "Firefox on macOS", "Chrome on Windows", "(current)", "ada@example.org"] {
        assert!(page.text.contains(part), "{part} is missing");
    }
    assert_eq!(page.header("cache-control"), "no-store");
}

#[tokio::test]
async fn every_page_has_the_name_the_colour_and_the_logo_of_the_service() {
    let flags = [
        "--service-name",
        "Ünïcödé Co",
        "--accent-color",
        "#ffd400",
        "--logo",
        "https://cdn.example.org/x.svg",
    ];
    let app = TestApp::start_with(&flags).await;
    let ada = app.sign_up(FIREFOX, "ada").await;
    let nobody = app.browser(CHROME);
    let refused = nobody.submit("/sign-in", "sign-in", &"x".repeat(70_000)).await;
    let pages = [
        ada.open("/sessions").await,
        nobody.open("/sign-in").await,
        nobody.open("/nothing").await,
        nobody.open("/api/auth/error?error=INVALID_CALLBACK_URL").await,
        refused,
    ];
    for page in pages {
        for part in [" · Ünïcödé Co</title>", "/colors.css?ffd400", r#"src="https://cdn.example.org/x.svg""#]
        {
            assert!(page.text.contains(part), "{part} is missing: {}", page.text);
        }
        assert!(!page.text.contains("Multi-session<") && !page.text.contains(" style="), "{}", page.text);
        let policy = page.header("content-security-policy");
        assert!(
            policy.contains("img-src 'self'") && policy.contains(" https://cdn.example.org;"),
            "{policy}"
        );
    }
    let style = nobody.get("/colors.css").await;
    assert_eq!(style.header("content-type"), "text/css");
    assert!(style.text.contains("--ms-accent:light-dark(#"), "{}", style.text);
    let manifest = nobody.get("/manifest.webmanifest").await.ok();
    assert_eq!((&manifest["name"], &manifest["theme_color"]), (&json!("Ünïcödé Co"), &json!("#ffd400")));
}

#[tokio::test]
async fn default_service_name_and_style_are_ours() {
    let app = TestApp::start().await;
    let page = app.browser(FIREFOX).open("/sign-in").await;
    assert!(
        page.text.contains(" · Multi-session</title>") && !page.text.contains("colors.css"),
        "{}",
        page.text
    );
    assert_eq!(app.browser(FIREFOX).get("/colors.css").await.status.as_u16(), 404);
}

#[tokio::test]
async fn only_pages_are_compressed() {
    let app = TestApp::start().await;
    let ada = app.sign_up(FIREFOX, "ada").await;
    let whole = ada.open("/sessions").await.text.len();
    let get = async |path: &str, accept: &str| {
        let headers = [("accept", accept), ("accept-encoding", "gzip, deflate, br, zstd")];
        let (parts, body) = ada.send_for_bytes(Method::GET, path, &headers, None).await;
        (parts.headers, body)
    };
    let (headers, body) = get("/sessions", "text/html").await;
    assert_eq!(headers["content-encoding"], "gzip");
    assert!(headers.get_all("vary").iter().any(|value| value == "accept-encoding"), "{headers:?}");
    assert!(!headers.contains_key("content-length"), "{headers:?}");
    assert!(body.len() * 3 < whole, "{} of {whole} bytes", body.len());
    for (path, accept) in [
        ("/api/auth/get-session", "application/json"),
        ("/fn/list-device-sessions", "application/json"),
        ("/api/auth/multi-session/events", "text/event-stream"),
    ] {
        assert!(!get(path, accept).await.0.contains_key("content-encoding"), "{path}");
    }
}

#[tokio::test]
async fn password_managers_find_the_page_to_change_a_password() {
    let app = TestApp::start().await;
    for browser in [app.sign_up(FIREFOX, "ada").await, app.browser(CHROME)] {
        let answer = browser.get("/.well-known/change-password").await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/change-password"));
    }
}

#[tokio::test]
async fn pages_redirect_by_sign_in_state() {
    let app = TestApp::start().await;
    let nobody = app.browser(FIREFOX);
    let ada = app.sign_up(CHROME, "ada").await;
    for (browser, from, to) in [
        (&nobody, "/", "/sign-in"),
        (&nobody, "/sessions", "/sign-in"),
        (&ada, "/", "/sessions"),
        (&ada, "/sign-in", "/sessions"),
        (&ada, "/sign-up", "/sessions"),
    ] {
        let answer = browser.open(from).await;
        assert!(answer.status.is_redirection(), "{from}: {}", answer.status);
        assert_eq!(answer.header("location"), to, "{from}");
    }
    assert_eq!(nobody.open("/sign-in").await.status.as_u16(), 200);
    assert_eq!(nobody.open("/sign-up").await.status.as_u16(), 200);
    assert_eq!(ada.open("/sign-in?add=1").await.status.as_u16(), 200);
    let missing = nobody.open("/nothing/here").await;
    assert_eq!(missing.status.as_u16(), 404);
    assert!(missing.text.contains("Page not found"));
}

#[tokio::test]
async fn trailing_slash_redirects_to_the_page() {
    let app = TestApp::start().await;
    let browser = app.browser(FIREFOX);
    for path in
        multi_session_leptos::page_routes().iter().map(|route| route.path()).filter(|path| *path != "/")
    {
        let answer = browser.open(&format!("{path}/?a=b&c=%2Fd")).await;
        assert_eq!(answer.status.as_u16(), 308, "{path}");
        assert_eq!(answer.header("location"), format!("{path}?a=b&c=%2Fd"));
    }
    assert_eq!(browser.open("/sessions/").await.header("location"), "/sessions");
    for path in ["//evil.example/", "/sessions//", "/nothing/", "//evil.example/sessions/"] {
        let answer = browser.open(path).await;
        assert_eq!(answer.status.as_u16(), 404, "{path}");
        assert!(!answer.text.contains("href=\"//"), "{path}");
    }
}

#[tokio::test]
async fn unknown_page_needs_no_query() {
    let app = TestApp::start().await;
    let id = app.sign_up(FIREFOX, "ada").await.current_id().await;
    app.store.close().await;
    let missing = app.browser(CHROME).open(&format!("/nothing/here?ended={id}&done=signed-in")).await;
    assert_eq!(missing.status.as_u16(), 404);
    assert!(missing.text.contains("Page not found"), "{}", missing.text);
    assert!(!missing.text.contains("load your data right now"), "{}", missing.text);
}

#[tokio::test]
async fn scripts_run_only_with_the_pages_nonce() {
    let app = TestApp::start().await;
    let browser = app.browser(FIREFOX);
    let (first, second) = (browser.open("/sign-in").await, browser.open("/sign-in").await);
    let policy = first.header("content-security-policy");
    assert!(!policy.contains("unsafe-inline"));
    assert!(policy.contains("frame-ancestors 'none'"));
    assert_ne!(policy, second.header("content-security-policy"), "a nonce is used once");
    let nonce = policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).expect("a nonce");
    for script in first.text.split("<script").skip(1) {
        let tag = script.split('>').next().expect("a tag");
        assert!(tag.contains(nonce), "a script without nonce: {tag}");
    }
    for attribute in [" onclick", " onsubmit", " onload", " style=", "javascript:"] {
        assert!(!first.text.contains(attribute), "{attribute}");
    }
    for path in ["/sign-in", "/api/auth/ok", "/healthz", "/nothing"] {
        let answer = browser.get(path).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert!(answer.headers.contains_key("content-security-policy"), "{path}");
        assert_eq!(answer.header("referrer-policy"), "same-origin", "{path}");
    }
}

#[tokio::test]
async fn all_forms_work_without_webassembly() {
    let app = TestApp::start().await;
    let laptop = app.browser(FIREFOX);
    let form = "name=ada&email=ada%40example.org&password=correct+horse+battery";
    let answer = laptop.submit("/sign-up", "sign-up", form).await;
    assert!(answer.status.is_redirection(), "{} {}", answer.status, answer.text);
    assert!(answer.header("location").starts_with("/sessions"));
    assert_eq!(laptop.whoami().await, "ada");

    let phone = app.sign_in(CHROME, "ada").await;
    let form = format!("session_id={}", phone.current_id().await);
    let answer = laptop.submit("/sessions", "revoke", &form).await;
    assert!(answer.status.is_redirection());
    assert!(answer.header("location").starts_with("/sessions"));
    assert_eq!(phone.whoami().await, "");

    let answer = laptop.submit("/sessions", "revoke-all", "").await;
    assert!(answer.header("location").starts_with("/sign-in"), "{}", answer.header("location"));
    assert_eq!(laptop.whoami().await, "");
}

#[tokio::test]
async fn error_without_webassembly_is_shown_on_the_page() {
    let app = TestApp::start().await;
    app.sign_up(FIREFOX, "ada").await;
    let browser = app.browser(CHROME);
    let form = "email=ada%40example.org&password=wrong+password";
    let answer = browser.submit("/sign-in", "sign-in", form).await;
    assert!(answer.status.is_redirection());
    let location = answer.header("location").replace("http://127.0.0.1:3000", "");
    assert!(location.starts_with("/sign-in?"), "{location}");
    assert!(!location.contains("wrong"), "no password travels in an address");
    let page = browser.open(&location).await;
    assert!(page.text.contains(Code::InvalidEmailOrPassword.sentence()), "{}", page.text);
}

#[tokio::test]
async fn refused_form_keeps_name_and_email_but_not_the_password() {
    let app = TestApp::start().await;
    app.sign_up(FIREFOX, "ada").await;
    let browser = app.browser(CHROME);
    browser.open("/sign-up").await;
    let forms = [
        ("sign-in", "email=ada%40example.org&password=wrong+password", &["value=\"ada@example.org\""][..]),
        (
            "sign-up",
            "name=Ada+%26+%C3%89va&email=ada%40example.org&password=wrong+password",
            &["value=\"Ada &amp; Éva\"", "value=\"ada@example.org\""],
        ),
    ];
    for (function, form, kept) in forms {
        let page = format!("/{function}");
        let answer = browser.submit(&page, function, form).await;
        let location = answer.header("location").replace("http://127.0.0.1:3000", "");
        assert!(!location.contains("ada") && !location.contains("wrong"), "{location}");
        let refused = browser.open(&location).await.text;
        for kept in kept {
            assert!(refused.contains(kept), "{kept} is missing in {refused}");
        }
        assert!(!refused.contains("wrong password"), "{refused}");
        let anew = browser.open(&page).await.text;
        assert!(!anew.contains("ada@example.org"), "it is kept for one page: {anew}");
    }
}

#[tokio::test]
async fn sign_in_page_offers_the_held_accounts() {
    let app = TestApp::start().await;
    let browser = app.sign_up(FIREFOX, "ada").await;
    browser.sign_up("grace").await.ok();
    browser.revoke_all().await.ok();
    let page = browser.open("/sign-in").await;
    assert!(page.text.contains("Continue as <bdi>ada"), "{}", page.text);
    assert!(!page.text.contains("Continue as <bdi>grace"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn pages_can_be_rendered_on_any_thread() {
    let app = TestApp::start().await;
    let ada = app.sign_up(FIREFOX, "ada").await;
    let pages = [("/sessions", 200), ("/sign-in?add=1", 200), ("/sign-up?add=1", 200), ("/nothing", 404)];
    let visits: Vec<_> = (0..25)
        .flat_map(|_| pages)
        .map(|(path, status)| {
            let browser = ada.copy();
            tokio::spawn(
                async move { assert_eq!(browser.open(path).await.status.as_u16(), status, "{path}") },
            )
        })
        .collect();
    for visit in visits {
        // A value that is bound to one thread and dropped on another would panic here.
        visit.await.expect("the page");
    }
}
