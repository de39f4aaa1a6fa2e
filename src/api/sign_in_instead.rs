//! `POST /multi-session/sign-in-instead` `{ticket, sessionId}` → `{redirect, token, user}`: at the limit of devices.

use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use utoipa::ToSchema;

use crate::api::body::{Accepts, Fields};
use crate::api::openapi::{CHANGES, EVERY, READS_BODY, READS_COOKIES, example, refusals};
use crate::api::sign_in::SignedIn;
use crate::api::state::ApiState;
use crate::http::{Problem, SessionRequest};
use crate::{Code, SessionId, SignInTicket};

/// The device to sign out, and the ticket.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
struct SignInInsteadBody {
    /// The `ticket` of the refused sign-in.
    #[schema(min_length = 43, max_length = 43)]
    ticket: String,
    /// The `id` of one of its `devices`.
    session_id: String,
}

impl SignInInsteadBody {
    async fn read(request: Request) -> Result<Self, Problem> {
        let mut fields = Fields::read(request, Accepts::Json).await?;
        let body = Self { ticket: fields.required("ticket"), session_id: fields.required("sessionId") };
        fields.finish()?;
        Ok(body)
    }
}

refusals!(
    Refusals = EVERY,
    READS_COOKIES,
    CHANGES,
    READS_BODY,
    [
        Code::InvalidTicket,
        Code::InvalidSessionToken,
        Code::PasswordResetRequired,
        Code::UserDisabled,
        Code::TwoFactorRequired,
        Code::CrossSiteLogin,
        Code::MaximumSessionsReached,
        Code::MaximumAccountsReached,
    ]
);

/// Sign in and sign out a device
///
/// When a sign-in with the right password is refused with `MAXIMUM_SESSIONS_REACHED`, the answer has a `ticket` and the
/// user's `devices`. This call signs out the chosen device and signs this browser in with the options of that sign-in,
/// in one transaction. The ticket works once, for five minutes, and not after a password change. If the chosen device
/// was signed out meanwhile, is unknown or belongs to another user, and there is no room, the answer is
/// `MAXIMUM_SESSIONS_REACHED` again, with the same ticket and the current devices.
#[utoipa::path(
    post,
    path = "/multi-session/sign-in-instead",
    operation_id = "signInInstead",
    tag = "accounts",
    request_body(
        content = SignInInsteadBody,
        example = json!({
            "ticket": example::TICKET,
            "sessionId": "01a2098d-43c3-76b6-ae3a-e0c25f2b34b2"
        }),
    ),
    responses(
        (
            status = 200,
            description = "The browser is signed in, and the device is signed out.",
            headers(("Set-Cookie" = String, description = "The session's cookies.")),
            body = SignedIn,
            example = json!(SignedIn::new(&example::handle(), &example::user())),
        ),
        Refusals,
    ),
    security(()),
)]
pub(super) async fn handle(
    State(api): State<ApiState>,
    state: SessionRequest,
    request: Request,
) -> Result<Response, Problem> {
    let SignInInsteadBody { ticket, session_id } = SignInInsteadBody::read(request).await?;
    let ticket = SignInTicket::parse(&ticket).ok_or(Code::InvalidTicket)?;
    let id = SessionId::new(session_id).map_err(|_| Code::InvalidSessionToken)?;
    let browser = state.browser()?;
    let browser = api.accounts()?.sign_in_instead(&browser, state.client(), &ticket, &id).await?;
    let body = browser.active().map(|held| SignedIn::new(&held.session.handle, &held.user));
    let response = Json(body).into_response();
    state.set_browser(browser);
    Ok(response)
}
