//! ASVS 5.0, V3: headers and rules for browsers.

use std::collections::BTreeSet;

use axum::http::{Method, header};
use serde_json::json;
use tempfile::TempDir;

use super::surfaces::{HTTPS, Needs, routes, start, start_with};
use crate::harness::{Answer, CHROME, DAY, FIREFOX, ORIGIN, PASSWORD, TestApp};

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

fn from(origin: &str) -> [(&str, &str); 2] {
    [("origin", origin), ("accept", "text/html, application/json")]
}

/// Checks that a cookie is only sent to this host and over https, and is hidden from scripts.
#[track_caller]
fn is_bound(what: &str, cookie: &str) {
    assert!(cookie.starts_with("__Host-"), "{what}: {cookie}");
    let attributes: Vec<&str> = cookie.split("; ").skip(1).collect();
    for attribute in ["Secure", "HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(attributes.contains(&attribute), "{what}: {attribute}: {cookie}");
    }
    assert!(!cookie.to_lowercase().contains("domain"), "{what}: {cookie}");
}

#[tokio::test]
async fn asvs_3_3_a_cookie_is_bound_to_its_host_to_https_and_to_no_script() {
    let off = ["--rate-limit", "off", "--sign-in-throttle", "off"];
    let app = TestApp::start_with(&[&["--base-url", HTTPS], &off[..]].concat()).await;
    let browser = app.browser(FIREFOX);
    let send = async |path: &str, kind: &str, body: String| {
        let headers = [("origin", HTTPS), ("content-type", kind), ("accept", JSON)];
        let answer = browser.send(Method::POST, path, &headers, Some(body)).await;
        assert!(answer.status.is_success(), "{path}: {} {}", answer.status, answer.text);
        answer
    };
    let person = |name: &str| {
        let email = format!("{name}@example.org");
        json!({ "name": name, "email": email, "password": PASSWORD }).to_string()
    };
    let mut answers = vec![send("/api/auth/sign-up/email", JSON, person("ada")).await];
    let ada = browser.current_id().await;
    answers.push(send("/fn/sign-up", FORM, form("keep=remembered&name=grace&", "grace")).await);
    answers.push(send("/fn/set-active", FORM, format!("session_id={ada}")).await);
    answers.push(send("/api/auth/sign-in/email", JSON, person("ada")).await);
    answers.push(send("/fn/sign-in", FORM, form("keep=remembered&", "ada")).await);
    let body = json!({ "currentPassword": PASSWORD, "newPassword": PASSWORD, "revokeOtherSessions": true });
    answers.push(send("/api/auth/change-password", JSON, body.to_string()).await);
    let body = json!({ "password": PASSWORD }).to_string();
    answers.push(send("/api/auth/multi-session/reauthenticate", JSON, body).await);
    let acting = browser.current_id().await;
    let proof = format!("password=correct+horse+battery&acting={acting}");
    answers.push(send("/fn/reauthenticate", FORM, proof).await);
    app.advance(2 * DAY);
    let extended = browser.get("/api/auth/get-session").await;
    assert!(extended.set_cookies().is_empty(), "it lasts until the absolute limit");
    let confirmed = format!("password=correct+horse+battery&act=%2Ffn%2Frevoke-others&acting={acting}");
    answers.push(send("/fn/confirm", FORM, confirmed).await);
    let ada = browser.current_id().await;
    let body = json!({ "sessionId": ada }).to_string();
    answers.push(send("/api/auth/multi-session/set-active", JSON, body).await);
    answers.push(send("/api/auth/sign-out", JSON, "{}".to_owned()).await);

    for (number, answer) in answers.iter().enumerate() {
        let what = format!("answer {number}");
        assert!(!answer.set_cookies().is_empty(), "{what}: {}", answer.text);
        for cookie in answer.set_cookies().iter().chain(&answer.device_cookie()) {
            is_bound(&what, cookie);
        }
    }
    assert!(
        answers[0].set_cookies().len() == 2 && answers.last().is_some_and(|it| it.set_cookies().len() > 2)
    );
    assert!(answers.iter().filter(|answer| answer.device_cookie().is_some()).count() >= 3);
}

/// A form of `name@example.org`, with a prefix.
fn form(start: &str, name: &str) -> String {
    format!("{start}email={name}%40example.org&password=correct+horse+battery")
}

