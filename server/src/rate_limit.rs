//! Limits the requests of one address.
//!
//! governor counts them (GCRA, in memory). It has been maintained since 2019 and is used with most of Rust's
//! web frameworks.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use multi_session::http::{Problem, SessionHttp};
use multi_session::{Code, Network};

use crate::metrics;

/// The limits, as metrics name them.
pub(crate) const LIMITS: [&str; 3] = [PASSWORD_REQUESTS, OTHER_REQUESTS, READINESS];
const PASSWORD_REQUESTS: &str = "passwords";
const OTHER_REQUESTS: &str = "requests";
const READINESS: &str = "readiness";

const WINDOW: Duration = Duration::from_secs(10);
const PASSWORDS: NonZeroU32 = NonZeroU32::new(3).expect("not zero");
const REQUESTS: NonZeroU32 = NonZeroU32::new(100).expect("not zero");
/// Once in so many requests, idle addresses are removed, which scans all of them.
const CLEAN_EVERY: usize = 10_000;

/// Counts requests by address. The numbers are Better Auth's: 3 requests with a password in 10 seconds, and
/// 100 others.
#[derive(Clone)]
pub(crate) struct RateLimit(Arc<Inner>);

struct Inner {
    http: SessionHttp,
    passwords: DefaultKeyedRateLimiter<Network>,
    requests: DefaultKeyedRateLimiter<Network>,
    /// Separate, so that other requests from a proxy's address do not make its readiness check fail.
    readiness: DefaultKeyedRateLimiter<Network>,
    /// The number of requests so far.
    counted: AtomicUsize,
    clock: DefaultClock,
}

impl RateLimit {
    pub(crate) fn new(http: SessionHttp) -> Self {
        Self(Arc::new(Inner {
            http,
            passwords: RateLimiter::keyed(quota(PASSWORDS)),
            requests: RateLimiter::keyed(quota(REQUESTS)),
            readiness: RateLimiter::keyed(quota(REQUESTS)),
            counted: AtomicUsize::new(0),
            clock: DefaultClock::default(),
        }))
    }

    fn check(&self, request: &Request) -> Result<(), Problem> {
        let Inner { http, passwords, requests, readiness, counted, clock } = &*self.0;
        let address = http.client_address().of(request.headers(), request.extensions());
        let Some(address) = address else { return Ok(()) };
        let (limit, limiter) = match request.uri().path() {
            "/readyz" => (READINESS, readiness),
            path if http.takes_password(path) || is_password_form(path) => (PASSWORD_REQUESTS, passwords),
            _ => (OTHER_REQUESTS, requests),
        };
        if counted.fetch_add(1, Ordering::Relaxed) % CLEAN_EVERY == CLEAN_EVERY - 1 {
            for limiter in [passwords, requests, readiness] {
                limiter.retain_recent();
            }
        }
        limiter.check_key(&Network::of(address)).map_err(|until| {
            metrics::rate_limited(limit);
            let wait = until.wait_time_from(clock.now()).as_secs() + 1;
            Problem::from(Code::TooManyRequests).retry_after(wait)
        })
    }
}

/// Refuses requests of an address over the limit.
pub(crate) async fn enforce(State(limit): State<RateLimit>, request: Request, next: Next) -> Response {
    match limit.check(&request) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

fn quota(requests: NonZeroU32) -> Quota {
    let each = WINDOW / requests.get();
    // governor refuses only a period of zero.
    Quota::with_period(each).unwrap_or(Quota::per_second(requests)).allow_burst(requests)
}

/// Whether the server function takes a password or a ticket, or mails a link to set a password.
fn is_password_form(path: &str) -> bool {
    [
        "sign-in",
        "sign-up",
        "choose-device",
        "change-password",
        "confirm",
        "reauthenticate",
        "forgot-password",
        "send-again",
        "reset-password",
    ]
    .iter()
    .any(|name| path.strip_prefix("/fn/").is_some_and(|rest| rest.starts_with(name)))
}
