//! `GET /api/auth/ok`, `/healthz` and `/readyz`.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use multi_session::http::Problem;

use crate::Server;

/// The API is there.
pub(super) async fn ok() -> Json<serde_json::Value> {
    Json(serde_json::json!({ "ok": true }))
}

/// The process is alive.
pub(crate) async fn healthz() -> &'static str {
    "ok"
}

/// The process can answer requests: its database does.
pub(crate) async fn readyz(State(server): State<Server>) -> Response {
    match server.engine.ping().await {
        Ok(()) => "ok".into_response(),
        Err(error) => Problem::from(error).into_response(),
    }
}
