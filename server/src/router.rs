//! Every route with the layers around it.

use std::any::Any;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{FromRef, Request, State};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, Uri};
use leptos::config::LeptosOptions;
use multi_session::http::{ClientAddress, CookieNames, Problem, SessionLayer, TrustedOrigins};
use multi_session::{Code, Engine};
use tokio_util::task::LocalPoolHandle;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::trace::TraceLayer;

use crate::operator_token::OperatorTokens;
use crate::pages::refused::{self, Refusals};
use crate::rate_limit::{self, RateLimit};
use crate::{Config, ListScope, ServerError, api, body, openapi, pages, site, telemetry};

/// What requests are answered with: the engine and how the configuration says to talk to browsers.
#[derive(Clone)]
pub struct Server {
    pub(crate) engine: Engine,
    pub(crate) leptos: LeptosOptions,
    /// Where pages are rendered.
    pub(crate) threads: LocalPoolHandle,
    pub(crate) origins: TrustedOrigins,
    pub(crate) list_scope: ListScope,
    /// The OpenAPI document.
    pub(crate) document: Bytes,
    pub(crate) operators: OperatorTokens,
    /// The public origin.
    pub(crate) base_url: String,
    names: CookieNames,
    addresses: ClientAddress,
    rate_limited: bool,
    transport_security: Option<HeaderValue>,
    body_time: Duration,
}

impl Server {
    /// Takes what the configuration says, checked.
    ///
    /// # Errors
    ///
    /// [`ServerError::Config`] when an origin, the cookies' prefix or the hash of an operator's token is refused.
    pub fn new(config: &Config, engine: Engine) -> Result<Self, ServerError> {
        let others = config.trusted_origins.iter().map(|origin| origin.trim());
        let origins = TrustedOrigins::new(&config.base_url(), others.filter(|origin| !origin.is_empty()))
            .map_err(|error| ServerError::Config(error.to_string()))?;
        let names = CookieNames::new(&config.cookie_prefix, config.is_https()).map_err(|prefix| {
            ServerError::Config(format!(
                "{prefix:?} is no cookie prefix: use letters, digits, - . _, and leave __Host- to the server"
            ))
        })?;
        let operators = OperatorTokens::new(&config.operator_token_hash)?;
        let document = api::described(operators.are_taken());
        let document = openapi::document(document, &config.base_url(), &names)
            .map_err(|error| ServerError::Config(error.to_string()))?;
        Ok(Self {
            engine,
            leptos: site::options(config)?,
            threads: pages::threads(),
            origins,
            list_scope: config.list_scope,
            document,
            operators,
            base_url: config.base_url(),
            names,
            addresses: ClientAddress::new(config.trusted_proxies.clone()),
            rate_limited: config.is_rate_limited(),
            transport_security: config.transport_security(),
            body_time: body::TIME,
        })
    }

    /// Sets how long the body of a request may take, by default 30 seconds.
    #[must_use]
    pub fn with_body_time(mut self, time: Duration) -> Self {
        self.body_time = time;
        self
    }
}

impl FromRef<Server> for LeptosOptions {
    fn from_ref(server: &Server) -> Self {
        server.leptos.clone()
    }
}

/// What pages ask by themselves: their stream, and the list unless the person has asked to stay signed in.
fn is_unattended(uri: &Uri) -> bool {
    uri.path() == api::EVENTS || (uri.path() == app::LIST && uri.query() != Some(app::STAY))
}

/// What the token of a mailed link proves.
fn is_proven(uri: &Uri) -> bool {
    [app::RESET_PASSWORD_FN, app::REPORT_BY_MAIL].contains(&uri.path())
}

/// Puts everything together.
pub fn router(server: &Server) -> Router {
    let sessions = SessionLayer::new(
        server.engine.clone(),
        server.names.clone(),
        server.origins.clone(),
        server.addresses.clone(),
    )
    .with_unattended(is_unattended)
    .with_proven(is_proven);
    let limit = server.rate_limited.then(|| RateLimit::new(server.addresses.clone()));
    let limited = |routes: Router<Server>| match &limit {
        Some(limit) => routes.layer(from_fn_with_state(limit.clone(), rate_limit::enforce)),
        None => routes,
    };
    let dynamic = pages::router(server)
        .merge(api::sessions())
        .layer(from_fn(pages::clear_site_data))
        .layer(sessions.clone())
        .merge(api::operators(server).layer(from_fn_with_state(server.engine.clone(), finished)))
        .layer(from_fn_with_state(server.body_time, body::bounded))
        .merge(api::made_for_each());
    limited(dynamic)
        .merge(pages::files(server, limited(pages::not_found(sessions))))
        .merge(api::public())
        .with_state(server.clone())
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(Refusals::new(server), refused::told))
        .layer(TraceLayer::new_for_http().make_span_with(telemetry::request_span))
        .layer(from_fn_with_state(server.transport_security.clone(), pages::security_headers))
}

/// What an operator's program asked for is done also if it disconnects, as the session layer sees to it for browsers.
async fn finished(State(engine): State<Engine>, request: Request, next: Next) -> Response {
    engine.finish(next.run(request)).await
}

/// The hook of [`crate::telemetry`] has logged it; the server goes on.
fn panicked(_panic: Box<dyn Any + Send>) -> Response {
    Problem::from(Code::Internal).into_response()
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::routing;
    use http_body_util::BodyExt;
    use tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn a_panic_is_a_500_and_the_next_request_is_served() {
        let app = Router::new()
            .route("/panics", routing::get(async || -> &'static str { panic!("with a secret") }))
            .route("/works", routing::get(async || "ok"))
            .layer(CatchPanicLayer::custom(panicked));
        let get = |path: &str| {
            let request = Request::get(path).body(Body::empty()).expect("a request");
            app.clone().oneshot(request)
        };
        let response = get("/panics").await.expect("an answer");
        assert_eq!(response.status().as_u16(), 500);
        let body = response.into_body().collect().await.expect("a body").to_bytes();
        let body: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
        assert_eq!(body["code"], "INTERNAL_SERVER_ERROR");
        assert!(!body.to_string().contains("secret"));
        assert_eq!(get("/works").await.expect("an answer").status().as_u16(), 200);
    }
}
