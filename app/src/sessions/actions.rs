//! Server functions on sessions. The rules are in `Sessions`; these functions only read the request and
//! update what the browser holds.

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
    /// Whether the person asked to stay signed in. Otherwise the page sends the request by itself, which is
    /// not activity. The session layer distinguishes the two by the address.
    #[server(default)]
    stay: bool,
) -> Result<Vec<DeviceSession>, AppError> {
    let _ = stay;
    // Nobody is signed in without a session layer, such as on an application's "not found" page.
    let Some(request) = request_if_any() else { return Ok(Vec::new()) };
    request.list().await.map_err(fail)
}

/// Makes a held session the active one, and returns its id.
///
/// # Errors
///
/// When the browser does not hold it, or it has ended.
#[server(prefix = "/fn", endpoint = "set-active")]
pub async fn set_active(
    /// The session.
    session_id: SessionId,
) -> Result<SessionId, AppError> {
    let request = request();
    let browser = request.browser().map_err(fail)?;
    let target = multi_session::Target::Id(session_id.clone());
    let browser = sessions().set_active(&browser, request.client(), &target).await.map_err(fail)?;
    settle(&request, browser, "switched");
    Ok(session_id)
}

/// Ends one session, and returns its id.
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

/// Undoes the revocation of another session of the user.
///
/// # Errors
///
/// When it is too late, or something else has happened since.
#[server(prefix = "/fn", endpoint = "undo-revoke")]
pub async fn undo_revoke(
    /// The session to restore.
    session_id: SessionId,
) -> Result<(), AppError> {
    let browser = request().browser().map_err(fail)?;
    sessions().undo_revoke(&browser, &session_id).await.map_err(fail)?;
    send_done(use_options().home(true), "undone");
    Ok(())
}

/// Confirms a new device, which then loses its mark.
///
/// # Errors
///
/// When it is not another session of the active user, or the active session is on a new device itself.
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

/// Names the device of a session. An empty name removes the name.
///
/// # Errors
///
/// When it is neither the active user's nor held by this browser, or has ended, or the name is too long.
#[server(prefix = "/fn", endpoint = "rename")]
pub async fn rename(
    /// The session on the device.
    session_id: SessionId,
    /// The new name.
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

/// Ends every session of the active user except the current one, and returns their number.
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

/// Ends every session of the active user, including the current one, and returns their number.
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

/// The path of [`list_device_sessions`].
pub const LIST: &str = ListDeviceSessions::PATH;
/// The parameter that is `true` if the person asks to stay signed in.
pub const STAY: &str = "stay";
