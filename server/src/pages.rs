//! The Leptos app: its pages, its server functions, and the files it needs.

use std::panic::resume_unwind;
use std::thread::available_parallelism;
use std::time::Duration;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, get_service};
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, REFERER, REFERRER_POLICY, RETRY_AFTER,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderValue, StatusCode, Uri};
use leptos::IntoView;
use leptos::config::LeptosOptions;
use leptos::context::provide_context;
use leptos::nonce::use_nonce;
use leptos::prelude::use_context;
use leptos_axum::{LeptosRoutes, ResponseOptions};
use multi_session::api::FailedRedirect;
use multi_session::http::{Problem, SessionLayer, SessionRequest};
use multi_session::{Accounts, Code, Ending, Error, SessionId};
use multi_session_leptos::{MultiSessionOptions, SIGN_IN_TO_EXPORT, SignedOutElsewhere, page_paths, shell};
use tokio_util::task::LocalPoolHandle;
use tower_http::services::ServeDir;
use tower_http::set_header::SetResponseHeader;
use tracing::{Instrument, Span};

use crate::Server;

pub(crate) mod refused;

/// How long a browser may take from hearing that its session ended to asking for the next page.
const JUST_NOW: Duration = Duration::from_secs(60);
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
    let with_pages = paths.iter().fold(functions, |router, path| router.route(path, get(page)));
    let with_export = with_pages.route(&export, get(export_history));
    let slashed = paths.iter().chain([&export]).filter(|path| *path != "/");
    slashed.fold(with_export, |router, path| router.route(&[path, "/"].concat(), get(without_slash)))
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
    render(&server, request, None, shell).await
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

/// Renders the page at the request's path completely; it says its status itself. Whoever does not belong there is sent on
/// before anything is rendered.
///
/// A browser whose session was ended elsewhere is sent on first, with `?ended=` to be told there.
async fn page(State(server): State<Server>, state: SessionRequest, request: Request) -> Response {
    if let Some(onward) = onward(&state, &request) {
        return Redirect::to(&onward).into_response();
    }
    let (path, query) = (request.uri().path(), request.uri().query().unwrap_or_default());
    let shows_notice = multi_session_leptos::is_told(&state, query);
    let has_news = shows_notice || multi_session_leptos::query_value(query, "__err").is_some();
    let asked = asked_ending(request.uri().query());
    let is_ours = comes_from_a_page_of_ours(request.headers());
    // What a mail has led to goes first.
    let is_secret = path == "/reset-password" || multi_session_leptos::query_value(query, "token").is_some();
    let is_open = is_secret || ["/forgot-password", "/not-me"].contains(&path);
    if !is_open && let Some(moved) = move_on(&server, &state, path, asked.as_ref(), is_ours, has_news).await {
        return moved;
    }
    // A database that does not answer is told by the page itself.
    let signed_in = state.browser().map(|browser| browser.active().is_some());
    if let Ok(signed_in) = signed_in
        && let Some(to) = multi_session_leptos::redirect(&OPTIONS, path, query, signed_in)
    {
        return Redirect::to(&to).into_response();
    }
    // Where there is no mail server there is nothing to ask.
    if path == "/forgot-password" && !server.accounts.sends_mail() {
        return Redirect::to(OPTIONS.sign_in_path()).into_response();
    }
    let ending = match &asked {
        Some(id) => told_ending(&server, &state, id, is_ours).await,
        None => None,
    };
    let told = ending.map(|ending| SignedOutElsewhere {
        ending,
        now_using: state.browser().ok().and_then(|browser| Some(browser.active()?.user.name.clone())),
        now: server.sessions.now(),
    });
    let signs_in = ["/sign-in", "/sign-up"].contains(&path);
    let mut response = render(&server, request, told, shell).await;
    // A redirect passes it on.
    if response.status().is_success() {
        // Also where other cookies came: this answer may clear them, and a notice goes by itself.
        if signs_in {
            state.probe_cookies();
        } else if shows_notice {
            state.clear_notice();
        }
    }
    if is_secret {
        // Nothing that the page asks for is told where it was asked from.
        response.headers_mut().insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    }
    response
}

/// Where a person goes on to who has just signed in at a page whose address asks for that.
///
/// Every sign-in leads to the same page, with a script or without, which the Referer tells where the person was. Where
/// none is sent, people arrive where everybody does.
fn onward(state: &SessionRequest, request: &Request) -> Option<String> {
    let has_signed_in =
        multi_session_leptos::query_value(request.uri().query()?, "done") == Some("signed-in");
    let from = String::from_utf8_lossy(request.headers().get(REFERER)?.as_bytes());
    let is_ours = comes_from_a_page_of_ours(request.headers());
    let is_asked = is_ours && has_signed_in && from.contains(SIGN_IN_TO_EXPORT);
    (is_asked && state.browser().ok()?.active().is_some()).then(|| OPTIONS.history_path().to_string())
}

