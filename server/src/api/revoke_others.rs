//! `POST` or, for a script of this origin, `GET /multi-session/revoke-others` → `{status: true}`.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use multi_session::http::{Problem, RequestState};

use super::{Done, NoFields};
use crate::Server;
use crate::body::{Accepts, Fields};
use crate::openapi::{ByScript, WithoutFields};

/// End every other session
///
/// Of the active user, on every other device.
#[utoipa::path(
    post,
    path = "/multi-session/revoke-others",
    operation_id = "revokeOthers",
    tag = "devices",
    request_body(content = Option<NoFields>, example = json!({})),
    responses(
        (status = 200, description = "They have ended.", body = Done, example = json!(Done::DONE)),
        WithoutFields,
    ),
    security(("session" = [])),
)]
pub(super) async fn post(
    State(server): State<Server>,
    state: RequestState,
    request: Request,
) -> Result<Json<Done>, Problem> {
    Fields::read(request, Accepts::OptionalJson).await?.finish()?;
    end(&server, &state).await
}

/// End every other session, by a script
///
/// The stock Better Auth client sends a GET, since it knows no body for this call. Only a script of this origin is
/// answered: a link, an image and a prefetch carry the cookies too.
#[utoipa::path(
    get,
    path = "/multi-session/revoke-others",
    operation_id = "revokeOthersByScript",
    tag = "devices",
    responses(
        (status = 200, description = "They have ended.", body = Done, example = json!(Done::DONE)),
        ByScript,
    ),
    security(("session" = [])),
)]
pub(super) async fn get(
    State(server): State<Server>,
    state: RequestState,
    headers: HeaderMap,
) -> Result<Json<Done>, Problem> {
    server.origins.check_script(&headers)?;
    end(&server, &state).await
}

/// Ends every other session of the active user.
pub(super) async fn end(server: &Server, state: &RequestState) -> Result<Json<Done>, Problem> {
    let (browser, _ended) = server.engine.revoke_others(&state.browser()?).await?;
    state.set_browser(browser);
    Ok(Json(Done::DONE))
}
