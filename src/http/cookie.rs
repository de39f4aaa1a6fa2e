//! The names and values of the cookies, and the difference between two states of a browser.

use std::collections::HashSet;
use std::time::Duration;

use cookie::{Cookie, SameSite};
use http::HeaderMap;
use http::header::COOKIE;
use percent_encoding::percent_decode_str;

use super::InvalidSetting;
use crate::{Browser, Credential, DeviceToken, Handle, Held, Options, Presented, SignInTicket, Timestamp};

mod notice;

/// The lifetime of the device cookie: the longest that browsers allow (RFC 6265bis, 5.5).
const DEVICE_DAYS: i64 = 400;
/// Prefixes that have a meaning for browsers (RFC 6265bis, 4.1.3, and the newer `__Http-`).
const BROWSERS_PREFIXES: [&str; 3] = ["__host-", "__secure-", "__http-"];

/// The names of the cookies.
///
/// `<prefix>.session_token` names the active session. `<prefix>.session_token_multi-<handle>` holds the
/// session of one account. By `<prefix>.device` an account recognizes the browser at its next sign-in.
/// `<prefix>.notice` carries a message from one page to the next. `<prefix>.ticket` lets a person choose a
/// device at the limit. On https the names begin with `__Host-` (RFC 6265bis), so that no other host and no
/// page without TLS can set them.
#[derive(Clone, Debug)]
pub struct CookieNames {
    active: String,
    held_prefix: String,
    device: String,
    ticket: String,
    /// The active cookie's name in Better Auth on https. It is read, so that a migration signs nobody out,
    /// and replaced by ours.
    older: Option<String>,
    secure: bool,
}

impl CookieNames {
    /// Creates the names from the prefix, such as `multi-session`, and whether browsers use https.
    ///
    /// The prefix is 1 to 64 letters, digits, hyphens, dots or underscores. It must not begin with a prefix
    /// of [`BROWSERS_PREFIXES`] in any case, because browsers would drop the cookies.
    pub(super) fn new(prefix: &str, secure: bool) -> Result<Self, InvalidSetting> {
        let valid = (1..=64).contains(&prefix.len())
            && prefix.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
        let lower = prefix.to_ascii_lowercase();
        if !valid || BROWSERS_PREFIXES.iter().any(|known| lower.starts_with(known)) {
            return Err(InvalidSetting::CookiePrefix(prefix.to_owned()));
        }
        let host = if secure { "__Host-" } else { "" };
        let active = format!("{host}{prefix}.session_token");
        let older = secure.then(|| format!("__Secure-{prefix}.session_token"));
        let device = format!("{host}{prefix}.device");
        let ticket = format!("{host}{prefix}.ticket");
        Ok(Self { held_prefix: format!("{active}_multi-"), active, device, ticket, older, secure })
    }

    /// The beginning of all our names.
    fn common(&self) -> &str {
        self.active.strip_suffix("session_token").unwrap_or(&self.active)
    }

