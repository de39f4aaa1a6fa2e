//! Notices: the results of actions, shown in one place on every page.

use leptos::{
    prelude::*,
    server::ServerActionError,
    server_fn::{ServerFn, error::ServerFnUrlError},
};
use leptos_router::hooks::use_query_map;
use multi_session::SessionId;
use serde::{Deserialize, Serialize};

use crate::{AppError, query::trusted};
#[cfg(feature = "ssr")]
use crate::{
    options::use_options,
    query::{form_error, query_value},
    sessions::words,
    signed_out::{SignedOutElsewhere, page_explains_sign_out},
};

/// One notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Notice {
    pub(crate) text: String,
    pub(crate) tone: Tone,
    /// The session whose revocation can be undone.
    pub(crate) undo: Option<SessionId>,
    /// Whether it comes from the address.
    pub(crate) is_asked: bool,
}

/// The kind of a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Tone {
    /// The person's action succeeded.
    Done,
    /// Something happened elsewhere.
    News,
    /// The person's action failed, or they were signed out.
    Bad,
}

impl Notice {
    fn new(tone: Tone, text: String) -> Self {
        Self { text, tone, undo: None, is_asked: false }
    }

    fn good(text: String) -> Self {
        Self::new(Tone::Done, text)
    }

    fn bad(text: String) -> Self {
        Self::new(Tone::Bad, text)
    }
}

/// The notice that the page shows now.
#[derive(Clone, Copy)]
pub(crate) struct Notices(RwSignal<Option<Notice>>);

impl Notices {
    /// The shown notice.
    pub(crate) fn shown(self) -> RwSignal<Option<Notice>> {
        self.0
    }

    /// Shows that an action succeeded.
    pub(crate) fn succeeded(self, text: String) {
        self.0.set(Some(Notice::good(text)));
    }

    /// Shows news from elsewhere, unless a notice with "Undo" is shown.
    pub(crate) fn tell(self, text: String) {
        if self.0.with_untracked(|notice| notice.as_ref().is_none_or(|notice| notice.undo.is_none())) {
            self.0.set(Some(Notice::new(Tone::News, text)));
        }
    }

    /// Removes the notice.
    pub(crate) fn clear(self) {
        self.0.set(None);
    }

    /// Shows that an action failed.
    pub(crate) fn failed(self, error: &AppError) {
        self.0.set(Some(Notice::bad(error.to_string())));
    }
}

/// The notices of the page.
pub(crate) fn use_notices() -> Notices {
    expect_context()
}

/// Starts the notices with the result of a form from the address.
pub(crate) fn provide_notices() {
    // Only the server can verify the address, so the notice is part of the page.
    let first = SharedValue::new(|| {
        #[cfg(feature = "ssr")]
        let first = first_notice().map(|notice| Notice { is_asked: true, ..notice });
        #[cfg(not(feature = "ssr"))]
        let first = None;
        first
    });
    provide_context(Notices(RwSignal::new(first.into_inner())));
}

#[cfg(feature = "ssr")]
fn first_notice() -> Option<Notice> {
    let parts = use_context::<http::request::Parts>()?;
    let (path, query) = (parts.uri.path(), parts.uri.query().unwrap_or_default());
    // On pages of the application, the query belongs to the application.
    let options = use_options();
    let is_ours = options.has_passwords() || options.is_ours(path);
    // The application shows the errors of its own forms.
    let is_shown = |act: &str| act.starts_with("/fn/") || is_ours && act.is_empty();
    if let Some((act, error)) = form_error(query).filter(|(act, _)| is_shown(act)) {
        return (!(is_ours && is_own(path, &act))).then(|| Notice::bad(error.message));
    }
    let ended =
        parts.extensions.get::<SignedOutElsewhere>().filter(|_| !page_explains_sign_out(&options, path));
    ended
        .and_then(SignedOutElsewhere::words)
        .map(Notice::bad)
        .or_else(|| notice_of_query(query).filter(|_| is_ours))
}

/// Creates the action of a form that shows its own errors. The first error may come from the address.
pub(crate) fn form_action<S>() -> ServerAction<S>
where
    S: ServerFn<Error = AppError> + Send + Sync + Clone + 'static,
    S::Output: Send + Sync + Clone + 'static,
{
    let action = ServerAction::<S>::new();
    action.value().set(form_error_of::<S>().map(Err));
    action
}

