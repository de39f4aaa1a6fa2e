//! `GET /openapi.json`: the OpenAPI document.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderName;
use axum::http::header::CONTENT_TYPE;

use crate::api::openapi::{EVERY, refusals};
use crate::api::state::ApiState;

refusals!(Refusals = EVERY);

/// Get the OpenAPI document
///
/// This document, in OpenAPI 3.1.
#[utoipa::path(
    get,
    path = "/openapi.json",
    operation_id = "openapi",
    tag = "server",
    responses(
        (
            status = 200,
            description = "The document.",
            body = Object,
            content_type = "application/json",
            example = json!({ "openapi": "3.1.0", "info": { "title": "Multi-session" }, "paths": {} }),
        ),
        Refusals,
    ),
    security(()),
)]
pub(super) async fn handle(State(api): State<ApiState>) -> ([(HeaderName, &'static str); 1], Bytes) {
    ([(CONTENT_TYPE, "application/json")], api.document.clone())
}