    /// `None` unless the cookie is ours; `Some` with the raw value if it is the notice.
    fn own<'a>(&self, pair: &'a [u8]) -> Option<Option<&'a [u8]>> {
        let rest = pair.trim_ascii().strip_prefix(self.common().as_bytes())?;
        Some(rest.strip_prefix(b"notice="))
    }

    /// Our name for a cookie of Better Auth, if it is one.
    fn renamed(&self, name: &str) -> Option<String> {
        let rest = name.strip_prefix(self.older.as_deref()?)?;
        (rest.is_empty() || rest.starts_with("_multi-")).then(|| [&self.active, rest].concat())
    }

    /// The name of the cookie of the active session.
    pub fn active(&self) -> &str {
        &self.active
    }

    /// The beginning of the names of held-session cookies. The session's handle follows.
    pub fn held_prefix(&self) -> &str {
        &self.held_prefix
    }

    fn held(&self, handle: &Handle) -> String {
        format!("{}{}", self.held_prefix, handle.as_str().to_ascii_lowercase())
    }

    /// Whether this is the name of the held-session cookie of a handle.
    fn is_held(&self, name: &str, handle: &Handle) -> bool {
        let lower = handle.as_str().bytes().map(|b| b.to_ascii_lowercase());
        name.strip_prefix(&self.held_prefix).is_some_and(|rest| rest.bytes().eq(lower))
    }

    /// Reads a request's cookies that have our names and a valid form.
    pub(super) fn read(&self, headers: &HeaderMap) -> RequestCookies {
        let mut read = RequestCookies::default();
        let mut notice = None;
        for pair in pairs(headers) {
            if let Some(value) = self.own(pair) {
                read.any = true;
                notice = notice.or(value);
            }
            let Some((name, value)) = name_and_value(pair) else { continue };
            let decoded = || percent_decode_str(value).decode_utf8().ok();
            if name == self.active {
                read.active.extend(decoded().and_then(|value| Credential::parse(&value)));
            } else if let Some(handle) = name.strip_prefix(&self.held_prefix) {
                // Cookies with other names are not ours. A credential under the name of another handle is
                // invalid.
                if Handle::parse(handle).is_some()
                    && let Some(value) = decoded()
                {
                    let credential =
                        Credential::parse(&value).filter(|credential| self.is_held(name, &credential.handle));
                    read.held.push((name.to_owned(), credential));
                }
            } else if name == self.device {
                read.devices.extend(decoded().and_then(|value| DeviceToken::parse(&value)));
            } else if name == self.ticket {
                if let Some(value) = decoded() {
                    read.ticket = SignInTicket::parse(&value);
                }
            } else if let Some(renamed) = self.renamed(name)
                && let Some(value) = decoded()
            {
                // Any host of the domain can set such a cookie, so it can only open imported sessions: a
                // Better Auth token nearly always has a capital letter, and ours never have one.
                let credential = Credential::parse(&value)
                    .filter(|it| it.handle.as_str().bytes().any(|b| b.is_ascii_uppercase()))
                    .filter(|it| renamed == self.active || renamed == self.held(&it.handle));
                read.older.push(Older { name: name.to_owned(), active: renamed == self.active, credential });
            }
        }
        // If there are several, the first.
        read.notice = notice.and_then(notice_of);
        read
    }

    /// The encoded cookies to send to a browser that held `before` and now holds `after`.
    ///
    /// Answers may arrive in any order or never, and a browser cannot tell which is newer. So:
    ///
    /// - The session cookie has one name for all sessions. It is set only by a request that made a session
    ///   active or rotated the active one's credential, and cleared only by one that ended the active session
    ///   or signed out. A request that only reads never changes it, even if it is invalid.
    /// - The name of a held-session cookie belongs to one credential. So every answer sets missing ones and
    ///   clears dead ones.
    /// - No cookie has to be sent again to extend it: each lives until the absolute timeout of its session.
    ///
    /// [`Sessions::current`](crate::Sessions::current) copes with what late answers leave behind.
    pub(super) fn difference(
        &self,
        sent: &RequestCookies,
        (before, after): (&Browser, &Browser),
        options: &Options,
        now: Timestamp,
    ) -> Vec<Cookie<'static>> {
        let mut changes = Vec::new();
        let set = |name: String, held: &Held| {
            let mut cookie = self.plain(name, encoded(&held.credential));
            // Without Max-Age the cookie ends with the browser window.
            if held.remember {
                let until = options.latest_end(held.authenticated_at, held.keep());
                cookie.set_max_age(seconds(until.max(held.session.expires_at).since(now)));
            }
            cookie
        };
        let cleared = |name: &str| {
            let mut cookie = self.plain(name.to_owned(), String::new());
            cookie.set_max_age(cookie::time::Duration::ZERO);
            cookie
        };
        match after.active() {
            Some(held) if held.issue || before.active != after.active => {
                changes.push(set(self.active.clone(), held));
            }
            None if !sent.active.is_empty() && (before.active.is_some() || after.signed_out()) => {
                changes.push(cleared(&self.active));
            }
            _ => {}
        }
        for held in after.held() {
            let is = |sent: &Credential| sent.is(&held.credential);
            let is_sent = sent.held.iter().any(|(_, credential)| credential.as_ref().is_some_and(is));
            if !is_sent || held.issue {
                changes.push(set(self.held(&held.credential.handle), held));
            }
        }
        let is_wanted = |name: &str| {
            let mut handles = after.held().iter().map(|held| &held.credential.handle).chain(after.undoable());
            handles.any(|handle| self.is_held(name, handle))
        };
        let mut gone = HashSet::new();
        for (name, _) in sent.held.iter().filter(|(name, _)| !is_wanted(name)) {
            if gone.insert(name) {
                changes.push(cleared(name));
            }
        }
        // They continue under our names, or are invalid.
        changes.extend(sent.older.iter().map(|older| cleared(&older.name)));
        if let Some(token) = after.device() {
            let mut cookie = self.plain(self.device.clone(), token.to_text());
            cookie.set_max_age(cookie::time::Duration::days(DEVICE_DAYS));
            changes.push(cookie);
        }
        changes
    }

    /// The cookie of a ticket, which lives as long as the ticket is valid. Without a ticket it clears the
    /// cookie.
    pub(super) fn ticket_cookie(&self, ticket: Option<&SignInTicket>) -> Cookie<'static> {
        let mut cookie =
            self.plain(self.ticket.clone(), ticket.map(SignInTicket::to_text).unwrap_or_default());
        cookie.set_max_age(seconds(ticket.map_or(Duration::ZERO, |_| SignInTicket::LIFETIME)));
        cookie
    }

    /// A cookie that ends with the browser window. It is sent only to this server, and scripts cannot read
    /// it.
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

