//! Checks that accounts use only the public API of sessions: their source is compiled again outside of the
//! crate, where `crate::` has only public items.

#![allow(dead_code, unreachable_pub, unused_imports, missing_docs, reason = "the source is used elsewhere")]

pub use multi_session::*;

#[path = "../src"]
mod source {
    pub(crate) mod accounts;
}

#[tokio::test]
async fn accounts_use_only_the_public_api_of_sessions() {
    use source::accounts::{Accounts, SignIn, SignUp};

    let sessions = Sessions::new(std::sync::Arc::new(MemoryStore::default()), Options::default());
    let accounts = Accounts::builder(sessions).build();
    let (browser, client) = (Browser::default(), Client::default());
    let (email, password) = ("ada@example.org".to_owned(), "correct horse".to_owned());
    let form = SignUp {
        name: "Ada".to_owned(),
        email: email.clone(),
        password: password.clone(),
        image: None,
        remember: true,
        shared_computer: false,
    };
    accounts.sign_up(&browser, &client, form).await.expect("a sign-up");
    let form = SignIn { email, password, remember: true, shared_computer: false };
    let browser = accounts.sign_in(&browser, &client, form).await.expect("a sign-in");
    assert_eq!(accounts.sessions().list(&browser).await.expect("a list").len(), 2);
}
