//! `GET /get-session` → `{session, user}` or `null`.

use axum::http::HeaderValue;
use axum::http::header::PRAGMA;
use axum::response::Response;

use crate::Code;
use crate::api::answer::{SessionAndUser, json};
use crate::api::openapi::{CHANGES, EVERY, READS_COOKIES, example, refusals};
use crate::http::{Problem, SessionRequest};

refusals!(Refusals = EVERY, READS_COOKIES);

/// Get the active session
///
/// The active session of this browser and its user, or `null` if the browser is signed out.
#[utoipa::path(
    get,
    path = "/get-session",
    operation_id = "getSession",
    tag = "session",
    responses(
        (
            status = 200,
            description = "The active session, or null.",
            body = Option<SessionAndUser>,
            examples(
                ("signed in" = (
                    value = json!(SessionAndUser { session: &example::session(), user: &example::user() })
                )),
                ("signed out" = (value = json!(null))),
            ),
        ),
        Refusals,
    ),
    security((), ("session" = [])),
)]
pub(super) async fn handle(state: SessionRequest) -> Result<Response, Problem> {
    let browser = state.shared_browser()?;
    let body = browser.active().map(|held| SessionAndUser { session: &held.session, user: &held.user });
    let mut response = json(&body)?;
    response.headers_mut().insert(PRAGMA, HeaderValue::from_static("no-cache"));
    Ok(response)
}

refusals!(Deferred = EVERY, CHANGES, [Code::MethodNotAllowed]);

/// Not allowed: use GET
///
/// Answers 405, as Better Auth does. Only clients that defer the refresh of sessions send a POST, which this server
/// does not need.
#[utoipa::path(
    post,
    path = "/get-session",
    operation_id = "getSessionDeferred",
    tag = "session",
    responses(Deferred),
    security(()),
)]
pub(super) async fn deferred() -> Problem {
    Problem::from(Code::MethodNotAllowed)
}
