//! `POST /sign-in/email` `{email, password, callbackURL?, rememberMe?}` → `{redirect, token, url?, user}`.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::HeaderValue;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use multi_session::http::{Problem, RequestState};
use multi_session::{Handle, SignIn, User};
use serde::Serialize;

use super::target;
use crate::Server;
use crate::body::{Accepts, Fields};

#[derive(Serialize)]
struct SignedIn<'a> {
    redirect: bool,
    token: &'a Handle,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
    user: &'a User,
}

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
    let url = fields.optional("callbackURL");
    fields.finish()?;
    let callback = target::callback(&server, url.as_deref())?;
    let browser = server.engine.sign_in(&state.browser()?, state.client(), form).await?;
    let body = browser.active().map(|held| SignedIn {
        redirect: callback.is_some(),
        token: &held.session.handle,
        url: url.as_deref(),
        user: &held.user,
    });
    let mut response = Json(body).into_response();
    state.set_browser(browser);
    if let Some(url) = callback.and_then(|url| HeaderValue::try_from(url).ok()) {
        response.headers_mut().insert(LOCATION, url);
    }
    Ok(response)
}
