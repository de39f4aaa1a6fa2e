//! `POST /change-password` `{currentPassword, newPassword, revokeOtherSessions?}` → `{token, user}`.
//!
//! With `revokeOtherSessions` every session of the user ends, and `token` is that of the new one. Otherwise
//! `token` is null, and this session gets new cookies.

use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::body::{Accepts, Fields, truth};
use crate::api::openapi::{CHANGES, EVERY, HASHES, READS_BODY, READS_COOKIES, example, refusals};
use crate::api::state::ApiState;
use crate::http::{Problem, SessionRequest};
use crate::{ChangePassword, Code, Handle, User};

/// The input for a password change.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
struct ChangePasswordBody {
    /// The new password.
    #[schema(format = Password, min_length = 8, max_length = 128)]
    new_password: String,
    /// The current password.
    #[schema(format = Password, max_length = 128)]
    current_password: String,
    /// Whether every session of the user ends and this browser gets a new one. Otherwise the sessions stay.
    #[schema(schema_with = truth, required = false)]
    revoke_other_sessions: Option<bool>,
}

impl ChangePasswordBody {
    async fn read(request: Request) -> Result<Self, Problem> {
        let mut fields = Fields::read(request, Accepts::Json).await?;
        let body = Self {
            // In the order in which Better Auth reports problems.
            new_password: fields.required("newPassword"),
            current_password: fields.required("currentPassword"),
            revoke_other_sessions: fields.optional_bool("revokeOtherSessions"),
        };
        fields.finish()?;
        Ok(body)
    }
}

/// The result of a password change.
#[derive(Serialize, ToSchema)]
struct PasswordChanged<'a> {
    /// The token of the session that replaces this one; null if the sessions stay.
    #[schema(required)]
    token: Option<&'a Handle>,
    /// The user.
    user: &'a User,
}

refusals!(
    Refusals = EVERY,
    READS_COOKIES,
    CHANGES,
    READS_BODY,
    HASHES,
    [
        Code::PasswordTooShort,
        Code::PasswordTooLong,
        Code::InvalidPassword,
        Code::PasswordResetRequired,
        Code::UserDisabled,
        Code::CredentialAccountNotFound,
        Code::Unauthorized,
    ]
);

/// Change the password
///
/// With `revokeOtherSessions`, every session of the user ends on every device and this browser gets a new session, in
/// one transaction. Otherwise the sessions stay. Either way this browser's session is fresh and gets new cookies.
#[utoipa::path(
    post,
    path = "/change-password",
    operation_id = "changePassword",
    tag = "accounts",
    request_body(
        content = ChangePasswordBody,
        examples(
            ("only the password" = (
                value = json!({ "currentPassword": "correct horse battery", "newPassword": "another good password" })
            )),
            ("and all sessions" = (
                value = json!({
                    "currentPassword": "correct horse battery", "newPassword": "another good password",
                    "revokeOtherSessions": true
                })
            )),
        ),
    ),
    responses(
        (
            status = 200,
            description = "The password was changed.",
            headers(("Set-Cookie" = String, description = "The cookies of the new session, or the new cookies of this one.")),
            body = PasswordChanged,
            example = json!(PasswordChanged { token: None, user: &example::user() }),
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
    let body = ChangePasswordBody::read(request).await?;
    let renewed = body.revoke_other_sessions.unwrap_or(false);
    let form = ChangePassword {
        current_password: body.current_password,
        new_password: body.new_password,
        revoke_other_sessions: renewed,
    };
    let next = api.accounts()?.change_password(&browser, state.client(), form).await?;
    let body = next
        .active()
        .map(|held| PasswordChanged { token: renewed.then_some(&held.session.handle), user: &held.user });
    let response = Json(body).into_response();
    state.set_browser(next);
    Ok(response)
}
