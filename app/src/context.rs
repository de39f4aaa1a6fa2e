//! Helpers of server functions: the request, errors, redirects, and notices.

use http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts};
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;
use multi_session::{
    Accounts, Browser, Code, Error, Sessions,
    http::{Problem, SessionRequest},
};

use crate::{AppError, accounts::paths::form_page, options::use_options, query::with_error, step::Step};

/// The text for people who are or may be signed in while the database is unavailable.
const STILL_SIGNED_IN: &str = "We can't load your data right now. You're still signed in. Please try again.";

/// The sessions of the server.
pub(crate) fn sessions() -> Sessions {
    request().sessions().clone()
}

/// The accounts of the server. An application with its own login has none.
pub(crate) fn accounts() -> Result<Accounts, AppError> {
    use_context::<Accounts>().ok_or_else(|| fail(Code::CredentialAccountNotFound.into()))
}

/// Whether the server mails links that set a password.
pub(crate) fn sends_mail() -> bool {
    use_context::<Accounts>().is_some_and(|accounts| accounts.sends_mail())
}

/// The request, with what the session layer found out.
pub(crate) fn request() -> SessionRequest {
    request_if_any().expect("the session layer is around every page and every server function")
}

/// The same; `None` without a request, such as while the routes are collected, or without a session layer.
pub(crate) fn request_if_any() -> Option<SessionRequest> {
    use_context::<Parts>()?.extensions.get::<SessionRequest>().cloned()
}

/// Whether somebody is signed in. Nobody is without a session layer, such as on an error page.
pub(crate) fn is_signed_in() -> bool {
    request_if_any().is_some_and(|state| state.browser().is_ok_and(|browser| browser.active().is_some()))
}

/// The same, but also true if the database is unavailable.
pub(crate) fn may_be_signed_in() -> bool {
    request_if_any().is_none_or(|state| state.browser().map_or(true, |browser| browser.active().is_some()))
}

/// Whether the request follows a link of another site. Such a link must not act for the person.
pub(crate) fn is_of_another_site(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none")
}

/// Converts an error for the person, and sets the status of the answer.
pub(crate) fn fail(error: Error) -> AppError {
    let code = error.code();
    let proofs = match &error {
        Error::SessionNotFresh { proofs } => proofs.clone(),
        _ => Vec::new(),
    };
    // The conversion logs internal failures, as for the REST API.
    let problem = Problem::from(error);
    if let (Some(seconds), Some(response)) = (problem.seconds_to_wait(), use_context::<ResponseOptions>()) {
        response.insert_header(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    let number = match code {
        Code::MaximumSessionsReached | Code::MaximumAccountsReached => {
            request_if_any().map(|request| request.sessions().options().maximum_sessions().into())
        }
        _ => problem.seconds_to_wait(),
    };
    let error = AppError { proofs, ..AppError::with_number(code, number) };
    refuse(code, &error);
    match code {
        Code::ServiceUnavailable if may_be_signed_in() => {
            AppError { message: STILL_SIGNED_IN.to_owned(), ..error }
        }
        _ => error,
    }
}

/// Sets the status of a refusal, unless the answer goes to a form: then the redirect carries the error.
///
/// Leptos redirects a form to its Referer. If the browser sends none, this redirects to the known page of the
/// form.
pub(crate) fn refuse(code: Code, error: &AppError) {
    let Some(parts) = use_context::<Parts>() else { return };
    match parts.extensions.get::<SessionRequest>().map(SessionRequest::is_form_post) {
        Some(false) => set_status(Problem::status(code)),
        Some(true) if !parts.headers.contains_key(header::REFERER) => {
            let act = parts.uri.path();
            leptos_axum::redirect(&with_error(&page_of_form(act), act, error));
        }
        _ => {}
    }
}

/// The page with the form of a server function: the one of the same name, or else the start page.
fn page_of_form(act: &str) -> String {
    match (form_page(act), is_signed_in()) {
        // Signed-in people see these forms only to add an account.
        (Some(page), true) => format!("{page}?add=1"),
        (Some(page), false) => page.to_owned(),
        (None, signed_in) => use_options().home(signed_in).to_owned(),
    }
}

/// The same for actions that end other sessions. If a step-up is needed, it redirects there.
pub(crate) fn fail_or_confirm(error: Error, step: &Step) -> AppError {
    let asks = matches!(error, Error::SessionNotFresh { .. });
    let error = fail(error);
    // After `fail`, whose redirect goes back to the form.
    if asks {
        send_form(&step.asking_address(&use_options(), &error.proofs));
    }
    error
}

/// Redirects a form to another page. A script decides by the answer.
pub(crate) fn send_form(to: &str) {
    if request().is_form_post() {
        leptos_axum::redirect(to);
    }
}

/// Sets what the browser holds now, and redirects a form to the right page, with the notice `done` to show
/// there.
pub(crate) fn settle(request: &SessionRequest, browser: Browser, done: &str) {
    let acts_as = |browser: &Browser| browser.active().map(|held| held.session.id.clone());
    let goes_on = request.browser().is_ok_and(|before| acts_as(&before) == acts_as(&browser));
    let path = use_options().home(browser.active().is_some());
    request.set_browser(browser);
    match done {
        // The page itself shows this, and an earlier notice is out of date.
        "signed-in" | "signed-out" => request.clear_notice(),
        // A script that continues as the same session shows it itself. Otherwise it leaves the page like a
        // form.
        _ if !goes_on => request.set_notice(done),
        _ => {}
    }
    send_done(path, done);
}

/// Redirects a form to `path`, which shows the notice `done`.
pub(crate) fn send_done(path: &str, done: &str) {
    if !matches!(done, "signed-in" | "signed-out") {
        leave_notice(done);
    }
    send_form(&[path, "?done=", done].concat());
}

/// Sets the notice for the next page. Without it that page ignores what the address says.
pub(crate) fn leave_notice(notice: &str) {
    if request().is_form_post() {
        request().set_notice(notice);
    }
}

/// Makes the browser load another address after the page, even without scripts.
///
/// It is a header, because a `<meta>` would repeat it at hydration and when the person goes back.
pub(crate) fn lead_on(to: &str) {
    if use_context::<Parts>().is_some_and(|parts| is_of_another_site(&parts.headers)) {
        return;
    }
    if let (Some(response), Ok(onward)) =
        (use_context::<ResponseOptions>(), HeaderValue::from_str(&["0; url=", to].concat()))
    {
        response.insert_header(header::REFRESH, onward);
    }
}

/// Sets the status of the answer.
pub(crate) fn set_status(status: StatusCode) {
    if let Some(response) = use_context::<ResponseOptions>() {
        response.set_status(status);
    }
}
