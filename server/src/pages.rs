//! The Leptos app: its pages, its server functions, and the files it needs.

use std::panic::resume_unwind;
use std::thread::available_parallelism;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, get_service};
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, RETRY_AFTER,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderValue, StatusCode, Uri};
use leptos::IntoView;
use leptos::config::LeptosOptions;
use leptos::context::provide_context;
use leptos::nonce::use_nonce;
use leptos::prelude::use_context;
use leptos_axum::{LeptosRoutes, ResponseOptions};
use multi_session::api::FailedRedirect;
use multi_session::http::{Problem, SessionLayer, SessionRequest};
use multi_session::{Accounts, Code, Error};
use multi_session_leptos::{MultiSessionOptions, page_paths, redirects, shell};
use tokio_util::task::LocalPoolHandle;
use tower_http::services::ServeDir;
use tower_http::set_header::SetResponseHeader;
use tracing::{Instrument, Span};

use crate::Server;

pub(crate) mod refused;

/// The title of a page that cannot be made now; those of the application have the same.
const UNAVAILABLE: &str = "This page could not be loaded";
/// Where the pages are.
const OPTIONS: MultiSessionOptions = MultiSessionOptions::SITE;

/// Starts the threads that render pages: one for each processor, with a runtime of its own. It is done before anything is
/// served: a runtime needs files, of which connections may have left none when the first page is asked for.
pub(crate) fn threads() -> LocalPoolHandle {
    LocalPoolHandle::new(available_parallelism().map_or(2, usize::from))
}

/// The pages and the server functions that they call.
pub(crate) fn router(server: &Server) -> Router<Server> {
    let options = server.leptos.clone();
    let accounts = server.accounts.clone();
    // Pages are rendered by threads of our own: this adds the server functions.
    let functions = Router::new().leptos_routes_with_context(
        server,
        Vec::new(),
        move || context(&accounts),
        move || shell(options.clone()),
    );
    let export = OPTIONS.export_path().to_string();
    let paths = page_paths();
    let with_pages = paths.iter().fold(functions, |router, path| {
        // Without a mail server there is nothing to ask.
        let is_useless = path == "/forgot-password" && !server.accounts.sends_mail();
        router.route(path, if is_useless { get(to_sign_in) } else { get(page) })
    });
    let with_pages = with_pages.layer(from_fn_with_state(OPTIONS, redirects));
    let with_export = with_pages.route(&export, get(export_history));
    let slashed = paths.iter().chain([&export]).filter(|path| *path != "/");
    slashed.fold(with_export, |router, path| router.route(&[path, "/"].concat(), get(without_slash)))
}

async fn to_sign_in() -> Redirect {
    Redirect::to(OPTIONS.sign_in_path())
}

/// A page's address has no slash at its end.
async fn without_slash(uri: Uri) -> Redirect {
    let path = uri.path().trim_end_matches('/');
    Redirect::permanent(&uri.query().map_or_else(|| path.to_owned(), |query| [path, "?", query].concat()))
}

/// The page for what is not there.
pub(crate) fn not_found(layer: SessionLayer) -> Router<Server> {
    Router::new().fallback(missing).layer(layer)
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
            let forever = HeaderValue::from_static("public, max-age=31536000, immutable");
            (response.status() == StatusCode::OK).then_some(forever)
        },
    );
    let root = folder(server, "").fallback(not_found.with_state(server.clone()));
    Router::new().nest_service("/pkg", hashed).fallback_service(get_service(root))
}

/// Renders the page at the request's path completely; it says its status itself.
async fn page(State(server): State<Server>, request: Request) -> Response {
    render(&server, request, shell).await
}

/// Gives what happened as a file; whoever has to prove first who they are comes back to it by itself.
async fn export_history(State(server): State<Server>, state: SessionRequest, request: Request) -> Response {
    let file = multi_session_leptos::export_history(OPTIONS, &state, request.uri(), request.headers()).await;
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

/// Tells of a redirect that failed.
pub(crate) async fn failed_redirect(
    State(server): State<Server>,
    FailedRedirect { code, sentence, .. }: FailedRedirect,
    request: Request,
) -> Response {
    let link = ("/".to_owned(), "Go to the start".to_owned());
    render(&server, request, move |options| {
        refused::page(options, refused::TITLE, &code, sentence.to_owned(), link.clone())
    })
    .await
}

/// Renders a document with our policy.
///
/// All of a page is rendered on one thread, to its end even when nobody waits for it any more. What Leptos does beside
/// the rendering, such as asking for the list, would else run on another thread at the same moment, and about one page in
/// ten thousand then found a value that was just being computed, or was gone with its request: a panic.
pub(crate) async fn render<View: IntoView + 'static>(
    server: &Server,
    request: Request,
    document: impl Fn(LeptosOptions) -> View + Clone + Send + Sync + 'static,
) -> Response {
    let accounts = server.accounts.clone();
    let options = server.leptos.clone();
    let rendering = leptos_axum::render_app_async_with_context(
        move || context(&accounts),
        move || document(options.clone()),
    );
    let span = Span::current();
    let rendered = server.threads.spawn_pinned(move || {
        let rendered = async move {
            let (head, body) = rendering(request).await.into_response().into_parts();
            // A page fits into memory many times: it was rendered there.
            let body = to_bytes(body, usize::MAX).await;
            body.map(|body| Response::from_parts(head, body.into()))
        };
        rendered.instrument(span)
    });
    match rendered.await {
        Ok(Ok(response)) => response,
        Ok(Err(error)) => {
            tracing::error!(%error, "a page was not rendered to its end");
            Problem::from(Code::Internal).into_response()
        }
        // It is answered as any other panic.
        Err(ended) => match ended.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            // The server is stopping.
            Err(_) => Problem::from(Code::ServerBusy).into_response(),
        },
    }
}

fn folder(server: &Server, name: &str) -> ServeDir {
    let path = std::path::Path::new(&*server.leptos.site_root).join(name);
    ServeDir::new(path).append_index_html_on_directories(false).precompressed_br().precompressed_gzip()
}

/// What pages and server functions find in their context, and the policy that a page's scripts must obey.
fn context(accounts: &Accounts) {
    multi_session_leptos::context(accounts.sessions(), OPTIONS)();
    provide_context(accounts.clone());
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
