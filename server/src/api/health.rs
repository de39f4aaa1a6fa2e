//! `GET /api/auth/ok`, `/healthz` and `/readyz`.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use multi_session::Code;
use multi_session::http::Problem;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Server;
use crate::openapi::{EVERY, refusals};

/// The API is there.
#[derive(Serialize, ToSchema)]
pub(super) struct Alive {
    /// Always true.
    ok: bool,
}

refusals!(Refusals = EVERY);

/// Tell that the API is there
#[utoipa::path(
    get,
    path = "/ok",
    operation_id = "ok",
    tag = "server",
    responses(
        (status = 200, description = "It is.", body = Alive, example = json!(Alive { ok: true })),
        Refusals,
    ),
    security(()),
)]
pub(super) async fn ok() -> Json<Alive> {
    Json(Alive { ok: true })
}

/// Tell that the process is alive
#[utoipa::path(
    get,
    path = "/healthz",
    operation_id = "healthz",
    tag = "server",
    responses((status = 200, description = "It is.", body = String, example = json!("ok"))),
    security(()),
)]
pub(crate) async fn healthz() -> &'static str {
    "ok"
}

refusals!(NotReady = [Code::ServiceUnavailable, Code::TooManyRequests]);

/// Tell that the database answers and takes writes
#[utoipa::path(
    get,
    path = "/readyz",
    operation_id = "readyz",
    tag = "server",
    responses((status = 200, description = "It does.", body = String, example = json!("ok")), NotReady),
    security(()),
)]
pub(crate) async fn readyz(State(server): State<Server>) -> Response {
    match server.engine.ping().await {
        Ok(()) => "ok".into_response(),
        Err(error) => Problem::from(error).into_response(),
    }
}
