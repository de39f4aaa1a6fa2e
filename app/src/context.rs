//! What the server knows about the request, and how it answers.

use http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts};
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;
use multi_session::{
    Accounts, Browser, Code, Error, Sessions,
    http::{Problem, SessionRequest},
};

use crate::{AppError, accounts::paths::form_page, options::use_options, query::with_error, step::Step};

/// What is told besides to who is signed in, or may be, where the data cannot be reached.
const STILL_SIGNED_IN: &str = "We can't load your data right now. You're still signed in. Please try again.";

/// The sessions of the server.
pub(crate) fn sessions() -> Sessions {
    request().sessions().clone()
}

/// The accounts of the server; an application with a login of its own has none.
pub(crate) fn accounts() -> Result<Accounts, AppError> {
    use_context::<Accounts>().ok_or_else(|| fail(Code::CredentialAccountNotFound.into()))
}

/// Whether the server mails links that set a password.
pub(crate) fn sends_mail() -> bool {
    use_context::<Accounts>().is_some_and(|accounts| accounts.sends_mail())
}

/// What the session layer found out about the request.
pub(crate) fn request() -> SessionRequest {
    request_if_any().expect("the session layer is around every page and every server function")
}

/// The same; nothing where there is no request, as while the routes are collected, or no session layer around it.
pub(crate) fn request_if_any() -> Option<SessionRequest> {
    use_context::<Parts>()?.extensions.get::<SessionRequest>().cloned()
}

/// Whether somebody is signed in; nobody where no session layer is around, as at the page of an error.
pub(crate) fn is_signed_in() -> bool {
    request_if_any().is_some_and(|state| state.browser().is_ok_and(|browser| browser.active().is_some()))
}

/// The same, where it is enough that the database has not denied it.
pub(crate) fn may_be_signed_in() -> bool {
    request_if_any().is_none_or(|state| state.browser().map_or(true, |browser| browser.active().is_some()))
}

/// Whether a page of another site leads here. Such a link must not act for the person.
pub(crate) fn is_of_another_site(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none")
}

/// Gives the error for the person, and the answer its status.
pub(crate) fn fail(error: Error) -> AppError {
    let code = error.code();
    let proofs = match &error {
        Error::SessionNotFresh { proofs } => proofs.clone(),
        _ => Vec::new(),
    };
    // The map logs what is a failure of ours, as it does for the REST interface.
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

/// Gives the answer the status of a refusal, unless it goes to a form: its redirect carries the error instead.
///
/// Leptos leads a form back to its Referer. Where the browser sends none, it goes to the page of the form that is known.
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

/// The page with the form that posts to a server function: one of the same name, or else where the person starts.
fn page_of_form(act: &str) -> String {
    match (form_page(act), is_signed_in()) {
        // Whoever is signed in sees those forms only to add an account.
        (Some(page), true) => format!("{page}?add=1"),
        (Some(page), false) => page.to_owned(),
        (None, signed_in) => use_options().home(signed_in).to_owned(),
    }
}

/// The same where other sessions end: who must prove first who they are is sent to the page for it.
pub(crate) fn fail_or_confirm(error: Error, step: &Step) -> AppError {
    let asks = matches!(error, Error::SessionNotFresh { .. });
    let error = fail(error);
    // After the refusal, which would lead back to the form.
    if asks {
        send_form(&step.asking_address(&use_options(), &error.proofs));
    }
    error
}

/// Sends a form to another page; a script finds its way by the answer.
pub(crate) fn send_form(to: &str) {
    if request().is_form_post() {
        leptos_axum::redirect(to);
    }
}

/// Keeps what the browser holds now, and sends a form to where it belongs, with the notice `done` to show there.
pub(crate) fn settle(request: &SessionRequest, browser: Browser, done: &str) {
    let acts_as = |browser: &Browser| browser.active().map(|held| held.session.id.clone());
    let goes_on = request.browser().is_ok_and(|before| acts_as(&before) == acts_as(&browser));
    let path = use_options().home(browser.active().is_some());
    request.set_browser(browser);
    match done {
        // That is seen, and what was told before is no news any more.
        "signed-in" | "signed-out" => request.clear_notice(),
        // A script that goes on as the same session tells it itself; else it leads away as a form does.
        _ if !goes_on => request.set_notice(done),
        _ => {}
    }
    send_done(path, done);
}

/// Sends a form to `path`, which tells there what was `done`.
pub(crate) fn send_done(path: &str, done: &str) {
    if !matches!(done, "signed-in" | "signed-out") {
        leave_notice(done);
    }
    send_form(&[path, "?done=", done].concat());
}

/// Leaves the notice that a form's next page tells: without it that page believes no address.
pub(crate) fn leave_notice(notice: &str) {
    if request().is_form_post() {
        request().set_notice(notice);
    }
}

/// Lets the browser go on by itself once the page is there, also without a script.
///
/// It is a header: a `<meta>` would do it once more when the browser's half takes the page over, or goes back to it.
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

/// Gives the answer a status.
pub(crate) fn set_status(status: StatusCode) {
    if let Some(response) = use_context::<ResponseOptions>() {
        response.set_status(status);
    }
}