/// Checks the headers of every answer, and that private answers are not cached (ASVS 3.4, 7.4.1).
#[track_caller]
fn says_how_browsers_must_treat_it(what: &str, answer: &Answer, https: bool) {
    let header = |name: &str| answer.headers.get(name).map_or("", |value| value.to_str().expect("text"));
    let told = format!("{what}: {} {}", answer.status, answer.text.get(..80).unwrap_or(&answer.text));
    assert_eq!(header("x-content-type-options"), "nosniff", "{told}");
    // An address with a secret is never sent as a Referer, not even to ourselves.
    let referrer = if what.starts_with("GET /reset-password") { "no-referrer" } else { "same-origin" };
    assert_eq!(header("referrer-policy"), referrer, "{told}");
    assert_eq!(header("cross-origin-opener-policy"), "same-origin", "{told}");
    assert_eq!(header("access-control-allow-origin"), "", "{told}");
    let policy = header("content-security-policy");
    assert!(
        policy.contains("default-src '") && policy.contains("frame-ancestors 'none'"),
        "{told}: {policy}"
    );
    assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{told}: {policy}");
    let transport = header("strict-transport-security");
    assert_eq!(!transport.is_empty(), https, "{told}");
    if https {
        let seconds = transport.strip_prefix("max-age=").and_then(|rest| rest.split(';').next());
        let seconds: u64 = seconds.and_then(|seconds| seconds.parse().ok()).expect("a number of seconds");
        assert!(seconds >= 365 * DAY.as_secs(), "{told}: {transport}");
        assert!(!transport.contains("includeSubDomains"), "{told}: they are not ours");
    }
    if !answer.status.is_success() && !answer.status.is_redirection() {
        assert_eq!(header("cache-control"), "no-store", "{told}");
    }
}

/// Checks that the answer names what it depends on, for caches.
#[track_caller]
fn varies(what: &str, answer: &Answer) {
    let all = answer.headers.get_all(header::VARY).iter().map(|value| value.to_str().expect("text"));
    let vary = all.collect::<Vec<_>>().join(", ");
    for name in ["cookie", "origin", "sec-fetch-site"] {
        let is_known = vary.split(", ").any(|known| known == name);
        assert!(is_known, "{what}: {name} is not in {vary:?}: {} {}", answer.status, answer.text);
    }
}

#[tokio::test]
async fn asvs_3_4_every_answer_has_the_security_headers() {
    let folder = TempDir::new().expect("a folder");
    std::fs::create_dir(folder.path().join("pkg")).expect("a folder");
    std::fs::write(folder.path().join("pkg/a.js"), "0").expect("a file");
    std::fs::write(folder.path().join("robots.txt"), "").expect("a file");
    let root = folder.path().to_str().expect("text");
    let evil = "https://evil.example";
    let huge = "x".repeat(64 * 1024 + 1);
    for (https, origin) in [(false, ORIGIN), (true, HTTPS)] {
        let app = start_with(&["--site-root", root, "--rate-limit", "off", "--base-url", origin]).await;
        let person = async |name: &str| {
            let headers = [("origin", origin), ("content-type", JSON)];
            let email = format!("{name}@example.org");
            let form = json!({ "name": name, "email": email, "password": PASSWORD }).to_string();
            let browser = app.browser(FIREFOX);
            browser.send(Method::POST, "/api/auth/sign-up/email", &headers, Some(form)).await.ok();
            browser
        };
        let mut ada = person("ada").await;
        let mut statuses = BTreeSet::new();
        let mut hold = |what: String, answer: &Answer| {
            says_how_browsers_must_treat_it(&what, answer, https);
            statuses.insert(answer.status.as_u16());
        };
        for (number, route) in routes(&app).await.iter().enumerate() {
            let what = format!("{} {}", route.method, route.path);
            // Public answers may be cached.
            let public = ["openapi.json", "/reference", "/auth/error", "healthz", "readyz", "/auth/ok"];
            let is_public = public.iter().any(|path| route.path.contains(path));
            for (browser, origin) in [(&app.browser(CHROME), origin), (&ada, evil), (&ada, origin)] {
                let answer = route.send(browser, &from(origin)).await;
                hold(what.clone(), &answer);
                if !is_public {
                    assert_eq!(answer.header("cache-control"), "no-store", "{what}");
                }
                // Operators' programs have no cookies and no origin.
                if !is_public && route.needs != Needs::Operator {
                    varies(&what, &answer);
                }
            }
            if route.changes() {
                let broken = [("origin", origin), ("content-type", JSON)];
                let unknown = [("origin", origin), ("content-type", "text/plain")];
                for (headers, body) in [(broken, "{"), (broken, &*huge), (unknown, "{")] {
                    let answer = ada.send(Method::POST, &route.path, &headers, Some(body.to_owned())).await;
                    hold(what.clone(), &answer);
                }
                // It may have ended the session.
                ada = person(&format!("ada{number}")).await;
            }
        }
        for path in
            ["/pkg/a.js", "/robots.txt", "/pkg/missing.js", "/api/auth/nothing", "/fn/nothing", "/.env"]
        {
            for method in [Method::GET, Method::HEAD, Method::POST, Method::DELETE, Method::OPTIONS] {
                hold(format!("{method} {path}"), &ada.send(method, path, &[("origin", origin)], None).await);
            }
        }
        app.store.close().await;
        hold("no database".to_owned(), &ada.get("/api/auth/get-session").await);
        hold("no database".to_owned(), &ada.get("/readyz").await);
        hold("no database".to_owned(), &ada.open("/sessions").await);

        let app = TestApp::start_with(&["--rate-limit", "on", "--base-url", origin]).await;
        for _ in 0..4 {
            hold("too many".to_owned(), &app.browser(CHROME).sign_in("nobody").await);
        }
        for status in [200, 400, 401, 403, 404, 405, 413, 415, 429, 503] {
            assert!(statuses.contains(&status), "{status} is not among {statuses:?}");
        }
    }
}

