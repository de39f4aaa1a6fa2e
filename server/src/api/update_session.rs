//! `POST /update-session`: sessions have no fields of the application's own, so there is nothing to update.

use axum::extract::Request;
use multi_session::Code;
use multi_session::http::{Problem, RequestState};

use crate::body::{Accepts, Fields};

pub(super) async fn handle(state: RequestState, request: Request) -> Result<(), Problem> {
    state.browser()?.active().ok_or(Code::Unauthorized)?;
    Fields::read(request, Accepts::Json).await?;
    Err(Problem::with_message(Code::ValidationError, "No fields to update".to_owned()).bare())
}
