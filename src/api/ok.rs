//! `GET /ok` → `{ok: true}`.

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::openapi::{EVERY, refusals};

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
pub(super) async fn handle() -> Json<Alive> {
    Json(Alive { ok: true })
}
