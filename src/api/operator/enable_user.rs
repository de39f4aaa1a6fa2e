//! `POST /multi-session/operator/enable-user` `{userId}` → `{status: true}`.

use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};

use super::{Authorised, UserBody, private};
use crate::Code;
use crate::api::answer::Done;
use crate::api::openapi::{EVERY, READS_BODY, READS_COOKIES, refusals};
use crate::api::state::ApiState;
use crate::http::Problem;

refusals!(Refusals = EVERY, READS_COOKIES, READS_BODY, [Code::Unauthorized, Code::UserNotFound]);

/// Enable a user
///
/// For operator programs, with their token. The user can sign in again; ended sessions stay ended. Repeating the call
/// is harmless.
#[utoipa::path(
    post,
    path = "/multi-session/operator/enable-user",
    operation_id = "operatorEnableUser",
    tag = "operators",
    request_body(
        content = UserBody,
        example = json!({ "userId": "01a2098d-43c3-7e27-bc19-7145fd7f7219" }),
    ),
    responses(
        (status = 200, description = "The user can sign in.", body = Done, example = json!(Done::DONE)),
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
    api.sessions.enable_user(&operator, &user).await?;
    tracing::info!(%operator, user.id = %user, "operator {operator} enabled user {user}");
    Ok(private(Json(Done::DONE).into_response()))
}
