//! The pages to which mailed links lead, and the one that asks for such a mail.

use app::{ForgotPasswordPage, NotMePage, ResetPasswordPage};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::HeaderValue;
use http::header::REFERRER_POLICY;
use multi_session::http::RequestState;
use multi_session::{Purpose, SessionId};
use url::form_urlencoded;

use super::render;
use crate::Server;

/// Asks whose password was forgotten; where there is no mail server there is nothing to ask.
pub(super) async fn forgot_password(State(server): State<Server>, request: Request) -> Response {
    if !server.engine.sends_mail() {
        return Redirect::to("/sign-in").into_response();
    }
    let asked = ForgotPasswordPage::of(request.uri().query().unwrap_or_default());
    render(&server, request, None, move |options| asked.clone().page(options)).await
}

/// Asks for the new password; it uses the link not up.
pub(super) async fn reset_password(State(server): State<Server>, request: Request) -> Response {
    let query = request.uri().query().unwrap_or_default();
    let token = parameter(query, "token").unwrap_or_default();
    // A database that does not answer is told by the page to sign in.
    let Ok(is_good) = server.engine.is_good_link(&token, Purpose::ResetPassword).await else {
        return Redirect::to("/sign-in").into_response();
    };
    let asked = ResetPasswordPage::of(token, is_good, query);
    without_referrer(render(&server, request, None, move |options| asked.clone().page(options)).await)
}

/// Says what "This wasn't me" does, and asks; whoever has no such session is sent to where they belong.
pub(super) async fn not_me(State(server): State<Server>, state: RequestState, request: Request) -> Response {
    let query = request.uri().query().unwrap_or_default();
    let page = match NotMePage::of_done(query) {
        Some(done) => Some(done),
        None => asked(&server, &state, query).await,
    };
    let Some(page) = page else { return Redirect::to("/").into_response() };
    let is_secret = matches!(page, NotMePage::Link { .. });
    let rendered = render(&server, request, None, move |options| page.clone().page(options)).await;
    if is_secret { without_referrer(rendered) } else { rendered }
}

/// Which session the query asks about; a database that does not answer is told by the page of devices.
async fn asked(server: &Server, state: &RequestState, query: &str) -> Option<NotMePage> {
    let engine = &server.engine;
    if let Some(id) = parameter(query, "session_id") {
        let id = SessionId::new(id).ok()?;
        let device = engine.reportable(&state.browser().ok()?, &id).await.ok()??;
        return Some(NotMePage::Device { id, device, mail: engine.sends_mail() });
    }
    let token = parameter(query, "token")?;
    let is_good = engine.is_good_link(&token, Purpose::NotMe).await.ok()?;
    Some(if is_good { NotMePage::Link { token } } else { NotMePage::Gone })
}

/// A parameter of a query.
fn parameter(query: &str, name: &str) -> Option<String> {
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    pairs.find(|(other, _)| other == name).map(|(_, value)| value.into_owned())
}

/// The page's address holds a secret: nothing that it asks for is told where it was asked from.
fn without_referrer(mut response: Response) -> Response {
    response.headers_mut().insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}
