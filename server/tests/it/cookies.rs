//! The cookies: their form, their attributes, and modified ones.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, COOKIE, USER_AGENT};
use axum::http::{Method, Request};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::harness::{CHROME, FIREFOX, ORIGIN, PASSWORD, TestApp, text};
use crate::standards::surfaces::{HTTPS, SESSION, decoded};

#[tokio::test]
async fn a_sign_in_sets_the_session_cookie_and_the_held_one() {
    let app = TestApp::start().await;
    let browser = app.browser(FIREFOX);
    let answer = browser.sign_up("ada").await;
    let handle = text(&answer.ok()["token"]);
    let cookies = answer.set_cookies();
    assert_eq!(cookies.len(), 2);
    // As long as activity can extend the session, so that no later answer has to send the cookie again.
    let attributes = "; HttpOnly; SameSite=Lax; Path=/; Max-Age=7776000";
    for (cookie, name) in cookies.iter().zip([SESSION.to_owned(), format!("{SESSION}_multi-{handle}")]) {
        let value = cookie.strip_prefix(&format!("{name}=")).expect("the name");
        let value = value.strip_suffix(attributes).expect("the attributes");
        let secret = value.strip_prefix(&format!("{handle}.")).expect("the handle");
        let decoded = decoded(secret);
        assert_eq!(decoded.len(), 44, "{decoded}");
        assert!(decoded.ends_with('='));
        assert!(!secret.contains(['+', '/', '=']), "percent-encoded as encodeURIComponent does");
    }
}

#[tokio::test]
async fn cookies_on_https_are_secure_and_bound_to_the_host() {
    let app = TestApp::start_with(&["--base-url", "https://id.example.org", "--cookie-prefix", "auth"]).await;
    let browser = app.browser(FIREFOX);
    let headers = [("origin", "https://id.example.org"), ("content-type", "application/json")];
    let body = json!({ "name": "Ada", "email": "ada@example.org", "password": PASSWORD }).to_string();
    let path = "/api/auth/sign-up/email";
    let answer = browser.send(axum::http::Method::POST, path, &headers, Some(body)).await;
    for cookie in answer.set_cookies() {
        assert!(cookie.starts_with("__Host-auth.session_token"), "{cookie}");
        assert!(cookie.contains("; Secure"), "{cookie}");
        assert!(!cookie.contains("Domain"), "{cookie}");
    }
    let device = answer.device_cookie().expect("a device cookie");
    assert!(
        device.starts_with("__Host-auth.device=") && device.contains("; HttpOnly; SameSite=Lax; Secure; ")
    );
    assert!(answer.header("strict-transport-security").contains("max-age="));
    assert_eq!(browser.whoami().await, "Ada");
}

#[tokio::test]
async fn asvs_7_2_1_a_forged_truncated_or_edited_cookie_opens_nothing_anywhere() {
    let app = TestApp::start().await;
    let victim = app.sign_up(FIREFOX, "ada").await;
    let own = app.sign_up(CHROME, "mallory").await;
    let real = victim.cookies()[SESSION].clone();
    let handle = &real[..32];
    let of_mallory = own.cookies()[SESSION].clone();
    let forgeries = [
        handle.to_owned(),
        format!("{handle}."),
        format!("{handle}.{}", "A".repeat(44)),
        format!("{handle}.{}", &of_mallory[33..]),
        real[..real.len() - 4].to_owned(),
        format!("{}x{}", &real[..33], &real[34..]),
        real.to_uppercase(),
        format!(" {real}.{}", &real[33..]),
        "%00".to_owned(),
        String::new(),
    ];
    for forged in forgeries.iter().filter(|forged| **forged != real) {
        let browser = app.browser(CHROME);
        let held = format!("{SESSION}_multi-{handle}");
        let cookies = BTreeMap::from([(SESSION.to_owned(), forged.clone()), (held, forged.clone())]);
        let attack = |path: &'static str| {
            browser.set_cookies(cookies.clone());
            path
        };
        assert_eq!(browser.get(attack("/api/auth/get-session")).await.text, "null", "{forged}");
        assert_eq!(browser.get(attack("/api/auth/multi-session/list-device-sessions")).await.text, "[]");
        for verb in ["revoke-others", "revoke-all"] {
            attack("");
            let answer = browser.post(&format!("/api/auth/multi-session/{verb}"), json!({})).await;
            answer.refused(401, "UNAUTHORIZED");
            attack("");
            assert_eq!(browser.call(verb, "").await.status.as_u16(), 401);
        }
        for verb in ["set-active", "revoke"] {
            attack("");
            let body = json!({ "sessionToken": handle });
            let answer = browser.post(&format!("/api/auth/multi-session/{verb}"), body).await;
            assert_eq!(answer.status.as_u16(), 401, "{}", answer.text);
        }
        attack("");
        browser.sign_out(json!({})).await.ok();
        attack("");
        let page = browser.open("/sessions").await;
        assert!(!page.text.contains("ada@example.org"), "{forged}");
    }
    assert_eq!(victim.whoami().await, "ada", "no forgery touched the victim's session");
}

