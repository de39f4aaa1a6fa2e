//! `GET /error?error=CODE`: the page that failed redirects lead to.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::HeaderName;
use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::http::request::Parts;
use axum::response::Html;

use crate::Code;
use crate::api::openapi::{EVERY, refusals};

/// Longer than any code.
const MAXIMUM_LEN: usize = 64;
const POLICY: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The failure that the address of the error page names. Extract it to render an error page of your own.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FailedRedirect {
    /// The code of what failed: letters, digits, `_` and `-`; `UNKNOWN` if the address has none.
    pub code: String,
    /// The sentence for the person.
    pub sentence: &'static str,
}

impl<S: Sync> FromRequestParts<S> for FailedRedirect {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        let code = code(parts.uri.query().unwrap_or_default());
        let known = Code::ALL.iter().find(|known| known.as_str() == code);
        let sentence = known.map_or("Something went wrong. Please try again.", |known| known.sentence());
        Ok(Self { code, sentence })
    }
}

refusals!(Refusals = EVERY);

/// Show what went wrong
///
/// A page for people who were redirected here because something failed elsewhere.
#[utoipa::path(
    get,
    path = "/error",
    operation_id = "error",
    tag = "server",
    params(("error" = Option<String>, Query, description = "The error code.", example = "INVALID_CALLBACK_URL")),
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
    FailedRedirect { code, sentence }: FailedRedirect,
) -> ([(HeaderName, &'static str); 1], Html<String>) {
    let page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Something went wrong</title></head>\
         <body><h1>Something went wrong</h1><p>{sentence}</p><p>Code: <code>{code}</code></p>\
         <p><a href=\"/\">Go to home page</a></p></body></html>"
    );
    ([(CONTENT_SECURITY_POLICY, POLICY)], Html(page))
}

/// The code in the query. Anybody can write an address, so it must look like a code.
fn code(query: &str) -> String {
    let named = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "error");
    named
        .map(|(_, code)| code.into_owned())
        .filter(|code| (1..=MAXIMUM_LEN).contains(&code.len()))
        .filter(|code| code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-'))
        .unwrap_or_else(|| "UNKNOWN".to_owned())
}
