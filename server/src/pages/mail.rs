//! The pages to which mailed links lead, and the one that asks for such a mail.

use app::{ForgotPasswordPage, NotMePage, ResetPasswordPage};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::HeaderValue;
use http::header::REFERRER_POLICY;
use multi_session::http::SessionRequest;
use multi_session::{Error, Purpose, SessionId};
use url::form_urlencoded;

use super::{instead, render};
use crate::Server;

/// Asks whose password was forgotten; where there is no mail server there is nothing to ask.
pub(super) async fn forgot_password(
    State(server): State<Server>,
    state: SessionRequest,
    request: Request,
) -> Response {
    if !server.accounts.sends_mail() {
        return Redirect::to("/sign-in").into_response();
    }
    let asked = ForgotPasswordPage::of(request.uri().query().unwrap_or_default(), state.notice());
    render(&server, request, None, move |options| asked.clone().page(options)).await
}

/// Asks for the new password; it uses the link not up.
pub(super) async fn reset_password(State(server): State<Server>, request: Request) -> Response {
    let query = request.uri().query().unwrap_or_default();
    let token = parameter(query, "token").unwrap_or_default();
    let page = match server.accounts.is_good_link(&token, Purpose::ResetPassword).await {
        Ok(is_good) => {
            let asked = ResetPasswordPage::of(token, is_good, query);
            render(&server, request, None, move |options| asked.clone().page(options)).await
        }
        Err(error) => instead(&server, request, error).await,
    };
    without_referrer(page)
}

/// Says what "This wasn't me" does, and asks; whoever has no such session is sent to where they belong.
pub(super) async fn not_me(
    State(server): State<Server>,
    state: SessionRequest,
    request: Request,
) -> Response {
    let query = request.uri().query().unwrap_or_default();
    let is_secret = parameter(query, "token").is_some();
    let page = match NotMePage::of_done(query, state.notice()) {
        Some(done) => Ok(Some(done)),
        None => asked(&server, &state, query).await,
    };
    let answer = match page {
        Ok(Some(page)) => render(&server, request, None, move |options| page.clone().page(options)).await,
        Ok(None) => Redirect::to("/").into_response(),
        Err(error) => instead(&server, request, error).await,
    };
    if is_secret { without_referrer(answer) } else { answer }
}

/// Which session the query asks about.
async fn asked(server: &Server, state: &SessionRequest, query: &str) -> Result<Option<NotMePage>, Error> {
    let sessions = &server.sessions;
    if let Some(id) = parameter(query, "session_id") {
        let Ok(id) = SessionId::new(id) else { return Ok(None) };
        let device = sessions.reportable(&state.browser()?, &id).await?;
        return Ok(device.map(|device| NotMePage::Device { id, device, mail: server.accounts.sends_mail() }));
    }
    let Some(token) = parameter(query, "token") else { return Ok(None) };
    let is_good = server.accounts.is_good_link(&token, Purpose::NotMe).await?;
    Ok(Some(if is_good { NotMePage::Link { token } } else { NotMePage::Gone }))
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
