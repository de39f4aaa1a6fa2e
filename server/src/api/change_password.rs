//! `POST /change-password` `{currentPassword, newPassword, revokeOtherSessions?}` → `{token, user}`.
//!
//! With `revokeOtherSessions` every session of the user ends, and `token` is that of the new one; else it is null.

use axum::Json;
use axum::extract::{Request, State};
use multi_session::http::{Problem, RequestState};
use multi_session::{ChangePassword, Code};

use crate::Server;
use crate::body::{Accepts, Fields};

pub(super) async fn handle(
    State(server): State<Server>,
    state: RequestState,
    request: Request,
) -> Result<Json<serde_json::Value>, Problem> {
    let browser = state.browser()?;
    browser.active().ok_or(Code::Unauthorized)?;
    let mut fields = Fields::read(request, Accepts::Json).await?;
    let form = ChangePassword {
        // In the order in which Better Auth tells what is wrong.
        new_password: fields.required("newPassword"),
        current_password: fields.required("currentPassword"),
        revoke_other_sessions: fields.optional_bool("revokeOtherSessions").unwrap_or(false),
    };
    fields.finish()?;
    let renewed = form.revoke_other_sessions;
    let next = server.engine.change_password(&browser, state.client(), form).await?;
    let body = next.active().map(|held| {
        let token = renewed.then_some(&held.session.handle);
        serde_json::json!({ "token": token, "user": held.user })
    });
    state.set_browser(next);
    Ok(Json(body.unwrap_or_default()))
}
