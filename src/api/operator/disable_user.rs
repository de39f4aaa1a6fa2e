//! `POST /multi-session/operator/disable-user` `{userId}` → `{status: true, ended}`.

use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};

use super::{Authorised, Ended, UserBody, private};
use crate::api::openapi::{EVERY, READS_BODY, READS_COOKIES, refusals};
use crate::api::state::ApiState;
use crate::http::Problem;
use crate::{Code, EndedCount};

refusals!(Refusals = EVERY, READS_COOKIES, READS_BODY, [Code::Unauthorized, Code::UserNotFound]);

/// Disable a user
///
/// For operator programs, with their token. Ends every session of the user at once and blocks sign-in until the user is
/// enabled again: a sign-in with the right password is answered 403 `USER_DISABLED`. Repeating the call is harmless.
#[utoipa::path(
    post,
    path = "/multi-session/operator/disable-user",
    operation_id = "operatorDisableUser",
    tag = "operators",
    request_body(
        content = UserBody,
        example = json!({ "userId": "01a2098d-43c3-7e27-bc19-7145fd7f7219" }),
    ),
    responses(
        (
            status = 200,
            description = "The user is disabled and has no live session.",
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
    let ended = api.sessions.disable_user(&operator, &user).await?;
    tracing::info!(%operator, user.id = %user, ended = ended.0, "operator {operator} disabled user {user}");
    Ok(private(Json(Ended::of(ended)).into_response()))
}
