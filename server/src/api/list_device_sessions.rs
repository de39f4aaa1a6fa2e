//! `GET /multi-session/list-device-sessions` → `[DeviceSession]`.

use axum::Json;
use axum::extract::State;
use multi_session::DeviceSession;
use multi_session::http::{Problem, RequestState};

use crate::{ListScope, Server};

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
