//! The redirect after a sign-in.

use axum::http::HeaderValue;

use crate::api::state::ApiState;
use crate::http::Problem;

/// Checks the `callbackURL` of a sign-in and returns it for the `Location` header. An empty address counts as
/// missing, as in Better Auth.
pub(super) fn check(api: &ApiState, url: Option<&str>) -> Result<Option<HeaderValue>, Problem> {
    let Some(url) = url.filter(|url| !url.is_empty()) else { return Ok(None) };
    let resolved = api.http.origins().resolve_callback(url)?;
    // As it was sent, unless it has characters beyond ASCII, which browsers read differently.
    let location = if url.is_ascii() { url } else { resolved.as_str() };
    Ok(HeaderValue::try_from(location).ok())
}
