//! REST under `/api/auth`: a file an endpoint, each a few lines over one engine method.
//!
//! | method and path | engine |
//! |---|---|
//! | `POST sign-up/email` | `sign_up` |
//! | `POST sign-in/email` | `sign_in` |
//! | `POST sign-out` | `sign_out` |
//! | `GET get-session` | `current` (by the session layer) |
//! | `GET list-sessions` | `list_own` |
//! | `POST revoke-session` | `revoke` |
//! | `POST revoke-sessions` | `revoke_all` |
//! | `POST revoke-other-sessions` | `revoke_others` |
//! | `POST update-session` | |
//! | `POST change-password` | `change_password` |
//! | `POST request-password-reset` | `request_password_reset` |
//! | `GET reset-password/{token}` | `is_good_link` |
//! | `POST reset-password` | `reset_password` |
//! | `GET multi-session/list-device-sessions` | `list`, or `list_held` where so configured |
//! | `GET multi-session/events` | `watch` |
//! | `POST multi-session/set-active` | `set_active` |
//! | `POST multi-session/rename` | `rename` |
//! | `GET multi-session/history` | `history` |
//! | `POST multi-session/export-history` | `export_history` |
//! | `POST multi-session/revoke` | `revoke` |
//! | `POST multi-session/undo-revoke` | `undo_revoke` |
//! | `POST multi-session/report` | `report` |
//! | `POST multi-session/reauthenticate` | `reauthenticate` |
//! | `POST`, `GET multi-session/revoke-others` | `revoke_others` |
//! | `POST`, `GET multi-session/revoke-all` | `revoke_all` |
//! | `POST multi-session/operator/revoke-user` | `end_sessions_of` |
//! | `POST multi-session/operator/revoke-everybody` | `end_sessions_of_everybody` |
//! | `POST multi-session/operator/disable-user` | `disable_user` |
//! | `POST multi-session/operator/enable-user` | `enable_user` |
//! | `GET ok`, `error`, `openapi.json`, `reference` | |
//!
//! A path must match exactly: another one, and another method, is a 404 without a body, as Better Auth answers.

