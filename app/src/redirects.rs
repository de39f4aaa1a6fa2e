//! Redirects before a page is rendered.

#[cfg(feature = "ssr")]
use std::time::Duration;

#[cfg(feature = "ssr")]
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
#[cfg(feature = "ssr")]
use http::{
    HeaderMap, HeaderValue,
    header::{REFERER, REFERRER_POLICY},
};
#[cfg(feature = "ssr")]
use multi_session::{Ending, SessionId, http::SessionRequest};

use crate::{
    MultiSessionOptions,
    accounts::paths::{SIGN_IN, SIGN_UP},
};
#[cfg(feature = "ssr")]
use crate::{
    accounts::{
        SIGN_IN_TO_EXPORT,
        paths::{CHOOSE_DEVICE, FORGOT_PASSWORD, RESET_PASSWORD},
    },
    notice::{has_notice, of_done},
    query::query_value,
    signed_out::SignedOutElsewhere,
};

/// How long a browser may take from the end of its session to requesting the next page.
#[cfg(feature = "ssr")]
const JUST_NOW: Duration = Duration::from_secs(60);

/// The page to redirect to, if the requested one is not for this person.
///
/// `adding` is for `?add=1`: a signed-in person wants to add another account.
pub(crate) fn detour(
    options: &MultiSessionOptions,
    path: &str,
    adding: bool,
    signed_in: bool,
) -> Option<&'static str> {
    let belongs = match path {
        "/" => false,
        SIGN_IN | SIGN_UP if options.has_passwords() => !signed_in || adding,
        _ => signed_in || !options.needs_sign_in(path),
    };
    (!belongs).then(|| options.home(signed_in))
}

/// A middleware for [`axum::middleware::from_fn_with_state`], inside of the session layer. It redirects
/// requests for our pages that are not for this person, and passes notices to the pages.
///
/// A browser whose session was ended elsewhere is redirected to an explanation. Other requests pass through.
#[cfg(feature = "ssr")]
pub async fn redirects(
    State(options): State<MultiSessionOptions>,
    state: SessionRequest,
    mut request: Request,
    next: Next,
) -> Response {
    request.extensions_mut().insert(options);
    let path = request.uri().path().to_owned();
    if !request.method().is_safe() || !options.is_ours(&path) {
        return next.run(request).await;
    }
    let query = request.uri().query().unwrap_or_default().to_owned();
    let asked = query_value(&query, "ended").and_then(|id| SessionId::new(id).ok());
    // A link of another site must not switch accounts.
    let is_same_origin = request.headers().get("sec-fetch-site").is_some_and(|site| site == "same-origin");
    let page = Page { options, path: &path, query: &query, asked: asked.as_ref(), is_same_origin };
    if let Some(to) = page.redirect(&state, request.headers()).await {
        return Redirect::to(&to).into_response();
    }
    if let Some(told) = page.signed_out_elsewhere(&state).await {
        request.extensions_mut().insert(told);
    }
    let is_form = options.has_passwords() && [SIGN_IN, SIGN_UP].contains(&&*path);
    let mut response = next.run(request).await;
    // A redirect keeps it for the next page.
    if response.status().is_success() {
        // People can get from any page to the forms without loading a document, so every page tests cookies.
        // Forms do so even if other cookies were sent, because this answer may clear those, and a notice
        // expires.
        if options.has_passwords() && (is_form || !state.has_cookies()) {
            state.probe_cookies();
        }
        // A person who is back at a form has not chosen a device, and starts again.
        if is_form {
            state.clear_ticket();
        }
        if !is_form && has_notice(&state, &query) {
            state.clear_notice();
        }
    }
    if page.is_secret() {
        // Requests from this page must not send its address.
        response.headers_mut().insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    }
    response
}

/// The requested page.
#[cfg(feature = "ssr")]
struct Page<'a> {
    options: MultiSessionOptions,
    path: &'a str,
    query: &'a str,
    /// The session in `?ended=`, whose end is to be explained.
    asked: Option<&'a SessionId>,
    /// Whether the request comes from a page of the same origin.
    is_same_origin: bool,
}

