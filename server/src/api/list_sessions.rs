//! `GET /list-sessions` → `[Session]`: the active user's, on every browser.
//!
//! Better Auth refuses it a day after the sign-in; nothing is gained by that, and people cannot see their devices.

use axum::Json;
use axum::extract::State;
use multi_session::http::{Problem, RequestState};
use multi_session::{Code, Session};

use crate::Server;
use crate::openapi::{EVERY, READS_COOKIES, example, refusals};

refusals!(Refusals = EVERY, READS_COOKIES, [Code::Unauthorized]);

/// List the active user's sessions
///
/// On every browser, the newest first.
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
    State(server): State<Server>,
    state: RequestState,
) -> Result<Json<Vec<Session>>, Problem> {
    Ok(Json(server.engine.list_own(&state.browser()?).await?))
}
