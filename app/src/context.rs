//! What the server knows about the request: the only file that reads it.

use http::{HeaderValue, StatusCode, header, request::Parts};
use leptos::prelude::{expect_context, use_context};
use leptos_axum::ResponseOptions;
use multi_session::{
    Accounts, Browser, Code, Error, Sessions,
    http::{Problem, SessionRequest},
};

use crate::{AppError, accounts::Step, address::page_paths, guard::home, notice::with_error};

/// The sessions of the server.
pub(crate) fn sessions() -> Sessions {
    expect_context()
}

/// The accounts of the server.
pub(crate) fn accounts() -> Accounts {
    expect_context()
}

/// What the session layer found out about the request.
pub(crate) fn request() -> SessionRequest {
    expect_context::<Parts>()
        .extensions
        .get::<SessionRequest>()
        .cloned()
        .expect("the session layer is around every page and every server function")
}

/// Whether somebody is signed in; nobody where no session layer is around, as at the page of an error.
pub(crate) fn is_signed_in() -> bool {
    let state = use_context::<Parts>().and_then(|parts| parts.extensions.get::<SessionRequest>().cloned());
    state.is_some_and(|state| state.browser().is_ok_and(|browser| browser.active().is_some()))
}

/// Whether the request has a body for a server function.
pub(crate) fn is_post() -> bool {
    use_context::<Parts>().is_some_and(|parts| parts.method == http::Method::POST)
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
    refuse(code);
    AppError { proofs, ..code.into() }
}

/// Gives the answer the status of a refusal, unless it goes to a form: its redirect carries the error instead.
///
/// Leptos leads a form back to its Referer. Where the browser sends none, it goes to the page of the form that is known.
pub(crate) fn refuse(code: Code) {
    let Some(parts) = use_context::<Parts>() else { return };
    match parts.extensions.get::<SessionRequest>().map(SessionRequest::is_form_post) {
        Some(false) => set_status(Problem::status(code)),
        Some(true) if !parts.headers.contains_key(header::REFERER) => {
            let act = parts.uri.path();
            leptos_axum::redirect(&with_error(&page_of_form(act), act, &code.into()));
        }
        _ => {}
    }
}

/// The page with the form that posts to a server function: one of the same name, or else where the person starts.
fn page_of_form(act: &str) -> String {
    let named = act.strip_prefix("/fn").and_then(|name| page_paths().find(|path| *path == name));
    match (named, is_signed_in()) {
        // Whoever is signed in sees those forms only to add an account.
        (Some(page), true) => [page, "?add=1"].concat(),
        (Some(page), false) => page.to_owned(),
        (None, signed_in) => home(signed_in).to_owned(),
    }
}

/// The same where other sessions end: who must prove first who they are is sent to the page for it.
pub(crate) fn fail_or_confirm(error: Error, step: &Step) -> AppError {
    if error.code() == Code::SessionNotFresh {
        send_form(&step.address());
    }
    fail(error)
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
    let path = home(browser.active().is_some());
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

/// Sends a page request to another page.
pub(crate) fn detour(path: &str) {
    if let (Some(response), Ok(path)) = (use_context::<ResponseOptions>(), HeaderValue::from_str(path)) {
        response.set_status(StatusCode::SEE_OTHER);
        response.insert_header(header::LOCATION, path);
    }
}

/// Gives the answer a status.
pub(crate) fn set_status(status: StatusCode) {
    if let Some(response) = use_context::<ResponseOptions>() {
        response.set_status(status);
    }
}
