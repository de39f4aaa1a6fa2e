//! The names and forms of the cookies, and the difference between two states of a browser.

use std::collections::HashSet;

use cookie::{Cookie, SameSite};
use http::HeaderMap;
use http::header::COOKIE;

use crate::{Browser, Credential, DeviceToken, Handle, Held, Presented, Timestamp};

mod notice;

/// How long a browser keeps the device cookie: as long as any does (RFC 6265bis, 5.5).
const DEVICE_DAYS: i64 = 400;
/// What a browser holds a cookie to that is called so (RFC 6265bis, 4.1.3, and `__Http-`, which came after it).
const BROWSERS_PREFIXES: [&str; 3] = ["__host-", "__secure-", "__http-"];

/// How the cookies are called.
///
/// `<prefix>.session_token` says which session is active; `<prefix>.session_token_multi-<handle>` is held beside
/// it, one for each account; `<prefix>.device` lets an account recognise the browser at its next sign-in;
/// `<prefix>.notice` is what one page leaves for the next. On https the names begin with `__Host-` (RFC 6265bis), so that
/// no other host and no plain-text page can set them.
#[derive(Clone, Debug)]
pub struct CookieNames {
    active: String,
    held_prefix: String,
    device: String,
    /// The active cookie's name as Better Auth has it on https: read, so that nobody is signed out by moving here, and
    /// replaced by ours.
    older: Option<String>,
    secure: bool,
}

impl CookieNames {
    /// Takes the prefix, as in `multi-session`, and whether browsers reach the server by https.
    ///
    /// # Errors
    ///
    /// The prefix itself unless it is 1 to 64 letters, digits, hyphens, dots or underscores, or where it begins with a
    /// prefix of browsers', which they know in whatever case: they would drop the cookies.
    pub fn new(prefix: &str, secure: bool) -> Result<Self, String> {
        let valid = (1..=64).contains(&prefix.len())
            && prefix.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
        let lower = prefix.to_ascii_lowercase();
        if !valid || BROWSERS_PREFIXES.iter().any(|known| lower.starts_with(known)) {
            return Err(prefix.to_owned());
        }
        let host = if secure { "__Host-" } else { "" };
        let active = format!("{host}{prefix}.session_token");
        let older = secure.then(|| format!("__Secure-{prefix}.session_token"));
        let device = format!("{host}{prefix}.device");
        Ok(Self { held_prefix: format!("{active}_multi-"), active, device, older, secure })
    }

    /// Says which cookie of ours an older one stands for, if it is one.
    fn renamed(&self, name: &str) -> Option<String> {
        let rest = name.strip_prefix(self.older.as_deref()?)?;
        (rest.is_empty() || rest.starts_with("_multi-")).then(|| [&self.active, rest].concat())
    }

    /// The name of the cookie that says which session is active.
    pub fn active(&self) -> &str {
        &self.active
    }

    /// What the names of the held sessions' cookies begin with; a session's handle follows.
    pub fn held_prefix(&self) -> &str {
        &self.held_prefix
    }

    fn held(&self, handle: &Handle) -> String {
        format!("{}{}", self.held_prefix, handle.as_str().to_ascii_lowercase())
    }

    /// Reads a request's cookies.
    pub(super) fn read(&self, headers: &HeaderMap) -> RequestCookies {
        let mut read = RequestCookies::default();
        let texts = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        for cookie in texts.flat_map(Cookie::split_parse_encoded).flatten() {
            if cookie.name() == self.active {
                // The first one wins: a second of the same name was set for a longer path by somebody else.
                read.active.get_or_insert_with(|| Credential::parse(cookie.value()));
            } else if cookie.name().starts_with(&self.held_prefix) {
                // A credential filed under another one's name counts as none.
                let credential = Credential::parse(cookie.value())
                    .filter(|credential| self.held(&credential.handle) == cookie.name());
                read.held.push((cookie.name().to_owned(), credential));
            } else if cookie.name() == self.device {
                read.device = read.device.or_else(|| DeviceToken::parse(cookie.value()));
            } else if let Some(renamed) = self.renamed(cookie.name()) {
                // Any host of the domain can set such a cookie, so it opens only what this server did not make: a
                // Better Auth token nearly always has a capital letter, and ours never has.
                let credential = Credential::parse(cookie.value())
                    .filter(|it| it.handle.as_str().bytes().any(|b| b.is_ascii_uppercase()))
                    .filter(|it| renamed == self.active || renamed == self.held(&it.handle));
                read.older.push(Older {
                    name: cookie.name().to_owned(),
                    active: renamed == self.active,
                    credential,
                });
            }
        }
        read
    }

