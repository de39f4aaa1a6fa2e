//! The Leptos app: its pages, its server functions, and the files it needs.

use std::convert::Infallible;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn, from_fn_with_state};
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

/// How long a file is kept whose address changes with its content.
const FOREVER: &str = "public, max-age=31536000, immutable";
/// The style with the colours of the configuration.
const COLORS: &str = "/colors.css";

/// Where the pages are, and what the configuration says of their looks.
///
/// The pages know texts that never go only, so what is made here stays for good: it is called once for a server.
pub(crate) fn options(config: &Config) -> MultiSessionOptions {
    let leaked = |text: String| -> &'static str { text.leak() };
    let options = MultiSessionOptions::SITE.brand(leaked(config.service_name.clone()));
    let options = match &config.logo {
        Some(logo) => options.logo_image(leaked(logo.address().to_owned())),
        None => options,
    };
    // Another colour has another address, so that it may be kept for ever.
    match config.accent_color {
        Some(color) => options.stylesheet(leaked(format!("{COLORS}?{}", color.to_string().replace('#', "")))),
        None => options,
    }
}

/// The style with the colours of the configuration, where it has some.
pub(crate) fn colors(config: &Config) -> Router<Server> {
    let Some(color) = config.accent_color else { return Router::new() };
    let headers = [(CONTENT_TYPE, "text/css"), (CACHE_CONTROL, FOREVER)];
    let style = service::style(color);
    Router::new().route(COLORS, get(async move || (headers, style)))
}

/// What a browser that installs the site as an app is told of it.
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
    // Without a mail server there is nothing to ask.
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
        // A file is sent while it is read, no faster than its reader reads.
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

/// The page for what is not there.
pub(crate) fn not_found(server: &Server) -> Router<Server> {
    let pages = Router::new().fallback(missing);
    pages.layer(from_fn(pinned)).layer(server.http.layer())
}

async fn missing(State(server): State<Server>, request: Request) -> Response {
    render(&server, request, shell).await
}

/// The files that the pages need; `not_found` answers for all others.
pub(crate) fn files(server: &Server, not_found: Router<Server>) -> Router<Server> {
    // A hash in the name is a promise that the content never changes.
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

/// Gives what happened as a file; whoever has to prove first who they are comes back to it by itself.
async fn export_history(State(server): State<Server>, state: SessionRequest, request: Request) -> Response {
    let file =
        multi_session_leptos::export_history(server.options, &state, request.uri(), request.headers()).await;
    match file {
        Ok(file) => file,
        Err(error) => instead(&server, request, error).await,
    }
}

/// Tells at its own address that a file cannot be made.
async fn instead(server: &Server, request: Request, error: Error) -> Response {
    let code = error.code();
    let failure = Problem::from(error).into_response();
    // An address that is empty is the page's own.
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

/// The page that tells of a redirect that failed.
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

/// Renders a document with our policy.
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

/// What pages and server functions find in their context, and the policy that a page's scripts must obey.
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

/// The headers that every answer has (ASVS 5.0, 3.4); those with a page's nonce are set by the page.
pub(crate) async fn security_headers(
    State(transport): State<Option<HeaderValue>>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = next.run(request).await;
    let status = response.status();
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // Forms without script go back where they came from by the Referer, which stays on this site.
    headers.entry(REFERRER_POLICY).or_insert(HeaderValue::from_static("same-origin"));
    headers.insert(
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    );
    headers
        .entry(CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"));
    // Caches keep some refusals by themselves, such as 404.
    if status.is_client_error() || status.is_server_error() {
        headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    }
    if let Some(transport) = transport {
        headers.insert(STRICT_TRANSPORT_SECURITY, transport);
    }
    response
}
