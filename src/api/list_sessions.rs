//! `GET /list-sessions` → `[Session]`: the active user's, on every browser.
//!
//! Better Auth refuses this a day after the sign-in. We do not, because it protects nothing and hides
//! people's devices from them.

use axum::Json;
use axum::extract::State;

use crate::api::openapi::{EVERY, READS_COOKIES, example, refusals};
use crate::api::state::ApiState;
use crate::http::{Problem, SessionRequest};
use crate::{Code, Session};

refusals!(Refusals = EVERY, READS_COOKIES, [Code::Unauthorized]);

/// List the active user's sessions
///
/// The sessions in all browsers, newest first.
#[utoipa::path(
    get,
    path = "/list-sessions",
    operation_id = "listSessions",
    tag = "devices",
    responses(
        (status = 200, description = "The list.", body = Vec<Session>, example = json!([example::session()])),
        Refusals,
    ),
    security(("session" = [])),
)]
pub(super) async fn handle(
    State(api): State<ApiState>,
    state: SessionRequest,
) -> Result<Json<Vec<Session>>, Problem> {
    Ok(Json(api.sessions.list_own(&state.browser()?).await?))
}
