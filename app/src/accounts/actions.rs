//! The server functions on accounts. The rules are those of `Accounts`.

use leptos::prelude::*;
use multi_session::Keep;

use crate::AppError;
#[cfg(feature = "ssr")]
use crate::{
    accounts::paths::CHOOSE_DEVICE,
    context::{accounts, fail, request, send_form, sessions, settle},
    history::{CSV, JSON, export_page},
    kept_form::KeptForm,
    options::use_options,
    sessions::{report, revoke, revoke_all, revoke_others},
    step::Step,
};
#[cfg(feature = "ssr")]
use multi_session::{Code, Error, Proof};

/// Signs in, in this browser.
///
/// # Errors
///
/// When the email and password match no account, or no further session is allowed. At the limit of devices
/// the person chooses a device to sign out on the next page.
#[server(prefix = "/fn", endpoint = "sign-in")]
pub async fn sign_in(
    /// The address of the account.
    email: String,
    /// Its password.
    password: String,
    /// How long the browser keeps the sign-in.
    #[server(default)]
    keep: Keep,
    /// Whether the page of the form has sent a cookie.
    #[server(default)]
    probe: bool,
) -> Result<(), AppError> {
    let request = request();
    must_keep_cookies(&request, probe)?;
    let browser = request.browser().map_err(fail)?;
    let kept = KeptForm { email: email.clone(), ..KeptForm::default() };
    let (remember, shared_computer) = (keep == Keep::Remembered, keep == Keep::SharedComputer);
    let sign_in = multi_session::SignIn { email, password, remember, shared_computer };
    let signed_in = accounts()?.sign_in(&browser, request.client(), sign_in).await;
    let signed_in = signed_in.map_err(|error| fail_or_let_choose(&request, error));
    let browser = signed_in.inspect_err(|_| kept.keep())?;
    settle(&request, browser, "signed-in");
    Ok(())
}

/// At the limit of devices, redirects to the page on which the person chooses one.
#[cfg(feature = "ssr")]
fn fail_or_let_choose(request: &multi_session::http::SessionRequest, error: Error) -> AppError {
    let Error::LimitReached { ticket, .. } = &error else { return fail(error) };
    request.set_ticket(ticket);
    let error = fail(error);
    // After `fail`, whose redirect goes back to the form.
    send_form(CHOOSE_DEVICE);
    error
}

/// Creates an account and signs in to it, in this browser.
///
/// # Errors
///
/// When the email has an account already, or a field is invalid.
#[server(prefix = "/fn", endpoint = "sign-up")]
pub async fn sign_up(
    /// The name of the person.
    name: String,
    /// The email address of the account.
    email: String,
    /// The password.
    password: String,
    /// How long the browser keeps the sign-in.
    #[server(default)]
    keep: Keep,
    /// Whether the page of the form has sent a cookie.
    #[server(default)]
    probe: bool,
) -> Result<(), AppError> {
    let request = request();
    must_keep_cookies(&request, probe)?;
    let browser = request.browser().map_err(fail)?;
    let kept = KeptForm { name: name.clone(), email: email.clone() };
    let (remember, shared_computer) = (keep == Keep::Remembered, keep == Keep::SharedComputer);
    let sign_up = multi_session::SignUp { name, email, password, image: None, remember, shared_computer };
    let signed_up = accounts()?.sign_up(&browser, request.client(), sign_up).await.map_err(fail);
    let browser = signed_up.inspect_err(|_| kept.keep())?;
    settle(&request, browser, "signed-in");
    Ok(())
}

/// Refuses a form if its page has set a cookie that the browser does not send. Otherwise each attempt would
/// begin a session that the browser cannot use. The next attempt gets a new cookie.
#[cfg(feature = "ssr")]
fn must_keep_cookies(request: &multi_session::http::SessionRequest, probe: bool) -> Result<(), AppError> {
    if !probe || request.has_cookies() {
        return Ok(());
    }
    request.probe_cookies();
    Err(fail(Code::CookiesBlocked.into()))
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
    let browser = sessions().sign_out(&browser, multi_session::SignOutScope::Account).await.map_err(fail)?;
    settle(&request, browser, "signed-out");
    Ok(())
}