/// The cookies of a request, as they were sent.
fn pairs(headers: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    headers.get_all(COOKIE).iter().flat_map(|value| value.as_bytes().split(|byte| *byte == b';'))
}

/// The name of a cookie as it was sent, and its value, still encoded; `None` if it cannot be read.
///
/// Browsers let no other host set a cookie whose name begins with `__Host-`. That holds for the exact name,
/// so names are not decoded, and only spaces and tabs are trimmed.
fn name_and_value(pair: &[u8]) -> Option<(&str, &str)> {
    let (name, value) = std::str::from_utf8(pair).ok()?.split_once('=')?;
    let trimmed = |text| str::trim_matches(text, [' ', '\t']);
    Some((trimmed(name), trimmed(value)))
}

/// Reads the value of the cookie of a notice.
fn notice_of(value: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(value).ok()?;
    (!text.is_empty() && is_notice(text)).then(|| text.to_owned())
}

/// Whether a cookie can carry the text unencoded. It may contain the name and the address of a refused form.
fn is_notice(text: &str) -> bool {
    text.len() <= 1_024 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.&=".contains(&b))
}

/// Rounded up, so that a cookie never ends before its session.
fn seconds(time: Duration) -> cookie::time::Duration {
    let seconds = time.as_millis().div_ceil(1_000);
    cookie::time::Duration::seconds(seconds.try_into().unwrap_or(i64::MAX))
}

/// Encodes like JavaScript's `encodeURIComponent`. Of the characters of a credential, it encodes these three.
fn encoded(credential: &Credential) -> String {
    credential.to_cookie_value().replace('+', "%2B").replace('/', "%2F").replace('=', "%3D")
}

/// The session cookies of one request.
#[derive(Clone, Debug, Default)]
pub(super) struct RequestCookies {
    /// The credentials of the session cookies. There are several if cookies of the same name have another
    /// path or domain.
    active: Vec<Credential>,
    /// The held-session cookies by name, in the request's order.
    held: Vec<(String, Option<Credential>)>,
    /// The cookies with Better Auth's names on https.
    older: Vec<Older>,
    /// The tokens of the device cookies.
    pub(super) devices: Vec<DeviceToken>,
    /// The ticket to choose a device.
    pub(super) ticket: Option<SignInTicket>,
    /// The notice that an earlier answer left.
    pub(super) notice: Option<String>,
    /// Whether any of the cookies is ours.
    pub(super) any: bool,
}

/// A cookie of Better Auth.
#[derive(Clone, Debug)]
struct Older {
    name: String,
    active: bool,
    credential: Option<Credential>,
}

