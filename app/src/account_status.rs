//! The status of the account: whether its password is locked, and how many sign-ins failed.

#[cfg(feature = "ssr")]
use leptos::server_fn::ServerFn;
use leptos::{prelude::*, server_fn::codec::GetUrl};
use multi_session::AccountStatus;

#[cfg(feature = "ssr")]
use crate::context::{fail, request_if_any, sessions};
use crate::{AppError, hooks::on_change, sessions::use_list_device_sessions};

/// The status of the active user's account; `None` if nobody is signed in.
pub(crate) type Status = Resource<Result<Option<AccountStatus>, AppError>>;

/// Returns the status of the active user's account; `None` if nobody is signed in.
///
/// # Errors
///
/// When the store does not answer.
#[server(prefix = "/fn", endpoint = "account-status", input = GetUrl)]
pub async fn read_account_status() -> Result<Option<AccountStatus>, AppError> {
    let Some(request) = request_if_any() else { return Ok(None) };
    let browser = request.browser().map_err(fail)?;
    if browser.active().is_none() {
        return Ok(None);
    }
    sessions().account_status(&browser).await.map(Some).map_err(fail)
}

/// The path of [`read_account_status`].
#[cfg(feature = "ssr")]
pub(crate) const ACCOUNT_STATUS: &str = ReadAccountStatus::PATH;

/// Fetches the status of the active user's account once for the whole page, and again after switching
/// accounts.
pub(crate) fn provide_account_status() {
    let sessions = use_list_device_sessions();
    let status = Resource::new(|| (), |()| read_account_status());
    on_change(move || sessions.acting.with(|_| ()), move || status.refetch());
    provide_context(status);
}

/// The status of the active user's account.
pub(crate) fn use_account_status() -> Status {
    expect_context()
}
