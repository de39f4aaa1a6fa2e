//! `POST /sign-out` `{scope?}` → `{success: true}`, also for a browser that is signed out.
//!
//! Better Auth signs out every account of the browser, and so does this; `"scope": "account"` ends only the active
//! session, as the page's button does.

use axum::Json;
use axum::extract::{Request, State};
use multi_session::http::{Problem, RequestState};
use multi_session::{Code, SignOutScope};

use crate::Server;
use crate::body::{Accepts, Fields};

pub(super) async fn handle(
    State(server): State<Server>,
    state: RequestState,
    request: Request,
) -> Result<Json<serde_json::Value>, Problem> {
    let mut fields = Fields::read(request, Accepts::OptionalJson).await?;
    let scope = match fields.optional("scope").as_deref() {
        None | Some("browser") => SignOutScope::Browser,
        Some("account") => SignOutScope::Account,
        Some(_) => {
            let message = "[body.scope] Invalid input: expected \"account\" or \"browser\"".to_owned();
            return Err(Problem::with_message(Code::ValidationError, message));
        }
    };
    fields.finish()?;
    let browser = server.engine.sign_out(&state.browser()?, scope).await?;
    state.set_browser(browser);
    Ok(Json(serde_json::json!({ "success": true })))
}