#[tokio::test]
async fn credential_under_another_handle_is_not_held() {
    let app = TestApp::start().await;
    let browser = app.sign_up(FIREFOX, "ada").await;
    let value = browser.cookies()[SESSION].clone();
    let name = format!("{SESSION}_multi-{}", "a".repeat(32));
    browser.set_cookies(BTreeMap::from([(name.clone(), value)]));
    assert!(browser.list().await.is_empty());
    assert!(!browser.cookies().contains_key(&name), "and it is cleared");
}

#[tokio::test]
async fn asvs_7_2_3_no_secret_is_in_the_database_or_in_an_answer() {
    let app = TestApp::start().await;
    let browser = app.sign_up(FIREFOX, "ada").await;
    let value = decoded(&browser.cookies()[SESSION]);
    let secret = &value[33..];
    let (_, device) = browser.device_cookie().expect("a device cookie");
    let raw = base64_decode(secret);
    let bytes = app.database.contents().await;
    assert!(contains(&bytes, &value.as_bytes()[..32]), "the handle is there: the search works");
    assert!(!contains(&bytes, secret.as_bytes()));
    assert!(!contains(&bytes, &raw));
    let hex: String = raw.iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(!contains(&bytes, hex.as_bytes()), "as PostgreSQL writes bytes");
    assert!(!contains(&bytes, device.as_bytes()), "of which the hash is kept as well");
    assert!(!contains(&bytes, PASSWORD.as_bytes()));
    for path in ["/api/auth/get-session", "/api/auth/multi-session/list-device-sessions", "/sessions"] {
        let answer = browser.get(path).await;
        assert!(answer.text.contains("ada@example.org"), "{path}");
        assert!(!answer.text.contains(secret) && !answer.text.contains(&device), "{path}");
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
    }
}

#[tokio::test]
async fn lost_held_cookie_is_set_again_and_dead_ones_are_cleared() {
    let app = TestApp::start().await;
    let browser = app.sign_up(FIREFOX, "ada").await;
    let mut cookies = browser.cookies();
    cookies.retain(|name, _| name == SESSION);
    cookies.insert(format!("{SESSION}_multi-{}", "b".repeat(32)), format!("{}.x", "b".repeat(32)));
    browser.set_cookies(cookies);
    assert_eq!(browser.list().await.len(), 1);
    assert_eq!(browser.cookies().len(), 2);
}

/// Gets the session with exactly these bytes as the cookie header.
async fn whoami(app: &TestApp, cookies: &[u8]) -> String {
    let request = Request::get("/api/auth/get-session").header(COOKIE, cookies).body(Body::empty());
    let response = app.router().oneshot(request.expect("a request")).await.expect("an answer");
    let body = response.into_body().collect().await.expect("a body").to_bytes();
    let session: Value = serde_json::from_slice(&body).expect("JSON");
    session["user"]["name"].as_str().unwrap_or_default().to_owned()
}

fn header(cookies: impl IntoIterator<Item = (String, String)>) -> String {
    let pairs: Vec<_> = cookies.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    pairs.join("; ")
}

#[tokio::test]
async fn sibling_host_cannot_sign_in_or_out_with_a_disguised_cookie_name() {
    let app = TestApp::start_with(&["--base-url", HTTPS]).await;
    let sign_up = async |name: &str| {
        let browser = app.browser(CHROME);
        let headers = [("origin", HTTPS), ("content-type", "application/json")];
        let body = json!({ "name": name, "email": format!("{name}@example.org"), "password": PASSWORD });
        let path = "/api/auth/sign-up/email";
        browser.send(Method::POST, path, &headers, Some(body.to_string())).await.ok();
        browser.cookies()
    };
    let (ada, mallory) = (header(sign_up("ada").await), sign_up("mallory").await);
    assert_eq!(whoami(&app, ada.as_bytes()).await, "ada");
    for (part, disguise) in [
        ("__", "%5F%5F"),
        ("__Host-", "%5f_Host%2D"),
        ("__Host-", ""),
        ("__", "\u{a0}__"),
        ("__", "\u{2003}__"),
    ] {
        let named = |value: &dyn Fn(&str) -> String| {
            let planted = mallory.iter().map(|(name, sent)| (name.replacen(part, disguise, 1), value(sent)));
            header(planted)
        };
        for planted in [named(&str::to_owned), named(&|_| "garbage".to_owned()), named(&|_| String::new())] {
            assert_eq!(whoami(&app, planted.as_bytes()).await, "", "{planted}");
            for cookies in [format!("{planted}; {ada}"), format!("{ada}; {planted}")] {
                assert_eq!(whoami(&app, cookies.as_bytes()).await, "ada", "{cookies}");
            }
        }
    }
}

