//! `GET /reference`: the OpenAPI document as a page. It loads no files from elsewhere.
//!
//! It uses Swagger UI, which is well maintained, under Apache-2.0, supports OpenAPI 3.1, light and dark. It
//! needs neither `eval` nor inline scripts or styles, so the content security policy is as strict as that of
//! other pages.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use utoipa_swagger_ui::{Config, serve};

use crate::api::openapi::{EVERY, refusals};

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// The file names have no hash, so they are cached for an hour only.
const AN_HOUR: &str = "public, max-age=3600";

refusals!(Refusals = EVERY);

/// Show the API reference
///
/// A page that is generated from `openapi.json`. You can send requests from it.
#[utoipa::path(
    get,
    path = "/reference",
    operation_id = "reference",
    tag = "server",
    responses(
        (
            status = 200,
            description = "The page.",
            body = String,
            content_type = "text/html",
            example = json!("<!DOCTYPE html>…"),
        ),
        Refusals,
    ),
    security(()),
)]
pub(super) async fn handle() -> ([(HeaderName, &'static str); 2], &'static str) {
    let headers = [(CONTENT_TYPE, "text/html; charset=utf-8"), (CONTENT_SECURITY_POLICY, POLICY)];
    (headers, include_str!("reference/page.html"))
}

/// The page's files: two of ours and two of Swagger UI.
pub(super) async fn file(Path(name): Path<String>) -> Response {
    let ours =
        |kind, text: &'static str| ([(CONTENT_TYPE, kind), (CACHE_CONTROL, AN_HOUR)], text).into_response();
    match name.as_str() {
        "page.css" => ours("text/css; charset=utf-8", include_str!("reference/page.css")),
        "page.js" => ours("text/javascript; charset=utf-8", include_str!("reference/page.js")),
        "swagger-ui.css" | "swagger-ui-bundle.js" => vendored(&name),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

/// A file of Swagger UI. It is embedded compressed, and every browser accepts that.
fn vendored(name: &str) -> Response {
    let Ok(Some(file)) = serve(name, Arc::new(Config::default())) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let mut response =
        Response::builder().header(CONTENT_TYPE, file.content_type).header(CACHE_CONTROL, AN_HOUR);
    if file.gzpipped {
        response = response.header(CONTENT_ENCODING, "gzip");
    }
    let body = Body::from(file.bytes.into_owned());
    response.body(body).unwrap_or_else(|_| StatusCode::NOT_FOUND.into_response())
}
