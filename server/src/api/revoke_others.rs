//! `POST` or, for a script of this origin, `GET /multi-session/revoke-others` → `{status: true}`.

use axum::Json;
use axum::extract::{Request, State};
use multi_session::http::{Problem, RequestState};

use super::status_true;
use crate::Server;
use crate::body::{Accepts, Fields};

pub(super) async fn post(
    State(server): State<Server>,
    state: RequestState,
    request: Request,
) -> Result<Json<serde_json::Value>, Problem> {
    Fields::read(request, Accepts::OptionalJson).await?.finish()?;
    let (browser, _ended) = server.engine.revoke_others(&state.browser()?).await?;
    state.set_browser(browser);
    Ok(status_true())
}

/// The stock Better Auth client sends a GET, since it knows no body for this call.
pub(super) async fn get(
    server: State<Server>,
    state: RequestState,
    request: Request,
) -> Result<Json<serde_json::Value>, Problem> {
    server.origins.check_script(request.headers())?;
    post(server, state, request).await
}
