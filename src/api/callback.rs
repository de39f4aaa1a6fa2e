//! Where a person goes after a sign-in.

use axum::http::HeaderValue;

use crate::api::state::ApiState;
use crate::http::Problem;

/// Checks where a client wants the person sent after a sign-in, and gives it for the `Location` header; an empty address
/// is none, as with Better Auth.
pub(super) fn check(api: &ApiState, url: Option<&str>) -> Result<Option<HeaderValue>, Problem> {
    let Some(url) = url.filter(|url| !url.is_empty()) else { return Ok(None) };
    let resolved = api.http.origins().resolve_callback(url)?;
    // As it was sent, if browsers read that alike: beyond ASCII they do not.
    let location = if url.is_ascii() { url } else { resolved.as_str() };
    Ok(HeaderValue::try_from(location).ok())
}