impl RequestCookies {
    /// The unverified claims of the cookies.
    pub(super) fn presented(&self) -> Presented {
        let older = |active| {
            let cookies = self.older.iter().filter(move |older| older.active == active);
            cookies.filter_map(|older| older.credential.clone()).collect()
        };
        Presented {
            active: self.active.clone(),
            held: self.held.iter().filter_map(|(_, credential)| credential.clone()).collect(),
            imported: (!self.older.is_empty())
                .then(|| Box::new(Presented { active: older(true), held: older(false), imported: None })),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(cookies: &[u8]) -> HeaderMap {
        HeaderMap::from_iter([(COOKIE, http::HeaderValue::from_bytes(cookies).expect("a header"))])
    }

    /// The cookies sent to a browser that holds nothing.
    fn sent_cookies(names: &CookieNames, sent: &RequestCookies) -> Vec<String> {
        let nothing = Browser::default();
        let both = (&nothing, &nothing);
        let told = names.difference(sent, both, &Options::default(), Timestamp::default());
        told.iter().map(ToString::to_string).collect()
    }

    /// A well-formed cookie value.
    fn value(handle: &str) -> String {
        format!("{}.{}%3D", handle.repeat(32 / handle.len()), "A".repeat(43))
    }

    #[test]
    fn a_name_is_compared_as_it_was_sent() {
        let names = CookieNames::new("multi-session", true).expect("a plain name");
        let handle = "ab".repeat(16);
        let own = [
            format!("__Host-multi-session.session_token={}", value("ab")),
            format!("__Host-multi-session.session_token_multi-{handle}={}", value("ab")),
            format!("__Host-multi-session.device={}", "A".repeat(43)),
        ];
        let read = |cookies: &str| {
            let read = names.read(&headers(cookies.as_bytes()));
            (read.active.len(), read.held.len(), read.devices.len(), read.older.len())
        };
        assert_eq!(read(&own.join("; ")), (1, 1, 1, 0));
        // Names that a sibling host may set, because browsers do not see the prefix in them.
        type Disguise = fn(&str) -> String;
        let disguises: [(&str, Disguise); 9] = [
            ("_ is encoded", |it| it.replacen("__", "%5F%5F", 1)),
            ("H is encoded", |it| it.replacen('H', "%48", 1)),
            ("a letter behind the prefix is encoded", |it| it.replacen("multi", "mult%69", 1)),
            ("in other letters", |it| it.replacen("__Host", "__HOST", 1)),
            ("without the prefix", |it| it.replacen("__Host-", "", 1)),
            ("behind a no-break space", |it| format!("\u{a0}{it}")),
            ("behind a next line", |it| format!("\u{85}{it}")),
            ("behind an ideographic space", |it| format!("\u{3000}{it}")),
            ("before an em space", |it| it.replacen('=', "\u{2003}=", 1)),
        ];
        for (how, disguise) in disguises {
            for cookie in &own {
                assert_eq!(read(&disguise(cookie)), (0, 0, 0, 0), "{how}: {cookie}");
            }
        }
    }

    #[test]
    fn unreadable_cookie_hides_no_other() {
        let names = CookieNames::new("multi-session", false).expect("a plain name");
        let own = format!("multi-session.session_token={}", value("ab"));
        for other in [
            &b"city=Z\xfcrich"[..],
            "city=Zürich".as_bytes(),
            b"\xff=\xfe",
            b"alone",
            b"",
            b"=",
            b"a=%ff",
            b"a=\"",
        ] {
            for cookies in [[other, own.as_bytes()], [own.as_bytes(), other]] {
                let read = names.read(&headers(&cookies.join(&b"; "[..])));
                assert_eq!(read.active.len(), 1, "{}", other.escape_ascii());
            }
        }
    }

    #[test]
    fn every_value_of_a_name_is_read() {
        let names = CookieNames::new("multi-session", false).expect("a plain name");
        let (name, device) = (names.active(), "multi-session.device");
        let cookies = format!(
            "{name}={}; {name}=garbage; {name}={}; {device}=x; {device}={}; {device}={}",
            value("ab"),
            value("cd"),
            "A".repeat(43),
            "B".repeat(42) + "A",
        );
        let read = names.read(&headers(cookies.as_bytes()));
        let handles: Vec<&str> = read.active.iter().map(|it| &it.handle.as_str()[..2]).collect();
        assert_eq!(handles, ["ab", "cd"]);
        assert_eq!(read.devices.len(), 2);
    }

    #[test]
    fn prefix_must_be_a_valid_cookie_name() {
        for prefix in ["", "a b", "a;b", "a=b", "é"] {
            assert!(CookieNames::new(prefix, true).is_err(), "{prefix:?} was taken");
        }
        let names = CookieNames::new("better-auth", true).expect("a plain name");
        assert_eq!(names.active, "__Host-better-auth.session_token");
    }

    #[test]
    fn rfc_6265bis_cookie_prefixes_of_browsers_are_refused_in_any_case() {
        for prefix in ["__Host-x", "__HOST-x", "__host-", "__Secure-x", "__sEcUrE-x", "__Http-x"] {
            for secure in [false, true] {
                assert!(CookieNames::new(prefix, secure).is_err(), "{prefix:?} was taken");
            }
        }
        CookieNames::new("__hostess-x", true).expect("it only begins alike");
    }

    #[test]
    fn request_without_cookies_gets_no_cookies() {
        let names = CookieNames::new("multi-session", false).expect("a plain name");
        assert!(sent_cookies(&names, &names.read(&HeaderMap::new())).is_empty());
    }

    #[test]
    fn cookies_of_better_auth_are_read_on_https_and_only_those() {
        let names = CookieNames::new("better-auth", true).expect("a plain name");
        let read = |cookies: String| names.read(&headers(cookies.as_bytes()));
        let imported = |cookies: &RequestCookies| *cookies.presented().imported.expect("theirs");
        let secret = format!("{}%3D", "A".repeat(43));
        let (theirs, ours) = ("aB".repeat(16), "ab".repeat(16));
        let active = |token: &str| format!("__Secure-better-auth.session_token={token}.{secret}");
        let held = |token: &str| {
            format!("__Secure-better-auth.session_token_multi-{}={token}.{secret}", token.to_lowercase())
        };
        let before = read(format!("{}; {}", active(&theirs), held(&theirs)));
        assert_eq!(imported(&before).active[0].handle.as_str(), theirs);
        assert_eq!(imported(&before).held.len(), 1);
        assert!(before.presented().active.is_empty(), "it is none of ours");
        let cleared = sent_cookies(&names, &before);
        let name = format!("__Secure-better-auth.session_token_multi-{}", theirs.to_lowercase());
        assert_eq!(cleared.len(), 2);
        assert!(cleared[0].starts_with("__Secure-better-auth.session_token=; "), "{cleared:?}");
        assert!(cleared[1].starts_with(&format!("{name}=; ")), "{cleared:?}");

        assert!(imported(&read(active(&ours))).active.is_empty(), "another host of the domain could set it");
        assert!(read(format!("__Secure-better-auth.session_tokens={theirs}.{secret}")).older.is_empty());
        let plain = CookieNames::new("better-auth", false).expect("a plain name");
        assert!(plain.read(&headers(active(&theirs).as_bytes())).older.is_empty());
    }

    #[test]
    fn ticket_cookie_lives_five_minutes_and_is_hidden_from_scripts() {
        let names = CookieNames::new("multi-session", true).expect("a plain name");
        let ticket = SignInTicket::generate(&crate::OsRandom);
        let cookie = names.ticket_cookie(Some(&ticket)).to_string();
        let (pair, attributes) = cookie.split_once("; ").expect("attributes");
        assert_eq!(attributes, "HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=300");
        let read = names.read(&headers(pair.as_bytes())).ticket.expect("a ticket");
        assert_eq!(read.to_text(), ticket.to_text());
        assert!(names.ticket_cookie(None).to_string().starts_with("__Host-multi-session.ticket=; "));
        assert!(names.read(&headers(b"__Host-multi-session.ticket=x")).ticket.is_none());
    }

    #[test]
    fn a_cookie_lives_as_long_as_its_session_and_never_shorter() {
        let days = Duration::from_secs(30 * 24 * 60 * 60);
        // Time passes between the sign-in and its answer.
        for (later, expected) in [(0, 2_592_000), (1, 2_592_000), (999, 2_592_000), (1_000, 2_591_999)] {
            let left = seconds(days - Duration::from_millis(later));
            assert_eq!(left.whole_seconds(), expected, "{later} ms later");
        }
    }

    #[test]
    fn only_dead_cookies_that_are_named_by_a_handle_are_cleared() {
        let names = CookieNames::new("multi-session", false).expect("a plain name");
        let held = format!("multi-session.session_token_multi-{}", "a".repeat(32));
        let text = format!(
            "theme=dark; multi-session.session_token={}; {held}=garbage; multi-session.session_token_multi-x=y",
            value("ab")
        );
        assert_eq!(
            sent_cookies(&names, &names.read(&headers(text.as_bytes()))),
            [format!("{held}=; HttpOnly; SameSite=Lax; Path=/; Max-Age=0")]
        );
    }
}