#[tokio::test]
async fn hsts_includes_subdomains_only_if_configured() {
    for (value, expected) in [("false", "max-age=31536000"), ("true", "max-age=31536000; includeSubDomains")]
    {
        let app = start_with(&["--base-url", HTTPS, "--hsts-include-subdomains", value]).await;
        let answer = app.browser(FIREFOX).get("/healthz").await;
        assert_eq!(answer.header("strict-transport-security"), expected);
    }
}

#[tokio::test]
async fn asvs_3_4_scripts_run_only_by_a_fresh_nonce_and_webassembly_on_the_pages_that_have_some() {
    let app = start().await;
    let (nobody, ada) = (app.browser(FIREFOX), app.sign_up(CHROME, "ada").await);
    let id = app.sign_in(CHROME, "ada").await.current_id().await;
    let rename = &*format!("/rename?session_id={id}");
    let confirm = "/confirm?act=/fn/revoke-all&session_id=";
    // A fresh session has nothing to confirm.
    app.advance(2 * DAY);
    let scripted = [
        (&nobody, "/sign-in"),
        (&nobody, "/sign-up"),
        (&nobody, "/choose-device"),
        (&ada, "/sign-in?add=1"),
        (&ada, "/sessions"),
        (&ada, "/sessions?confirm=others"),
        (&ada, "/change-password"),
        (&ada, "/history"),
        (&ada, rename),
        (&ada, confirm),
        (&nobody, "/not-me?token="),
        (&nobody, "/forgot-password"),
        (&nobody, "/reset-password?token="),
        (&nobody, "/nothing/here"),
        (&ada, "/nothing/here"),
    ];
    // The start page always redirects.
    for path in
        multi_session_leptos::page_routes().iter().map(|route| route.path()).filter(|path| *path != "/")
    {
        let is_opened = scripted.iter().any(|(_, opened)| opened.split('?').next() == Some(path));
        assert!(is_opened, "{path} is not opened");
    }
    let mut nonces = BTreeSet::new();
    for (browser, path) in scripted.into_iter().chain(scripted) {
        let page = browser.open(path).await;
        let policy = page.header("content-security-policy");
        let scripts = policy.split("; ").find(|directive| directive.starts_with("script-src ")).expect("it");
        let nonce = scripts
            .strip_prefix("script-src 'self' 'nonce-")
            .and_then(|rest| rest.strip_suffix("' 'wasm-unsafe-eval'"))
            .unwrap_or_else(|| panic!("{path}: {scripts}"));
        assert!(nonce.len() >= 22, "{path}: 128 bits: {nonce}");
        assert!(nonces.insert(nonce.to_owned()), "{path}: {nonce} was used before");
        let mut tags = page.text.split("<script").skip(1).map(|rest| rest.split('>').next().expect("a tag"));
        assert!(page.text.contains("<script"), "{path} has scripts");
        assert!(tags.all(|tag| tag.contains(nonce)), "{path}: {}", page.text);
    }
    assert_eq!(nonces.len(), 2 * scripted.len());
}

#[tokio::test]
async fn asvs_3_5_no_other_site_changes_anything_on_any_route() {
    let app = start().await;
    let ada = app.sign_up(FIREFOX, "ada").await;
    let other = app.sign_in(CHROME, "ada").await;
    // Operators' programs have no cookies, so no other site can use them.
    let by_cookies = routes(&app).await.into_iter().filter(|route| route.needs != Needs::Operator);
    for route in by_cookies.filter(|route| route.changes()) {
        let sources: [&[(&str, &str)]; 8] = [
            &[("origin", "https://evil.example")],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site")],
            &[("origin", ORIGIN), ("sec-fetch-site", "cross-site")],
            &[("origin", ORIGIN), ("sec-fetch-site", "same-site")],
            &[("origin", "https://evil.example"), ("sec-fetch-site", "same-origin")],
            &[("referer", "https://evil.example/")],
            &[],
        ];
        for headers in sources {
            let answer = route.send(&ada, headers).await;
            assert_eq!(answer.status.as_u16(), 403, "{}: {headers:?}: {}", route.path, answer.text);
            assert!(answer.set_cookies().is_empty(), "{}", route.path);
            varies(&route.path, &answer);
        }
    }
    assert_eq!((ada.whoami().await, other.whoami().await), ("ada".to_owned(), "ada".to_owned()));
}
