//! `GET /multi-session/list-device-sessions` → `[DeviceSession]`.

use axum::Json;
use axum::extract::State;
use multi_session::DeviceSession;
use multi_session::http::{Problem, RequestState};

use crate::openapi::{EVERY, READS_COOKIES, example, refusals};
use crate::{ListScope, Server};

refusals!(Refusals = EVERY, READS_COOKIES);

/// List every device and account
///
/// Every live session of the active user, on whichever device, and the other accounts that this browser holds: the
/// current one first, then the most recently active. A browser that holds nothing gets an empty list.
#[utoipa::path(
    get,
    path = "/multi-session/list-device-sessions",
    operation_id = "listDeviceSessions",
    tag = "devices",
    responses(
        (
            status = 200,
            description = "The list.",
            body = Vec<DeviceSession>,
            example = json!([example::device_session()]),
        ),
        Refusals,
    ),
    security((), ("session" = [])),
)]
pub(super) async fn handle(
    State(server): State<Server>,
    state: RequestState,
) -> Result<Json<Vec<DeviceSession>>, Problem> {
    let browser = state.browser()?;
    Ok(Json(match server.list_scope {
        ListScope::All => server.engine.list(&browser).await?,
        ListScope::Browser => server.engine.list_held(&browser),
    }))
}
