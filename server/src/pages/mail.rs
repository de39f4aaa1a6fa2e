//! The pages to which mailed links lead, and the one that asks for such a mail.

use app::{ForgotPasswordPage, ResetPasswordPage};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::HeaderValue;
use http::header::REFERRER_POLICY;
use multi_session::Purpose;
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
    let token = token(query);
    // A database that does not answer is told by the page to sign in.
    let Ok(is_good) = server.engine.is_good_link(&token, Purpose::ResetPassword).await else {
        return Redirect::to("/sign-in").into_response();
    };
    let asked = ResetPasswordPage::of(token, is_good, query);
    without_referrer(render(&server, request, None, move |options| asked.clone().page(options)).await)
}

/// The mailed secret in a query.
fn token(query: &str) -> String {
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    pairs.find(|(name, _)| name == "token").map(|(_, token)| token.into_owned()).unwrap_or_default()
}

/// The page's address holds a secret: nothing that it asks for is told where it was asked from.
fn without_referrer(mut response: Response) -> Response {
    response.headers_mut().insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}