#[cfg(feature = "ssr")]
impl Page<'_> {
    /// The address to redirect to.
    async fn redirect(&self, state: &SessionRequest, headers: &HeaderMap) -> Option<String> {
        if let Some(to) = self.asked_before(state, headers) {
            return Some(to);
        }
        // Pages reached by a mail or after the right password take precedence.
        let is_open = self.is_secret()
            || [CHOOSE_DEVICE, FORGOT_PASSWORD].contains(&self.path)
            || self.options.not_me_path().is(self.path);
        if !is_open && let Some(to) = self.move_on(state).await {
            return Some(to);
        }
        // If the database is unavailable, the page itself reports it.
        let signed_in = state.browser().ok()?.active().is_some();
        let is_adding = query_value(self.query, "add").is_some();
        let to = detour(&self.options, self.path, is_adding, signed_in)?;
        let done = query_value(self.query, "done").filter(|done| of_done(done).is_some());
        Some(match (self.asked, done) {
            (Some(id), _) => format!("{to}?ended={id}"),
            (None, Some(done)) => format!("{to}?done={done}"),
            (None, None) => to.to_owned(),
        })
    }

    /// Whether the address contains the secret of a mailed link.
    fn is_secret(&self) -> bool {
        self.path == RESET_PASSWORD
            || self.options.not_me_path().is(self.path) && query_value(self.query, "token").is_some()
    }

    /// The page that a person wanted before signing in, if the address of the sign-in page named it.
    ///
    /// Every sign-in redirects to the same page, with a script or without. The Referer has the address of the
    /// sign-in page. Without a Referer the person gets the usual page.
    fn asked_before(&self, state: &SessionRequest, headers: &HeaderMap) -> Option<String> {
        let has_signed_in = query_value(self.query, "done") == Some("signed-in");
        let from = String::from_utf8_lossy(headers.get(REFERER)?.as_bytes());
        let is_asked = self.is_same_origin && has_signed_in && from.contains(SIGN_IN_TO_EXPORT);
        (is_asked && state.browser().ok()?.active().is_some())
            .then(|| self.options.history_path().to_string())
    }

    /// The redirect for a browser whose active session was ended elsewhere: to its next account, or to
    /// sign-in.
    async fn move_on(&self, state: &SessionRequest) -> Option<String> {
        // The query of an application's own page belongs to the application.
        if !self.options.has_passwords() && self.path == self.options.home(false) && !self.query.is_empty() {
            return None;
        }
        let sessions = state.sessions();
        let browser = state.browser().ok().filter(|browser| browser.active().is_none())?;
        let lost = match (sessions.ending_of_active(state.presented()).await.ok()?, self.asked) {
            // Another request of this browser may have cleared the dead cookie already. It is redirected
            // without an explanation.
            (None, Some(id)) if self.is_same_origin && !browser.held().is_empty() => {
                let ending = sessions.ending(id).await.ok()?;
                ending.filter(|ending| sessions.now().since(ending.at) < JUST_NOW)
            }
            (lost, _) => lost,
        };
        let ending = lost.filter(|ending| !ending.is_own())?;
        let next = sessions.activate_first_held(&browser);
        if next.active().is_none() && self.stays_signed_out(state, &ending) {
            return None;
        }
        let to = format!("{}?ended={}", self.options.home(next.active().is_some()), ending.id);
        state.set_browser(next.keep_ended_cookie(state.presented()));
        Some(to)
    }

    /// Whether the person is on the sign-in page and sees an explanation or another notice there. The dead
    /// cookie stays as long as the session may be restored.
    fn stays_signed_out(&self, state: &SessionRequest, ending: &Ending) -> bool {
        let is_told_already = self.asked == Some(&ending.id);
        let has_news = has_notice(state, self.query) || query_value(self.query, "__err").is_some();
        self.path == SIGN_UP || self.path == self.options.home(false) && (is_told_already || has_news)
    }

    /// How the session in the address ended, for the browser that held it.
    async fn signed_out_elsewhere(&self, state: &SessionRequest) -> Option<SignedOutElsewhere> {
        let (id, sessions) = (self.asked?, state.sessions());
        // If the database is unavailable, the page itself reports it.
        let ending = match sessions.ending_of_held(state.presented(), id).await.ok()? {
            Some(ending) => ending,
            // Another tab has signed out and cleared the cookies. Only that is shown, without a device.
            None => sessions.ending(id).await.ok()?.filter(|ending| {
                self.is_same_origin && ending.is_own() && sessions.now().since(ending.at) < JUST_NOW
            })?,
        };
        let now_using = state.browser().ok().and_then(|browser| Some(browser.active()?.user.name.clone()));
        Some(SignedOutElsewhere { ending, now_using, now: sessions.now() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: MultiSessionOptions = MultiSessionOptions::SITE;

    #[test]
    fn start_page_redirects_by_sign_in_state() {
        assert_eq!(detour(&OURS, "/", false, true), Some("/sessions"));
        assert_eq!(detour(&OURS, "/", false, false), Some("/sign-in"));
    }

    #[test]
    fn signed_out_people_sign_in_first() {
        for path in ["/sessions", "/history", "/rename", "/confirm", "/change-password"] {
            assert_eq!(detour(&OURS, path, false, false), Some("/sign-in"), "{path}");
            assert_eq!(detour(&OURS, path, false, true), None, "{path}");
        }
        let open =
            ["/sign-in", "/sign-up", "/choose-device", "/forgot-password", "/reset-password", "/not-me"];
        for path in open {
            assert_eq!(detour(&OURS, path, false, false), None, "{path}");
        }
    }

    #[test]
    fn signed_in_people_see_a_form_only_to_add_an_account() {
        for path in ["/sign-in", "/sign-up"] {
            assert_eq!(detour(&OURS, path, false, true), Some("/sessions"));
            assert_eq!(detour(&OURS, path, true, true), None);
        }
    }

    #[test]
    fn unknown_pages_are_not_redirected() {
        assert_eq!(detour(&OURS, "/nowhere", false, true), None);
        assert_eq!(detour(&OURS, "/nowhere", false, false), None);
    }
}
