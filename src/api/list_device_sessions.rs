//! `GET /multi-session/list-device-sessions` → `[DeviceSession]`.

use axum::extract::State;
use axum::response::Response;

use crate::DeviceSession;
use crate::api::answer::json;
use crate::api::openapi::{EVERY, READS_COOKIES, example, refusals};
use crate::api::state::ApiState;
use crate::http::{Problem, SessionRequest};

refusals!(Refusals = EVERY, READS_COOKIES);

/// List every device and account
///
/// Every live session of the active user on all devices, and the sessions of the other accounts in this browser. The
/// current session is first, then the most recently active. A browser without sessions gets an empty list.
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
pub(super) async fn handle(State(api): State<ApiState>, state: SessionRequest) -> Result<Response, Problem> {
    let browser = state.browser()?;
    json(&if api.lists_held_only {
        api.sessions.list_held(&browser)
    } else {
        api.sessions.list(&browser).await?
    })
}
