//! Handlers for people who are signed in.

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::response::{IntoResponse, Redirect, Response};
use http::request::Parts;

use super::{Problem, SessionRequest};
use crate::{Code, Held};

/// The active session of the browser that sent the request, with its user.
///
/// Without one the answer is 401, or for a page a redirect to
/// [`SessionHttp::with_sign_in_path`](super::SessionHttp::with_sign_in_path). `Option<SignedIn>` lets everybody in. If
/// the store does not answer, both answer 503. Without [`SessionLayer`](super::SessionLayer) the answer is 500, and the
/// log says why.
#[derive(Clone, Debug)]
pub struct SignedIn(
    /// The session.
    pub Held,
);

impl<S: Sync> FromRequestParts<S> for SignedIn {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let found = <Self as OptionalFromRequestParts<S>>::from_request_parts(parts, state).await?;
        found.ok_or_else(|| {
            let path = parts.extensions.get::<SessionRequest>().and_then(SessionRequest::sign_in_path);
            match path {
                Some(path) => Redirect::to(path).into_response(),
                None => Problem::from(Code::Unauthorized).into_response(),
            }
        })
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for SignedIn {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Option<Self>, Response> {
        let request = <SessionRequest as FromRequestParts<S>>::from_request_parts(parts, state).await;
        let browser = request.map_err(Problem::into_response)?.browser();
        let browser = browser.map_err(|error| Problem::from(error).into_response())?;
        Ok(browser.active().cloned().map(Self))
    }
}
