//! `GET /error?error=CODE`: the page for redirects that failed.

use axum::extract::{RawQuery, Request, State};
use axum::response::Response;
use multi_session::Code;

use crate::openapi::refusals;
use crate::{Server, pages};

/// Longer than every code that there is.
const MAXIMUM_LEN: usize = 64;

refusals!(Refusals = [Code::TooManyRequests]);

/// Show what went wrong
///
/// A page for people who were sent back here because something failed elsewhere.
#[utoipa::path(
    get,
    path = "/error",
    operation_id = "error",
    tag = "server",
    params(("error" = Option<String>, Query, description = "The code of what failed.", example = "INVALID_CALLBACK_URL")),
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
pub(super) async fn handle(
    State(server): State<Server>,
    RawQuery(query): RawQuery,
    request: Request,
) -> Response {
    let code = code(query.as_deref().unwrap_or_default());
    let known = Code::ALL.iter().find(|known| known.as_str() == code);
    let sentence = known.map_or("That did not work. Please try again.", |known| known.sentence());
    let link = ("/".to_owned(), "Go to the start".to_owned());
    pages::render(&server, request, None, move |options| {
        pages::refused::page(options, &code, sentence.to_owned(), link.clone())
    })
    .await
}

/// The code that a query names: anybody can write there, so it must look like one.
fn code(query: &str) -> String {
    let named = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "error");
    named
        .map(|(_, code)| code.into_owned())
        .filter(|code| (1..=MAXIMUM_LEN).contains(&code.len()))
        .filter(|code| code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-'))
        .unwrap_or_else(|| "UNKNOWN".to_owned())
}
