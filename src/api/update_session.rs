//! `POST /update-session`: sessions have no additional fields, so there is nothing to update.

use axum::extract::Request;

use crate::Code;
use crate::api::answer::NoFields;
use crate::api::body::{Accepts, Fields};
use crate::api::openapi::{CHANGES, EVERY, READS_COOKIES, refusals};
use crate::http::{Problem, SessionRequest};

refusals!(Refusals = EVERY, READS_COOKIES, CHANGES, [Code::UnsupportedMediaType, Code::Unauthorized]);

/// Not supported: there are no fields to update
///
/// Better Auth updates additional fields of a session here. These sessions have none.
#[utoipa::path(
    post,
    path = "/update-session",
    operation_id = "updateSession",
    tag = "session",
    request_body(content = NoFields, example = json!({ "theme": "dark" })),
    responses(
        (
            status = 400,
            description = "There is no such field, or the body cannot be read.",
            body = Problem,
            examples(
                ("no fields" = (value = json!(nothing_to_update()))),
                ("BAD_REQUEST" = (value = json!(Problem::from(Code::BadRequest)))),
            ),
        ),
        Refusals,
    ),
    security(("session" = [])),
)]
pub(super) async fn handle(state: SessionRequest, request: Request) -> Result<(), Problem> {
    state.browser()?.signed_in()?;
    Fields::read(request, Accepts::Json).await?;
    Err(nothing_to_update())
}

fn nothing_to_update() -> Problem {
    Problem::with_message(Code::ValidationError, "No fields to update".to_owned()).bare()
}
