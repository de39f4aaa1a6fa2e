//! Endpoints for operators' programs, authorised by a bearer token.
//!
//! They use a token and not a role of a user: the server has no roles, an operator needs no account, and a
//! stolen session cookie cannot end everybody's sessions. No cookie is read, so other sites cannot forge
//! requests. A product with its own roles calls the methods of `Sessions` after its own check.

use axum::extract::{FromRequestParts, Request};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, WWW_AUTHENTICATE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::body::{Accepts, Fields};
use crate::api::state::ApiState;
use crate::http::Problem;
use crate::{Code, EndedCount, Operator, UserId};

pub(super) mod disable_user;
pub(super) mod enable_user;
pub(super) mod revoke_everybody;
pub(super) mod revoke_user;

/// The authorised operator, named as in the log and in the list of acts.
pub(super) struct Authorised(Operator);

impl FromRequestParts<ApiState> for Authorised {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, api: &ApiState) -> Result<Self, Self::Rejection> {
        let name = bearer(&parts.headers).and_then(|token| api.operators.name(token));
        name.map(|name| Self(Operator::new(&format!("token:{name}")))).ok_or_else(|| {
            tracing::warn!("a request without a valid operator token was refused");
            let mut response = Problem::from(Code::Unauthorized).into_response();
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            private(response)
        })
    }
}

/// The token of `Authorization: Bearer …` (RFC 6750). The name of the scheme is case-insensitive.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn private(mut response: Response) -> Response {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The user.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
struct UserBody {
    /// The user's id.
    #[schema(max_length = 64, min_length = 1, pattern = "^[A-Za-z0-9_-]+$")]
    user_id: String,
}

impl UserBody {
    async fn read(request: Request) -> Result<UserId, Problem> {
        let mut fields = Fields::read(request, Accepts::Json).await?;
        let body = Self { user_id: fields.required("userId") };
        fields.finish()?;
        UserId::new(body.user_id)
            .map_err(|error| Problem::with_message(Code::ValidationError, format!("[body.userId] {error}")))
    }
}

/// How many sessions were ended.
#[derive(Serialize, ToSchema)]
struct Ended {
    /// Always true.
    status: bool,
    /// How many live sessions there were.
    ended: usize,
}

impl Ended {
    fn of(count: EndedCount) -> Self {
        Self { status: true, ended: count.0 }
    }
}
