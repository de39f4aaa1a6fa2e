//! Where a request for a page leads before anything is rendered.

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
    notice::{is_told, of_done},
    query::query_value,
    signed_out::SignedOutElsewhere,
};

/// How long a browser may take from hearing that its session ended to asking for the next page.
#[cfg(feature = "ssr")]
const JUST_NOW: Duration = Duration::from_secs(60);

/// Where a request for a page is sent instead, if the person does not belong there.
///
/// `adding` is for `?add=1`: a signed-in person who is about to add one more account.
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

/// Sends a request for one of our pages where the person belongs, and tells the page what it has to say on arrival: a
/// middleware for [`axum::middleware::from_fn_with_state`], inside of the session layer.
///
/// A browser whose session has ended elsewhere is sent on and told how. Other requests pass through.
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
    // A link of another site makes nobody act as another account.
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
    // A redirect passes it on.
    if response.status().is_success() {
        // A link leads from any page of ours to the forms, without another document. At the forms also where other cookies
        // came: this answer may clear them, and a notice goes by itself.
        if options.has_passwords() && (is_form || !state.has_cookies()) {
            state.probe_cookies();
        }
        // Who is back at a form has not chosen, and begins anew.
        if is_form {
            state.clear_ticket();
        }
        if !is_form && is_told(&state, &query) {
            state.clear_notice();
        }
    }
    if page.is_secret() {
        // Nothing that the page asks for is told where it was asked from.
        response.headers_mut().insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    }
    response
}

/// What is asked for.
#[cfg(feature = "ssr")]
struct Page<'a> {
    options: MultiSessionOptions,
    path: &'a str,
    query: &'a str,
    /// The session of `?ended=`, whose end the person wants to know about.
    asked: Option<&'a SessionId>,
    /// Whether a page of the same origin leads here.
    is_same_origin: bool,
}

#[cfg(feature = "ssr")]
impl Page<'_> {
    /// The address to which the request is sent instead.
    async fn redirect(&self, state: &SessionRequest, headers: &HeaderMap) -> Option<String> {
        if let Some(to) = self.asked_before(state, headers) {
            return Some(to);
        }
        // What a mail or the right password has led to goes first.
        let is_open = self.is_secret()
            || [CHOOSE_DEVICE, FORGOT_PASSWORD].contains(&self.path)
            || self.options.not_me_path().is(self.path);
        if !is_open && let Some(to) = self.move_on(state).await {
            return Some(to);
        }
        // A database that does not answer is told by the page itself.
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

    /// Whether the address has the secret of a mailed link.
    fn is_secret(&self) -> bool {
        self.path == RESET_PASSWORD
            || self.options.not_me_path().is(self.path) && query_value(self.query, "token").is_some()
    }

    /// Where a person goes on to who has just signed in at a page whose address asks for that.
    ///
    /// Every sign-in leads to the same page, with a script or without, which the Referer tells where the person was. Where
    /// none is sent, people arrive where everybody does.
    fn asked_before(&self, state: &SessionRequest, headers: &HeaderMap) -> Option<String> {
        let has_signed_in = query_value(self.query, "done") == Some("signed-in");
        let from = String::from_utf8_lossy(headers.get(REFERER)?.as_bytes());
        let is_asked = self.is_same_origin && has_signed_in && from.contains(SIGN_IN_TO_EXPORT);
        (is_asked && state.browser().ok()?.active().is_some())
            .then(|| self.options.history_path().to_string())
    }

    /// Where a browser goes whose active session was ended elsewhere: to the next account that it holds, or to sign in.
    async fn move_on(&self, state: &SessionRequest) -> Option<String> {
        // What the query of an application's own page says is the application's business.
        if !self.options.has_passwords() && self.path == self.options.home(false) && !self.query.is_empty() {
            return None;
        }
        let sessions = state.sessions();
        let browser = state.browser().ok().filter(|browser| browser.active().is_none())?;
        let lost = match (sessions.ending_of_active(state.presented()).await.ok()?, self.asked) {
            // Another request of this browser may have taken the dead cookie away already: it goes on, and is told nothing.
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

    /// Whether a person is where people sign in, and was told how the session ended or is told something else there. The dead
    /// cookie stays for as long as the session may live again.
    fn stays_signed_out(&self, state: &SessionRequest, ending: &Ending) -> bool {
        let is_told_already = self.asked == Some(&ending.id);
        let has_news = is_told(state, self.query) || query_value(self.query, "__err").is_some();
        self.path == SIGN_UP || self.path == self.options.home(false) && (is_told_already || has_news)
    }

    /// How the session ended that the address names, for the browser that held it.
    async fn signed_out_elsewhere(&self, state: &SessionRequest) -> Option<SignedOutElsewhere> {
        let (id, sessions) = (self.asked?, state.sessions());
        // A database that does not answer is told by the page itself.
        let ending = match sessions.ending_of_held(state.presented(), id).await.ok()? {
            Some(ending) => ending,
            // Another tab has signed out, and taken the cookies away. That is all that is told then: no device is named.
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
    fn start_leads_where_one_belongs() {
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
    fn pages_that_do_not_exist_stay_so() {
        assert_eq!(detour(&OURS, "/nowhere", false, true), None);
        assert_eq!(detour(&OURS, "/nowhere", false, false), None);
    }
}
