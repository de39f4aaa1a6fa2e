//! `POST /multi-session/recognize` `{sessionId}` → `{status: true}`: "Yes, it was me".

use axum::Json;
use axum::extract::{Request, State};

use crate::Code;
use crate::api::answer::Done;
use crate::api::openapi::{CHANGES, EVERY, READS_BODY, READS_COOKIES, refusals};
use crate::api::state::ApiState;
use crate::api::target::SessionBody;
use crate::http::{Problem, SessionRequest};

refusals!(
    Refusals = EVERY,
    READS_COOKIES,
    CHANGES,
    READS_BODY,
    [Code::Unauthorized, Code::InvalidSessionToken, Code::DeviceNotRecognized]
);

/// Recognize a new device: "Yes, it was me"
///
/// The device loses its `newDevice` mark in every list. The active session must have begun before that session, and
/// must not be on a new device itself in its first week. Sessions that are unknown, ended or of another user get the
/// same answer.
#[utoipa::path(
    post,
    path = "/multi-session/recognize",
    operation_id = "recognize",
    tag = "devices",
    request_body(
        content = SessionBody,
        example = json!({ "sessionId": "01a2098d-43c3-76b6-ae3a-e0c25f2b34b2" }),
    ),
    responses(
        (status = 200, description = "The mark is gone.", body = Done, example = json!(Done::DONE)),
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
    let id = SessionBody::read(request, Code::InvalidSessionToken).await?;
    api.sessions.recognize(&browser, &id).await?;
    Ok(Json(Done::DONE))
}
