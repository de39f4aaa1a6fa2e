//! `POST /multi-session/operator/revoke-user` `{userId}` → `{status: true, ended}`.

use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};

use super::{Authorised, Ended, UserBody, private};
use crate::api::openapi::{EVERY, READS_BODY, READS_COOKIES, refusals};
use crate::api::state::ApiState;
use crate::http::Problem;
use crate::{Code, EndedCount};

refusals!(Refusals = EVERY, READS_COOKIES, READS_BODY, [Code::Unauthorized]);

/// End every session of a user
///
/// For operator programs, with their token. The sessions stop working at once. The answer for an unknown user is the
/// same as for a user without live sessions. Repeating the call is harmless.
#[utoipa::path(
    post,
    path = "/multi-session/operator/revoke-user",
    operation_id = "operatorRevokeUser",
    tag = "operators",
    request_body(
        content = UserBody,
        example = json!({ "userId": "01a2098d-43c3-7e27-bc19-7145fd7f7219" }),
    ),
    responses(
        (
            status = 200,
            description = "The user has no live session.",
            body = Ended,
            example = json!(Ended::of(EndedCount(2))),
        ),
        Refusals,
    ),
    security(("operator" = [])),
)]
pub(in crate::api) async fn handle(
    Authorised(operator): Authorised,
    State(api): State<ApiState>,
    request: Request,
) -> Result<Response, Problem> {
    let user = UserBody::read(request).await?;
    let ended = api.sessions.end_sessions_of(&operator, &user).await?;
    tracing::info!(%operator, user.id = %user, ended = ended.0, "operator {operator} ended the sessions of user {user}");
    Ok(private(Json(Ended::of(ended)).into_response()))
}
