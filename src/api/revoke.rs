//! `POST /multi-session/revoke` `{sessionId | sessionToken}` → `{status: true}`.

use axum::Json;
use axum::extract::{Request, State};

use super::target::{self, TargetBody};
use crate::Code;
use crate::api::answer::Done;
use crate::api::openapi::{CHANGES, ENDS_OTHERS, EVERY, READS_BODY, READS_COOKIES, refusals};
use crate::api::state::ApiState;
use crate::http::{Problem, SessionRequest};

refusals!(
    Refusals = EVERY,
    READS_COOKIES,
    CHANGES,
    READS_BODY,
    ENDS_OTHERS,
    [Code::Unauthorized, Code::InvalidSessionToken]
);

/// End one session
///
/// The session is one of the active user's on any device, which requires a fresh sign-in, or one that this browser
/// holds, which works even if no account is active. It stops working at once. If it was the active session, the next
/// account in this browser becomes active. Sessions that are unknown, ended or of another user get the same answer.
#[utoipa::path(
    post,
    path = "/multi-session/revoke",
    operation_id = "revoke",
    tag = "devices",
    request_body(
        content = TargetBody,
        examples(
            ("id" = (
                summary = "By id",
                value = json!({ "sessionId": "01a2098d-43c3-76b6-ae3a-e0c25f2b34b2" })
            )),
            ("token" = (
                summary = "By token, as Better Auth's client sends it",
                value = json!({ "sessionToken": "3gympsuydpb41jpqgy61f1zliq564nui" })
            )),
        ),
    ),
    responses(
        (status = 200, description = "The session has ended.", body = Done, example = json!(Done::DONE)),
        Refusals,
    ),
    security((), ("session" = [])),
)]
pub(super) async fn handle(
    State(api): State<ApiState>,
    state: SessionRequest,
    request: Request,
) -> Result<Json<Done>, Problem> {
    let target = target::read(request).await?;
    let browser = api.sessions.revoke(&state.browser()?, &target).await?;
    state.set_browser(browser);
    Ok(Json(Done::DONE))
}
