//! Server functions of "This wasn't me". The rules are in `Accounts`.

use leptos::{prelude::*, server_fn::ServerFn};
use multi_session::SessionId;

use crate::AppError;
#[cfg(feature = "ssr")]
use crate::{
    accounts::paths::reset_address,
    context::{accounts, fail, fail_or_confirm, leave_notice, request, send_form, sessions},
    options::use_options,
    query::with_error,
    step::Step,
};

/// Reports a session as somebody else's: all others end, and the password is locked if a mail server is
/// configured.
///
/// # Errors
///
/// When it is the current one, another user's or unknown, or a step-up is needed first.
#[server(prefix = "/fn", endpoint = "report")]
pub async fn report(
    /// The session that was not the person's.
    session_id: SessionId,
) -> Result<(), AppError> {
    let request = request();
    let browser = request.browser().map_err(fail)?;
    let reported = match use_context::<multi_session::Accounts>() {
        Some(accounts) => accounts.report(&browser, &session_id).await,
        // The application's own login decides whether that locks the account.
        None => sessions().report(&browser, &session_id, false).await,
    };
    match reported {
        Ok((browser, reported)) => {
            request.set_browser(browser);
            let done = if reported.is_locked { "mail" } else { "change" };
            leave_notice(&["not-me.", done].concat());
            send_form(&format!("{}?done={done}", use_options().not_me_path()));
            Ok(())
        }
        Err(error) if error.code() == multi_session::Code::SessionNotFresh => {
            Err(fail_or_confirm(error, &Step::Report(session_id)))
        }
        Err(error) => {
            let error = fail(error);
            send_form(&Step::Report(session_id).failed(&error));
            Err(error)
        }
    }
}

/// The same with a mailed link. It then redirects to the page for a new password.
///
/// # Errors
///
/// When the link was used or has expired.
#[server(prefix = "/fn", endpoint = "report-by-mail")]
pub async fn report_by_mail(
    /// The token of the link.
    token: String,
) -> Result<(), AppError> {
    let reset = match accounts()?.report_by_mail(&token).await.map_err(fail) {
        Ok(reset) => reset,
        Err(error) => {
            let gone = format!("{}?token=", use_options().not_me_path());
            send_form(&with_error(&gone, REPORT_BY_MAIL, &error));
            return Err(error);
        }
    };
    let request = request();
    // This browser's session of the user has ended as well.
    request.set_browser(sessions().current(request.presented(), request.client()).await.map_err(fail)?);
    send_form(&reset_address(&reset.to_text(), true));
    Ok(())
}

/// The path of [`report_by_mail`].
pub const REPORT_BY_MAIL: &str = ReportByMail::PATH;
