//! `POST /revoke-session` `{token}` → `{status: true}`, whether the session existed or not.

use axum::Json;
use axum::extract::{Request, State};
use utoipa::ToSchema;

use crate::api::answer::Done;
use crate::api::body::{Accepts, Fields};
use crate::api::openapi::{CHANGES, ENDS_OTHERS, EVERY, READS_BODY, READS_COOKIES, refusals};
use crate::api::state::ApiState;
use crate::http::{Problem, SessionRequest};
use crate::{Code, Error, Handle, Target};

/// The session to end.
#[derive(ToSchema)]
struct RevokeSessionBody {
    /// The public part of the session's cookie.
    token: String,
}

impl RevokeSessionBody {
    async fn read(request: Request) -> Result<Self, Problem> {
        let mut fields = Fields::read(request, Accepts::Json).await?;
        let body = Self { token: fields.required("token") };
        fields.finish()?;
        Ok(body)
    }
}

refusals!(Refusals = EVERY, READS_COOKIES, CHANGES, READS_BODY, ENDS_OTHERS, [Code::Unauthorized]);

/// End one session (Better Auth's name)
///
/// Ends a session of the active user at once. The answer is the same whether the session existed or not.
#[utoipa::path(
    post,
    path = "/revoke-session",
    operation_id = "revokeSession",
    tag = "devices",
    request_body(
        content = RevokeSessionBody,
        example = json!({ "token": "3gympsuydpb41jpqgy61f1zliq564nui" }),
    ),
    responses(
        (status = 200, description = "The session is not live.", body = Done, example = json!(Done::DONE)),
        Refusals,
    ),
    security(("session" = [])),
)]
pub(super) async fn handle(
    State(api): State<ApiState>,
    state: SessionRequest,
    request: Request,
) -> Result<Json<Done>, Problem> {
    let browser = state.browser()?;
    browser.signed_in()?;
    let RevokeSessionBody { token } = RevokeSessionBody::read(request).await?;
    let Some(handle) = Handle::parse(&token) else { return Ok(Json(Done::DONE)) };
    match api.sessions.revoke(&browser, &Target::Handle(handle)).await {
        Ok(next) => state.set_browser(next),
        Err(Error::Refused(Code::InvalidSessionToken)) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(Json(Done::DONE))
}
