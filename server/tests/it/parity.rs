//! REST and server functions give the same results: both call the same method.

use serde_json::{Value, json};

use crate::harness::{CHROME, FIREFOX, PASSWORD, SAFARI, TestApp, TestBrowser, text};

/// How a browser calls the sessions.
#[derive(Clone, Copy, Debug)]
enum By {
    Rest,
    ServerFunction,
}

impl By {
    async fn act(self, browser: &TestBrowser, verb: &str, session: Option<&str>) -> (u16, String) {
        let answer = match (self, session) {
            (Self::Rest, Some(id)) => {
                let body = json!({ "sessionId": id });
                browser.post(&format!("/api/auth/multi-session/{verb}"), body).await
            }
            (Self::Rest, None) => browser.post(&format!("/api/auth/multi-session/{verb}"), json!({})).await,
            (Self::ServerFunction, session) => {
                let form = session.map(|id| format!("session_id={id}")).unwrap_or_default();
                browser.call(verb, &form).await
            }
        };
        let code = if answer.status.is_success() { String::new() } else { text(&answer.json()["code"]) };
        (answer.status.as_u16(), code)
    }

    async fn list(self, browser: &TestBrowser) -> Vec<Value> {
        match self {
            Self::Rest => browser.list().await,
            Self::ServerFunction => {
                let answer = browser.get("/fn/list-device-sessions").await.ok();
                answer.as_array().expect("a list").clone()
            }
        }
    }
}

/// Runs one story and records every result, without random values.
async fn story(by: By) -> Vec<String> {
    let app = TestApp::start().await;
    let shared = app.sign_up(FIREFOX, "grace").await;
    let grace = shared.current_id().await;
    shared.sign_up("ada").await.ok();
    let ada = shared.current_id().await;
    let phone = app.sign_in(SAFARI, "ada").await;
    let desktop = app.sign_in(CHROME, "ada").await;
    let mut seen = Vec::new();
    let mut see = |what: &str, result: (u16, String)| seen.push(format!("{what}: {} {}", result.0, result.1));

    see("switch", by.act(&shared, "set-active", Some(&grace)).await);
    see("switch to nothing", by.act(&shared, "set-active", Some("unknown")).await);
    see("switch back", by.act(&shared, "set-active", Some(&ada)).await);
    see("revoke foreign", by.act(&shared, "revoke", Some("unknown")).await);
    see("revoke phone", by.act(&shared, "revoke", Some(&phone.current_id().await)).await);
    see("phone", by.act(&phone, "revoke-others", None).await);
    see("others", by.act(&shared, "revoke-others", None).await);
    see("desktop", by.act(&desktop, "revoke-all", None).await);
    see("all", by.act(&shared, "revoke-all", None).await);
    see("all again", by.act(&shared, "revoke-all", None).await);
    let rows = by.list(&shared).await;
    for row in &rows {
        let mut row = row.clone();
        let (id, token) = (text(&row["id"]), text(&row["session"]["token"]));
        let user = text(&row["user"]["id"]);
        assert_eq!(id, grace);
        row = serde_json::from_str(
            &row.to_string().replace(&id, "ID").replace(&token, "TOKEN").replace(&user, "USER"),
        )
        .expect("JSON");
        seen.push(row.to_string());
    }
    seen.push(format!("cookies: {}", shared.cookies().len()));
    seen
}

#[tokio::test]
async fn rest_and_server_functions_return_the_same_list() {
    let rest = story(By::Rest).await;
    let server_functions = story(By::ServerFunction).await;
    assert_eq!(rest, server_functions);
    assert_eq!(
        rest[..10],
        [
            "switch: 200 ",
            "switch to nothing: 401 INVALID_SESSION_TOKEN",
            "switch back: 200 ",
            "revoke foreign: 401 INVALID_SESSION_TOKEN",
            "revoke phone: 200 ",
            "phone: 401 UNAUTHORIZED",
            "others: 200 ",
            "desktop: 401 UNAUTHORIZED",
            "all: 200 ",
            "all again: 401 UNAUTHORIZED",
        ]
    );
}

#[tokio::test]
async fn rest_and_server_functions_change_the_password_alike() {
    for by in [By::Rest, By::ServerFunction] {
        let app = TestApp::start().await;
        let laptop = app.sign_up(FIREFOX, "ada").await;
        let phone = app.sign_in(SAFARI, "ada").await;
        let change = async |from: &str, to: &str, others: bool| {
            let answer = match by {
                By::Rest => {
                    let body = json!({
                        "currentPassword": from, "newPassword": to, "revokeOtherSessions": others,
                    });
                    laptop.post("/api/auth/change-password", body).await
                }
                By::ServerFunction => {
                    let others = if others { "&revoke_other_sessions=true" } else { "" };
                    let form = format!("current_password={from}&new_password={to}{others}");
                    laptop.call("change-password", &form.replace(' ', "+")).await
                }
            };
            (answer.status.as_u16(), answer.set_cookies().len())
        };
        assert_eq!(change("wrong password", "a new password", true).await, (400, 0), "{by:?}");
        assert_eq!(change(PASSWORD, "short", true).await, (400, 0), "{by:?}");
        assert_eq!(phone.whoami().await, "ada", "{by:?}");
        // The session stays and has another credential: both cookies, and the old held one cleared.
        assert_eq!(change(PASSWORD, "a new password", false).await, (200, 3), "{by:?}");
        assert_eq!(phone.whoami().await, "ada", "{by:?}");
        // The session is a new one: both cookies, and the old held one cleared.
        assert_eq!(change("a new password", "a newer password", true).await, (200, 3), "{by:?}");
        assert_eq!((laptop.whoami().await, phone.whoami().await), ("ada".into(), String::new()), "{by:?}");
    }
}

#[tokio::test]
async fn rest_and_server_functions_sign_up_in_and_out_alike() {
    let app = TestApp::start().await;
    let by_call = app.browser(FIREFOX);
    let form = "name=ada&email=ada%40example.org&password=correct+horse+battery";
    assert_eq!(by_call.call("sign-up", form).await.status.as_u16(), 200);
    assert_eq!(by_call.whoami().await, "ada");
    assert_eq!(by_call.call("sign-up", form).await.json()["code"], "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL");
    assert_eq!(by_call.call("sign-out", "").await.status.as_u16(), 200);
    assert_eq!(by_call.whoami().await, "");

    let form = "email=ada%40example.org&password=wrong+password&keep=remembered";
    let answer = by_call.call("sign-in", form).await;
    assert_eq!(answer.status.as_u16(), 401);
    assert_eq!(answer.json()["code"], "INVALID_EMAIL_OR_PASSWORD");
    let form = "email=ada%40example.org&password=correct+horse+battery&keep=remembered";
    let answer = by_call.call("sign-in", form).await;
    assert_eq!(answer.status.as_u16(), 200);
    assert_eq!(answer.set_cookies().len(), 2);
    assert!(answer.set_cookies().iter().all(|cookie| cookie.contains("Max-Age=7776000")));
    let answer = by_call.call("sign-in", "email=ada%40example.org&password=correct+horse+battery").await;
    let kept: Vec<_> =
        answer.set_cookies().into_iter().filter(|cookie| !cookie.contains("Max-Age=0")).collect();
    assert!(kept.iter().all(|cookie| !cookie.contains("Max-Age")), "unchecked is not remembered: {kept:?}");
}
