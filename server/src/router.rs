//! All routes and the layers around them.

use std::any::Any;
use std::time::Duration;

use axum::Router;
use axum::extract::FromRef;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use http::header::CONTENT_TYPE;
use http::{Extensions, HeaderMap, HeaderValue, StatusCode, Uri, Version};
use leptos::config::LeptosOptions;
use multi_session::api::{BODY_TIME, OperatorTokens, bounded};
use multi_session::http::{ClientAddress, InvalidSetting, Problem, SessionHttp};
use multi_session::{Accounts, Code, Sessions};
use multi_session_leptos::{MultiSessionOptions, REPORT_BY_MAIL, RESET_PASSWORD_FN, start_render_threads};
use tower::Layer;
use tower::util::{MapResponseLayer, option_layer};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::trace::TraceLayer;

use crate::metrics::{Requests, RequestsLayer};
use crate::pages::refused::{self, Refusals};
use crate::rate_limit::{self, RateLimit};
use crate::{Config, ListScope, Logo, ServerError, health, operator_token, pages, site, telemetry};

/// Where password managers look for the page (<https://www.w3.org/TR/change-password-url/>).
const CHANGE_PASSWORD: &str = "/.well-known/change-password";

/// The path of the web app manifest.
const MANIFEST: &str = "/manifest.webmanifest";

/// The state of the handlers: accounts, sessions, and the configuration for browsers.
#[derive(Clone)]
pub struct Server {
    pub(crate) sessions: Sessions,
    pub(crate) accounts: Accounts,
    pub(crate) http: SessionHttp,
    pub(crate) leptos: LeptosOptions,
    /// The paths of the pages, and the name of the service.
    pub(crate) options: MultiSessionOptions,
    /// The other site from which pages load images, for the content security policy: empty, or with a leading
    /// space.
    pub(crate) images: String,
    /// The colour of the window of the installed app.
    pub(crate) theme_color: String,
    colors: Router<Self>,
    list_scope: ListScope,
    operators: OperatorTokens,
    rate_limited: bool,
    transport_security: Option<HeaderValue>,
    body_time: Duration,
    counts_requests: bool,
}

impl Server {
    /// Creates it from the configuration.
    ///
    /// # Errors
    ///
    /// [`ServerError::Config`] when an origin, the cookie prefix or the hash of an operator token is invalid.
    pub fn new(config: &Config, accounts: Accounts) -> Result<Self, ServerError> {
        start_render_threads();
        let sessions = accounts.sessions().clone();
        Ok(Self {
            http: http(config, &sessions).map_err(|error| ServerError::Config(error.to_string()))?,
            sessions,
            accounts,
            leptos: site::options(config)?,
            options: pages::options(config),
            images: config
                .logo
                .as_ref()
                .and_then(Logo::origin)
                .map(|it| format!(" {it}"))
                .unwrap_or_default(),
            theme_color: config.accent_color.map_or_else(|| "#4150cf".to_owned(), |it| it.to_string()),
            colors: pages::colors(config),
            list_scope: config.list_scope,
            operators: operator_token::tokens(&config.operator_token_hash)?,
            rate_limited: config.is_rate_limited(),
            transport_security: config.transport_security(),
            body_time: BODY_TIME,
            counts_requests: config.metrics_addr.is_some(),
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

fn http(config: &Config, sessions: &Sessions) -> Result<SessionHttp, InvalidSetting> {
    let others = config.trusted_origins.iter().map(|origin| origin.trim());
    Ok(SessionHttp::new(sessions, &config.base_url())?
        .with_trusted_origins(others.filter(|origin| !origin.is_empty()))?
        .with_cookie_prefix(&config.cookie_prefix)?
        .with_client_address(ClientAddress::new(config.trusted_proxies.clone()))
        .with_clear_site_data(true)
        .with_unattended(multi_session_leptos::is_unattended)
        .with_proven(is_proven))
}

/// Whether the token of a mailed link proves the request.
fn is_proven(uri: &Uri) -> bool {
    [RESET_PASSWORD_FN, REPORT_BY_MAIL].contains(&uri.path())
}

/// Creates the router with everything.
pub fn router(server: &Server) -> Router {
    let http = &server.http;
    let limit = server.rate_limited.then(|| RateLimit::new(http.clone()));
    let limited = |routes: Router<Server>| match &limit {
        Some(limit) => routes.layer(from_fn_with_state(limit.clone(), rate_limit::enforce)),
        None => routes,
    };
    let api = http
        .api()
        .accounts(&server.accounts)
        .operator_tokens(server.operators.clone())
        .describe_webhooks(true)
        .list_held_only(server.list_scope == ListScope::Browser)
        .error_page(pages::error_page(server))
        .body_time(server.body_time);
    let counted = server.counts_requests.then(|| {
        let own = ["/readyz", "/healthz", CHANGE_PASSWORD, MANIFEST].map(str::to_owned);
        RequestsLayer(Requests::new(pages::paths(server).into_iter().chain(api.paths()).chain(own)))
    });
    let dynamic = pages::router(server)
        .layer(http.layer())
        .layer(from_fn_with_state(server.body_time, bounded))
        .merge(api)
        .route("/readyz", get(health::readyz));
    let routes = limited(dynamic)
        .merge(pages::files(server, limited(pages::not_found(server))))
        .route("/healthz", get(health::healthz))
        .route(CHANGE_PASSWORD, get(async || Redirect::to("/change-password")))
        .route(MANIFEST, get(pages::manifest))
        .merge(server.colors.clone())
        .with_state(server.clone());
    let transport = server.transport_security.clone();
    // Outermost first. They wrap the router and not its routes: a request clones what it passes through, and
    // a router is cheap to clone.
    let layers = (
        option_layer(counted),
        MapResponseLayer::new(move |it| pages::with_security_headers(it, transport.as_ref())),
        TraceLayer::new_for_http().make_span_with(telemetry::request_span),
        CompressionLayer::new().compress_when(is_page),
        from_fn_with_state(Refusals::new(server), refused::explain_refusal),
        CatchPanicLayer::custom(panicked),
    );
    Router::new().fallback_service(layers.layer(routes))
}

/// Whether to compress an answer: only pages. Files are compressed already, and streams must not wait.
/// Answers of the API may contain secrets next to text from others (CRIME, BREACH); pages never do.
fn is_page(_status: StatusCode, _version: Version, headers: &HeaderMap, _extensions: &Extensions) -> bool {
    headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}

/// The hook of [`crate::telemetry`] has logged the panic. The server keeps running.
fn panicked(_panic: Box<dyn Any + Send>) -> Response {
    Problem::from(Code::Internal).into_response()
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::routing;
    use http::Request;
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