use axum::Router;
use axum::extract::Request;
use axum::http::{Method, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing;
use multi_session::Session;
use multi_session::User;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::{Server, openapi};

mod callback;
mod change_password;
mod error;
mod events;
mod export_history;
mod get_session;
mod health;
mod history;
mod list_device_sessions;
mod list_sessions;
mod openapi_json;
mod operator;
mod reauthenticate;
mod reference;
mod rename;
mod report;
mod request_password_reset;
mod reset_password;
mod revoke;
mod revoke_all;
mod revoke_other_sessions;
mod revoke_others;
mod revoke_session;
mod revoke_sessions;
mod set_active;
mod sign_in;
mod sign_out;
mod sign_up;
mod target;
mod undo_revoke;
mod update_session;

pub(crate) use events::HEARTBEAT;

const PATH: &str = "/api/auth";
/// Where the stream is.
pub(crate) const EVENTS: &str = "/api/auth/multi-session/events";

/// What is about sessions, and every path under `/api/auth` that is not there: it belongs behind the session layer.
pub(crate) fn sessions() -> Router<Server> {
    ["/api/auth", "/api/auth/", "/api/auth/{*rest}"]
        .into_iter()
        .fold(Router::new(), |router, path| router.route(path, routing::any(not_found)))
        .nest(PATH, exact(session_endpoints().into()))
}

/// What an operator's program calls with a token; it knows no cookie, and is not there unless a token is configured.
pub(crate) fn operators(server: &Server) -> Router<Server> {
    if !server.operators.are_taken() {
        return Router::new();
    }
    Router::new().nest(PATH, exact(operator_endpoints().into()))
}

/// What is the same for everybody, needs no cookie and is only sent.
pub(crate) fn public() -> Router<Server> {
    let files = Router::new().route("/reference/{file}", routing::get(reference::file));
    Router::from(alive_endpoints()).nest(PATH, exact(files.merge(public_endpoints())))
}

/// What needs no cookie either, but renders a page or asks the database: it belongs behind the rate limit.
pub(crate) fn made_for_each() -> Router<Server> {
    Router::from(ready_endpoints()).nest(PATH, exact(error_endpoints().into()))
}

/// Answers other methods as unknown paths are answered.
fn exact(endpoints: Router<Server>) -> Router<Server> {
    endpoints.method_not_allowed_fallback(not_found).layer(from_fn(only_get_and_post))
}

/// What all of them say of themselves, those of operators where they are there.
pub(crate) fn described(with_operators: bool) -> OpenApi {
    let operators = if with_operators { operator_endpoints() } else { OpenApiRouter::new() };
    OpenApiRouter::with_openapi(openapi::common())
        .nest(PATH, session_endpoints().merge(operators).merge(error_endpoints()).merge(public_endpoints()))
        .merge(alive_endpoints())
        .merge(ready_endpoints())
        .into_openapi()
}

fn session_endpoints() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(sign_up::handle))
        .routes(routes!(sign_in::handle))
        .routes(routes!(sign_out::handle))
        .routes(routes!(change_password::handle))
        .routes(routes!(request_password_reset::handle))
        .routes(routes!(reset_password::follow))
        .routes(routes!(reset_password::handle))
        .routes(routes!(get_session::handle, get_session::deferred))
        .routes(routes!(update_session::handle))
        .routes(routes!(list_device_sessions::handle))
        .routes(routes!(events::handle))
        .routes(routes!(set_active::handle))
        .routes(routes!(reauthenticate::handle))
        .routes(routes!(rename::handle))
        .routes(routes!(history::handle))
        .routes(routes!(export_history::handle))
        .routes(routes!(revoke::handle))
        .routes(routes!(undo_revoke::handle))
        .routes(routes!(report::handle))
        .routes(routes!(revoke_others::post, revoke_others::get))
        .routes(routes!(revoke_all::post, revoke_all::get))
        .routes(routes!(list_sessions::handle))
        .routes(routes!(revoke_session::handle))
        .routes(routes!(revoke_other_sessions::handle))
        .routes(routes!(revoke_sessions::handle))
        .routes(routes!(health::ok))
}

fn operator_endpoints() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(operator::revoke_user::handle))
        .routes(routes!(operator::revoke_everybody::handle))
        .routes(routes!(operator::disable_user::handle))
        .routes(routes!(operator::enable_user::handle))
}

fn public_endpoints() -> OpenApiRouter<Server> {
    OpenApiRouter::new().routes(routes!(openapi_json::handle)).routes(routes!(reference::handle))
}

fn error_endpoints() -> OpenApiRouter<Server> {
    OpenApiRouter::new().routes(routes!(error::handle))
}

fn alive_endpoints() -> OpenApiRouter<Server> {
    OpenApiRouter::new().routes(routes!(health::healthz))
}

fn ready_endpoints() -> OpenApiRouter<Server> {
    OpenApiRouter::new().routes(routes!(health::readyz))
}

async fn not_found() -> StatusCode {
    StatusCode::NOT_FOUND
}

/// Axum answers HEAD by the handler of GET, and some of these change something.
async fn only_get_and_post(request: Request, next: Next) -> Response {
    if matches!(*request.method(), Method::GET | Method::POST) {
        next.run(request).await
    } else {
        StatusCode::NOT_FOUND.into_response()
    }
}

/// A session and its user, in Better Auth's shape.
#[derive(Serialize, ToSchema)]
struct SessionAndUser<'a> {
    session: &'a Session,
    user: &'a User,
}

/// It was done.
#[derive(Serialize, ToSchema)]
struct Done {
    /// Always true.
    status: bool,
}

impl Done {
    const DONE: Self = Self { status: true };
}

/// A body without fields: what it has is not read.
#[derive(ToSchema)]
struct NoFields {}
