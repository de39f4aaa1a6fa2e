//! `POST /multi-session/report` `{sessionId}` → `{status: true, ended, passwordLocked}`: "This wasn't me".

use axum::Json;
use axum::extract::{Request, State};
use serde::Serialize;
use utoipa::ToSchema;

use crate::Code;
use crate::api::openapi::{CHANGES, ENDS_OTHERS, EVERY, READS_BODY, READS_COOKIES, refusals};
use crate::api::state::ApiState;
use crate::api::target::SessionBody;
use crate::http::{Problem, SessionRequest};

/// The result of a report.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(rename_all = "camelCase")]
pub(super) struct Answer {
    /// Always true.
    status: bool,
    /// How many sessions ended.
    ended: usize,
    /// Whether nobody can sign in until a new password is set with the mailed link, or until the application
    /// records that a credential has changed.
    password_locked: bool,
}

refusals!(
    Refusals = EVERY,
    READS_COOKIES,
    CHANGES,
    READS_BODY,
    ENDS_OTHERS,
    [Code::Unauthorized, Code::InvalidSessionToken]
);

/// Report a sign-in: "This wasn't me"
///
/// Every session of the active user ends, except this browser's, which gets a new cookie. If a mail server is
/// configured, the password stops working and a link to set a new one is mailed. The active session, an unknown session
/// and one of another user get the same answer.
#[utoipa::path(
    post,
    path = "/multi-session/report",
    operation_id = "report",
    tag = "devices",
    request_body(
        content = SessionBody,
        example = json!({ "sessionId": "01a2098d-43c3-76b6-ae3a-e0c25f2b34b2" }),
    ),
    responses(
        (
            status = 200,
            description = "The other sessions have ended.",
            headers(("Set-Cookie" = String, description = "This session's new cookies.")),
            body = Answer,
            example = json!(Answer { status: true, ended: 2, password_locked: true }),
        ),
        Refusals,
    ),
    security((), ("session" = [])),
)]
pub(super) async fn handle(
    State(api): State<ApiState>,
    state: SessionRequest,
    request: Request,
) -> Result<Json<Answer>, Problem> {
    let browser = state.browser()?;
    let id = SessionBody::read(request, Code::InvalidSessionToken).await?;
    let (browser, reported) = match &api.accounts {
        Some(accounts) => accounts.report(&browser, &id).await?,
        None => api.sessions.report(&browser, &id, api.locks_reported).await?,
    };
    state.set_browser(browser);
    Ok(Json(Answer { status: true, ended: reported.ended, password_locked: reported.is_locked }))
}
