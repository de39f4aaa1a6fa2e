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

/// Take a revocation back
///
/// For ten seconds after this session has revoked another one of its user, that one can live again: it was refused
/// meanwhile, and its browser is then signed in as before. Not after the password was changed, a sign-in reported, or
/// another sign-in has taken its place; all of that, a foreign and an unknown session are answered alike.
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
        (status = 200, description = "The session lives again.", body = Done, example = json!(Done::DONE)),
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
