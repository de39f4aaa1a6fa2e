//! `POST /multi-session/rename` `{sessionId, name}` → `{status: true}`.

use axum::Json;
use axum::extract::{Request, State};
use utoipa::ToSchema;

use crate::api::answer::Done;
use crate::api::body::{Accepts, Fields};
use crate::api::openapi::{CHANGES, EVERY, READS_BODY, READS_COOKIES, refusals};
use crate::api::state::ApiState;
use crate::http::{Problem, SessionRequest};
use crate::{Code, SessionId};

/// A device and its new name.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
struct RenameBody {
    /// The `id` of a row of the list.
    session_id: String,
    /// At most 100 characters, without control characters. Empty to show the user agent instead.
    #[schema(max_length = 100, pattern = r"^[^\u0000-\u001f\u007f-\u009f]*$")]
    name: String,
}

impl RenameBody {
    async fn read(request: Request) -> Result<Self, Problem> {
        let mut fields = Fields::read(request, Accepts::Json).await?;
        let body = Self { session_id: fields.required("sessionId"), name: fields.required("name") };
        fields.finish()?;
        Ok(body)
    }
}

refusals!(
    Refusals = EVERY,
    READS_COOKIES,
    CHANGES,
    READS_BODY,
    [Code::Unauthorized, Code::InvalidSessionToken, Code::InvalidName]
);

/// Name a device
///
/// The session must be one of the active user's, including the current one, or one of another account in this browser.
/// Lists then show the name as `name` and `device.label`. Sessions that are unknown, ended or of another user get the
/// same answer.
#[utoipa::path(
    post,
    path = "/multi-session/rename",
    operation_id = "rename",
    tag = "devices",
    request_body(
        content = RenameBody,
        example = json!({ "sessionId": "01a2098d-43c3-76b6-ae3a-e0c25f2b34b2", "name": "Work laptop" }),
    ),
    responses(
        (status = 200, description = "The device was named.", body = Done, example = json!(Done::DONE)),
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
    let RenameBody { session_id, name } = RenameBody::read(request).await?;
    let id = SessionId::new(session_id).map_err(|_| Code::InvalidSessionToken)?;
    api.sessions.rename(&browser, &id, &name).await?;
    Ok(Json(Done::DONE))
}
