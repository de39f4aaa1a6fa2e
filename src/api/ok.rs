//! `GET /ok` → `{ok: true}`.

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::openapi::{EVERY, refusals};

/// The API is available.
#[derive(Serialize, ToSchema)]
pub(super) struct Alive {
    /// Always true.
    ok: bool,
}

refusals!(Refusals = EVERY);

/// Check that the API is available
#[utoipa::path(
    get,
    path = "/ok",
    operation_id = "ok",
    tag = "server",
    responses(
        (status = 200, description = "The API is available.", body = Alive, example = json!(Alive { ok: true })),
        Refusals,
    ),
    security(()),
)]
pub(super) async fn handle() -> Json<Alive> {
    Json(Alive { ok: true })
}
