//! `POST` or, for a script of this origin, `GET /multi-session/revoke-others` → `{status: true}`.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::HeaderMap;

use crate::api::answer::{Done, NoFields};
use crate::api::body::{Accepts, Fields};
use crate::api::openapi::{ByScript, WithoutFields};
use crate::api::state::ApiState;
use crate::http::{Problem, SessionRequest};

/// End every other session
///
/// Ends all sessions of the active user on other devices.
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
    State(api): State<ApiState>,
    state: SessionRequest,
    request: Request,
) -> Result<Json<Done>, Problem> {
    Fields::read(request, Accepts::OptionalJson).await?.finish()?;
    end(&api, &state).await
}

/// End every other session (GET)
///
/// For the stock Better Auth client, which sends a GET. Only scripts of this origin are answered, because links, images
/// and prefetches of other sites carry the cookies too.
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
    State(api): State<ApiState>,
    state: SessionRequest,
    headers: HeaderMap,
) -> Result<Json<Done>, Problem> {
    api.http.origins().check_script(&headers)?;
    end(&api, &state).await
}

/// Ends every other session of the active user.
pub(super) async fn end(api: &ApiState, state: &SessionRequest) -> Result<Json<Done>, Problem> {
    let (browser, _ended) = api.sessions.revoke_others(&state.browser()?).await?;
    state.set_browser(browser);
    Ok(Json(Done::DONE))
}