/// Gives what happened as a file; whoever has to prove first who they are comes back to it by itself.
async fn export_history(State(server): State<Server>, state: SessionRequest, request: Request) -> Response {
    let file = multi_session_leptos::export_history(OPTIONS, &state, request.uri(), request.headers()).await;
    match file {
        Ok(file) => file,
        Err(error) => instead(&server, request, error).await,
    }
}

/// What answers where a file cannot be made: whoever is refused it is sent to where they belong, and a failure is told at
/// its own address.
async fn instead(server: &Server, request: Request, error: Error) -> Response {
    if let Error::Refused(code) = error {
        return Redirect::to(OPTIONS.home(code != Code::Unauthorized)).into_response();
    }
    let code = error.code();
    let failure = Problem::from(error).into_response();
    // An address that is empty is the page's own.
    let link = (String::new(), "Try again".to_owned());
    let mut response = render(server, request, None, move |options| {
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
    render(&server, request, None, move |options| {
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
    told: Option<SignedOutElsewhere>,
    document: impl Fn(LeptosOptions) -> View + Clone + Send + Sync + 'static,
) -> Response {
    let accounts = server.accounts.clone();
    let options = server.leptos.clone();
    let rendering = leptos_axum::render_app_async_with_context(
        move || {
            context(&accounts);
            if let Some(told) = &told {
                provide_context(told.clone());
            }
        },
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

/// Whether one of our own pages leads there: a link of another site makes nobody act as another account.
fn comes_from_a_page_of_ours(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_some_and(|site| site == "same-origin")
}

/// The session that `?ended=` names.
fn asked_ending(query: Option<&str>) -> Option<SessionId> {
    let mut pairs = url::form_urlencoded::parse(query?.as_bytes());
    let (_, id) = pairs.find(|(name, _)| name == "ended")?;
    SessionId::new(id).ok()
}

/// How a session ended, for the browser that held it.
async fn told_ending(
    server: &Server,
    state: &SessionRequest,
    id: &SessionId,
    is_ours: bool,
) -> Option<Ending> {
    let sessions = &server.sessions;
    // A database that does not answer is told by the page itself.
    if let Some(ending) = sessions.ending_told(state.presented(), id).await.ok()? {
        return Some(ending);
    }
    // Another tab has signed out, and taken the cookies away. That is all that is told then: no device is named.
    let ending = sessions.ending(id).await.ok()??;
    let is_of_another_tab = is_ours && ending.is_own() && sessions.now().since(ending.at) < JUST_NOW;
    is_of_another_tab.then_some(ending)
}

/// Where a browser goes whose active session was ended elsewhere: to the next account it holds, or to sign in. `asked` is
/// the session that the address names, which counts where one of our own pages leads there.
async fn move_on(
    server: &Server,
    state: &SessionRequest,
    path: &str,
    asked: Option<&SessionId>,
    is_ours: bool,
    has_news: bool,
) -> Option<Response> {
    let browser = state.browser().ok().filter(|browser| browser.active().is_none())?;
    let lost = match (server.sessions.lost(state.presented()).await.ok()?, asked) {
        // Another request of this browser may have taken the dead cookie away already: it goes on, and is told nothing.
        (None, Some(id)) if is_ours && !browser.held().is_empty() => {
            let now = server.sessions.now();
            let ending = server.sessions.ending(id).await.ok()?;
            ending.filter(|ending| now.since(ending.at) < JUST_NOW)
        }
        (lost, _) => lost,
    };
    let ending = lost.filter(|ending| !ending.is_own())?;
    let next = server.sessions.fall_over(&browser);
    // A notice or the error of a form is told first. Or it is told already: the dead cookie stays for as long as the session may live again. Meanwhile the person may make
    // another account.
    let is_there = path == OPTIONS.home(false) && asked == Some(&ending.id);
    if next.active().is_none() && (has_news && path == OPTIONS.home(false) || path == "/sign-up" || is_there)
    {
        return None;
    }
    let to = format!("{}?ended={}", OPTIONS.home(next.active().is_some()), ending.id);
    state.set_browser(next.to_be_told(state.presented()));
    Some(Redirect::to(&to).into_response())
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
