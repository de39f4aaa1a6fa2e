//! `GET /get-session` → `{session, user}` or `null`.

use axum::http::HeaderValue;
use axum::http::header::PRAGMA;
use axum::response::Response;

use crate::Code;
use crate::api::answer::{SessionAndUser, json};
use crate::api::openapi::{CHANGES, EVERY, READS_COOKIES, example, refusals};
use crate::http::{Problem, SessionRequest};

refusals!(Refusals = EVERY, READS_COOKIES);

/// Who is signed in
///
/// The active session of this browser and its user, or `null` for a browser that is signed out.
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
    let browser = state.browser()?;
    let body = browser.active().map(|held| SessionAndUser { session: &held.session, user: &held.user });
    let mut response = json(&body)?;
    response.headers_mut().insert(PRAGMA, HeaderValue::from_static("no-cache"));
    Ok(response)
}

refusals!(Deferred = EVERY, CHANGES, [Code::MethodNotAllowed]);

/// Refused: use GET
///
/// Better Auth's one 405: a client that defers refreshing a session would POST, and none needs to here.
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
