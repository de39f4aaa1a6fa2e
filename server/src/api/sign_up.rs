//! `POST /sign-up/email` `{name, email, password, image?, callbackURL?, rememberMe?}` → `{token, user}`.

use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use multi_session::SignUp;
use multi_session::http::{Problem, RequestState};

use super::target;
use crate::Server;
use crate::body::{Accepts, Fields};

pub(super) async fn handle(
    State(server): State<Server>,
    state: RequestState,
    request: Request,
) -> Result<Response, Problem> {
    let mut fields = Fields::read(request, Accepts::JsonOrForm).await?;
    let form = SignUp {
        name: fields.required("name"),
        email: fields.email("email"),
        password: fields.not_empty("password"),
        image: fields.optional("image"),
        remember: fields.optional_bool("rememberMe").unwrap_or(true),
    };
    let url = fields.optional("callbackURL");
    fields.finish()?;
    target::callback(&server, url.as_deref())?;
    let browser = server.engine.sign_up(&state.browser()?, state.client(), form).await?;
    let body =
        browser.active().map(|held| serde_json::json!({ "token": held.session.handle, "user": held.user }));
    state.set_browser(browser);
    Ok(Json(body).into_response())
}
