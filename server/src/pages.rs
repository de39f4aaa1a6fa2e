//! The Leptos app: its pages, its server functions, and the files it needs.

use app::{RenderedAt, shell};
use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, get_service};
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderValue, StatusCode};
use leptos::IntoView;
use leptos::config::LeptosOptions;
use leptos::context::provide_context;
use leptos::nonce::use_nonce;
use leptos::prelude::use_context;
use leptos_axum::{LeptosRoutes, ResponseOptions};
use multi_session::Engine;
use multi_session::http::SessionLayer;

use tower_http::services::ServeDir;
use tower_http::set_header::SetResponseHeader;

use crate::Server;

/// The pages and the server functions that they call.
pub(crate) fn router(server: &Server) -> Router<Server> {
    let options = server.leptos.clone();
    let engine = server.engine.clone();
    // There are no routes of Leptos' own: this adds the server functions.
    let functions = Router::new().leptos_routes_with_context(
        server,
        Vec::new(),
        move || context(&engine),
        move || shell(options.clone()),
    );
    ["/", "/sign-in", "/sign-up", "/sessions"]
        .into_iter()
        .fold(functions, |router, path| router.route(path, get(page)))
}

/// The files that the pages need, and the page for what is not there.
pub(crate) fn files(server: &Server, sessions: SessionLayer) -> Router<Server> {
    // A hash in the name is a promise that the content never changes.
    let hashed = SetResponseHeader::overriding(
        folder(server, "pkg"),
        CACHE_CONTROL,
        |response: &http::Response<_>| {
            let forever = HeaderValue::from_static("public, max-age=31536000, immutable");
            (response.status() == StatusCode::OK).then_some(forever)
        },
    );
    let not_found = Router::new().fallback(not_found).layer(sessions).with_state(server.clone());
    Router::new()
        .nest_service("/pkg", hashed)
        .fallback_service(get_service(folder(server, "").fallback(not_found)))
}

/// Renders the page at the request's path completely; it says its status itself.
async fn page(State(server): State<Server>, request: Request) -> Response {
    render(&server, request, shell).await
}

/// Renders a document with our policy.
pub(crate) async fn render<View: IntoView + 'static>(
    server: &Server,
    request: Request,
    document: impl Fn(LeptosOptions) -> View + Clone + Send + Sync + 'static,
) -> Response {
    let engine = server.engine.clone();
    let options = server.leptos.clone();
    let render = leptos_axum::render_app_async_with_context(
        move || context(&engine),
        move || document(options.clone()),
    );
    render(request).await.into_response()
}

async fn not_found(server: State<Server>, request: Request) -> Response {
    let mut response = page(server, request).await;
    if response.status() == StatusCode::OK {
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    response
}

fn folder(server: &Server, name: &str) -> ServeDir {
    let path = std::path::Path::new(&*server.leptos.site_root).join(name);
    ServeDir::new(path).append_index_html_on_directories(false).precompressed_br().precompressed_gzip()
}

/// What pages and server functions find in their context, and the policy that a page's scripts must obey.
fn context(engine: &Engine) {
    provide_context(engine.clone());
    provide_context(RenderedAt(engine.now()));
    let (Some(nonce), Some(response)) = (use_nonce(), use_context::<ResponseOptions>()) else { return };
    let policy = format!(
        "default-src 'self'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; \
         img-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; \
         frame-ancestors 'none'"
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.insert_header(CONTENT_SECURITY_POLICY, policy);
    }
}

/// The headers that every answer has (ASVS 5.0, 3.4); those with a page's nonce are set by the page.
pub(crate) async fn security_headers(State(https): State<bool>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // Forms without script go back where they came from by the Referer, which stays on this site.
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    );
    headers
        .entry(CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"));
    if https {
        let year = HeaderValue::from_static("max-age=31536000; includeSubDomains");
        headers.insert(STRICT_TRANSPORT_SECURITY, year);
    }
    response
}
