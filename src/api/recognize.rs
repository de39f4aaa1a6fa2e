//! `POST /multi-session/recognize` `{sessionId}` → `{status: true}`: "Yes, it was me".

use axum::Json;
use axum::extract::{Request, State};

use crate::api::answer::Done;
use crate::api::openapi::{CHANGES, EVERY, READS_BODY, READS_COOKIES, refusals};
use crate::api::state::ApiState;
use crate::api::target::SessionBody;
use crate::http::{Problem, SessionRequest};
use crate::{Code, SessionId};

refusals!(
    Refusals = EVERY,
    READS_COOKIES,
    CHANGES,
    READS_BODY,
    [Code::Unauthorized, Code::InvalidSessionToken, Code::DeviceNotRecognized]
);

/// Recognize a new device: "Yes, it was me"
///
/// It is no `newDevice` from then on, in every list. Only another session of the active user can say so, and for its first
/// week none that is of a new device itself. A foreign, an ended and an unknown session are answered alike.
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
        (status = 200, description = "It is known.", body = Done, example = json!(Done::DONE)),
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
    let SessionBody { session_id } = SessionBody::read(request).await?;
    let id = SessionId::new(session_id).map_err(|_| Code::InvalidSessionToken)?;
    api.sessions.recognize(&browser, &id).await?;
    Ok(Json(Done::DONE))
}
