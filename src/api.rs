//! The REST API, feature `api`: a file an endpoint, each a few lines over one method of [`Sessions`] or [`Accounts`].
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
//! | `GET reset-password/{token}` | `is_good_link` |
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
//! A path must match exactly: another one, and another method, is a 404 without a body, as Better Auth answers.
//!
//! The API bounds its bodies and has its own session layer. What counts requests or logs them is around the whole
//! program, and so no part of it: [`SessionHttp::takes_password`] says what to count apart, and the path
//! `reset-password/{token}` has a secret that belongs in no log.

use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::{Next, from_fn, from_fn_with_state};
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

/// The REST API: [`SessionHttp::api`] makes it, and a router takes it by `merge`.
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
    /// The REST API under [`SessionHttp::api_path`], with every endpoint but those of accounts and operators.
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

    /// Whether a path is one of the API that takes a password or the ticket of one, or mails a link to set one: an address
    /// should be allowed only a few such requests at a time.
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

    /// Sets whether a report locks the user, by default not: see [`Sessions::report`]. With [`Api::accounts`] it depends
    /// on whether mails are sent.
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

    /// Sets the page that explains a failed redirect: [`FailedRedirect`] extracts what to say.
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

impl<S: Clone + Send + Sync + 'static> From<Api> for Router<S> {
    fn from(api: Api) -> Self {
        let Api { mut settings, body_time, error_page } = api;
        let path = settings.http.api_path().to_owned();
        let nested = |endpoints: Router<ApiState>| {
            Router::new().nest(&path, endpoints.method_not_allowed_fallback(not_found))
        };

        let accounts = if settings.accounts.is_some() { account_endpoints() } else { OpenApiRouter::new() };
        let sessions = accounts.merge(session_endpoints());
        let public = Router::from(document_endpoints()).route("/error", error_page);
        #[cfg(feature = "reference")]
        let public = public.route("/reference/{file}", routing::get(reference::file));
        // What is the same for everybody, and what programs of operators call with a token: no cookie is read.
        let mut others = nested(public);
        let mut described = sessions.clone();
        if settings.operators.are_taken() {
            let finished = from_fn_with_state(settings.sessions.clone(), finished);
            others = others.merge(nested(operator_endpoints().into()).layer(finished));
            described = described.merge(operator_endpoints());
        }
        described = described.merge(error_endpoints()).merge(document_endpoints());

        settings.document = openapi::document(described, &settings.http, settings.sends_webhooks);
        let (bounded, exact) = (from_fn_with_state(body_time, bounded), from_fn(only_get_and_post));
        let session_layer = settings.http.layer();
        let state = ApiState::from(settings);
        let sessions = nested(sessions.into()).fallback(not_found).with_state(state.clone());
        let others = others.layer(exact.clone()).layer(bounded.clone()).with_state(state);
        // Layers around the router, not around its routes: a request clones what it passes, and a router is cheap to clone.
        let sessions = (bounded, session_layer, exact).layer(sessions);
        // What is about sessions, and every path that is not there.
        [path.clone(), format!("{path}/"), format!("{path}/{{*rest}}")]
            .iter()
            .fold(others, |router, path| router.route_service(path, sessions.clone()))
    }
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

/// Answers other methods as unknown paths are answered. Axum answers HEAD by the handler of GET, and some of these change
/// something.
async fn only_get_and_post(request: Request, next: Next) -> Response {
    if matches!(*request.method(), Method::GET | Method::POST) {
        next.run(request).await
    } else {
        StatusCode::NOT_FOUND.into_response()
    }
}

/// What an operator's program asked for is done also if it disconnects, as the session layer sees to it for browsers.
async fn finished(State(sessions): State<Sessions>, request: Request, next: Next) -> Response {
    sessions.finish(next.run(request)).await
}
