//! Answers and bodies that several endpoints share.

use axum::body::Body;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::Problem;
use crate::{Code, Session, User};

/// The initial buffer size: room for one session with its user, in bytes.
const ROOM: usize = 1_024;

/// A JSON answer of a frequent request. `axum::Json` starts with 128 bytes and reallocates several times.
pub(super) fn json(value: &impl Serialize) -> Result<Response, Problem> {
    let mut body = Vec::with_capacity(ROOM);
    serde_json::to_writer(&mut body, value).map_err(|_| Problem::from(Code::Internal))?;
    let mut response = Response::new(Body::from(body));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

/// A session and its user, in Better Auth's shape.
#[derive(Serialize, ToSchema)]
pub(super) struct SessionAndUser<'a> {
    pub(super) session: &'a Session,
    pub(super) user: &'a User,
}

/// The request succeeded.
#[derive(Serialize, ToSchema)]
pub(super) struct Done {
    /// Always true.
    status: bool,
}

impl Done {
    pub(super) const DONE: Self = Self { status: true };
}

/// A body without fields. Its content is not read.
#[derive(ToSchema)]
pub(super) struct NoFields {}
