//! The cookies: their form, their attributes, and what a changed one opens.

use std::collections::BTreeMap;

use serde_json::json;

use crate::harness::{CHROME, FIREFOX, PASSWORD, TestApp, text};
use crate::standards::surfaces::{SESSION, decoded};

#[tokio::test]
async fn a_sign_in_sets_the_session_cookie_and_the_held_one() {
    let app = TestApp::start().await;
    let browser = app.browser(FIREFOX);
    let answer = browser.sign_up("ada").await;
    let handle = text(&answer.ok()["token"]);
    let cookies = answer.set_cookies();
    assert_eq!(cookies.len(), 2);
    let attributes = "; HttpOnly; SameSite=Lax; Path=/; Max-Age=2592000";
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
async fn on_https_they_are_secure_and_bound_to_the_host() {
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
async fn a_credential_filed_under_another_name_is_not_held() {
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
async fn a_lost_held_cookie_comes_back_and_dead_ones_go() {
    let app = TestApp::start().await;
    let browser = app.sign_up(FIREFOX, "ada").await;
    let mut cookies = browser.cookies();
    cookies.retain(|name, _| name == SESSION);
    cookies.insert(format!("{SESSION}_multi-{}", "b".repeat(32)), format!("{}.x", "b".repeat(32)));
    browser.set_cookies(cookies);
    assert_eq!(browser.list().await.len(), 1);
    assert_eq!(browser.cookies().len(), 2);
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
