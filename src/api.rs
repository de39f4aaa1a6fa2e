//! The REST API, feature `api`: one file per endpoint, each a few lines over one method of [`Sessions`] or
//! [`Accounts`].
//!
//! | method and path under [`SessionHttp::api_path`] | method |
//! |---|---|
//! | `POST sign-up/email` | `sign_up` |
//! | `POST sign-in/email` | `sign_in` |
//! | `POST sign-out` | `sign_out` |
//! | `GET get-session` | `current` (by the session layer) |
//! | `GET list-sessions` | `list_own` |
//! | `POST revoke-session` | `revoke` |
//! | `POST revoke-sessions` | `revoke_all` |
//! | `POST revoke-other-sessions` | `revoke_others` |
//! | `POST update-session` | |
//! | `POST change-password` | `change_password` |
//! | `POST request-password-reset` | `request_password_reset` |
//! | `GET reset-password/{token}` | `is_valid_link` |
//! | `POST reset-password` | `reset_password` |
//! | `GET multi-session/list-device-sessions` | `list`, or `list_held` with [`Api::list_held_only`] |
//! | `GET multi-session/list-ended-device-sessions` | `list_ended` |
//! | `GET multi-session/events` | `watch` |
//! | `POST multi-session/set-active` | `set_active` |
//! | `POST multi-session/rename` | `rename` |
//! | `POST multi-session/recognize` | `recognize` |
//! | `GET multi-session/history` | `history` |
//! | `POST multi-session/export-history` | `export_history` |
//! | `POST multi-session/revoke` | `revoke` |
//! | `POST multi-session/undo-revoke` | `undo_revoke` |
//! | `POST multi-session/report` | `report` |
//! | `POST multi-session/reauthenticate` | `reauthenticate` |
//! | `POST multi-session/sign-in-instead` | `sign_in_instead` |
//! | `POST`, `GET multi-session/revoke-others` | `revoke_others` |
//! | `POST`, `GET multi-session/revoke-all` | `revoke_all` |
//! | `POST multi-session/operator/revoke-user` | `end_sessions_of` |
//! | `POST multi-session/operator/revoke-everybody` | `end_sessions_of_everybody` |
//! | `POST multi-session/operator/disable-user` | `disable_user` |
//! | `POST multi-session/operator/enable-user` | `enable_user` |
//! | `GET ok`, `error`, `openapi.json` | |
//! | `GET reference` (feature `reference`) | |
//!
//! A path must match exactly. Other paths and other methods answer 404 without a body, as Better Auth does.
//!
//! The API limits request bodies and brings its own session layer. Rate limits and request logs are left to
//! the program around it. [`SessionHttp::takes_password`] tells which requests to limit more strictly. The
//! path `reset-password/{token}` contains a secret, so do not log it.

use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{self, MethodRouter};
use tower::Layer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::SessionHttp;
use crate::{Accounts, Sessions};

mod answer;
mod body;
mod callback;
mod change_password;
mod error;
mod events;
mod export;
mod export_history;
mod get_session;
mod history;
mod list_device_sessions;
mod list_ended_device_sessions;
mod list_sessions;
mod ok;
mod openapi;
mod openapi_json;
mod operator;
mod operator_token;
mod reauthenticate;
mod recognize;
#[cfg(feature = "reference")]
mod reference;
mod rename;
mod report;
mod request_password_reset;
mod reset_password;
mod revoke;
mod revoke_all;
mod revoke_other_sessions;
mod revoke_others;
mod revoke_session;
mod revoke_sessions;
mod set_active;
mod sign_in;
mod sign_in_instead;
mod sign_out;
mod sign_up;
mod state;
mod target;
mod undo_revoke;
mod update_session;

pub use body::{BODY_TIME, bounded};
pub use error::FailedRedirect;
pub use export::{HistoryFormat, history_file};
pub use operator_token::{InvalidTokenHash, OperatorTokens};

use state::{ApiState, Settings};

/// The REST API. [`SessionHttp::api`] creates it; pass it to `Router::merge`.
///
/// # Examples
///
/// An application with its own accounts and its own login:
///
/// ```no_run
/// # use multi_session::{Sessions, http::SessionHttp};
/// # fn router(sessions: Sessions) -> Result<axum::Router, Box<dyn std::error::Error>> {
/// let http = SessionHttp::new(&sessions, "https://app.example.org")?.with_api_path("/auth")?;
/// # Ok(
/// axum::Router::new().merge(http.api())
/// # )
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Api {
    settings: Settings,
    body_time: Duration,
    error_page: MethodRouter<ApiState>,
}