/// The error in the address. Anybody can write an address, so only its code is used, not its text.
pub(crate) fn form_error_of<S: ServerFn>() -> Option<AppError> {
    let is_asked = use_query_map().with_untracked(|query| query.get_str("__err").is_some());
    let error = use_context::<ServerActionError>().filter(|error| is_asked && error.path() == S::PATH)?;
    Some(trusted(ServerFnUrlError::<AppError>::decode_err(error.err())))
}

/// Whether the page has the form of `act` and shows its errors itself. It then has the same name.
#[cfg(feature = "ssr")]
fn is_own(page: &str, act: &str) -> bool {
    let name = |path: &str| path.rsplit('/').next().map(str::to_owned);
    !page.ends_with('/') && name(page) == name(act)
}

/// The notice in a query, if it is true: anybody can write an address, and people go back to old ones.
///
/// Whether somebody is signed in is known. Any other result is shown only if the browser sends the notice
/// cookie of the action.
#[cfg(feature = "ssr")]
fn notice_of_query(query: &str) -> Option<Notice> {
    let request = crate::context::request_if_any()?;
    let signed_in = request.browser().ok().map(|browser| browser.active().is_some());
    let done = query_value(query, "done")?;
    let is_true = match done {
        "signed-in" => signed_in == Some(true),
        "signed-out" => signed_in == Some(false),
        _ => has_notice(&request, query),
    };
    if is_true {
        let undo = query_value(query, "undo").filter(|_| done == "revoked");
        let undo = undo.and_then(|id| SessionId::new(id).ok());
        return of_done(done).map(|told| Notice { undo, ..told });
    }
    // A browser that has just signed in would send a cookie.
    let keeps_none = done == "signed-in" && signed_in == Some(false) && !request.has_cookies();
    keeps_none.then(|| Notice::bad(NO_COOKIES.to_owned()))
}

/// The text for a browser without cookies after a sign-in. It is true whether the browser has signed in or
/// not.
#[cfg(feature = "ssr")]
const NO_COOKIES: &str = "You're not signed in. Your browser may block cookies for this site. Allow them, then sign \
                          in again.";

/// Whether a request has the notice that matches the result in its address.
#[cfg(feature = "ssr")]
pub(crate) fn has_notice(request: &multi_session::http::SessionRequest, query: &str) -> bool {
    let undo = query_value(query, "undo").map_or_else(String::new, |id| ["&undo=", id].concat());
    let done = query_value(query, "done").map(|done| [done, &undo].concat());
    done.is_some() && request.notice() == done.as_deref()
}

/// The text for `?done=`.
#[cfg(feature = "ssr")]
pub(crate) fn of_done(done: &str) -> Option<Notice> {
    let text = match done {
        "revoked" => words::SIGNED_OUT,
        "undone" => words::UNDONE,
        "renamed" => "Device renamed.",
        "recognized" => words::RECOGNIZED,
        "others" => "All other devices are signed out.",
        "everywhere" => "You're signed out everywhere.",
        "password" => "Your password was changed.",
        "password-others" => "Your password was changed, and your other devices are signed out.",
        "switched" => "You switched accounts.",
        "signed-in" => "You're signed in.",
        "signed-out" => "You're signed out.",
        _ => return None,
    };
    Some(Notice::good(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "ssr")]
    #[test]
    fn form_result_has_its_text() {
        let text = |done| of_done(done).map(|notice| notice.text);
        assert_eq!(text("others").as_deref(), Some("All other devices are signed out."));
        assert_eq!(text("nonsense"), None);
    }

    #[cfg(feature = "ssr")]
    #[test]
    fn page_shows_the_errors_of_its_own_form_only() {
        assert!(is_own("/sign-in", "/fn/sign-in"));
        assert!(is_own("/account/devices/rename", "/fn/rename"));
        assert!(!is_own("/sign-in", "/fn/set-active"));
        assert!(!is_own("/sessions", "/fn/revoke"));
        assert!(!is_own("/", "/fn/"));
    }
}
