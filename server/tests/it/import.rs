//! Accounts that came from Better Auth, once they are here.

use multi_session::{Timestamp, User, UserId};
use serde_json::json;

use crate::harness::{FIREFOX, PASSWORD, TestApp};

/// Better Auth's own hash of the tests' password.
const THEIRS: &str = "bec9de764d0c91aec0a5b53f398529bc:f611109c36710f661495b70dfc860081d8888325d69d385b50154266c770ccb9e3bba76a17a3d78e31acdaa0c86bde66c9f9c263c1af83e87f6fd86a248a8638";

/// A server with the user ada, with a password as Better Auth keeps it or without one.
async fn with_ada(hash: Option<&str>) -> TestApp {
    let app = TestApp::start().await;
    let at = Timestamp::from_unix_ms(1_700_000_000_000);
    let user = User {
        id: UserId::new("aBcDeFgHiJkLmNoPqRsTuVwXyZ012345").expect("an id of Better Auth's"),
        name: "ada".to_owned(),
        email: "ada@example.org".to_owned(),
        email_verified: true,
        image: None,
        created_at: at,
        updated_at: at,
    };
    let mut import = app.store.begin_import(app.engine.now()).await.expect("a transaction");
    import.user(&user).await.expect("taken");
    if let Some(hash) = hash {
        import.password(&user.id, hash, at).await.expect("taken");
    }
    import.commit().await.expect("durable");
    app
}

async fn hash(app: &TestApp) -> Option<String> {
    app.store.password_of("ada@example.org").await.expect("an answer").expect("a user").password_hash
}

#[tokio::test]
async fn the_first_right_password_makes_the_hash_ours() {
    let app = with_ada(Some(THEIRS)).await;
    let browser = app.browser(FIREFOX);
    let wrong = json!({ "email": "ada@example.org", "password": "not the password" });
    browser.post("/api/auth/sign-in/email", wrong).await.refused(401, "INVALID_EMAIL_OR_PASSWORD");
    assert_eq!(hash(&app).await.as_deref(), Some(THEIRS));
    browser.sign_in("ada").await.ok();
    assert!(hash(&app).await.is_some_and(|hash| hash.starts_with("$argon2id$")));
    app.sign_in(FIREFOX, "ada").await;
}

#[tokio::test]
async fn a_password_of_theirs_can_be_changed() {
    let app = with_ada(Some(THEIRS)).await;
    let browser = app.browser(FIREFOX);
    browser.sign_in("ada").await.ok();
    let body = json!({ "currentPassword": PASSWORD, "newPassword": "another password" });
    browser.post("/api/auth/change-password", body).await.ok();
    assert!(hash(&app).await.is_some_and(|hash| hash.starts_with("$argon2id$")));
}

#[tokio::test]
async fn an_account_without_a_password_is_refused_like_any_other() {
    let app = with_ada(None).await;
    let browser = app.browser(FIREFOX);
    browser.sign_in("ada").await.refused(401, "INVALID_EMAIL_OR_PASSWORD");
    let body = json!({ "name": "ada", "email": "ada@example.org", "password": PASSWORD });
    let taken = browser.post("/api/auth/sign-up/email", body).await;
    taken.refused(422, "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL");
}

#[tokio::test]
async fn an_import_that_breaks_off_leaves_nothing() {
    let app = TestApp::start().await;
    app.sign_up(FIREFOX, "ada").await;
    let at = app.engine.now();
    let user = User {
        id: UserId::new("half").expect("an id"),
        name: "half".to_owned(),
        email: "half@example.org".to_owned(),
        email_verified: false,
        image: None,
        created_at: at,
        updated_at: at,
    };
    let mut import = app.store.begin_import(at).await.expect("a transaction");
    import.user(&user).await.expect("taken");
    drop(import);
    assert!(app.store.password_of("half@example.org").await.expect("an answer").is_none());
    // The writer is free again.
    app.sign_in(FIREFOX, "ada").await;
}
