//! `GET /healthz` and `GET /readyz`, for whoever runs the process.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use multi_session::http::Problem;

use crate::Server;

/// Tells that the process is alive.
pub(crate) async fn healthz() -> &'static str {
    "ok"
}

/// Tells that the database answers and takes writes.
pub(crate) async fn readyz(State(server): State<Server>) -> Response {
    match server.sessions.ping().await {
        Ok(()) => "ok".into_response(),
        Err(error) => Problem::from(error).into_response(),
    }
}
