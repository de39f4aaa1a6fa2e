//! `POST /multi-session/reauthenticate` `{password}` → `{session, user}`.

use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use utoipa::ToSchema;

use crate::api::answer::SessionAndUser;
use crate::api::body::{Accepts, Fields};
use crate::api::openapi::{CHANGES, EVERY, HASHES, READS_BODY, READS_COOKIES, example, refusals};
use crate::api::state::ApiState;
use crate::http::{Problem, SessionRequest};
use crate::{Code, Reauthenticate};

/// The password to confirm.
#[derive(ToSchema)]
struct ReauthenticateBody {
    /// The account's password.
    #[schema(format = Password, max_length = 128)]
    password: String,
}

impl ReauthenticateBody {
    async fn read(request: Request) -> Result<Self, Problem> {
        let mut fields = Fields::read(request, Accepts::Json).await?;
        let body = Self { password: fields.required("password") };
        fields.finish()?;
        Ok(body)
    }
}

refusals!(
    Refusals = EVERY,
    READS_COOKIES,
    CHANGES,
    READS_BODY,
    HASHES,
    [
        Code::PasswordTooLong,
        Code::InvalidPassword,
        Code::PasswordResetRequired,
        Code::UserDisabled,
        Code::CredentialAccountNotFound,
        Code::Unauthorized
    ]
);

/// Confirm the password again
///
/// Call this after `SESSION_NOT_FRESH`. The session keeps its id and gets a new token and new cookies. The old ones
/// stop working as soon as the new ones are used. The idle and the absolute timeout start again.
#[utoipa::path(
    post,
    path = "/multi-session/reauthenticate",
    operation_id = "reauthenticate",
    tag = "devices",
    request_body(
        content = ReauthenticateBody,
        example = json!({ "password": "correct horse battery" }),
    ),
    responses(
        (
            status = 200,
            description = "The session is fresh.",
            headers(("Set-Cookie" = String, description = "The session's new cookies.")),
            body = SessionAndUser,
            example = json!(SessionAndUser { session: &example::session(), user: &example::user() }),
        ),
        Refusals,
    ),
    security(("session" = [])),
)]
pub(super) async fn handle(
    State(api): State<ApiState>,
    state: SessionRequest,
    request: Request,
) -> Result<Response, Problem> {
    let browser = state.browser()?;
    browser.signed_in()?;
    let ReauthenticateBody { password } = ReauthenticateBody::read(request).await?;
    let next = api.accounts()?.reauthenticate(&browser, state.client(), Reauthenticate { password }).await?;
    let body = next.active().map(|held| SessionAndUser { session: &held.session, user: &held.user });
    let response = Json(body).into_response();
    state.set_browser(next);
    Ok(response)
}
