//! `POST /multi-session/revoke` `{sessionId | sessionToken}` → `{status: true}`.

use axum::Json;
use axum::extract::{Request, State};
use multi_session::http::{Problem, RequestState};

use super::{status_true, target};
use crate::Server;

pub(super) async fn handle(
    State(server): State<Server>,
    state: RequestState,
    request: Request,
) -> Result<Json<serde_json::Value>, Problem> {
    let target = target::read(request).await?;
    let browser = server.engine.revoke(&state.browser()?, &target).await?;
    state.set_browser(browser);
    Ok(status_true())
}
