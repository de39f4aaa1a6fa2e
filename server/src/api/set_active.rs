//! `POST /multi-session/set-active` `{sessionId | sessionToken}` → `{session, user}`.

use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use multi_session::http::{Problem, RequestState};

use super::{SessionAndUser, target};
use crate::Server;

pub(super) async fn handle(
    State(server): State<Server>,
    state: RequestState,
    request: Request,
) -> Result<Response, Problem> {
    let target = target::read(request).await?;
    let browser = server.engine.set_active(&state.browser()?, &target).await?;
    let body = browser.active().map(|held| SessionAndUser { session: &held.session, user: &held.user });
    let response = Json(body).into_response();
    state.set_browser(browser);
    Ok(response)
}
