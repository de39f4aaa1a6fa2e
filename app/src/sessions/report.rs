//! The server functions of "This wasn't me". Only pages that the server makes post to them, so the browser's half does
//! not know them. The rules are those of `Accounts`.

use leptos::{prelude::*, server_fn::ServerFn};
use multi_session::{Code, SessionId};

use crate::{
    AppError,
    accounts::{ResetPasswordPage, Step},
    context::{accounts, fail, fail_or_confirm, leave_notice, request, send_form, sessions},
    notice::with_error,
    sessions::NotMePage,
};

/// Takes a session as somebody else's: the others end, and the password is locked where there is a mail server.
///
/// # Errors
///
/// When it is the current one, foreign or unknown, or who acts must prove first who they are.
#[server(prefix = "/fn", endpoint = "report")]
pub async fn report(
    /// The session that was not the person's.
    session_id: SessionId,
) -> Result<(), AppError> {
    let request = request();
    let browser = request.browser().map_err(fail)?;
    match accounts().report(&browser, &session_id).await {
        Ok((browser, reported)) => {
            request.set_browser(browser);
            let (page, notice) = NotMePage::done(reported.is_locked);
            leave_notice(notice);
            send_form(page);
            Ok(())
        }
        Err(error) if error.code() == Code::SessionNotFresh => {
            Err(fail_or_confirm(error, &Step::Report(session_id)))
        }
        Err(error) => {
            let error = fail(error);
            send_form(&Step::Report(session_id).failed(&error));
            Err(error)
        }
    }
}

/// The same by the link of a mail, which leads on to the page for a new password.
///
/// # Errors
///
/// When the link was used or is too old.
#[server(prefix = "/fn", endpoint = "report-by-mail")]
pub async fn report_by_mail(
    /// What the link has.
    token: String,
) -> Result<(), AppError> {
    let reset = match accounts().report_by_mail(&token).await.map_err(fail) {
        Ok(reset) => reset,
        Err(error) => {
            send_form(&with_error(NotMePage::GONE, REPORT_BY_MAIL, &error));
            return Err(error);
        }
    };
    let request = request();
    // What this browser held of the user has ended as well.
    request.set_browser(sessions().current(request.presented(), request.client()).await.map_err(fail)?);
    send_form(&ResetPasswordPage::address(&reset.to_text(), true));
    Ok(())
}

/// Where [`report`] answers.
pub(crate) const REPORT: &str = Report::PATH;
/// Where [`report_by_mail`] answers.
pub const REPORT_BY_MAIL: &str = ReportByMail::PATH;
