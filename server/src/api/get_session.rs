//! `GET /get-session` → `{session, user}` or `null`.

use axum::Json;
use axum::http::HeaderValue;
use axum::http::header::PRAGMA;
use axum::response::{IntoResponse, Response};
use multi_session::Code;
use multi_session::http::{Problem, RequestState};

use super::SessionAndUser;

pub(super) async fn handle(state: RequestState) -> Result<Response, Problem> {
    let browser = state.browser()?;
    let body = browser.active().map(|held| SessionAndUser { session: &held.session, user: &held.user });
    let mut response = Json(body).into_response();
    response.headers_mut().insert(PRAGMA, HeaderValue::from_static("no-cache"));
    Ok(response)
}

/// Better Auth's one 405: a client that defers refreshing a session would POST, and none needs to here.
pub(super) async fn deferred() -> Problem {
    Problem::from(Code::MethodNotAllowed)
}
