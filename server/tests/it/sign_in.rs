//! Signing up and signing in.

use axum::http::Method;
use serde_json::json;

use crate::harness::{CHROME, FIREFOX, ORIGIN, PASSWORD, TestApp, text};

#[tokio::test]
async fn sign_up_answers_in_better_auths_shape_and_signs_in() {
    let app = TestApp::start().await;
    let browser = app.browser(FIREFOX);
    let body = json!({ "name": " Ada ", "email": "Ada@Example.ORG", "password": PASSWORD });
    let answer = browser.post("/api/auth/sign-up/email", body).await.ok();
    let user = answer["user"].as_object().expect("a user");
    let mut keys: Vec<&str> = user.keys().map(String::as_str).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["createdAt", "email", "emailVerified", "id", "image", "name", "updatedAt"]);
    assert_eq!(user["name"], "Ada");
    assert_eq!(user["email"], "ada@example.org");
    assert_eq!(text(&answer["token"]).len(), 32);
    assert_eq!(browser.get_session().await["session"]["token"], answer["token"]);
}

#[tokio::test]
async fn sign_in_answers_in_better_auths_shape() {
    let app = TestApp::start().await;
    app.sign_up(FIREFOX, "ada").await;
    let browser = app.browser(CHROME);
    let body = json!({ "email": "ADA@example.org ", "password": PASSWORD });
    let answer = browser.post("/api/auth/sign-in/email", body).await.ok();
    assert_eq!(answer["redirect"], false);
    assert_eq!(answer["user"]["name"], "ada");
    assert_eq!(browser.get_session().await["session"]["token"], answer["token"]);
}

#[tokio::test]
async fn get_session_is_null_when_signed_out() {
    let app = TestApp::start().await;
    let answer = app.browser(FIREFOX).get("/api/auth/get-session").await;
    assert_eq!(answer.text, "null");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("pragma"), "no-cache");
    assert!(answer.set_cookies().is_empty());
}

#[tokio::test]
async fn wrong_password_and_unknown_email_get_the_same_answer() {
    let app = TestApp::start().await;
    app.sign_up(FIREFOX, "ada").await;
    let browser = app.browser(CHROME);
    let mut answers = Vec::new();
    for email in ["ada@example.org", "nobody@example.org"] {
        let body = json!({ "email": email, "password": "not the password" });
        let answer = browser.post("/api/auth/sign-in/email", body).await;
        answer.refused(401, "INVALID_EMAIL_OR_PASSWORD");
        answers.push((answer.text, answer.headers));
    }
    assert_eq!(answers[0], answers[1]);
    assert!(browser.cookies().is_empty());
}

#[tokio::test]
async fn invalid_input_is_refused() {
    let app = TestApp::start().await;
    app.sign_up(FIREFOX, "ada").await;
    let browser = app.browser(CHROME);
    for (name, email, password, status, code) in [
        ("Bob", "not an address", PASSWORD, 400, "VALIDATION_ERROR"),
        ("Bob", "bob@example.org", "", 400, "VALIDATION_ERROR"),
        ("Bob", "bob@example.org", "1234567", 400, "PASSWORD_TOO_SHORT"),
        ("Bob", "bob@example.org", &"x".repeat(129), 400, "PASSWORD_TOO_LONG"),
        (&"x".repeat(101), "bob@example.org", PASSWORD, 400, "INVALID_NAME"),
        ("Bob", "ADA@example.org", PASSWORD, 422, "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL"),
    ] {
        let body = json!({ "name": name, "email": email, "password": password });
        browser.post("/api/auth/sign-up/email", body).await.refused(status, code);
    }
    assert!(browser.cookies().is_empty());
    let body = json!({ "email": "not an address", "password": PASSWORD });
    browser.post("/api/auth/sign-in/email", body).await.refused(400, "INVALID_EMAIL");
    let body = json!({ "name": "", "email": "bob@example.org", "password": "ü".repeat(128) });
    let answer = browser.post("/api/auth/sign-up/email", body).await.ok();
    assert_eq!(answer["user"]["name"], "bob", "a list needs a name");
}

#[tokio::test]
async fn forms_sign_up_and_in_too() {
    let app = TestApp::start().await;
    let browser = app.browser(FIREFOX);
    let headers = [("origin", ORIGIN), ("content-type", "application/x-www-form-urlencoded")];
    let form = "name=Ada&email=ada%40example.org&password=correct+horse+battery&rememberMe=false";
    let path = "/api/auth/sign-up/email";
    browser.send(Method::POST, path, &headers, Some(form.to_owned())).await.ok();
    let form = "email=ada%40example.org&password=correct+horse+battery";
    let path = "/api/auth/sign-in/email";
    browser.send(Method::POST, path, &headers, Some(form.to_owned())).await.ok();
    assert_eq!(browser.whoami().await, "Ada");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_of_simultaneous_sign_ups_succeeds() {
    let app = TestApp::start().await;
    let tries: Vec<_> = (0..8)
        .map(|_| {
            let browser = app.browser(FIREFOX);
            tokio::spawn(async move { browser.sign_up("ada").await.status.as_u16() })
        })
        .collect();
    let mut statuses = Vec::new();
    for one in tries {
        statuses.push(one.await.expect("a status"));
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 422, 422, 422, 422, 422, 422, 422]);
}
