//! The Leptos app: its pages, its server functions, and the files it needs.

use std::panic::resume_unwind;
use std::thread::available_parallelism;
use std::time::Duration;

use app::{
    Confirm, HISTORY, HistoryAsked, HistoryShown, NotMePage, PlainPage, RenamePage, RenderedAt,
    SignedOutElsewhere, UnavailablePage, home, page_paths, plain_pages, shell,
};
use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{MethodRouter, get, get_service};
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, REFERER, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderValue, StatusCode, Uri};
use leptos::IntoView;
use leptos::config::LeptosOptions;
use leptos::context::provide_context;
use leptos::nonce::use_nonce;
use leptos::prelude::use_context;
use leptos_axum::{LeptosRoutes, ResponseOptions};
use multi_session::api::{FailedRedirect, HistoryFormat, history_file};
use multi_session::http::{Problem, SessionLayer, SessionRequest};
use multi_session::{Accounts, Code, Ending, Error, HistoryFilter, HistoryKind, SessionId};
use tokio_util::task::LocalPoolHandle;
use tower_http::services::ServeDir;
use tower_http::set_header::SetResponseHeader;
use tracing::{Instrument, Span};

use crate::Server;

mod mail;
pub(crate) mod refused;

/// How long a browser may take from hearing that its session ended to asking for the next page.
const JUST_NOW: Duration = Duration::from_secs(60);

/// Starts the threads that render pages: one for each processor, with a runtime of its own. It is done before anything is
/// served: a runtime needs files, of which connections may have left none when the first page is asked for.
pub(crate) fn threads() -> LocalPoolHandle {
    LocalPoolHandle::new(available_parallelism().map_or(2, usize::from))
}

/// The pages and the server functions that they call.
pub(crate) fn router(server: &Server) -> Router<Server> {
    let options = server.leptos.clone();
    let accounts = server.accounts.clone();
    // There are no routes of Leptos' own: this adds the server functions.
    let functions = Router::new().leptos_routes_with_context(
        server,
        Vec::new(),
        move || context(&accounts),
        move || shell(options.clone()),
    );
    let with_plain = plain_pages().fold(functions, |router, (path, page)| router.route(path, plain(page)));
    let with_pages = page_paths().fold(with_plain, |router, path| router.route(path, get(page)));
    let slashed = page_paths().chain(plain_pages().map(|(path, _)| path)).filter(|path| *path != "/");
    slashed.fold(with_pages, |router, path| router.route(&[path, "/"].concat(), get(without_slash)))
}

/// A page's address has no slash at its end.
async fn without_slash(uri: Uri) -> Redirect {
    let path = uri.path().trim_end_matches('/');
    Redirect::permanent(&uri.query().map_or_else(|| path.to_owned(), |query| [path, "?", query].concat()))
}

/// What answers at a page that only the server makes.
fn plain(page: PlainPage) -> MethodRouter<Server> {
    match page {
        PlainPage::Confirm => get(confirm),
        PlainPage::Rename => get(rename),
        PlainPage::History => get(history),
        PlainPage::HistoryExport => get(export_history),
        PlainPage::ForgotPassword => get(mail::forgot_password),
        PlainPage::ResetPassword => get(mail::reset_password),
        PlainPage::NotMe => get(mail::not_me),
    }
}

