//! `POST /revoke-sessions` → `{status: true}`: Better Auth's name for `multi-session/revoke-all`.

use axum::Json;
use axum::extract::{Request, State};
use multi_session::http::{Problem, RequestState};

use super::{Done, NoFields, revoke_all};
use crate::Server;
use crate::body::{Accepts, Fields};
use crate::openapi::WithoutFields;

/// End every session, by Better Auth's name
///
/// Of the active user, on every device, this one too.
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
    State(server): State<Server>,
    state: RequestState,
    request: Request,
) -> Result<Json<Done>, Problem> {
    Fields::read(request, Accepts::OptionalJson).await?.finish()?;
    revoke_all::end(&server, &state).await
}
