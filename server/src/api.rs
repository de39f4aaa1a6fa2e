//! REST under `/api/auth`: a file an endpoint, each a few lines over one engine method.
//!
//! | method and path | engine |
//! |---|---|
//! | `GET ok` | |
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
//! | `GET multi-session/list-device-sessions` | `list`, or `list_held` where so configured |
//! | `GET multi-session/events` | `watch` |
//! | `POST multi-session/set-active` | `set_active` |
//! | `POST multi-session/revoke` | `revoke` |
//! | `POST`, `GET multi-session/revoke-others` | `revoke_others` |
//! | `POST`, `GET multi-session/revoke-all` | `revoke_all` |
//!
//! A path must match exactly: another one, and another method, is a 404 without a body, as Better Auth answers.

use axum::extract::Request;
use axum::http::{Method, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router, routing};
use multi_session::Session;
use multi_session::User;
use serde::Serialize;

use crate::Server;

mod change_password;
mod events;
mod get_session;
pub(crate) mod health;
mod list_device_sessions;
mod list_sessions;
mod revoke;
mod revoke_all;
mod revoke_others;
mod revoke_session;
mod set_active;
mod sign_in;
mod sign_out;
mod sign_up;
mod target;
mod update_session;

pub(crate) fn router() -> Router<Server> {
    Router::new()
        .route("/ok", routing::get(health::ok))
        .route("/sign-up/email", routing::post(sign_up::handle))
        .route("/sign-in/email", routing::post(sign_in::handle))
        .route("/sign-out", routing::post(sign_out::handle))
        .route("/get-session", routing::get(get_session::handle).post(get_session::deferred))
        .route("/list-sessions", routing::get(list_sessions::handle))
        .route("/revoke-session", routing::post(revoke_session::handle))
        .route("/revoke-sessions", routing::post(revoke_all::post))
        .route("/revoke-other-sessions", routing::post(revoke_others::post))
        .route("/update-session", routing::post(update_session::handle))
        .route("/change-password", routing::post(change_password::handle))
        .route("/multi-session/list-device-sessions", routing::get(list_device_sessions::handle))
        .route("/multi-session/events", routing::get(events::handle))
        .route("/multi-session/set-active", routing::post(set_active::handle))
        .route("/multi-session/revoke", routing::post(revoke::handle))
        .route("/multi-session/revoke-others", routing::post(revoke_others::post).get(revoke_others::get))
        .route("/multi-session/revoke-all", routing::post(revoke_all::post).get(revoke_all::get))
        .fallback(not_found)
        .method_not_allowed_fallback(not_found)
        .layer(from_fn(only_get_and_post))
}

pub(crate) async fn not_found() -> StatusCode {
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
#[derive(Serialize)]
struct SessionAndUser<'a> {
    session: &'a Session,
    user: &'a User,
}

/// `{"status": true}`.
fn status_true() -> Json<serde_json::Value> {
    Json(serde_json::json!({ "status": true }))
}