/// The page for what is not there.
pub(crate) fn not_found(layer: SessionLayer) -> Router<Server> {
    Router::new().fallback(page).layer(layer)
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
///
/// A browser whose session was ended elsewhere is sent on first, with `?ended=` to be told there.
async fn page(State(server): State<Server>, state: SessionRequest, request: Request) -> Response {
    if let Some(onward) = onward(&state, &request) {
        return Redirect::to(onward).into_response();
    }
    let query = request.uri().query().unwrap_or_default();
    let shows_notice = app::is_told(&state, query);
    let has_news = shows_notice || app::query_value(query, "__err").is_some();
    let signs_in = app::signs_in(request.uri().path());
    let uri = request.uri();
    let asked = asked_ending(uri.query());
    // Browsers ask by themselves for what is no page, as for an icon.
    if !page_paths().any(|path| path == uri.path()) {
        return render(&server, request, None, shell).await;
    }
    let is_ours = comes_from_a_page_of_ours(request.headers());
    if let Some(moved) = move_on(&server, &state, uri.path(), asked.as_ref(), is_ours, has_news).await {
        return moved;
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
    let response = render(&server, request, told, shell).await;
    // A redirect passes it on.
    if response.status().is_success() {
        // Also where other cookies came: this answer may clear them, and a notice goes by itself.
        if signs_in {
            state.probe_cookies();
        } else if shows_notice {
            state.clear_notice();
        }
    }
    response
}

/// Where a person goes on to who has just signed in at a page whose address asks for that.
///
/// Every sign-in leads to the same page, with a script or without, which the Referer tells where the person was. Where
/// none is sent, people arrive where everybody does.
fn onward(state: &SessionRequest, request: &Request) -> Option<&'static str> {
    let has_signed_in = app::query_value(request.uri().query()?, "done") == Some("signed-in");
    let from = String::from_utf8_lossy(request.headers().get(REFERER)?.as_bytes());
    let is_ours = comes_from_a_page_of_ours(request.headers());
    let is_asked = is_ours && has_signed_in && from.contains(NotMePage::SIGN_IN_TO_EXPORT);
    (is_asked && state.browser().ok()?.active().is_some()).then_some(HISTORY)
}

/// Asks who it is before other sessions end; whoever has nothing to confirm is sent to where they belong.
async fn confirm(State(server): State<Server>, state: SessionRequest, request: Request) -> Response {
    match asked_step(&server, &state, request.uri().query().unwrap_or_default()).await {
        Ok(Some(asked)) => render(&server, request, None, move |options| asked.clone().page(options)).await,
        Ok(None) => Redirect::to("/").into_response(),
        Err(error) => instead(&server, request, error).await,
    }
}

/// What is to be confirmed, unless the person is not signed in, or so lately that nothing is asked.
async fn asked_step(server: &Server, state: &SessionRequest, query: &str) -> Result<Option<Confirm>, Error> {
    let sessions = &server.sessions;
    let browser = state.browser()?;
    let Some(active) = browser.active() else { return Ok(None) };
    if sessions.options().is_fresh(active.authenticated_at, sessions.now()) {
        return Ok(None);
    }
    let (rows, proofs) = (sessions.list(&browser).await?, sessions.accepted_proofs(&browser).await?);
    Ok(Confirm::of(query, &rows, &proofs, server.accounts.sends_mail()))
}

/// Asks what a device is called; whoever has no such device is sent to where they belong.
async fn rename(State(server): State<Server>, state: SessionRequest, request: Request) -> Response {
    let rows = match state.browser() {
        Ok(browser) => server.sessions.list(&browser).await,
        Err(error) => Err(error),
    };
    let asked = rows.map(|rows| RenamePage::of(request.uri().query().unwrap_or_default(), &rows));
    match asked {
        Ok(Some(asked)) => render(&server, request, None, move |options| asked.clone().page(options)).await,
        Ok(None) => Redirect::to("/").into_response(),
        Err(error) => instead(&server, request, error).await,
    }
}

/// Shows what happened to the account, or to one session of it.
async fn history(State(server): State<Server>, state: SessionRequest, request: Request) -> Response {
    let asked = HistoryAsked::of(request.uri().query().unwrap_or_default());
    match shown_history(&server, &state, asked).await {
        Ok(shown) => render(&server, request, None, move |options| shown.clone().page(options)).await,
        Err(error) => instead(&server, request, error).await,
    }
}

/// What the history's page shows of what is asked.
async fn shown_history(
    server: &Server,
    state: &SessionRequest,
    asked: HistoryAsked,
) -> Result<HistoryShown, Error> {
    let browser = state.browser()?;
    let active = browser.active().ok_or(Code::Unauthorized)?;
    let reports = HistoryFilter { kinds: vec![HistoryKind::Reported], limit: 1, ..HistoryFilter::default() };
    let reports = server.sessions.history(&browser, &reports).await?;
    Ok(HistoryShown {
        page: server.sessions.history(&browser, &asked.filter()).await?,
        asked,
        session: active.session.id.clone(),
        user: active.user.clone(),
        reported: reports.entries.first().map(|entry| entry.id),
    })
}

/// Gives what happened as a file; whoever has to prove first who they are comes back to it by itself.
async fn export_history(State(server): State<Server>, state: SessionRequest, request: Request) -> Response {
    let query = request.uri().query().unwrap_or_default();
    let format = app::query_value(query, "format").unwrap_or_default();
    // A link of another site writes nothing into a person's history.
    let is_elsewhere =
        request.headers().get("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none");
    if is_elsewhere {
        return Redirect::to(HISTORY).into_response();
    }
    match exported(&server, &state, HistoryFormat::of(format)).await {
        Ok(file) => file,
        Err(error) if error.code() == Code::SessionNotFresh => {
            Redirect::to(&Confirm::export_address(format)).into_response()
        }
        Err(error) => instead(&server, request, error).await,
    }
}

/// Everything that is kept of the active user's history.
async fn exported(server: &Server, state: &SessionRequest, format: HistoryFormat) -> Result<Response, Error> {
    let browser = state.browser()?;
    let user = browser.signed_in()?.user.clone();
    let history = server.sessions.export_history(&browser, state.client()).await?;
    Ok(history_file(format, server.sessions.now(), user, history))
}

/// What answers where a page cannot be made: whoever is refused it is sent to where they belong, and a failure is told
/// at the page's own address.
async fn instead(server: &Server, request: Request, error: Error) -> Response {
    if let Error::Refused(code) = error {
        return Redirect::to(home(code != Code::Unauthorized)).into_response();
    }
    let page = UnavailablePage(error);
    render(server, request, None, move |options| page.clone().page(options)).await
}

/// Tells of a redirect that failed.
pub(crate) async fn failed_redirect(
    State(server): State<Server>,
    FailedRedirect { code, sentence, .. }: FailedRedirect,
    request: Request,
) -> Response {
    let link = ("/".to_owned(), "Go to the start".to_owned());
    render(&server, request, None, move |options| {
        refused::page(options, &code, sentence.to_owned(), link.clone())
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
    let is_there = path == home(false) && asked == Some(&ending.id);
    if next.active().is_none() && (has_news && path == home(false) || path == "/sign-up" || is_there) {
        return None;
    }
    let to = format!("{}?ended={}", home(next.active().is_some()), ending.id);
    state.set_browser(next.to_be_told(state.presented()));
    Some(Redirect::to(&to).into_response())
}

fn folder(server: &Server, name: &str) -> ServeDir {
    let path = std::path::Path::new(&*server.leptos.site_root).join(name);
    ServeDir::new(path).append_index_html_on_directories(false).precompressed_br().precompressed_gzip()
}

/// What pages and server functions find in their context, and the policy that a page's scripts must obey.
fn context(accounts: &Accounts) {
    let sessions = accounts.sessions();
    provide_context(sessions.clone());
    provide_context(accounts.clone());
    provide_context(RenderedAt(sessions.now()));
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
