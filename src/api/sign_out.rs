//! `POST /sign-out` `{scope?}` → `{success: true}`, also for a browser that is signed out.
//!
//! It signs out every account of the browser, as Better Auth does. `"scope": "account"` ends only the active
//! session, as the button on the page does.

use axum::Json;
use axum::extract::{Request, State};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::body::{Accepts, Fields};
use crate::api::openapi::{CHANGES, EVERY, READS_BODY, READS_COOKIES, refusals};
use crate::api::state::ApiState;
use crate::http::{Problem, SessionRequest};
use crate::{Code, SignOutScope};

/// The input for a sign-out.
#[derive(ToSchema)]
struct SignOutBody {
    /// Only the active account, or every account of the browser (default).
    scope: Option<Scope>,
}

/// What a sign-out ends.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
enum Scope {
    /// The active session; other accounts stay held, and none becomes active.
    Account,
    /// Every session that the browser holds.
    Browser,
}

impl SignOutBody {
    async fn read(request: Request) -> Result<Self, Problem> {
        let mut fields = Fields::read(request, Accepts::OptionalJson).await?;
        let scope = match fields.optional("scope").as_deref() {
            None => None,
            Some("account") => Some(Scope::Account),
            Some("browser") => Some(Scope::Browser),
            Some(_) => {
                let message = "[body.scope] Invalid input: expected \"account\" or \"browser\"".to_owned();
                return Err(Problem::with_message(Code::ValidationError, message));
            }
        };
        fields.finish()?;
        Ok(Self { scope })
    }
}

/// The browser is signed out.
#[derive(Serialize, ToSchema)]
pub(super) struct SignedOut {
    /// Always true.
    success: bool,
}

refusals!(Refusals = EVERY, READS_COOKIES, CHANGES, READS_BODY);

/// Sign out
///
/// Ends every session that the browser holds, or only the active one. The answer is the same if the browser is already
/// signed out.
#[utoipa::path(
    post,
    path = "/sign-out",
    operation_id = "signOut",
    tag = "session",
    request_body(
        content = Option<SignOutBody>,
        examples(
            ("browser" = (summary = "Every account of the browser", value = json!({}))),
            ("account" = (summary = "Only the active account", value = json!({ "scope": "account" }))),
        ),
    ),
    responses(
        (
            status = 200,
            description = "The browser is signed out.",
            headers(("Set-Cookie" = String, description = "Clears the sessions' cookies.")),
            body = SignedOut,
            example = json!(SignedOut { success: true }),
        ),
        Refusals,
    ),
    security((), ("session" = [])),
)]
pub(super) async fn handle(
    State(api): State<ApiState>,
    state: SessionRequest,
    request: Request,
) -> Result<Json<SignedOut>, Problem> {
    let scope = match SignOutBody::read(request).await?.scope {
        Some(Scope::Account) => SignOutScope::Account,
        Some(Scope::Browser) | None => SignOutScope::Browser,
    };
    let browser = api.sessions.sign_out(&state.browser()?, scope).await?;
    state.set_browser(browser);
    Ok(Json(SignedOut { success: true }))
}