/// Changes the active user's password. Returns whether the other sessions have ended.
///
/// # Errors
///
/// When the current password is wrong, the new one is too short or too long, or nobody is signed in.
#[server(prefix = "/fn", endpoint = "change-password")]
pub async fn change_password(
    /// The current password.
    current_password: String,
    /// The new password.
    new_password: String,
    /// Whether every other session of the user ends.
    #[server(default)]
    revoke_other_sessions: bool,
) -> Result<bool, AppError> {
    let request = request();
    let browser = request.browser().map_err(fail)?;
    let form = multi_session::ChangePassword { current_password, new_password, revoke_other_sessions };
    let browser = accounts()?.change_password(&browser, request.client(), form).await.map_err(fail)?;
    let done = if revoke_other_sessions { "password-others" } else { "password" };
    // Scripts leave the page too.
    request.set_notice(done);
    settle(&request, browser, done);
    Ok(revoke_other_sessions)
}

/// Re-authenticates the active session with the password. The script then repeats the action that needed it.
///
/// # Errors
///
/// When the password is wrong, or another session is active by now.
#[server(prefix = "/fn", endpoint = "reauthenticate")]
pub async fn reauthenticate(
    /// The account's password.
    password: String,
    /// The session that was active when the person was asked.
    acting: String,
) -> Result<(), AppError> {
    let request = request();
    let browser = request.browser().map_err(fail)?;
    if !is_acting_as(&browser, &acting) {
        return Err(fail(Code::Unauthorized.into()));
    }
    prove(&request, &browser, password).await
}

/// Re-authenticates the active session with the password, and then runs the action that needed it.
///
/// # Errors
///
/// When the password is wrong, nobody is signed in, or the action is refused.
#[server(prefix = "/fn", endpoint = "confirm")]
pub async fn confirm_step(
    /// The account's password.
    password: String,
    /// The path of the server function to run.
    act: String,
    /// The session that it is about, or empty.
    #[server(default)]
    session_id: String,
    /// The session that was active when the person was asked.
    acting: String,
) -> Result<(), AppError> {
    let request = request();
    let step = Step::parse(&act, &session_id).ok_or_else(|| fail(Code::ValidationError.into()))?;
    let browser = request.browser().map_err(fail)?;
    if !is_acting_as(&browser, &acting) {
        let error = fail(Code::Unauthorized.into());
        // After `refuse`, whose redirect goes back to the form. Another account is active by now, so the
        // question is asked again for that one.
        send_form(&step.address(&use_options()));
        return Err(error);
    }
    prove(&request, &browser, password).await.inspect_err(|error| send_form(&step.refused(error)))?;
    take(&step).await.inspect_err(|error| send_form(&step.failed(error)))
}

/// Records the proof from the application's own step-up page and runs the action that needed it. `act` and
/// `session_id` are parameters in the address of that page.
///
/// Call it from a server function that a plain `<form method="post">` posts to. It redirects to the page of
/// the action, or to the devices if there is no action. A script that calls the function is not redirected.
///
/// # Errors
///
/// When nobody is signed in, the account does not accept the proof, or the action is refused.
#[cfg(feature = "ssr")]
pub async fn step_up(proof: Proof, act: &str, session_id: &str) -> Result<(), AppError> {
    let step = Step::parse(act, session_id);
    let proved = request().prove(proof).await.map_err(fail);
    match (step, proved) {
        (Some(step), Ok(())) => take(&step).await.inspect_err(|error| send_form(&step.failed(error))),
        (None, Ok(())) => {
            send_form(use_options().home(true));
            Ok(())
        }
        (Some(step), Err(error)) => {
            send_form(&step.refused_elsewhere(&error));
            Err(error)
        }
        (None, Err(error)) => Err(error),
    }
}

/// Runs the action that needed a confirmation, and redirects to its page.
#[cfg(feature = "ssr")]
async fn take(step: &Step) -> Result<(), AppError> {
    match step {
        Step::Revoke(id) => revoke(id.clone()).await.map(drop),
        Step::RevokeOthers => revoke_others().await.map(drop),
        Step::RevokeAll => revoke_all().await.map(drop),
        // Redirect to a page that then loads the file. If the answer were the file, the form would stay on
        // the screen.
        Step::ExportHistory { csv } => {
            send_form(&export_page(&use_options(), if *csv { CSV } else { JSON }));
            Ok(())
        }
        Step::Report(id) => report(id.clone()).await,
    }
}

#[cfg(feature = "ssr")]
fn is_acting_as(browser: &multi_session::Browser, session_id: &str) -> bool {
    browser.active().is_some_and(|active| active.session.id.as_str() == session_id)
}

/// Verifies the person of the active session, and sets the new cookies.
#[cfg(feature = "ssr")]
async fn prove(
    request: &multi_session::http::SessionRequest,
    browser: &multi_session::Browser,
    password: String,
) -> Result<(), AppError> {
    let form = multi_session::Reauthenticate { password };
    let browser = accounts()?.reauthenticate(browser, request.client(), form).await.map_err(fail)?;
    request.set_browser(browser);
    Ok(())
}
