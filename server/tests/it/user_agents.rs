//! Names of devices.

use axum::http::Method;
use multi_session::ClientHints;
use serde_json::{Value, json};

use crate::harness::{Answer, CHROME, FIREFOX, ORIGIN, PASSWORD, TestApp, TestBrowser, current};

const BRAVE: &str = "\"Brave\";v=\"142\", \"Chromium\";v=\"142\", \"Not_A Brand\";v=\"99\"";

/// Signs in as a browser that sends client hints.
async fn sign_in(browser: &TestBrowser, name: &str, hints: &[(&str, &str)]) -> Answer {
    let headers = [&[("origin", ORIGIN), ("content-type", "application/json")], hints].concat();
    let body = json!({ "email": format!("{name}@example.org"), "password": PASSWORD }).to_string();
    browser.send(Method::POST, "/api/auth/sign-in/email", &headers, Some(body)).await
}

fn device(row: &Value) -> (&str, &str) {
    let device = &row["device"];
    (device["label"].as_str().expect("a label"), device["kind"].as_str().expect("a kind"))
}

#[tokio::test]
async fn client_hints_win_over_the_user_agent() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let browser = app.browser(CHROME);
    let hints = [
        ("sec-ch-ua", BRAVE),
        ("sec-ch-ua-platform", "\"Windows\""),
        ("sec-ch-ua-platform-version", "\"15.0.0\""),
    ];
    sign_in(&browser, "ada", &hints).await.ok();

    // Requests without hints change nothing.
    let list = browser.list().await;
    let row = current(&list);
    assert_eq!(device(row), ("Brave on Windows 11", "desktop"));
    assert_eq!((&row["userAgent"], &row["session"]["userAgent"]), (&json!(CHROME), &json!(CHROME)));
    assert!(laptop.open("/sessions").await.text.contains("Brave on Windows 11"));
    assert_eq!(browser.get_session().await["session"]["userAgent"], CHROME);

    browser.revoke_others().await.ok();
    let history = browser.get("/api/auth/multi-session/history?kinds=signed_in,ended").await.ok();
    let (ended, began) = (&history["entries"][0], &history["entries"][1]);
    assert_eq!((&began["device"], &began["userAgent"]), (&json!("Brave on Windows 11"), &json!(CHROME)));
    assert_eq!(ended["by"]["label"], "Brave on Windows 11");
}

#[tokio::test]
async fn client_hints_that_cannot_be_read_are_ignored() {
    let app = TestApp::start().await;
    app.sign_up(FIREFOX, "ada").await;
    let long = format!("\"{}\";v=\"1\"", "x".repeat(300));
    let cases = ["", "\"", "\"Brave", "Brave;v=142", "\"<b>\";v=\"1\"", "\"\\\"\";v=\"\\\"\"", &long];
    for value in cases {
        let browser = app.browser(CHROME);
        sign_in(&browser, "ada", &ClientHints::HEADERS.map(|name| (name, value))).await.ok();
        assert_eq!(device(current(&browser.list().await)), ("Chrome on Windows", "desktop"), "{value}");
    }
}

#[tokio::test]
async fn pages_ask_for_client_hints() {
    let app = TestApp::start().await;
    let answer = app.browser(CHROME).open("/sign-in").await;
    assert_eq!(answer.headers["accept-ch"], ClientHints::ASKED_FOR);
}

#[tokio::test]
async fn televisions_consoles_and_headsets_are_recognized() {
    let app = TestApp::start().await;
    app.sign_up(FIREFOX, "ada").await;
    let cases = [
        (
            "Mozilla/5.0 (SMART-TV; Linux; Tizen 7.0) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/5.0 Chrome/94.0.4606.31 TV Safari/537.36",
            ("Samsung Internet on Tizen", "tv"),
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64; Xbox; Xbox Series X) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/121.0.0.0 Safari/537.36 Edg/121.0.2277.128",
            ("Edge on Xbox", "console"),
        ),
        (
            "Mozilla/5.0 (X11; Linux x86_64; Quest 3) AppleWebKit/537.36 (KHTML, like Gecko) OculusBrowser/31.4.0.6.51.566757996 Chrome/120.0.6099.283 VR Safari/537.36",
            ("Meta Quest Browser on Android", "headset"),
        ),
    ];
    for (user_agent, expected) in cases {
        let browser = app.sign_in(user_agent, "ada").await;
        assert_eq!(device(current(&browser.list().await)), expected);
        assert!(browser.open("/sessions").await.text.contains(expected.0));
    }
}

/// Neither an empty user agent nor an unknown one identifies a device.
#[tokio::test]
async fn two_unknown_devices_behind_one_address_are_not_the_same() {
    let app = TestApp::start().await;
    for unknown in ["", "Mozilla/5.0", "Mozilla/5.0 (Linux)", "-", "<script>alert(1)</script>"] {
        let name = format!("user{}", unknown.len());
        app.sign_up(unknown, &name).await;
        let other = app.sign_in(unknown, &name).await;
        assert_eq!(current(&other.list().await)["newDevice"], true, "{unknown:?}");
        // The cookie still identifies it.
        other.sign_in(&name).await.ok();
        assert_eq!(current(&other.list().await)["newDevice"], false, "{unknown:?}");
    }
}
