//! `GET /multi-session/list-device-sessions` → `[DeviceSession]`.

use axum::Json;
use axum::extract::State;
use multi_session::DeviceSession;
use multi_session::http::{Problem, RequestState};

use crate::Server;

pub(super) async fn handle(
    State(server): State<Server>,
    state: RequestState,
) -> Result<Json<Vec<DeviceSession>>, Problem> {
    Ok(Json(server.engine.list(&state.browser()?).await?))
}
