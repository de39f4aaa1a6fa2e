//! `POST /multi-session/set-active` `{sessionId | sessionToken}` → `{session, user}`.

use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};

use super::target::{self, TargetBody};
use crate::Code;
use crate::api::answer::SessionAndUser;
use crate::api::openapi::{CHANGES, EVERY, READS_BODY, READS_COOKIES, example, refusals};
use crate::api::state::ApiState;
use crate::http::{Problem, SessionRequest};

refusals!(Refusals = EVERY, READS_COOKIES, CHANGES, READS_BODY, [Code::InvalidSessionToken]);

/// Switch to another account
///
/// Makes a session that this browser holds the active one. The browser must have that session's cookie. No account
/// needs to be active.
#[utoipa::path(
    post,
    path = "/multi-session/set-active",
    operation_id = "setActive",
    tag = "devices",
    request_body(
        content = TargetBody,
        examples(
            ("id" = (
                summary = "By id",
                value = json!({ "sessionId": "01a2098d-43c3-76b6-ae3a-e0c25f2b34b2" })
            )),
            ("token" = (
                summary = "By token, as Better Auth's client sends it",
                value = json!({ "sessionToken": "3gympsuydpb41jpqgy61f1zliq564nui" })
            )),
        ),
    ),
    responses(
        (
            status = 200,
            description = "The session that is active now, and its user.",
            headers(("Set-Cookie" = String, description = "The active session's cookie.")),
            body = SessionAndUser,
            example = json!(SessionAndUser { session: &example::session(), user: &example::user() }),
        ),
        Refusals,
    ),
    security((), ("session" = [])),
)]
pub(super) async fn handle(
    State(api): State<ApiState>,
    state: SessionRequest,
    request: Request,
) -> Result<Response, Problem> {
    let target = target::read(request).await?;
    let browser = api.sessions.set_active(&state.browser()?, state.client(), &target).await?;
    let body = browser.active().map(|held| SessionAndUser { session: &held.session, user: &held.user });
    let response = Json(body).into_response();
    state.set_browser(browser);
    Ok(response)
}
