//! `POST /multi-session/undo-revoke` `{sessionId}` → `{status: true}`.

use axum::Json;
use axum::extract::{Request, State};

use crate::Code;
use crate::api::answer::Done;
use crate::api::openapi::{CHANGES, EVERY, READS_BODY, READS_COOKIES, refusals};
use crate::api::state::ApiState;
use crate::api::target::SessionBody;
use crate::http::{Problem, SessionRequest};

refusals!(Refusals = EVERY, READS_COOKIES, CHANGES, READS_BODY, [Code::Unauthorized, Code::UndoExpired]);

/// Undo a revocation
///
/// Restores another session of the same user that this session revoked in the last ten seconds. Its browser is signed
/// in again as before; requests that it made in between were refused. It cannot be restored after a password change, a
/// report, or another sign-in that took its place. These cases, unknown sessions and sessions of other users get the
/// same answer.
#[utoipa::path(
    post,
    path = "/multi-session/undo-revoke",
    operation_id = "undoRevoke",
    tag = "devices",
    request_body(
        content = SessionBody,
        example = json!({ "sessionId": "01a2098d-43c3-76b6-ae3a-e0c25f2b34b2" }),
    ),
    responses(
        (status = 200, description = "The session is live again.", body = Done, example = json!(Done::DONE)),
        Refusals,
    ),
    security((), ("session" = [])),
)]
pub(super) async fn handle(
    State(api): State<ApiState>,
    state: SessionRequest,
    request: Request,
) -> Result<Json<Done>, Problem> {
    let browser = state.browser()?;
    let id = SessionBody::read(request, Code::UndoExpired).await?;
    api.sessions.undo_revoke(&browser, &id).await?;
    Ok(Json(Done::DONE))
}
