//! `GET /multi-session/history` → [`HistoryPage`].

use axum::Json;
use axum::extract::{RawQuery, State};
use utoipa::IntoParams;

use crate::api::openapi::{EVERY, READS_COOKIES, example, refusals};
use crate::api::state::ApiState;
use crate::http::{Problem, SessionRequest};
use crate::{Code, HistoryFilter, HistoryKind, HistoryPage, SessionId};

const DEFAULT_LIMIT: u32 = 50;

refusals!(Refusals = EVERY, READS_COOKIES, [Code::Unauthorized, Code::ValidationError]);

/// Which part of the history to return.
#[derive(IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
#[expect(dead_code, reason = "it only describes what `filter` reads")]
struct HistoryParameters {
    /// Only entries about this session.
    #[param(required = false, value_type = String, min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9_-]+$")]
    session_id: Option<String>,
    /// Only entries of these kinds, separated by commas.
    #[param(
        required = false,
        value_type = String,
        pattern = "^(signed_in|new_device|password_refused|reauthenticated|address_changed|browser_changed|switched|renamed|recognized|ended|revoke_undone|password_changed|exported|reported|disabled|enabled)(,(signed_in|new_device|password_refused|reauthenticated|address_changed|browser_changed|switched|renamed|recognized|ended|revoke_undone|password_changed|exported|reported|disabled|enabled))*$",
        example = "signed_in,ended"
    )]
    kinds: Option<String>,
    /// The `next` of the previous page.
    #[param(required = false, value_type = i64, minimum = 1)]
    before: Option<i64>,
    /// The maximum number of entries, by default 50.
    #[param(required = false, value_type = u32, minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

/// Read the account history
///
/// What happened to the active user's account, latest first: sign-ins, refused passwords, new addresses and browsers,
/// switches, new names, recognized devices, ended sessions with the reason and who ended them, password changes,
/// exports, and disabling by an operator. Each entry has the address and place of its device, and `by` has those of the
/// device that made the change. The latest 1000 entries of each kind are stored, for 400 days unless configured
/// otherwise.
#[utoipa::path(
    get,
    path = "/multi-session/history",
    operation_id = "history",
    tag = "devices",
    params(HistoryParameters),
    responses(
        (status = 200, description = "A page of the history.", body = HistoryPage, example = json!(example::history())),
        Refusals,
    ),
    security((), ("session" = [])),
)]
pub(super) async fn handle(
    State(api): State<ApiState>,
    state: SessionRequest,
    RawQuery(query): RawQuery,
) -> Result<Json<HistoryPage>, Problem> {
    let browser = state.browser()?;
    browser.signed_in()?;
    let filter = filter(query.as_deref().unwrap_or_default())?;
    Ok(Json(api.sessions.history(&browser, &filter).await?))
}

fn filter(query: &str) -> Result<HistoryFilter, Problem> {
    let mut filter = HistoryFilter { limit: DEFAULT_LIMIT, ..HistoryFilter::default() };
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        let invalid = |expected: &str| {
            let message = format!("[query.{name}] Invalid input: expected {expected}");
            Problem::with_message(Code::ValidationError, message)
        };
        match &*name {
            "sessionId" => {
                let id = SessionId::new(&*value).map_err(|_| invalid("the id of a session"))?;
                filter.session = Some(id);
            }
            "kinds" => {
                let kinds = value.split(',').map(HistoryKind::parse).collect::<Option<_>>();
                filter.kinds = kinds.ok_or_else(|| invalid("kinds of entries, separated by commas"))?;
            }
            "before" => {
                let before = value.parse().ok().filter(|before| *before >= 1);
                filter.before = Some(before.ok_or_else(|| invalid("a number from 1 on"))?);
            }
            "limit" => {
                let limit = value.parse().ok().filter(|limit| (1..=HistoryFilter::MAXIMUM).contains(limit));
                filter.limit = limit.ok_or_else(|| invalid("a number from 1 to 100"))?;
            }
            _ => {}
        }
    }
    Ok(filter)
}
