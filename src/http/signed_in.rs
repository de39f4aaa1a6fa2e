//! Handlers for people who are signed in.

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::response::{IntoResponse, Redirect, Response};
use http::request::Parts;

use super::{Problem, SessionRequest};
use crate::{Code, Held};

/// The active session of the browser that sent the request, with its user.
///
/// Without one the answer is 401, or for a page the way to
/// [`SessionHttp::with_sign_in_path`](super::SessionHttp::with_sign_in_path). `Option<SignedIn>` lets everybody in. If the
/// store does not answer, neither lets anybody in. Without [`SessionLayer`](super::SessionLayer) the answer is 500, and the
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use axum::Router;
    use axum::body::Body;
    use axum::routing::get;
    use http::header::{ACCEPT, COOKIE, LOCATION, SET_COOKIE};
    use http::{Request, StatusCode};
    use tower::ServiceExt;

    use super::*;
    use crate::http::SessionHttp;
    use crate::{MemoryStore, Options, Proof, Sessions, Subject, UserId};

    fn handlers() -> Router {
        let sign_in = async |request: SessionRequest| {
            let ada = Subject::new(UserId::new("ada").expect("an id")).name("Ada");
            request.begin(ada, Proof::by("code")).await.map_err(Problem::from)
        };
        Router::new()
            .route("/own", get(async |SignedIn(held): SignedIn| held.user.name))
            .route("/any", get(async |held: Option<SignedIn>| held.is_some().to_string()))
            .route("/sign-in", get(sign_in))
    }

    fn layered() -> Router {
        let sessions = Sessions::new(Arc::new(MemoryStore::default()), Options::default());
        let http = SessionHttp::new(&sessions, "http://localhost").expect("an origin");
        handlers().layer(http.with_sign_in_path("/login").layer())
    }

    async fn get_of(app: &Router, path: &str, accept: &str, cookies: &str) -> Response {
        let request = Request::get(path).header(ACCEPT, accept).header(COOKIE, cookies);
        app.clone().oneshot(request.body(Body::empty()).expect("a request")).await.expect("an answer")
    }

    #[tokio::test]
    async fn who_is_not_signed_in_is_refused_or_sent_to_sign_in() {
        let app = layered();
        assert_eq!(get_of(&app, "/own", "application/json", "").await.status(), StatusCode::UNAUTHORIZED);
        let page = get_of(&app, "/own", "text/html", "").await;
        assert_eq!(
            (page.status(), &page.headers()[LOCATION]),
            (StatusCode::SEE_OTHER, &"/login".parse().expect("text"))
        );
        assert_eq!(get_of(&app, "/any", "text/html", "").await.status(), StatusCode::OK);
    }

    #[tokio::test]
    async fn who_has_begun_a_session_is_signed_in() {
        let app = layered();
        let begun = get_of(&app, "/sign-in", "*/*", "").await;
        assert_eq!(begun.status(), StatusCode::OK);
        let cookies = begun.headers().get_all(SET_COOKIE).into_iter();
        let cookies = cookies.filter_map(|cookie| cookie.to_str().ok()?.split(';').next());
        let cookies = cookies.collect::<Vec<_>>().join("; ");
        assert_eq!(get_of(&app, "/own", "*/*", &cookies).await.status(), StatusCode::OK);
    }

    #[tokio::test]
    async fn without_the_layer_nobody_is_let_in() {
        for path in ["/own", "/any", "/sign-in"] {
            let answer = get_of(&handlers(), path, "text/html", "").await;
            assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR, "{path}");
        }
    }
}
