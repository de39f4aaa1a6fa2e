//! `GET /multi-session/list-ended-device-sessions` → `[EndedDeviceSession]`.

use axum::Json;
use axum::extract::State;

use crate::api::openapi::{EVERY, READS_COOKIES, example, refusals};
use crate::api::state::ApiState;
use crate::http::{Problem, SessionRequest};
use crate::{Code, EndedDeviceSession};

refusals!(Refusals = EVERY, READS_COOKIES, [Code::Unauthorized]);

/// List recently signed-out devices
///
/// Sessions of the active user that ended in the last 28 days and are still stored, with the reason and the device that
/// ended them. The latest is first, and there are at most 100. Sessions that a new sign-in in the same browser replaced
/// are left out.
#[utoipa::path(
    get,
    path = "/multi-session/list-ended-device-sessions",
    operation_id = "listEndedDeviceSessions",
    tag = "devices",
    responses(
        (
            status = 200,
            description = "The list.",
            body = Vec<EndedDeviceSession>,
            example = json!([example::ended_device_session()]),
        ),
        Refusals,
    ),
    security((), ("session" = [])),
)]
pub(super) async fn handle(
    State(api): State<ApiState>,
    state: SessionRequest,
) -> Result<Json<Vec<EndedDeviceSession>>, Problem> {
    Ok(Json(api.sessions.list_ended(&state.browser()?).await?))
}
