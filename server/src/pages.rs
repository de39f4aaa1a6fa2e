//! The Leptos app: pages, server functions, and files.

use std::convert::Infallible;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{MethodRouter, get, get_service};
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, REFERRER_POLICY, RETRY_AFTER,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderValue, StatusCode};
use leptos::IntoView;
use leptos::config::LeptosOptions;
use leptos::context::provide_context;
use leptos::nonce::use_nonce;
use leptos::prelude::use_context;
use leptos::server_fn::axum::server_fn_paths;
use leptos_axum::{LeptosRoutes, ResponseOptions};
use multi_session::Error;
use multi_session::api::FailedRedirect;
use multi_session::http::{Problem, SessionRequest};
use multi_session_leptos::{
    MultiSessionOptions, UNAVAILABLE, page_routes, pinned, redirects, shell, without_slash,
};
use serde_json::json;
use tower_http::services::ServeDir;
use tower_http::set_header::SetResponseHeader;

use crate::{Config, Server, service};

pub(crate) mod refused;

/// For files whose address changes with their content.
const FOREVER: &str = "public, max-age=31536000, immutable";
/// The style sheet with the configured colours.
const COLORS: &str = "/colors.css";

/// The paths and the configured looks of the pages.
///
/// The options need `'static` texts, so this leaks some memory. It is called once for each server.
pub(crate) fn options(config: &Config) -> MultiSessionOptions {
    let leaked = |text: String| -> &'static str { text.leak() };
    let options = MultiSessionOptions::SITE.brand(leaked(config.service_name.clone()));
    let options = match &config.logo {
        Some(logo) => options.logo_image(leaked(logo.address().to_owned())),
        None => options,
    };
    // Each colour has its own address, so that it can be cached forever.
    match config.accent_color {
        Some(color) => options.stylesheet(leaked(format!("{COLORS}?{}", color.to_string().replace('#', "")))),
        None => options,
    }
}

/// The route of the style sheet with the configured colours, if there are any.
pub(crate) fn colors(config: &Config) -> Router<Server> {
    let Some(color) = config.accent_color else { return Router::new() };
    let headers = [(CONTENT_TYPE, "text/css"), (CACHE_CONTROL, FOREVER)];
    let style = service::style(color);
    Router::new().route(COLORS, get(async move || (headers, style)))
}

/// The manifest for browsers that install the site as an app.
pub(crate) async fn manifest(State(server): State<Server>) -> impl IntoResponse {
    let name = server.options.brand_name();
    let manifest = json!({
        "name": name,
        "short_name": name,
        "description": "See every device signed in to your account.",
        "start_url": "/",
        "display": "minimal-ui",
        "background_color": "#f7f7f9",
        "theme_color": server.theme_color,
        "icons": [{ "src": "/favicon.svg", "sizes": "any", "type": "image/svg+xml" }],
    });
    ([(CONTENT_TYPE, "application/manifest+json")], manifest.to_string())
}

/// The pages and the server functions that they call.
pub(crate) fn router(server: &Server) -> Router<Server> {
    let (options, context_of) = (server.leptos.clone(), server.clone());
    // Without a mail server this page is useless.
    let is_useless = |path: &str| path == "/forgot-password" && !server.accounts.sends_mail();
    let (useless, routes): (Vec<_>, Vec<_>) =
        page_routes().iter().cloned().partition(|route| is_useless(route.path()));
    let pages = Router::new().leptos_routes_with_context(
        server,
        routes,
        move || context(&context_of),
        move || shell(options.clone()),
    );
    let pages = useless.iter().fold(pages, |pages, route| pages.route(route.path(), get(to_sign_in)));
    let export = server.options.export_path().to_string();
    let pages = pages
        .layer(from_fn_with_state(server.options, redirects))
        .layer(from_fn(pinned))
        // The file is streamed as fast as the client reads.
        .route(&export, get(export_history));
    let paths: Vec<_> = page_routes().iter().map(|route| route.path().to_owned()).chain([export]).collect();
    without_slash(pages, &paths)
}

/// The paths of the pages, of the server functions that they call, and of the files that they need.
pub(crate) fn paths(server: &Server) -> Vec<String> {
    let pages = page_routes().iter().map(|route| route.path().to_owned());
    let functions = server_fn_paths().map(|(path, _)| path.to_owned());
    let others = [server.options.export_path().to_string(), COLORS.to_owned(), "/pkg/{*file}".to_owned()];
    pages.chain(functions).chain(others).collect()
}

async fn to_sign_in(State(server): State<Server>) -> Redirect {
    Redirect::to(server.options.sign_in_path())
}