#[tokio::test]
async fn cookies_of_other_applications_with_any_bytes_sign_nobody_out() {
    let app = TestApp::start().await;
    let ada = header(app.sign_up(FIREFOX, "ada").await.cookies());
    for other in ["city=Zürich".as_bytes(), b"city=Z\xfcrich", b"\xff\xfe=\x80", b"a=%ff%", b"=;;", b"\"a"] {
        for cookies in [[other, ada.as_bytes()], [ada.as_bytes(), other]] {
            let cookies = cookies.join(&b"; "[..]);
            assert_eq!(whoami(&app, &cookies).await, "ada", "{}", cookies.escape_ascii());
        }
    }
}

#[tokio::test]
async fn forged_cookies_do_not_displace_real_ones() {
    let app = TestApp::start().await;
    let browser = app.sign_up(FIREFOX, "grace").await;
    browser.sign_up("ada").await.ok();
    let real = browser.cookies();
    let forged: Vec<_> = (0..200)
        .map(|number| {
            let handle = format!("{number:0>32}");
            (format!("{SESSION}_multi-{handle}"), format!("{handle}.{}%3D", "A".repeat(43)))
        })
        .collect();
    let active = (SESSION.to_owned(), forged[0].1.clone());
    let forged = header(forged.into_iter().chain([active]));
    let real = header(real);
    for cookies in [format!("{forged}; {real}"), format!("{real}; {forged}")] {
        assert_eq!(whoami(&app, cookies.as_bytes()).await, "ada");
        let nobody = app.browser(FIREFOX);
        let path = "/api/auth/multi-session/list-device-sessions";
        let listed = nobody.send(Method::GET, path, &[("cookie", &cookies)], None).await.ok();
        assert_eq!(listed.as_array().expect("a list").len(), 2);
    }
}

#[tokio::test]
async fn first_live_cookie_of_the_same_name_counts() {
    let app = TestApp::start().await;
    let dead = app.sign_up(CHROME, "ada").await;
    let leftover = format!("{SESSION}={}", dead.cookies()[SESSION]);
    dead.sign_out(json!({})).await.ok();
    // A stale cookie with a domain or a longer path comes first, and this server cannot clear it.
    let browser = app.browser(FIREFOX);
    let headers = [("origin", ORIGIN), ("content-type", "application/json"), ("cookie", &leftover)];
    let body = json!({ "email": "ada@example.org", "password": PASSWORD }).to_string();
    browser.send(Method::POST, "/api/auth/sign-in/email", &headers, Some(body)).await.ok();
    let ada = header(browser.cookies());
    let grace = app.sign_up(CHROME, "grace").await;
    let grace = format!("{SESSION}={}", grace.cookies()[SESSION]);
    for (cookies, expected) in [
        (format!("{leftover}; {ada}"), "ada"),
        (format!("{ada}; {leftover}"), "ada"),
        (format!("{SESSION}=garbage; {SESSION}=; {leftover}; {ada}; {grace}"), "ada"),
        (format!("{leftover}; {grace}; {ada}"), "grace"),
        (leftover.clone(), ""),
    ] {
        assert_eq!(whoami(&app, cookies.as_bytes()).await, expected, "{cookies}");
    }
    let page = app.browser(FIREFOX);
    let page = page.send(Method::GET, "/sessions", &[("cookie", &format!("{leftover}; {ada}"))], None).await;
    assert!(page.text.contains("ada@example.org"), "{}", page.text);
}

#[tokio::test]
async fn invalid_bytes_in_a_user_agent_are_replaced() {
    let app = TestApp::start().await;
    app.sign_up(CHROME, "ada").await;
    let body = json!({ "email": "ada@example.org", "password": PASSWORD }).to_string();
    let agent = [FIREFOX.as_bytes(), b" Z\xfcrich/1"].concat();
    let request = Request::post("/api/auth/sign-in/email")
        .header(USER_AGENT, agent)
        .header(CONTENT_TYPE, "application/json; \u{e9}".as_bytes())
        .body(Body::from(body));
    let response = app.router().oneshot(request.expect("a request")).await.expect("an answer");
    assert_eq!(response.status().as_u16(), 200);
    let rows = app.sign_in(CHROME, "ada").await.list().await;
    let label = "Firefox on macOS";
    assert_eq!(rows.iter().filter(|row| row["device"]["label"] == label).count(), 1, "{rows:?}");
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

fn base64_decode(text: &str) -> Vec<u8> {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let value = |byte: u8| alphabet.iter().position(|b| *b == byte).expect("base64") as u32;
    let bits = text.bytes().filter(|b| *b != b'=').map(value).collect::<Vec<_>>();
    let mut bytes = Vec::new();
    for chunk in bits.chunks(4) {
        let word = chunk.iter().enumerate().fold(0, |word, (i, bits)| word | (bits << (18 - 6 * i)));
        bytes.extend(word.to_be_bytes()[1..].iter().take(chunk.len() - 1));
    }
    assert_eq!(bytes.len(), 32);
    bytes
}
