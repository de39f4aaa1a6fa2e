//! `GET /list-sessions` → `[Session]`: the active user's, on every browser.
//!
//! Better Auth refuses it a day after the sign-in; nothing is gained by that, and people cannot see their devices.

use axum::Json;
use axum::extract::State;
use multi_session::Session;
use multi_session::http::{Problem, RequestState};

use crate::Server;

pub(super) async fn handle(
    State(server): State<Server>,
    state: RequestState,
) -> Result<Json<Vec<Session>>, Problem> {
    Ok(Json(server.engine.list_own(&state.browser()?).await?))
}
