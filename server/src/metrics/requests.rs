//! HTTP requests by route, method and status.
//!
//! matchit finds the route, as in axum's router. The layer cannot ask axum: it wraps all routes, so axum has not
//! matched one yet, and for endpoints of the API axum knows only `/api/auth/{*rest}`. All labels are constants in the
//! program: the path of a request never becomes a label.

use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use ::metrics::{Counter, Histogram, counter, histogram};
use http::{Method, Request, Response, StatusCode};
use tower::{Layer, Service};

pub(super) const REQUESTS: &str = "multi_session_http_requests_total";
pub(super) const SECONDS: &str = "multi_session_http_request_seconds";

/// The label of paths that no route matches: unknown paths and other files.
const OTHER: &str = "other";
const METHODS: [&str; 3] = ["GET", "POST", OTHER];
/// The status codes that the server returns, the most common first. All others share one more counter.
const STATUSES: [u16; 25] = [
    200, 304, 302, 303, 308, 401, 403, 404, 400, 429, 503, 500, 413, 408, 405, 406, 409, 410, 411, 414, 415,
    416, 422, 431, 501,
];

/// Counts requests with handles that are created once. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Requests(Arc<Routes>);

struct Routes {
    paths: matchit::Router<usize>,
    /// The last one counts paths that no route matches.
    counted: Vec<Counted>,
}

struct Counted {
    route: String,
    seconds: OnceLock<Histogram>,
    requests: [[OnceLock<Counter>; STATUSES.len() + 1]; METHODS.len()],
}

impl Requests {
    /// Counts requests by path patterns such as `/api/auth/reset-password/{token}`.
    pub(crate) fn new(patterns: impl IntoIterator<Item = String>) -> Self {
        let mut paths = matchit::Router::new();
        let mut counted = Vec::new();
        for pattern in patterns {
            // A duplicate pattern keeps its first index.
            if paths.insert(&*pattern, counted.len()).is_ok() {
                counted.push(Counted::new(pattern));
            }
        }
        counted.push(Counted::new(OTHER.to_owned()));
        Self(Arc::new(Routes { paths, counted }))
    }

    fn route(&self, path: &str) -> usize {
        self.0.paths.at(path).map_or(self.0.counted.len() - 1, |found| *found.value)
    }
}

impl Counted {
    fn new(route: String) -> Self {
        Self { route, seconds: OnceLock::new(), requests: Default::default() }
    }

    fn count(&self, method: usize, status: StatusCode, took: Duration) {
        let at = STATUSES.iter().position(|known| *known == status.as_u16());
        let requests = self.requests[method][at.unwrap_or(STATUSES.len())].get_or_init(|| {
            let status = at.map_or(OTHER.to_owned(), |_| status.as_str().to_owned());
            counter!(REQUESTS, "route" => self.route.clone(), "method" => METHODS[method], "status" => status)
        });
        requests.increment(1);
        self.seconds.get_or_init(|| histogram!(SECONDS, "route" => self.route.clone())).record(took);
    }
}

fn method(method: &Method) -> usize {
    METHODS.iter().position(|known| *known == method.as_str()).unwrap_or(METHODS.len() - 1)
}

/// Counts the requests of the inner service.
#[derive(Clone)]
pub(crate) struct RequestsLayer(pub(crate) Requests);

impl<S> Layer<S> for RequestsLayer {
    type Service = CountedService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        CountedService { inner, requests: self.0.clone() }
    }
}

#[derive(Clone)]
pub(crate) struct CountedService<S> {
    inner: S,
    requests: Requests,
}

impl<S, B, A> Service<Request<B>> for CountedService<S>
where
    S: Service<Request<B>, Response = Response<A>>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let since = Instant::now();
        let (route, method) = (self.requests.route(request.uri().path()), method(request.method()));
        let requests = self.requests.clone();
        let answering = self.inner.call(request);
        Box::pin(async move {
            let response = answering.await?;
            requests.0.counted[route].count(method, response.status(), since.elapsed());
            Ok(response)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_counted_by_pattern_and_unknown_ones_as_other() {
        let patterns = ["/sign-in", "/api/auth/reset-password/{token}", "/pkg/{*file}", "/sign-in"];
        let requests = Requests::new(patterns.map(str::to_owned));
        let route = |path: &str| requests.0.counted[requests.route(path)].route.clone();
        for (path, expected) in [
            ("/sign-in", "/sign-in"),
            ("/api/auth/reset-password/secret", "/api/auth/reset-password/{token}"),
            ("/pkg/multi-session.js", "/pkg/{*file}"),
            ("/sign-in/", OTHER),
            ("/ada@example.org", OTHER),
            ("/api/auth/reset-password/a/b", OTHER),
            ("*", OTHER),
            ("", OTHER),
        ] {
            assert_eq!(route(path), expected, "{path}");
        }
    }
}
