//! The layer between requests and the sessions: the one place that writes `Set-Cookie`.

use std::borrow::Cow;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::response::IntoResponse;
use http::header::{CACHE_CONTROL, SET_COOKIE, USER_AGENT, VARY};
use http::{HeaderName, HeaderValue, Request, Response, Uri};
use tower::{Layer, Service};

use super::session_request::Sent;
use super::{ClientAddress, CookieNames, Problem, SessionRequest, TrustedOrigins, text};
use crate::{Client, ClientHints, Sessions};

/// Joins requests to the sessions: checks the origin, verifies the cookies with one query, or three where some of them are
/// dead, puts a [`SessionRequest`] into the extensions, and answers with the cookies that changed.
///
/// A request runs to its end also if its client disconnects ([`Sessions::finish`]).
///
/// Put it around pages, server functions and the API, not around static files.
///
/// # Examples
///
/// ```no_run
/// # use multi_session::{Sessions, http::{ClientAddress, CookieNames, SessionLayer, SignedIn, TrustedOrigins}};
/// # fn router(sessions: Sessions) -> Result<axum::Router, Box<dyn std::error::Error>> {
/// let layer = SessionLayer::new(
///     sessions,
///     CookieNames::new("multi-session", true)?,
///     TrustedOrigins::new("https://id.example.org", [])?,
///     ClientAddress::default(),
/// );
/// let hello = async |SignedIn(held): SignedIn| format!("Hello, {}!", held.user.name);
/// # Ok(
/// axum::Router::new().route("/hello", axum::routing::get(hello)).layer(layer)
/// # )
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct SessionLayer(Arc<Parts>);

#[derive(Clone, Debug)]
struct Parts {
    sessions: Sessions,
    names: CookieNames,
    origins: TrustedOrigins,
    addresses: ClientAddress,
    is_unattended: fn(&Uri) -> bool,
    is_proven: fn(&Uri) -> bool,
    sign_in_path: Option<&'static str>,
}

impl SessionLayer {
    /// Takes the sessions, the cookies' names, the trusted origins and how a browser's address is told.
    pub fn new(
        sessions: Sessions,
        names: CookieNames,
        origins: TrustedOrigins,
        addresses: ClientAddress,
    ) -> Self {
        let (is_unattended, is_proven) = (|_: &Uri| false, |_: &Uri| false);
        Self(Arc::new(Parts {
            sessions,
            names,
            origins,
            addresses,
            is_unattended,
            is_proven,
            sign_in_path: None,
        }))
    }

    /// Tells which requests pages make by themselves: they are no use of a session, extend none and write no cookie.
    #[must_use]
    pub fn with_unattended(self, is_unattended: fn(&Uri) -> bool) -> Self {
        Self(Arc::new(Parts { is_unattended, ..Arc::unwrap_or_clone(self.0) }))
    }

    /// Tells which requests are proven by a secret in their body, such as the form that a mailed link leads to: a browser
    /// may send them with `Origin: null`. Nothing that they do may rest on cookies.
    #[must_use]
    pub fn with_proven(self, is_proven: fn(&Uri) -> bool) -> Self {
        Self(Arc::new(Parts { is_proven, ..Arc::unwrap_or_clone(self.0) }))
    }

    /// Sets where [`SignedIn`](super::SignedIn) sends the browser of somebody who asks for a page and is not signed in;
    /// by default nowhere.
    #[must_use]
    pub fn with_sign_in_path(self, path: &'static str) -> Self {
        Self(Arc::new(Parts { sign_in_path: Some(path), ..Arc::unwrap_or_clone(self.0) }))
    }
}

impl<S> Layer<S> for SessionLayer {
    type Service = SessionService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        SessionService { inner, parts: Arc::clone(&self.0) }
    }
}

/// The service that [`SessionLayer`] makes.
#[derive(Clone, Debug)]
pub struct SessionService<S> {
    inner: S,
    parts: Arc<Parts>,
}

impl<S> Service<Request<Body>> for SessionService<S>
where
    S: Service<Request<Body>, Response = Response<Body>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Send,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let parts = Arc::clone(&self.parts);
        // The service that was asked whether it is ready is the one that is called.
        let waiting = self.inner.clone();
        let ready = std::mem::replace(&mut self.inner, waiting);
        // Browsers go away at any moment: a change that was begun is made, logged and told all the same.
        Box::pin(async move {
            let sessions = parts.sessions.clone();
            sessions.finish(async move { parts.handle(ready, request).await }).await
        })
    }
}

impl Parts {
    async fn handle<S>(&self, mut inner: S, request: Request<Body>) -> Result<Response<Body>, S::Error>
    where
        S: Service<Request<Body>, Response = Response<Body>>,
    {
        let (method, uri, headers) = (request.method(), request.uri(), request.headers());
        let checked = if (self.is_proven)(uri) {
            self.origins.check_proven(method, uri.path(), headers)
        } else {
            self.origins.check(method, uri.path(), headers)
        };
        if let Err(code) = checked {
            return Ok(finished(Problem::from(code).into_response()));
        }
        let (mut head, body) = request.into_parts();
        let cookies = self.names.read(&head.headers);
        let presented = cookies.presented();
        let client = Client {
            ip_address: self.addresses.of(&head.headers, &head.extensions),
            user_agent: head.headers.get(USER_AGENT).map(text).map(Cow::into_owned),
            client_hints: ClientHints::new(|name| head.headers.get(name).and_then(|it| it.to_str().ok())),
            devices: cookies.devices.clone(),
        };
        let is_unattended = (self.is_unattended)(&head.uri);
        let browser = if is_unattended {
            self.sessions.current_unattended(&presented).await
        } else {
            self.sessions.current(&presented, &client).await
        };
        let before = browser.clone().unwrap_or_default();
        let sent =
            Sent { notice: self.names.read_notice(&head.headers), any: self.names.has_any(&head.headers) };
        let of = (self.sessions.clone(), self.sign_in_path);
        let state = SessionRequest::new(of, &head, presented, browser, client, sent);
        head.extensions.insert(state.clone());

        let mut response = inner.call(Request::from_parts(head, body)).await?;

        // Without an answer of the store nothing is known, and no cookie is touched. Nor is one by what a page asks by
        // itself.
        if let Ok(browser) = state.browser()
            && !is_unattended
        {
            let (change, options) = ((&before, &browser), self.sessions.options());
            let notice = state.next_notice().map(|it| self.names.notice_cookie(&it.text, it.is_brief));
            let changed = self.names.difference(&cookies, change, options, self.sessions.now());
            for cookie in changed.into_iter().chain(notice) {
                if let Ok(value) = HeaderValue::try_from(cookie.to_string()) {
                    response.headers_mut().append(SET_COOKIE, value);
                }
            }
        }
        Ok(finished(response))
    }
}

/// What browsers are asked to say of themselves, so that people recognise their devices.
const ACCEPT_CH: HeaderName = HeaderName::from_static("accept-ch");

/// What a signed-in person saw is not kept by caches, and origin checks are part of the answer (ASVS 3.5, 7.4.1).
fn finished(mut response: Response<Body>) -> Response<Body> {
    let headers = response.headers_mut();
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.entry(ACCEPT_CH).or_insert(HeaderValue::from_static(ClientHints::ASKED_FOR));
    headers.append(VARY, HeaderValue::from_static("cookie, origin, sec-fetch-site"));
    response
}
