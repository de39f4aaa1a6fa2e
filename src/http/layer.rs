//! The layer between requests and the sessions. Only this file writes `Set-Cookie`.

use std::borrow::Cow;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::response::IntoResponse;
use http::header::{CACHE_CONTROL, SET_COOKIE, USER_AGENT, VARY};
use http::{HeaderName, HeaderValue, Request, Response};
use tower::{Layer, Service};

use super::session_request::Sent;
use super::{Problem, SessionHttp, SessionRequest, text};
use crate::{Client, ClientHints, Code};

/// Connects requests to the sessions. It checks the origin, verifies the cookies with at most one query (a few more
/// if some of them are dead), puts a [`SessionRequest`] into the extensions, and sends the cookies that changed.
///
/// A request runs to its end even if its client disconnects ([`Sessions::finish`](crate::Sessions::finish)). A request
/// that passes the layer twice, for example because the API has it too, is verified once.
///
/// Put it around pages and server functions, not around static files.
#[derive(Clone, Debug)]
pub struct SessionLayer(SessionHttp);

impl SessionLayer {
    pub(super) fn new(http: SessionHttp) -> Self {
        Self(http)
    }
}

impl<S> Layer<S> for SessionLayer {
    type Service = SessionService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        SessionService { inner, http: self.0.clone() }
    }
}

/// The service that [`SessionLayer`] makes.
#[derive(Clone, Debug)]
pub struct SessionService<S> {
    inner: S,
    http: SessionHttp,
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
        let http = self.http.clone();
        let is_verified =
            request.extensions().get::<SessionRequest>().is_some_and(|outer| outer.is_of(&http));
        // Call the service that was polled for readiness, not its clone.
        let waiting = self.inner.clone();
        let mut ready = std::mem::replace(&mut self.inner, waiting);
        if is_verified {
            return Box::pin(ready.call(request));
        }
        // A browser may disconnect at any time. A change that has begun is still completed, logged and
        // announced.
        Box::pin(self.http.sessions().finish(handle(http, ready, request)))
    }
}

async fn handle<S>(
    http: SessionHttp,
    mut inner: S,
    request: Request<Body>,
) -> Result<Response<Body>, S::Error>
where
    S: Service<Request<Body>, Response = Response<Body>>,
{
    let (method, uri, headers) = (request.method(), request.uri(), request.headers());
    let checked = if http.is_proven(uri) {
        http.origins().check_proven(method, uri.path(), headers)
    } else {
        http.origins().check(method, uri.path(), headers)
    };
    if let Err(code) = checked {
        if code == Code::InvalidOrigin {
            http.warn_of_origin(headers);
        }
        return Ok(finished(Problem::from(code).into_response()));
    }
    let (mut head, body) = request.into_parts();
    let names = http.names();
    let cookies = names.read(&head.headers);
    let presented = cookies.presented();
    let client = Client {
        ip_address: http.client_address().of(&head.headers, &head.extensions),
        user_agent: head.headers.get(USER_AGENT).map(text).map(Cow::into_owned),
        client_hints: ClientHints::new(|name| head.headers.get(name).and_then(|it| it.to_str().ok())),
        devices: cookies.devices.clone(),
    };
    let is_unattended = http.is_unattended(&head.uri);
    let browser = if is_unattended {
        http.sessions().current_unattended(&presented).await
    } else {
        http.sessions().current(&presented, &client).await
    };
    let browser = browser.map(Arc::new);
    let before = browser.clone().unwrap_or_default();
    let sent = Sent { notice: cookies.notice.clone(), ticket: cookies.ticket.clone(), any: cookies.any };
    let state = SessionRequest::new(http.clone(), &head, presented, browser, client, sent);
    head.extensions.insert(state.clone());

    let mut response = inner.call(Request::from_parts(head, body)).await?;

    // If the store fails or the request is unattended, no cookie is changed.
    if let Ok(browser) = state.shared_browser()
        && !is_unattended
    {
        let (change, options) = ((&*before, &*browser), http.sessions().options());
        let notice = state.next_notice().map(|it| names.notice_cookie(&it.text, it.is_brief));
        let changed = names.difference(&cookies, change, options, http.sessions().now());
        let ticket = state.next_ticket().map(|ticket| names.ticket_cookie(ticket.as_ref()));
        for cookie in changed.into_iter().chain(notice).chain(ticket) {
            if let Ok(value) = HeaderValue::try_from(cookie.to_string()) {
                response.headers_mut().append(SET_COOKIE, value);
            }
        }
        // As in OWASP's session management cheat sheet. The cookies are cleared one by one, because the
        // device cookie stays. `"cache"` is not cleared: no private answer is cached, and it would take
        // browsers seconds.
        if http.clears_site_data() && !before.held().is_empty() && browser.held().is_empty() {
            response.headers_mut().insert(CLEAR_SITE_DATA, HeaderValue::from_static("\"storage\""));
        }
    }
    Ok(finished(response))
}

const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");
/// Asks browsers for client hints, so that people recognize their devices.
const ACCEPT_CH: HeaderName = HeaderName::from_static("accept-ch");

/// Private answers are not cached, and answers depend on the origin checks (ASVS 3.5, 7.4.1).
fn finished(mut response: Response<Body>) -> Response<Body> {
    let headers = response.headers_mut();
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.entry(ACCEPT_CH).or_insert(HeaderValue::from_static(ClientHints::ASKED_FOR));
    headers.append(VARY, HeaderValue::from_static("cookie, origin, sec-fetch-site"));
    response
}
