//! `GET /healthz` and `GET /readyz`, for process managers and load balancers.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use multi_session::http::Problem;

use crate::Server;

/// Answers while the process is alive.
pub(crate) async fn healthz() -> &'static str {
    "ok"
}

/// Answers 200 if the database can be read and written.
pub(crate) async fn readyz(State(server): State<Server>) -> Response {
    match server.sessions.ping().await {
        Ok(()) => "ok".into_response(),
        Err(error) => Problem::from(error).into_response(),
    }
}