    /// The cookies, encoded, that bring a browser from what its request said to what it now holds: nothing for what is
    /// already so, the dead and forged ones cleared.
    pub(super) fn difference(
        &self,
        before: &RequestCookies,
        after: &Browser,
        now: Timestamp,
    ) -> Vec<Cookie<'static>> {
        let mut changes = Vec::new();
        match (after.active(), &before.active) {
            (Some(held), Some(Some(sent))) if held.credential.is(sent) && !held.issue => {}
            (Some(held), _) => changes.push(self.cookie(self.active.clone(), Some((held, now)))),
            (None, Some(Some(sent))) if after.undoable().any(|handle| *handle == sent.handle) => {}
            (None, Some(_)) => changes.push(self.cookie(self.active.clone(), None)),
            (None, None) => {}
        }
        let mut wanted = HashSet::new();
        for held in after.held() {
            let name = self.held(&held.credential.handle);
            let sent = before.held.iter().any(|(sent_as, credential)| {
                *sent_as == name && credential.as_ref().is_some_and(|sent| sent.is(&held.credential))
            });
            if !sent || held.issue {
                changes.push(self.cookie(name.clone(), Some((held, now))));
            }
            wanted.insert(name);
        }
        wanted.extend(after.undoable().map(|handle| self.held(handle)));
        for (name, _) in &before.held {
            if wanted.insert(name.clone()) {
                changes.push(self.cookie(name.clone(), None));
            }
        }
        for older in &before.older {
            let may_live_again = |sent: &Credential| after.undoable().any(|handle| *handle == sent.handle);
            if !older.credential.as_ref().is_some_and(may_live_again) {
                changes.push(self.cookie(older.name.clone(), None));
            }
        }
        if let Some(token) = after.device() {
            let mut cookie = self.plain(self.device.clone(), token.to_text());
            cookie.set_max_age(cookie::time::Duration::days(DEVICE_DAYS));
            changes.push(cookie);
        }
        changes
    }

    fn cookie(&self, name: String, held: Option<(&Held, Timestamp)>) -> Cookie<'static> {
        let value = held.map(|(held, _)| encoded(&held.credential)).unwrap_or_default();
        let mut cookie = self.plain(name, value);
        match held {
            None => cookie.set_max_age(cookie::time::Duration::ZERO),
            Some((held, now)) if held.remember => {
                let seconds = held.session.expires_at.since(now).as_secs();
                cookie.set_max_age(cookie::time::Duration::seconds(seconds.try_into().unwrap_or(i64::MAX)));
            }
            // Without Max-Age the cookie goes with the browser's window.
            Some(_) => {}
        }
        cookie
    }

    /// A cookie that goes with the browser's window, sent to this server alone and to no script.
    fn plain(&self, name: String, value: String) -> Cookie<'static> {
        let mut cookie = Cookie::new(name, value);
        cookie.set_path("/");
        cookie.set_http_only(true);
        cookie.set_same_site(SameSite::Lax);
        if self.secure {
            cookie.set_secure(true);
        }
        cookie
    }
}

/// Encodes as JavaScript's `encodeURIComponent` does: of what a credential is made of, these three.
fn encoded(credential: &Credential) -> String {
    credential.to_cookie_value().replace('+', "%2B").replace('/', "%2F").replace('=', "%3D")
}

/// The session cookies of one request.
#[derive(Clone, Debug, Default)]
pub(super) struct RequestCookies {
    /// Absent, there but no credential, or a credential.
    active: Option<Option<Credential>>,
    /// The held-session cookies by name, in the request's order.
    held: Vec<(String, Option<Credential>)>,
    /// Those under the names that Better Auth gives them on https.
    older: Vec<Older>,
    /// The first device cookie that is one.
    pub(super) device: Option<DeviceToken>,
}

/// A cookie of Better Auth's.
#[derive(Clone, Debug)]
struct Older {
    name: String,
    active: bool,
    credential: Option<Credential>,
}

