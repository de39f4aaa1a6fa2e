//! The server functions on sessions. The rules are those of `Sessions`; here is only who asks and what the browser holds
//! afterwards.

use leptos::{
    prelude::*,
    server_fn::{ServerFn, codec::GetUrl},
};
use multi_session::{DeviceSession, EndedCount, SessionId};

use crate::AppError;
#[cfg(feature = "ssr")]
use crate::{
    context::{fail, fail_or_confirm, request, request_if_any, send_done, send_form, sessions, settle},
    options::use_options,
    query::with_error,
    step::Step,
};

/// Lists the active user's sessions on every device, and those of the other accounts that this browser holds.
///
/// # Errors
///
/// When the store does not answer.
#[server(prefix = "/fn", endpoint = "list-device-sessions", input = GetUrl)]
pub async fn list_device_sessions(
    /// Whether the person has asked to stay signed in. Else a page looks by itself, which is no use of the session: the
    /// session layer tells it by the address.
    #[server(default)]
    stay: bool,
) -> Result<Vec<DeviceSession>, AppError> {
    let _ = stay;
    // Nobody is signed in where no session layer is around, as at an application's page for what is not there.
    let Some(request) = request_if_any() else { return Ok(Vec::new()) };
    request.list().await.map_err(fail)
}

/// Makes a held session the active one; gives its id back.
///
/// # Errors
///
/// When the browser does not hold it, or it has ended.
#[server(prefix = "/fn", endpoint = "set-active")]
pub async fn set_active(
    /// The session to act as.
    session_id: SessionId,
) -> Result<SessionId, AppError> {
    let request = request();
    let browser = request.browser().map_err(fail)?;
    let target = multi_session::Target::Id(session_id.clone());
    let browser = sessions().set_active(&browser, request.client(), &target).await.map_err(fail)?;
    settle(&request, browser, "switched");
    Ok(session_id)
}

/// Ends one session; gives its id back.
///
/// # Errors
///
/// When it is neither the active user's nor held by this browser, or has ended.
#[server(prefix = "/fn", endpoint = "revoke")]
pub async fn revoke(
    /// The session to end.
    session_id: SessionId,
) -> Result<SessionId, AppError> {
    let request = request();
    let browser = request.browser().map_err(fail)?;
    let target = multi_session::Target::Id(session_id.clone());
    let is_held = browser.held().iter().any(|held| held.session.id == session_id);
    let browser = sessions()
        .revoke(&browser, &target)
        .await
        .map_err(|error| fail_or_confirm(error, &Step::Revoke(session_id.clone())))?;
    let undo = if is_held { String::new() } else { ["&undo=", session_id.as_str()].concat() };
    settle(&request, browser, &["revoked", &undo].concat());
    Ok(session_id)
}

/// Takes back that this session has revoked another one of its user.
///
/// # Errors
///
/// When it is too late, or something else has happened since.
#[server(prefix = "/fn", endpoint = "undo-revoke")]
pub async fn undo_revoke(
    /// The session to live again.
    session_id: SessionId,
) -> Result<(), AppError> {
    let browser = request().browser().map_err(fail)?;
    sessions().undo_revoke(&browser, &session_id).await.map_err(fail)?;
    send_done(use_options().home(true), "undone");
    Ok(())
}

/// Says that a new device is the person's, so that it is not marked as new any more.
///
/// # Errors
///
/// When it is not another session of the active user, or the session that says so is on a new device itself.
#[server(prefix = "/fn", endpoint = "recognize")]
pub async fn recognize(
    /// The session on the device.
    session_id: SessionId,
) -> Result<(), AppError> {
    let browser = request().browser().map_err(fail)?;
    sessions().recognize(&browser, &session_id).await.map_err(fail)?;
    send_done(use_options().home(true), "recognized");
    Ok(())
}

/// Names the device of a session; an empty name takes it back.
///
/// # Errors
///
/// When it is neither the active user's nor held by this browser, or has ended, or the name is too long.
#[server(prefix = "/fn", endpoint = "rename")]
pub async fn rename(
    /// The session on the device.
    session_id: SessionId,
    /// What it is called from now on.
    #[server(default)]
    name: String,
) -> Result<(), AppError> {
    let browser = request().browser().map_err(fail)?;
    let renamed = sessions().rename(&browser, &session_id, &name).await.map_err(fail);
    match &renamed {
        Ok(()) => send_done(use_options().home(browser.active().is_some()), "renamed"),
        Err(error) => {
            let page = use_options().rename_path().of_session(&session_id);
            send_form(&with_error(&page, Rename::PATH, error));
        }
    }
    renamed
}

/// Ends every session of the active user but the current one; gives their number.
///
/// # Errors
///
/// When nobody is signed in.
#[server(prefix = "/fn", endpoint = "revoke-others")]
pub async fn revoke_others() -> Result<EndedCount, AppError> {
    let request = request();
    let browser = request.browser().map_err(fail)?;
    let (browser, ended) = sessions()
        .revoke_others(&browser)
        .await
        .map_err(|error| fail_or_confirm(error, &Step::RevokeOthers))?;
    settle(&request, browser, "others");
    Ok(ended)
}

/// Ends every session of the active user, the current one too; gives their number.
///
/// # Errors
///
/// When nobody is signed in.
#[server(prefix = "/fn", endpoint = "revoke-all")]
pub async fn revoke_all() -> Result<EndedCount, AppError> {
    let request = request();
    let browser = request.browser().map_err(fail)?;
    let (browser, ended) =
        sessions().revoke_all(&browser).await.map_err(|error| fail_or_confirm(error, &Step::RevokeAll))?;
    settle(&request, browser, "everywhere");
    Ok(ended)
}

/// Where [`list_device_sessions`] answers.
pub const LIST: &str = ListDeviceSessions::PATH;
/// What is `true` in the query with which a person asks it who wants to stay signed in.
pub const STAY: &str = "stay";
