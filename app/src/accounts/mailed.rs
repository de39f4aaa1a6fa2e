//! Server functions about mails. The rules are in `Accounts`.

use leptos::{prelude::*, server_fn::ServerFn};

use crate::AppError;
#[cfg(feature = "ssr")]
use crate::{
    accounts::paths::{FORGOT_PASSWORD, SENT, SENT_NOTICE, reset_address},
    context::{accounts, fail, leave_notice, request, send_form, sessions, settle},
    kept_form::KeptForm,
    options::use_options,
    query::with_error,
    sessions::{NOT_ME_AGAIN, NOT_ME_RESET},
};

/// Requests a mail with a link to set a new password. The answer is the same for every address.
///
/// # Errors
///
/// When the address is invalid, there were too many requests, or no mail server is configured.
#[server(prefix = "/fn", endpoint = "forgot-password")]
pub async fn forgot_password(
    /// The address of the account.
    email: String,
) -> Result<(), AppError> {
    let kept = KeptForm { email: email.clone(), ..KeptForm::default() };
    let form = multi_session::RequestPasswordReset { email, redirect_to: None };
    let asked = accounts()?.request_password_reset(form).map_err(fail);
    match &asked {
        Ok(()) => {
            leave_notice(SENT_NOTICE);
            send_form(SENT);
        }
        Err(error) => {
            kept.keep();
            send_form(&with_error(FORGOT_PASSWORD, ForgotPassword::PATH, error));
        }
    }
    asked
}

/// Requests the mail again for the signed-in user, whose password is locked.
///
/// # Errors
///
/// When nobody is signed in, there were too many requests, or no mail server is configured.
#[server(prefix = "/fn", endpoint = "send-again")]
pub async fn send_again() -> Result<(), AppError> {
    let browser = request().browser().map_err(fail)?;
    let email = browser.signed_in().map_err(|code| fail(code.into()))?.user.email.clone();
    let form = multi_session::RequestPasswordReset { email, redirect_to: None };
    accounts()?.request_password_reset(form).map_err(fail)?;
    leave_notice(NOT_ME_AGAIN);
    send_form(&format!("{}?done=again", use_options().not_me_path()));
    Ok(())
}

/// Sets a new password by a mailed link, which ends every session of the user.
///
/// # Errors
///
/// When the link was used or is too old, or the password is too short or too long.
#[server(prefix = "/fn", endpoint = "reset-password")]
pub async fn reset_password(
    /// The token of the link.
    token: String,
    /// The new password.
    new_password: String,
    /// Whether the form follows "This wasn't me". It only changes the text afterwards.
    #[server(default)]
    reported: bool,
) -> Result<(), AppError> {
    let form = multi_session::ResetPassword { token: token.clone(), new_password };
    if let Err(error) = accounts()?.reset_password(form).await.map_err(fail) {
        let address = reset_address(&token, reported);
        send_form(&with_error(&address, ResetPassword::PATH, &error));
        return Err(error);
    }
    let request = request();
    // This browser's session of the user has ended as well.
    let browser = sessions().current(request.presented(), request.client()).await.map_err(fail)?;
    if reported {
        request.set_browser(browser);
        leave_notice(NOT_ME_RESET);
        send_form(&format!("{}?done=password", use_options().not_me_path()));
    } else {
        settle(&request, browser, "password");
    }
    Ok(())
}

/// The path of [`reset_password`].
pub const RESET_PASSWORD_FN: &str = ResetPassword::PATH;
