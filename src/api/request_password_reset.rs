//! `POST /request-password-reset` `{email, redirectTo?}` → `{status: true, message}`.

use axum::Json;
use axum::extract::{Request, State};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::body::{Accepts, Fields};
use crate::api::openapi::{CHANGES, EVERY, HASHES, READS_BODY, READS_COOKIES, refusals};
use crate::api::state::ApiState;
use crate::http::Problem;
use crate::{Code, RequestPasswordReset};

/// The account whose password was forgotten.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
struct RequestPasswordResetBody {
    /// The address of the account.
    #[schema(format = "email")]
    email: String,
    /// Where the person goes from the mailed link, with `?token=` or `?error=INVALID_TOKEN`: a path of this site or an
    /// address of a trusted origin. Without it, and after five mails in an hour, the link leads to the page
    /// `/reset-password`.
    #[schema(max_length = 2048)]
    redirect_to: Option<String>,
}

impl RequestPasswordResetBody {
    async fn read(request: Request) -> Result<Self, Problem> {
        let mut fields = Fields::read(request, Accepts::Json).await?;
        let body = Self { email: fields.email("email"), redirect_to: fields.optional("redirectTo") };
        fields.finish()?;
        Ok(body)
    }
}

/// The answer, which is the same for every address.
#[derive(Serialize, ToSchema)]
pub(super) struct Requested {
    /// Always true.
    status: bool,
    /// What to tell the person.
    message: &'static str,
}

impl Requested {
    /// Better Auth's exact text.
    const DONE: Self = Self {
        status: true,
        message: "If this email exists in our system, check your email for the reset link",
    };
}

refusals!(
    Refusals = EVERY,
    READS_COOKIES,
    CHANGES,
    READS_BODY,
    HASHES,
    [Code::InvalidRedirectUrl, Code::ResetPasswordDisabled]
);

/// Request a password reset mail
///
/// The answer is the same, and takes the same time, whether the account exists or not. The mailed link works once,
/// within 30 minutes. A mailbox gets at most one such mail a minute for each `redirectTo` and five an hour, then one
/// every quarter of an hour. Without a mail server the request is refused.
#[utoipa::path(
    post,
    path = "/request-password-reset",
    operation_id = "requestPasswordReset",
    tag = "accounts",
    request_body(
        content = RequestPasswordResetBody,
        example = json!({ "email": "ada@example.org", "redirectTo": "/reset-password" }),
    ),
    responses(
        (status = 200, description = "The mail will be sent if the account exists.", body = Requested,
         example = json!(Requested::DONE)),
        Refusals,
    ),
    security(()),
)]
pub(super) async fn handle(
    State(api): State<ApiState>,
    request: Request,
) -> Result<Json<Requested>, Problem> {
    let RequestPasswordResetBody { email, redirect_to } = RequestPasswordResetBody::read(request).await?;
    let redirect_to = redirect_to.filter(|to| !to.is_empty());
    if let Some(to) = &redirect_to {
        api.http.origins().resolve_callback(to).map_err(|_| Code::InvalidRedirectUrl)?;
    }
    api.accounts()?.request_password_reset(RequestPasswordReset { email, redirect_to })?;
    Ok(Json(Requested::DONE))
}