impl SessionHttp {
    /// Creates the REST API under [`SessionHttp::api_path`], with all endpoints except those of accounts and
    /// operators.
    pub fn api(&self) -> Api {
        let settings = Settings {
            sessions: self.sessions().clone(),
            accounts: None,
            locks_reported: false,
            http: self.clone(),
            operators: OperatorTokens::default(),
            lists_held_only: false,
            sends_webhooks: false,
            document: Default::default(),
        };
        let error_page = routing::get(error::handle);
        Api { settings, body_time: BODY_TIME, error_page }
    }

    /// Whether this path of the API takes a password or a sign-in ticket, or mails a link to set a password.
    /// Allow each address only a few such requests at a time.
    pub fn takes_password(&self, path: &str) -> bool {
        let starts = ["/sign-in/", "/sign-up/", "/change-password", "/multi-session/reauthenticate"];
        let others = ["/request-password-reset", "/reset-password", "/multi-session/sign-in-instead"];
        let mut starts = starts.iter().chain(&others);
        path.strip_prefix(self.api_path()).is_some_and(|rest| starts.any(|start| rest.starts_with(start)))
    }
}

impl Api {
    /// Adds sign-up, sign-in and all other endpoints for passwords and mails. Without them, as in an application with
    /// its own accounts, these paths answer 404 and are not in the document.
    #[must_use]
    pub fn accounts(mut self, accounts: &Accounts) -> Self {
        self.settings.accounts = Some(accounts.clone());
        self
    }

    /// Sets whether a report locks the user (default: no), see [`Sessions::report`]. With [`Api::accounts`] a
    /// report locks if mails are sent.
    #[must_use]
    pub fn lock_reported(mut self, locks: bool) -> Self {
        self.settings.locks_reported = locks;
        self
    }

    /// Adds the endpoints for operators with one of these tokens. Without a token the endpoints do not exist.
    #[must_use]
    pub fn operator_tokens(mut self, tokens: OperatorTokens) -> Self {
        self.settings.operators = tokens;
        self
    }

    /// Sets whether `list-device-sessions` lists only the accounts that the browser holds, for account switchers written
    /// for Better Auth; by default it lists every device of the active user too.
    #[must_use]
    pub fn list_held_only(mut self, is_held_only: bool) -> Self {
        self.settings.lists_held_only = is_held_only;
        self
    }

    /// Sets whether the document describes [webhooks](crate::Webhook), by default not. Sending them is up to your program.
    #[must_use]
    pub fn describe_webhooks(mut self, sends_webhooks: bool) -> Self {
        self.settings.sends_webhooks = sends_webhooks;
        self
    }

    /// Sets the page that explains a failed redirect. It gets the error from [`FailedRedirect`].
    #[must_use]
    pub fn error_page(mut self, page: MethodRouter) -> Self {
        self.error_page = page.with_state(());
        self
    }

    /// Sets how long the body of a request may take, by default [`BODY_TIME`].
    #[must_use]
    pub fn body_time(mut self, time: Duration) -> Self {
        self.body_time = time;
        self
    }
}

impl Api {
    /// The paths of the endpoints, such as `/api/auth/reset-password/{token}`, to count requests by. Axum's `MatchedPath`
    /// of most of them is `/api/auth/{*rest}`.
    pub fn paths(&self) -> Vec<String> {
        let described = described_endpoints(&self.settings).into_openapi().paths.paths;
        let paths = described.into_keys();
        #[cfg(feature = "reference")]
        let paths = paths.chain(["/reference/{file}".to_owned()]);
        paths.map(|path| format!("{}{path}", self.settings.http.api_path())).collect()
    }
}

