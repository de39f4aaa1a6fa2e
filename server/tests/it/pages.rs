//! The pages as a browser without WebAssembly gets them.

use crate::harness::{CHROME, FIREFOX, TestApp};

#[tokio::test]
async fn the_list_arrives_complete() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    app.sign_in(CHROME, "ada").await;
    let page = laptop.open("/sessions").await;
    assert_eq!(page.status.as_u16(), 200);
    for part in
        ["Your devices", "Firefox 145 on macOS", "Chrome 142 on Windows", "(current)", "ada@example.org"]
    {
        assert!(page.text.contains(part), "{part} is missing");
    }
    assert_eq!(page.header("cache-control"), "no-store");
}

#[tokio::test]
async fn everybody_is_sent_where_they_belong() {
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
async fn slash_at_the_end_of_a_pages_address_leads_to_the_page() {
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
async fn a_page_that_is_not_there_asks_the_database_nothing() {
    let app = TestApp::start().await;
    let id = app.sign_up(FIREFOX, "ada").await.current_id().await;
    app.store.close().await;
    let missing = app.browser(CHROME).open(&format!("/nothing/here?ended={id}&done=signed-in")).await;
    assert_eq!(missing.status.as_u16(), 404);
    assert!(missing.text.contains("Page not found"), "{}", missing.text);
    assert!(!missing.text.contains("could not be loaded"), "{}", missing.text);
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
async fn forms_without_webassembly_do_the_whole_job() {
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
async fn a_refusal_without_webassembly_is_told_on_the_page() {
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
    assert!(page.text.contains("That e-mail and password do not match an account."), "{}", page.text);
}

#[tokio::test]
async fn the_sign_in_page_offers_the_accounts_that_are_held() {
    let app = TestApp::start().await;
    let browser = app.sign_up(FIREFOX, "ada").await;
    browser.sign_up("grace").await.ok();
    browser.revoke_all().await.ok();
    let page = browser.open("/sign-in").await;
    assert!(page.text.contains("Continue as ada"), "{}", page.text);
    assert!(!page.text.contains("Continue as grace"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn pages_are_rendered_on_whichever_thread() {
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
        // A value bound to one thread and dropped on another would have panicked here.
        visit.await.expect("the page");
    }
}