impl RequestCookies {
    /// What they claim.
    pub(super) fn presented(&self) -> Presented {
        let older = |active| {
            let cookies = self.older.iter().filter(move |older| older.active == active);
            cookies.filter_map(|older| older.credential.clone())
        };
        let held = self.held.iter().filter_map(|(_, credential)| credential.clone());
        Presented {
            // Ours has the last word, also when it says that nobody is active.
            active: self.active.clone().unwrap_or_else(|| older(true).next()),
            held: held.chain(older(false)).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_a_cookie_name() {
        for prefix in ["", "a b", "a;b", "a=b", "é"] {
            assert!(CookieNames::new(prefix, true).is_err(), "{prefix:?} was taken");
        }
        let names = CookieNames::new("better-auth", true).expect("a plain name");
        assert_eq!(names.active, "__Host-better-auth.session_token");
    }

    #[test]
    fn rfc_6265bis_a_prefix_of_browsers_is_none_of_ours_in_whatever_case() {
        for prefix in ["__Host-x", "__HOST-x", "__host-", "__Secure-x", "__sEcUrE-x", "__Http-x"] {
            for secure in [false, true] {
                assert!(CookieNames::new(prefix, secure).is_err(), "{prefix:?} was taken");
            }
        }
        CookieNames::new("__hostess-x", true).expect("it only begins alike");
    }

    #[test]
    fn a_request_that_says_nothing_is_told_nothing() {
        let names = CookieNames::new("multi-session", false).expect("a plain name");
        let before = names.read(&HeaderMap::new());
        assert!(names.difference(&before, &Browser::default(), Timestamp::default()).is_empty());
    }

    #[test]
    fn cookies_of_better_auth_are_read_on_https_and_only_those() {
        let names = CookieNames::new("better-auth", true).expect("a plain name");
        let read = |cookies: String| {
            let mut headers = HeaderMap::new();
            headers.insert(COOKIE, http::HeaderValue::from_str(&cookies).expect("a header"));
            names.read(&headers)
        };
        let secret = format!("{}%3D", "A".repeat(43));
        let (theirs, ours) = ("aB".repeat(16), "ab".repeat(16));
        let active = |token: &str| format!("__Secure-better-auth.session_token={token}.{secret}");
        let held = |token: &str| {
            format!("__Secure-better-auth.session_token_multi-{}={token}.{secret}", token.to_lowercase())
        };
        let before = read(format!("{}; {}", active(&theirs), held(&theirs)));
        assert_eq!(before.presented().active.expect("a credential").handle.as_str(), theirs);
        assert_eq!(before.presented().held.len(), 1);
        let cleared = names.difference(&before, &Browser::default(), Timestamp::default());
        let cleared: Vec<&str> = cleared.iter().map(|cookie| cookie.name()).collect();
        let name = format!("__Secure-better-auth.session_token_multi-{}", theirs.to_lowercase());
        assert_eq!(cleared, ["__Secure-better-auth.session_token", &name]);

        assert!(read(active(&ours)).presented().active.is_none(), "another host of the domain could set it");
        let both = format!("{}; __Host-better-auth.session_token=", active(&theirs));
        assert!(read(both).presented().active.is_none(), "ours has the last word");
        assert!(read(format!("__Secure-better-auth.session_tokens={theirs}.{secret}")).older.is_empty());
        let plain = CookieNames::new("better-auth", false).expect("a plain name");
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, http::HeaderValue::from_str(&active(&theirs)).expect("a header"));
        assert!(plain.read(&headers).older.is_empty());
    }

    #[test]
    fn dead_and_forged_cookies_are_cleared() {
        let names = CookieNames::new("multi-session", false).expect("a plain name");
        let mut headers = HeaderMap::new();
        let text = "theme=dark; multi-session.session_token=garbage; multi-session.session_token_multi-x=y";
        headers.insert(COOKIE, http::HeaderValue::from_static(text));
        let before = names.read(&headers);
        let changes = names.difference(&before, &Browser::default(), Timestamp::default());
        let texts: Vec<String> = changes.iter().map(ToString::to_string).collect();
        assert_eq!(
            texts,
            [
                "multi-session.session_token=; HttpOnly; SameSite=Lax; Path=/; Max-Age=0",
                "multi-session.session_token_multi-x=; HttpOnly; SameSite=Lax; Path=/; Max-Age=0",
            ]
        );
    }
}
