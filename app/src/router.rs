//! The router around an application's pages: the session layer, the REST API with the event stream, and the
//! history as a file.

use axum::{
    Router,
    middleware::{from_fn, from_fn_with_state},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use http::{HeaderMap, Uri};
use multi_session::{
    Code, Error, Sessions,
    api::{HistoryFormat, history_file},
    http::{InvalidSetting, Problem, SessionHttp, SessionRequest},
};

use crate::{
    Feature, MultiSessionOptions, PagePath,
    account_status::ACCOUNT_STATUS,
    context::is_of_another_site,
    pinned::{pinned, start_render_threads},
    query::query_value,
    redirects::redirects,
    sessions::{LIST, LIST_ENDED, STAY},
    step::Step,
};

/// Wraps the application's pages and server functions in the session layer, and adds what they need: redirects before a
/// page, the REST API with the event stream, and the history as a file. Pages are rendered on their own threads: see
/// [`pinned`].
///
/// # Examples
///
/// ```
/// use axum::Router;
/// use leptos::prelude::*;
/// use leptos_axum::LeptosRoutes;
/// use multi_session::{MemoryStore, Sessions};
/// use multi_session_leptos::MultiSessionOptions;
///
/// const SESSIONS: MultiSessionOptions = MultiSessionOptions::at("/login", "/account/devices");
///
/// let sessions = Sessions::new(std::sync::Arc::new(MemoryStore::default()), Default::default());
/// let http = multi_session_leptos::session_http(&sessions, "https://example.org", SESSIONS)?;
/// let leptos = LeptosOptions::builder().output_name("my-app").build();
/// # let routes = Vec::new();
/// let pages = Router::new().leptos_routes(&leptos, routes, || "your document");
/// let app: Router = multi_session_leptos::router(pages, &http, SESSIONS).with_state(leptos);
/// # Ok::<(), multi_session::http::InvalidSetting>(())
/// ```
pub fn router<S: Clone + Send + Sync + 'static>(
    pages: Router<S>,
    http: &SessionHttp,
    options: MultiSessionOptions,
) -> Router<S> {
    let export = move |state: SessionRequest, uri: Uri, headers: HeaderMap| async move {
        export_history(options, &state, &uri, &headers).await.map_err(Problem::from)
    };
    start_render_threads();
    let pages = pages.layer(from_fn_with_state(options, redirects)).layer(from_fn(pinned));
    let mut paths = vec![options.devices_path().to_owned()];
    paths.extend(options.pages_below().iter().filter(|page| page.exists()).map(PagePath::to_string));
    let mut pages = without_slash(pages, &paths);
    if options.has(Feature::History) {
        let path = options.export_path().to_string();
        pages = without_slash(pages.route(&path, get(export)), &[path]);
    }
    pages.layer(http.layer()).merge(http.api())
}

/// Redirects addresses of pages with a slash at the end to those without.
pub fn without_slash<S: Clone + Send + Sync + 'static>(pages: Router<S>, paths: &[String]) -> Router<S> {
    let to_page = |uri: Uri| async move {
        let path = uri.path().trim_end_matches('/');
        Redirect::permanent(&uri.query().map_or_else(|| path.to_owned(), |query| format!("{path}?{query}")))
    };
    paths
        .iter()
        .filter(|path| *path != "/")
        .fold(pages, |pages, path| pages.route(&format!("{path}/"), get(to_page)))
}

/// The [`SessionHttp`] for a site at `base_url`, with the sign-in path and the unattended requests of our
/// pages.
///
/// # Errors
///
/// `base_url` is not the address of a site.
pub fn session_http(
    sessions: &Sessions,
    base_url: &str,
    options: MultiSessionOptions,
) -> Result<SessionHttp, InvalidSetting> {
    let http = SessionHttp::new(sessions, base_url)?.with_sign_in_path(options.sign_in_path());
    Ok(http.with_unattended(is_unattended))
}

/// Whether a page sent the request by itself, to update what it shows. Such a request is not activity. For
/// [`SessionHttp::with_unattended`].
pub fn is_unattended(uri: &Uri) -> bool {
    let stays = uri.query().and_then(|query| query_value(query, STAY)) == Some("true");
    [LIST, LIST_ENDED, ACCOUNT_STATUS].contains(&uri.path()) && !stays
}

/// Answers with the active user's whole history as a file. If the session is not fresh, it redirects to the step-up, which
/// leads back here. If nobody is signed in, it redirects to sign-in.
///
/// # Errors
///
/// The store does not answer.
pub async fn export_history(
    options: MultiSessionOptions,
    state: &SessionRequest,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<Response, Error> {
    let format = query_value(uri.query().unwrap_or_default(), "format").unwrap_or_default();
    // A link of another site must not write into a person's history.
    if is_of_another_site(headers) {
        return Ok(Redirect::to(&options.history_path().to_string()).into_response());
    }
    match exported(state, HistoryFormat::of(format)).await {
        Err(Error::SessionNotFresh { proofs }) => {
            let step = Step::ExportHistory { csv: format == "csv" };
            Ok(Redirect::to(&step.asking_address(&options, &proofs)).into_response())
        }
        Err(Error::Refused(code)) => {
            Ok(Redirect::to(options.home(code != Code::Unauthorized)).into_response())
        }
        answer => answer,
    }
}

/// The whole history of the active user.
async fn exported(state: &SessionRequest, format: HistoryFormat) -> Result<Response, Error> {
    let user = state.browser()?.signed_in()?.user.clone();
    let history = state.export_history().await?;
    Ok(history_file(format, state.sessions().now(), user, history))
}
