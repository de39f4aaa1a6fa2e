//! The server functions on accounts. The rules are the engine's.

use leptos::{prelude::*, server_fn::ServerFn};

use crate::AppError;
#[cfg(feature = "ssr")]
use crate::context::{engine, fail, request, settle};

/// Signs in, in this browser; `remember` keeps the cookie when the browser closes.
///
/// # Errors
///
/// When the e-mail and password match no account, or no further session is allowed.
#[server(prefix = "/fn", endpoint = "sign-in")]
pub async fn sign_in(
    /// The address of the account.
    email: String,
    /// Its password.
    password: String,
    /// Whether the cookie outlives the browser's window.
    #[server(default)]
    remember: bool,
) -> Result<(), AppError> {
    let request = request();
    let browser = request.browser().map_err(fail)?;
    let sign_in = multi_session::SignIn { email, password, remember };
    let browser = engine().sign_in(&browser, request.client(), sign_in).await.map_err(fail)?;
    settle(&request, browser, "signed-in");
    Ok(())
}

/// Makes an account and signs in to it, in this browser.
///
/// # Errors
///
/// When the e-mail has an account, or an entry has not the form it needs.
#[server(prefix = "/fn", endpoint = "sign-up")]
pub async fn sign_up(
    /// What the person is called.
    name: String,
    /// The address that will sign in.
    email: String,
    /// The password that will sign in.
    password: String,
) -> Result<(), AppError> {
    let request = request();
    let browser = request.browser().map_err(fail)?;
    let sign_up = multi_session::SignUp { name, email, password, image: None, remember: true };
    let browser = engine().sign_up(&browser, request.client(), sign_up).await.map_err(fail)?;
    settle(&request, browser, "signed-in");
    Ok(())
}

/// Ends the active session, in this browser only.
///
/// # Errors
///
/// When the store does not answer.
#[server(prefix = "/fn", endpoint = "sign-out")]
pub async fn sign_out() -> Result<(), AppError> {
    let request = request();
    let browser = request.browser().map_err(fail)?;
    let browser = engine().sign_out(&browser, multi_session::SignOutScope::Account).await.map_err(fail)?;
    settle(&request, browser, "signed-out");
    Ok(())
}

/// Changes the active user's password; tells whether the other sessions have ended.
///
/// # Errors
///
/// When the current password is wrong, the new one has not the form it needs, or nobody is signed in.
#[server(prefix = "/fn", endpoint = "change-password")]
pub async fn change_password(
    /// The password so far.
    current_password: String,
    /// The new one.
    new_password: String,
    /// Whether every other session of the user ends.
    #[server(default)]
    revoke_other_sessions: bool,
) -> Result<bool, AppError> {
    let request = request();
    let browser = request.browser().map_err(fail)?;
    let form = multi_session::ChangePassword { current_password, new_password, revoke_other_sessions };
    let browser = engine().change_password(&browser, request.client(), form).await.map_err(fail)?;
    settle(&request, browser, if revoke_other_sessions { "password-others" } else { "password" });
    Ok(revoke_other_sessions)
}

/// Where [`sign_in`] answers.
pub(crate) const SIGN_IN: &str = SignIn::PATH;
/// Where [`sign_up`] answers.
pub(crate) const SIGN_UP: &str = SignUp::PATH;
/// Where [`sign_out`] answers.
pub(crate) const SIGN_OUT: &str = SignOut::PATH;
/// Where [`change_password`] answers.
pub(crate) const CHANGE_PASSWORD: &str = ChangePassword::PATH;
