//! `GET /multi-session/list-ended-device-sessions` → `[EndedDeviceSession]`.

use axum::Json;
use axum::extract::State;

use crate::api::openapi::{EVERY, READS_COOKIES, example, refusals};
use crate::api::state::ApiState;
use crate::http::{Problem, SessionRequest};
use crate::{Code, EndedDeviceSession};

refusals!(Refusals = EVERY, READS_COOKIES, [Code::Unauthorized]);

/// List the devices that were signed out lately
///
/// Sessions of the active user that ended in the last 28 days, as long as they are kept, with why and by which device: the
/// latest end first, at most 100. What a new sign-in of the same browser has replaced is left out.
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
