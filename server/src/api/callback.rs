//! Where a person goes after a sign-in.

use multi_session::http::Problem;

use crate::Server;

/// Checks where a client wants the person sent after a sign-in; an empty address is none, as with Better Auth.
pub(super) fn check<'a>(server: &Server, url: Option<&'a str>) -> Result<Option<&'a str>, Problem> {
    let url = url.filter(|url| !url.is_empty());
    if let Some(url) = url {
        server.origins.check_callback(url)?;
    }
    Ok(url)
}
