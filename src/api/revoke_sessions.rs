//! `POST /revoke-sessions` → `{status: true}`: Better Auth's name for `multi-session/revoke-all`.

use axum::Json;
use axum::extract::{Request, State};

use super::answer::{Done, NoFields};
use super::revoke_all;
use crate::api::body::{Accepts, Fields};
use crate::api::openapi::WithoutFields;
use crate::api::state::ApiState;
use crate::http::{Problem, SessionRequest};

/// End every session (Better Auth's name)
///
/// Ends all sessions of the active user, on every device, including this one.
#[utoipa::path(
    post,
    path = "/revoke-sessions",
    operation_id = "revokeSessions",
    tag = "devices",
    request_body(content = Option<NoFields>, example = json!({})),
    responses(
        (status = 200, description = "They have ended.", body = Done, example = json!(Done::DONE)),
        WithoutFields,
    ),
    security(("session" = [])),
)]
pub(super) async fn handle(
    State(api): State<ApiState>,
    state: SessionRequest,
    request: Request,
) -> Result<Json<Done>, Problem> {
    Fields::read(request, Accepts::OptionalJson).await?.finish()?;
    revoke_all::end(&api, &state).await
}
