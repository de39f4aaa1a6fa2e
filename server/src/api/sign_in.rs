//! `POST /sign-in/email` `{email, password, rememberMe?}` → `{redirect, token, user}`.

use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use multi_session::SignIn;
use multi_session::http::{Problem, RequestState};

use crate::Server;
use crate::body::{Accepts, Fields};

pub(super) async fn handle(
    State(server): State<Server>,
    state: RequestState,
    request: Request,
) -> Result<Response, Problem> {
    let mut fields = Fields::read(request, Accepts::JsonOrForm).await?;
    let form = SignIn {
        email: fields.required("email"),
        password: fields.required("password"),
        remember: fields.optional_bool("rememberMe").unwrap_or(true),
    };
    fields.finish()?;
    let browser = server.engine.sign_in(&state.browser()?, state.client(), form).await?;
    let body = browser.active().map(
        |held| serde_json::json!({ "redirect": false, "token": held.session.handle, "user": held.user }),
    );
    state.set_browser(browser);
    Ok(Json(body).into_response())
}