impl<S: Clone + Send + Sync + 'static> From<Api> for Router<S> {
    fn from(api: Api) -> Self {
        let Api { mut settings, body_time, error_page } = api;
        let path = settings.http.api_path().to_owned();
        let nested = |endpoints: Router<ApiState>| {
            Router::new().nest(&path, endpoints.method_not_allowed_fallback(not_found))
        };

        let sessions = browser_endpoints(&settings);
        let described = described_endpoints(&settings);
        let public = Router::from(document_endpoints()).route("/error", error_page);
        #[cfg(feature = "reference")]
        let public = public.route("/reference/{file}", routing::get(reference::file));
        // These endpoints read no cookies: they answer everybody alike, or check an operator's token.
        let mut others = nested(public);
        if settings.operators.are_taken() {
            let finished = from_fn_with_state(settings.sessions.clone(), finished);
            others = others.merge(nested(operator_endpoints().into()).layer(finished));
        }

        settings.document = openapi::document(described, &settings.http, settings.sends_webhooks);
        let bounded = from_fn_with_state(body_time, bounded_get_or_post);
        let session_layer = settings.http.layer();
        let state = ApiState::from(settings);
        let sessions = nested(sessions.into()).fallback(not_found).with_state(state.clone());
        let others = others.layer(bounded.clone()).with_state(state);
        // The layers wrap the router and not its routes: a request clones what it passes through, and a
        // router is cheap to clone.
        let sessions = (bounded, session_layer).layer(sessions);
        // The session endpoints, and every unknown path below the API.
        [path.clone(), format!("{path}/"), format!("{path}/{{*rest}}")]
            .iter()
            .fold(others, |router, path| router.route_service(path, sessions.clone()))
    }
}

/// The endpoints that read cookies.
fn browser_endpoints(settings: &Settings) -> OpenApiRouter<ApiState> {
    let accounts = if settings.accounts.is_some() { account_endpoints() } else { OpenApiRouter::new() };
    accounts.merge(session_endpoints())
}

/// Every endpoint of the document.
fn described_endpoints(settings: &Settings) -> OpenApiRouter<ApiState> {
    let operators = if settings.operators.are_taken() { operator_endpoints() } else { OpenApiRouter::new() };
    browser_endpoints(settings).merge(operators).merge(error_endpoints()).merge(document_endpoints())
}

fn account_endpoints() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(sign_up::handle))
        .routes(routes!(sign_in::handle))
        .routes(routes!(sign_in_instead::handle))
        .routes(routes!(change_password::handle))
        .routes(routes!(request_password_reset::handle))
        .routes(routes!(reset_password::follow))
        .routes(routes!(reset_password::handle))
        .routes(routes!(reauthenticate::handle))
}

fn session_endpoints() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(sign_out::handle))
        .routes(routes!(get_session::handle, get_session::deferred))
        .routes(routes!(update_session::handle))
        .routes(routes!(list_device_sessions::handle))
        .routes(routes!(list_ended_device_sessions::handle))
        .routes(routes!(events::handle))
        .routes(routes!(set_active::handle))
        .routes(routes!(rename::handle))
        .routes(routes!(recognize::handle))
        .routes(routes!(history::handle))
        .routes(routes!(export_history::handle))
        .routes(routes!(revoke::handle))
        .routes(routes!(undo_revoke::handle))
        .routes(routes!(report::handle))
        .routes(routes!(revoke_others::post, revoke_others::get))
        .routes(routes!(revoke_all::post, revoke_all::get))
        .routes(routes!(list_sessions::handle))
        .routes(routes!(revoke_session::handle))
        .routes(routes!(revoke_other_sessions::handle))
        .routes(routes!(revoke_sessions::handle))
        .routes(routes!(ok::handle))
}

fn operator_endpoints() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(operator::revoke_user::handle))
        .routes(routes!(operator::revoke_everybody::handle))
        .routes(routes!(operator::disable_user::handle))
        .routes(routes!(operator::enable_user::handle))
}

fn error_endpoints() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(error::handle))
}

fn document_endpoints() -> OpenApiRouter<ApiState> {
    let endpoints = OpenApiRouter::new().routes(routes!(openapi_json::handle));
    #[cfg(feature = "reference")]
    let endpoints = endpoints.routes(routes!(reference::handle));
    endpoints
}

async fn not_found() -> StatusCode {
    StatusCode::NOT_FOUND
}

/// Reads the body, and answers other methods than GET and POST like unknown paths. Axum would answer HEAD with the
/// handler of GET, and some of these change something.
async fn bounded_get_or_post(time: State<Duration>, request: Request, next: Next) -> Response {
    match *request.method() {
        Method::GET | Method::POST => bounded(time, request, next).await,
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Runs an operator's request to its end even if the client disconnects, as the session layer does for
/// browsers.
async fn finished(State(sessions): State<Sessions>, request: Request, next: Next) -> Response {
    sessions.finish(next.run(request)).await
}