/// The "not found" page.
pub(crate) fn not_found(server: &Server) -> Router<Server> {
    let pages = Router::new().fallback(missing);
    pages.layer(from_fn(pinned)).layer(server.http.layer())
}

async fn missing(State(server): State<Server>, request: Request) -> Response {
    render(&server, request, shell).await
}

/// The files that the pages need. `not_found` answers for all others.
pub(crate) fn files(server: &Server, not_found: Router<Server>) -> Router<Server> {
    // Files with a hash in their name never change.
    let hashed = SetResponseHeader::overriding(
        folder(server, "pkg"),
        CACHE_CONTROL,
        |response: &http::Response<_>| {
            (response.status() == StatusCode::OK).then_some(HeaderValue::from_static(FOREVER))
        },
    );
    let root = folder(server, "").fallback(not_found.with_state(server.clone()));
    Router::new().nest_service("/pkg", hashed).fallback_service(get_service(root))
}

/// Sends the history as a file. If a step-up is needed first, the person is redirected back here afterwards.
async fn export_history(State(server): State<Server>, state: SessionRequest, request: Request) -> Response {
    let file =
        multi_session_leptos::export_history(server.options, &state, request.uri(), request.headers()).await;
    match file {
        Ok(file) => file,
        Err(error) => instead(&server, request, error).await,
    }
}

/// An error page in place of a file that could not be created.
async fn instead(server: &Server, request: Request, error: Error) -> Response {
    let code = error.code();
    let failure = Problem::from(error).into_response();
    // An empty address is that of the page itself.
    let link = (String::new(), "Try again".to_owned());
    let mut response = render(server, request, move |options| {
        refused::page(options, UNAVAILABLE, code.as_str(), code.sentence().to_owned(), link.clone())
    })
    .await;
    *response.status_mut() = failure.status();
    if let Some(wait) = failure.headers().get(RETRY_AFTER) {
        response.headers_mut().insert(RETRY_AFTER, wait.clone());
    }
    response
}

/// The page for failed redirects.
pub(crate) fn error_page(server: &Server) -> MethodRouter {
    let page = get(failed_redirect).layer::<_, Infallible>(from_fn(pinned));
    page.layer(server.http.layer()).with_state(server.clone())
}

async fn failed_redirect(
    State(server): State<Server>,
    FailedRedirect { code, sentence, .. }: FailedRedirect,
    request: Request,
) -> Response {
    let link = ("/".to_owned(), "Go to home page".to_owned());
    render(&server, request, move |options| {
        refused::page(options, refused::TITLE, &code, sentence.to_owned(), link.clone())
    })
    .await
}

/// Renders a document with our content security policy.
async fn render<View: IntoView + 'static>(
    server: &Server,
    request: Request,
    document: impl Fn(LeptosOptions) -> View + Clone + Send + Sync + 'static,
) -> Response {
    let (server, options) = (server.clone(), server.leptos.clone());
    let rendering = leptos_axum::render_app_async_with_context(
        move || context(&server),
        move || document(options.clone()),
    );
    rendering(request).await.into_response()
}

fn folder(server: &Server, name: &str) -> ServeDir {
    let path = std::path::Path::new(&*server.leptos.site_root).join(name);
    ServeDir::new(path).append_index_html_on_directories(false).precompressed_br().precompressed_gzip()
}

/// Provides the context of pages and server functions, and sets the content security policy of a page.
fn context(server: &Server) {
    provide_context(server.accounts.clone());
    provide_context(server.options);
    let (Some(nonce), Some(response)) = (use_nonce(), use_context::<ResponseOptions>()) else { return };
    let policy = format!(
        "default-src 'self'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; \
         img-src 'self' data:{}; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; \
         frame-ancestors 'none'",
        server.images
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.insert_header(CONTENT_SECURITY_POLICY, policy);
    }
}

/// The headers of every answer (ASVS 5.0, 3.4). Pages set those with their nonce themselves.
pub(crate) fn with_security_headers<B>(
    mut response: http::Response<B>,
    transport: Option<&HeaderValue>,
) -> http::Response<B> {
    let status = response.status();
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // Forms without scripts return to their page by the Referer, which is only sent within this site.
    headers.entry(REFERRER_POLICY).or_insert(HeaderValue::from_static("same-origin"));
    headers.insert(
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    );
    headers
        .entry(CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"));
    // Caches may store some errors by default, such as 404.
    if status.is_client_error() || status.is_server_error() {
        headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    }
    if let Some(transport) = transport {
        headers.insert(STRICT_TRANSPORT_SECURITY, transport.clone());
    }
    response
}
