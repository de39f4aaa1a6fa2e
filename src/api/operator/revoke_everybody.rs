//! `POST /multi-session/operator/revoke-everybody` → `{status: true, ended}`.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::{Authorised, Ended, private};
use crate::api::openapi::{EVERY, READS_COOKIES, refusals};
use crate::api::state::ApiState;
use crate::http::Problem;
use crate::{Code, EndedCount};

refusals!(Refusals = EVERY, READS_COOKIES, [Code::Unauthorized]);

/// End every session of every user
///
/// For operator programs, with their token. Everybody is signed out at once and has to sign in again.
#[utoipa::path(
    post,
    path = "/multi-session/operator/revoke-everybody",
    operation_id = "operatorRevokeEverybody",
    tag = "operators",
    responses(
        (
            status = 200,
            description = "Nobody has a live session.",
            body = Ended,
            example = json!(Ended::of(EndedCount(1234))),
        ),
        Refusals,
    ),
    security(("operator" = [])),
)]
pub(in crate::api) async fn handle(
    Authorised(operator): Authorised,
    State(api): State<ApiState>,
) -> Result<Response, Problem> {
    let ended = api.sessions.end_sessions_of_everybody(&operator).await?;
    tracing::info!(%operator, ended = ended.0, "operator {operator} ended everybody's sessions");
    Ok(private(Json(Ended::of(ended)).into_response()))
}
