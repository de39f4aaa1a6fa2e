//! Email addresses with several spellings: one account each, and mail that arrives.

use serde_json::json;

use crate::harness::{Answer, CHROME, FIREFOX, PASSWORD, TestApp, TestBrowser};
use crate::mail::{reset, start};
use crate::smtp::MailServer;

async fn sign_up(browser: &TestBrowser, email: &str) -> Answer {
    let body = json!({ "name": "Ada", "email": email, "password": PASSWORD });
    browser.post("/api/auth/sign-up/email", body).await
}

async fn sign_in(browser: &TestBrowser, email: &str, password: &str) -> Answer {
    let body = json!({ "email": email, "password": password });
    browser.post("/api/auth/sign-in/email", body).await
}

#[tokio::test]
async fn all_spellings_of_an_address_are_one_account() {
    for (first, kept, others) in [
        (
            "IDN@Bücherei.example",
            "idn@bücherei.example",
            &["idn@xn--bcherei-n2a.example", "idn@bu\u{308}cherei.example", "Idn@BÜCHEREI.EXAMPLE"][..],
        ),
        (
            "idn@xn--bcherei-n2a.example",
            "idn@xn--bcherei-n2a.example",
            &["idn@bücherei.example", "idn@XN--BCHEREI-N2A.example"],
        ),
        ("zoé@example.org", "zoé@example.org", &["Zoe\u{301}@example.org", "ZOÉ@example.org"]),
        ("İpek@example.org", "İpek@example.org", &["I\u{307}pek@example.org", "İPEK@EXAMPLE.ORG"]),
    ] {
        let app = TestApp::start().await;
        let user = sign_up(&app.browser(FIREFOX), first).await.ok()["user"].clone();
        assert_eq!(user["email"], kept);
        for email in others.iter().chain([&first]) {
            let taken = sign_up(&app.browser(CHROME), email).await;
            taken.refused(422, "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL");
            let signed_in = sign_in(&app.browser(CHROME), email, PASSWORD).await.ok();
            assert_eq!(signed_in["user"]["id"], user["id"], "{email}");
        }
    }
}

#[tokio::test]
async fn a_spelling_that_cannot_be_mailed_finds_its_account() {
    // The lower case of `İ` in JavaScript.
    const SMALL: &str = "i\u{307}pek@example.org";
    let app = TestApp::start().await;
    sign_up(&app.browser(CHROME), SMALL).await.refused(400, "VALIDATION_ERROR");
    let user = sign_up(&app.browser(FIREFOX), "İpek@example.org").await.ok()["user"].clone();
    assert_eq!(sign_in(&app.browser(CHROME), SMALL, PASSWORD).await.ok()["user"]["id"], user["id"]);
}

#[tokio::test]
async fn all_spellings_of_an_address_share_one_count_of_failures() {
    let app = TestApp::start_with(&["--sign-in-throttle", "on"]).await;
    sign_up(&app.browser(FIREFOX), "zoé@bücherei.example").await.ok();
    let mut thief = app.browser(CHROME);
    thief.peer = "198.51.100.1:4000".parse().expect("an address");
    for email in ["zoé@bücherei.example", "zoe\u{301}@bücherei.example", "ZOÉ@xn--bcherei-n2a.example"] {
        sign_in(&thief, email, "a wrong password").await.refused(401, "INVALID_EMAIL_OR_PASSWORD");
    }
    assert_eq!(sign_in(&thief, "zoé@BÜCHEREI.example", PASSWORD).await.status.as_u16(), 429);
}

#[tokio::test]
async fn mail_arrives_at_every_address_that_signs_up() {
    let mails = MailServer::start().await;
    let app = start(&mails).await;
    for (number, (email, other, to)) in [
        ("idn@bücherei.example", "idn@xn--bcherei-n2a.example", "idn@xn--bcherei-n2a.example"),
        ("ada@xn--fa-hia.example", "ada@faß.example", "ada@xn--fa-hia.example"),
        (
            "!#$%&'*+/=?^_`{|}~-@example.org",
            "!#$%&'*+/=?^_`{|}~-@EXAMPLE.org",
            "!#$%&'*+/=?^_`{|}~-@example.org",
        ),
        ("a.b+c@r3---x.example.org", "A.B+C@r3---x.example.org", "a.b+c@r3---x.example.org"),
    ]
    .into_iter()
    .enumerate()
    {
        sign_up(&app.browser(FIREFOX), email).await.ok();
        let browser = app.browser(CHROME);
        browser.post("/api/auth/request-password-reset", json!({ "email": other })).await.ok();
        assert_eq!(app.deliver().await, 1, "{email}");
        let mail = mails.one();
        assert_eq!(mail.to, to);
        let new = format!("another password {number}");
        reset(&browser, &mail.token(), &new).await.ok();
        sign_in(&browser, email, &new).await.ok();
        app.deliver().await;
        mails.taken();
    }
}

#[tokio::test]
async fn an_address_that_cannot_be_mailed_does_not_sign_up() {
    let app = TestApp::start().await;
    let browser = app.browser(FIREFOX);
    for email in ["\"ada\"@example.org", "\"a b\"@example.org", "ada@exa_mple.org", "ada@-example.org"] {
        sign_up(&browser, email).await.refused(400, "VALIDATION_ERROR");
        let form = format!("name=Ada&email={}&password=correct+horse+battery", email.replace('"', "%22"));
        browser.call("sign-up", &form).await.refused(400, "INVALID_EMAIL");
    }
}
