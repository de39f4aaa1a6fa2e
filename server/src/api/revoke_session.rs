//! `POST /revoke-session` `{token}` → `{status: true}`, whether there was such a session or not.

use axum::Json;
use axum::extract::{Request, State};
use multi_session::http::{Problem, RequestState};
use multi_session::{Code, Error, Handle, Target};

use super::status_true;
use crate::Server;
use crate::body::{Accepts, Fields};

pub(super) async fn handle(
    State(server): State<Server>,
    state: RequestState,
    request: Request,
) -> Result<Json<serde_json::Value>, Problem> {
    let browser = state.browser()?;
    browser.active().ok_or(Code::Unauthorized)?;
    let mut fields = Fields::read(request, Accepts::Json).await?;
    let token = fields.required("token");
    fields.finish()?;
    let Some(handle) = Handle::parse(&token) else { return Ok(status_true()) };
    match server.engine.revoke(&browser, &Target::Handle(handle)).await {
        Ok(next) => state.set_browser(next),
        Err(Error::Refused(Code::InvalidSessionToken)) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(status_true())
}
