//! Which pages may send requests that change something (OWASP ASVS 5.0, 3.5).

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use http::header::{COOKIE, ORIGIN, REFERER};
use http::{HeaderMap, Method};
use url::{Origin, Url};

use super::InvalidSetting;
use crate::{Code, Timestamp};

/// The origins whose pages are trusted: the server's own and those that were configured.
#[derive(Clone, Debug)]
pub struct TrustedOrigins(Vec<Origin>);

impl TrustedOrigins {
    /// Creates them from the server's public origin and others. If its own origin is a loopback address, the
    /// other loopback names count as its own too.
    pub(super) fn new<'a>(
        own: &str,
        others: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, InvalidSetting> {
        let own_url = parse(own)?;
        let mut origins = vec![own_url.origin()];
        if own_url.host_str().is_some_and(|host| ["127.0.0.1", "localhost", "[::1]"].contains(&host)) {
            for name in ["127.0.0.1", "localhost", "[::1]"] {
                let mut same = own_url.clone();
                if same.set_host(Some(name)).is_ok() {
                    origins.push(same.origin());
                }
            }
        }
        for other in others {
            origins.push(parse(other)?.origin());
        }
        Ok(Self(origins))
    }

    /// Whether browsers reach the server by https.
    pub(super) fn is_https(&self) -> bool {
        matches!(self.0.first(), Some(Origin::Tuple(scheme, ..)) if scheme == "https")
    }

    /// Checks a request before its body is read.
    ///
    /// Safe methods pass. Other requests must come from a page of a trusted origin according to `Origin`, else to Fetch
    /// Metadata, else to `Referer`. Without all three only a request without cookies passes, which comes from a
    /// program. If `Origin` is the server's own and Fetch Metadata says another site, one of them is forged and the
    /// request is refused.
    ///
    /// # Errors
    ///
    /// [`Code::InvalidOrigin`] for another site's page, [`Code::MissingOrNullOrigin`] when there is no such header, and
    /// [`Code::CrossSiteLogin`] for a form of another site that would sign a browser without cookies in.
    pub(super) fn check(&self, method: &Method, path: &str, headers: &HeaderMap) -> Result<(), Code> {
        if method.is_safe() {
            return Ok(());
        }
        if signs_in(path) && is_form_of_another_site(headers) {
            return Err(Code::CrossSiteLogin);
        }
        let same_origin = || matches!(text(headers, "sec-fetch-site"), Some("same-origin" | "none"));
        match text(headers, ORIGIN.as_str()) {
            Some(origin) if self.is_own(origin) && is_of_another_origin(headers) => {
                return Err(Code::InvalidOrigin);
            }
            Some(origin) if origin != "null" => return self.must_trust(origin),
            Some(_) if same_origin() => return Ok(()),
            Some(_) => return Err(Code::MissingOrNullOrigin),
            None => {}
        }
        match text(headers, "sec-fetch-site") {
            Some("same-origin" | "none") => return Ok(()),
            Some(_) => return Err(Code::InvalidOrigin),
            None => {}
        }
        match text(headers, REFERER.as_str()) {
            Some(referer) => self.must_trust(referer),
            None if headers.contains_key(COOKIE) => Err(Code::MissingOrNullOrigin),
            None => Ok(()),
        }
    }

    /// The same for requests that are proven by a secret in the body, such as the token of a mailed link. The
    /// page of such a link hides its address (`Referrer-Policy: no-referrer`), so browsers send `Origin:
    /// null`, and without Fetch Metadata (plain http, or a proxy that removes it) nothing else.
    ///
    /// # Errors
    ///
    /// Those of [`TrustedOrigins::check`] if any header names another site.
    pub(super) fn check_proven(&self, method: &Method, path: &str, headers: &HeaderMap) -> Result<(), Code> {
        let is_null =
            text(headers, ORIGIN.as_str()) == Some("null") && !headers.contains_key("sec-fetch-site");
        self.check(method, path, headers).or_else(|code| if is_null { Ok(()) } else { Err(code) })
    }

    /// Checks a GET that changes something: only a script of the same origin may send it, because links, images and
    /// prefetches carry the cookies too.
    ///
    /// # Errors
    ///
    /// [`Code::CrossSiteGet`] for everything else.
    pub fn check_script(&self, headers: &HeaderMap) -> Result<(), Code> {
        let site = text(headers, "sec-fetch-site");
        let mode = text(headers, "sec-fetch-mode");
        let allowed = match (site, mode) {
            (None, None) => text(headers, ORIGIN.as_str()).is_some_and(|origin| self.trusts(origin)),
            (site, mode) => {
                site == Some("same-origin")
                    && mode == Some("cors")
                    && text(headers, "sec-purpose").is_none()
                    && text(headers, ORIGIN.as_str()).is_none_or(|origin| self.trusts(origin))
            }
        };
        if allowed { Ok(()) } else { Err(Code::CrossSiteGet) }
    }

    /// Checks a GET that is expensive although it changes nothing, such as a stream. A request whose headers say that
    /// it comes from a page of another origin is refused. A program sends no such headers.
    ///
    /// # Errors
    ///
    /// [`Code::InvalidOrigin`] for a page of another origin.
    pub fn check_reader(&self, headers: &HeaderMap) -> Result<(), Code> {
        let is_trusted = match text(headers, ORIGIN.as_str()) {
            Some(origin) => self.trusts(origin) && !(self.is_own(origin) && is_of_another_origin(headers)),
            None if headers.contains_key("sec-fetch-site") => !is_of_another_origin(headers),
            None => text(headers, REFERER.as_str()).is_none_or(|referer| self.trusts(referer)),
        };
        if is_trusted { Ok(()) } else { Err(Code::InvalidOrigin) }
    }

    /// Resolves the address to which a person is redirected, as a browser does. It must be a path of this site or a
    /// page of a trusted origin. Pages, the REST API and mailed links all use it.
    ///
    /// A path must stay a path for every reader. `//host` names another host if only the path is used, and so
    /// does an encoded slash or backslash if a proxy decodes it.
    ///
    /// # Errors
    ///
    /// [`Code::InvalidCallbackUrl`] for everything else.
    pub fn resolve_callback(&self, url: &str) -> Result<Url, Code> {
        let resolved = if url.starts_with('/') { self.resolve_path(url) } else { Url::parse(url).ok() };
        // A `blob:` URL has the origin of the page that created it.
        resolved
            .filter(|resolved| matches!(resolved.scheme(), "http" | "https"))
            .filter(|resolved| self.0.contains(&resolved.origin()))
            .filter(|_| !url.chars().any(char::is_control))
            .ok_or(Code::InvalidCallbackUrl)
    }

    fn resolve_path(&self, url: &str) -> Option<Url> {
        let path = url.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
        if url.starts_with("//") || url.contains('\\') || path.contains("%2f") || path.contains("%5c") {
            return None;
        }
        let own = Url::parse(&self.0.first()?.ascii_serialization()).ok()?;
        own.join(url).ok().filter(|resolved| !resolved.path().starts_with("//"))
    }

    /// The origin of the page that sent a request, unless the browser says that it is a page of another site. If the
    /// request is refused, people may use this server at that address.
    pub fn own_page(headers: &HeaderMap) -> Option<String> {
        let is_another_site = matches!(text(headers, "sec-fetch-site"), Some("cross-site" | "same-site"));
        let url = text(headers, ORIGIN.as_str()).filter(|_| !is_another_site)?;
        // Files and browser extensions have no address.
        Some(Url::parse(url).ok()?.origin())
            .filter(Origin::is_tuple)
            .map(|origin| origin.ascii_serialization())
    }

    fn must_trust(&self, url: &str) -> Result<(), Code> {
        if self.trusts(url) { Ok(()) } else { Err(Code::InvalidOrigin) }
    }

    fn trusts(&self, url: &str) -> bool {
        Url::parse(url).is_ok_and(|url| self.0.contains(&url.origin()))
    }

    /// Whether it is the server's own public origin, which is the first in the list.
    fn is_own(&self, url: &str) -> bool {
        Url::parse(url).is_ok_and(|url| self.0.first() == Some(&url.origin()))
    }
}

/// When a refused page was last logged, in milliseconds.
#[derive(Debug, Default)]
pub(super) struct LastWarning(AtomicI64);

impl LastWarning {
    /// How often refused pages are logged.
    const EVERY: Duration = Duration::from_secs(60);

    /// Warns that people may use another address than the configured one, if the last warning is old enough.
    pub(super) fn warn(&self, now: Timestamp, base_url: &str, headers: &HeaderMap) {
        let Some(origin) = TrustedOrigins::own_page(headers) else { return };
        let origin = origin.as_str();
        let (now, last) = (now.unix_ms(), self.0.load(Ordering::Relaxed));
        let is_due = u128::from(now.abs_diff(last)) >= Self::EVERY.as_millis();
        // Only one of several simultaneous requests logs it.
        if is_due && self.0.compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            tracing::warn!(
                origin,
                base_url,
                "a request from a page at {origin} was refused because this server's address is {base_url}. If people open \
                 the server at {origin}, set MULTI_SESSION_BASE_URL, or the origin of SessionHttp in your own program. If \
                 that is another site of yours, add it to MULTI_SESSION_TRUSTED_ORIGINS, or with_trusted_origins"
            );
        }
    }
}

/// Whether, according to Fetch Metadata, the request comes from a page of another origin.
fn is_of_another_origin(headers: &HeaderMap) -> bool {
    text(headers, "sec-fetch-site").is_some_and(|site| !matches!(site, "same-origin" | "none"))
}

/// The paths that sign in: Better Auth's two and ours. A forged sign-in would put the attacker's session into
/// the browser.
fn signs_in(path: &str) -> bool {
    ["/sign-in/email", "/sign-up/email", "/multi-session/sign-in-instead"]
        .iter()
        .any(|end| path.ends_with(end))
}

/// Whether a form of another site was sent, which has no cookies because of `SameSite=Lax`. No trusted origin
/// needs this: an application on another site signs in by script.
fn is_form_of_another_site(headers: &HeaderMap) -> bool {
    text(headers, "sec-fetch-site") == Some("cross-site")
        && text(headers, "sec-fetch-mode") == Some("navigate")
        && !headers.contains_key(COOKIE)
}

fn parse(text: &str) -> Result<Url, InvalidSetting> {
    let invalid = || InvalidSetting::Origin(text.to_owned());
    let url = Url::parse(text).map_err(|_| invalid())?;
    let bare = matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && matches!(url.path(), "" | "/")
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty();
    if bare { Ok(url) } else { Err(invalid()) }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    // An invalid header counts as an untrusted value, not as missing.
    headers.get(name).map(|value| value.to_str().unwrap_or("?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Pairs = &'static [(&'static str, &'static str)];

    fn headers(pairs: Pairs) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (http::HeaderName::from_static(name), http::HeaderValue::from_static(value)))
            .collect()
    }

    fn origins() -> TrustedOrigins {
        TrustedOrigins::new("https://id.example.org", ["https://app.example.org:8443"]).expect("origins")
    }

    #[test]
    fn state_changes_come_from_trusted_pages() {
        let cases: &[(Pairs, Result<(), Code>)] = &[
            (&[], Ok(())),
            (&[("cookie", "a=b")], Err(Code::MissingOrNullOrigin)),
            (&[("cookie", "a=b"), ("origin", "https://id.example.org")], Ok(())),
            (&[("cookie", "a=b"), ("origin", "https://app.example.org:8443")], Ok(())),
            (&[("origin", "https://app.example.org")], Err(Code::InvalidOrigin)),
            (&[("origin", "http://id.example.org")], Err(Code::InvalidOrigin)),
            (&[("origin", "https://id.example.org.evil.example")], Err(Code::InvalidOrigin)),
            (&[("origin", "null")], Err(Code::MissingOrNullOrigin)),
            (&[("origin", "null"), ("sec-fetch-site", "same-origin")], Ok(())),
            (
                &[("origin", "https://evil.example"), ("sec-fetch-site", "same-origin")],
                Err(Code::InvalidOrigin),
            ),
            (&[("cookie", "a=b"), ("sec-fetch-site", "same-origin")], Ok(())),
            (&[("cookie", "a=b"), ("sec-fetch-site", "none")], Ok(())),
            (&[("sec-fetch-site", "same-site")], Err(Code::InvalidOrigin)),
            (&[("sec-fetch-site", "cross-site")], Err(Code::InvalidOrigin)),
            (
                &[("origin", "https://id.example.org"), ("sec-fetch-site", "cross-site")],
                Err(Code::InvalidOrigin),
            ),
            (
                &[("origin", "https://id.example.org"), ("sec-fetch-site", "same-site")],
                Err(Code::InvalidOrigin),
            ),
            (&[("origin", "https://id.example.org"), ("sec-fetch-site", "same-origin")], Ok(())),
            (&[("origin", "https://app.example.org:8443"), ("sec-fetch-site", "same-site")], Ok(())),
            (&[("cookie", "a=b"), ("referer", "https://id.example.org/sessions")], Ok(())),
            (
                &[("cookie", "a=b"), ("referer", "https://evil.example/id.example.org")],
                Err(Code::InvalidOrigin),
            ),
        ];
        for (pairs, expected) in cases {
            for path in ["/api/auth/sign-out", "/api/auth/sign-in/email"] {
                assert_eq!(origins().check(&Method::POST, path, &headers(pairs)), *expected, "{pairs:?}");
                assert_eq!(origins().check(&Method::GET, path, &headers(pairs)), Ok(()));
            }
        }
    }

    #[test]
    fn form_proven_by_a_token_may_come_from_a_page_that_hides_its_address() {
        let cases: &[(Pairs, Result<(), Code>)] = &[
            (&[("origin", "null")], Ok(())),
            (&[("origin", "null"), ("cookie", "a=b")], Ok(())),
            (&[("origin", "null"), ("sec-fetch-site", "same-origin")], Ok(())),
            (&[("origin", "null"), ("sec-fetch-site", "same-site")], Err(Code::MissingOrNullOrigin)),
            (&[("origin", "null"), ("sec-fetch-site", "cross-site")], Err(Code::MissingOrNullOrigin)),
            (&[("origin", "https://evil.example")], Err(Code::InvalidOrigin)),
            (&[("cookie", "a=b")], Err(Code::MissingOrNullOrigin)),
            (&[("cookie", "a=b"), ("origin", "https://id.example.org")], Ok(())),
        ];
        for (pairs, expected) in cases {
            let checked = origins().check_proven(&Method::POST, "/fn/reset-password", &headers(pairs));
            assert_eq!(checked, *expected, "{pairs:?}");
        }
    }

    #[test]
    fn form_of_another_site_cannot_sign_in() {
        let form: Pairs = &[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")];
        let trusted: Pairs = &[
            ("origin", "https://app.example.org:8443"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", "navigate"),
        ];
        let with_cookies: Pairs =
            &[("cookie", "a=b"), ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")];
        let script: Pairs = &[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "cors")];
        let check = |path, pairs| origins().check(&Method::POST, path, &headers(pairs));
        for path in
            ["/api/auth/sign-in/email", "/api/auth/sign-up/email", "/api/auth/multi-session/sign-in-instead"]
        {
            assert_eq!(check(path, form), Err(Code::CrossSiteLogin));
            assert_eq!(check(path, trusted), Err(Code::CrossSiteLogin));
            assert_eq!(check(path, with_cookies), Err(Code::InvalidOrigin));
            assert_eq!(check(path, script), Err(Code::InvalidOrigin));
        }
        assert_eq!(check("/api/auth/sign-out", form), Err(Code::InvalidOrigin));
        assert_eq!(check("/api/auth/sign-out", trusted), Ok(()));
    }

    #[test]
    fn get_that_changes_something_is_only_for_scripts_of_this_origin() {
        let cases: &[(Pairs, bool)] = &[
            (&[], false),
            (&[("sec-fetch-site", "same-origin"), ("sec-fetch-mode", "cors")], true),
            (&[("sec-fetch-site", "same-origin"), ("sec-fetch-mode", "navigate")], false),
            (&[("sec-fetch-site", "same-origin"), ("sec-fetch-mode", "no-cors")], false),
            (
                &[("sec-fetch-site", "same-origin"), ("sec-fetch-mode", "cors"), ("sec-purpose", "prefetch")],
                false,
            ),
            (&[("sec-fetch-site", "none"), ("sec-fetch-mode", "navigate")], false),
            (&[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "cors")], false),
            (&[("sec-fetch-site", "same-site"), ("sec-fetch-mode", "cors")], false),
            (&[("sec-fetch-mode", "cors")], false),
            (&[("origin", "https://id.example.org")], true),
            (&[("origin", "https://evil.example")], false),
            (&[("origin", "null")], false),
            (&[("referer", "https://id.example.org/")], false),
        ];
        for (pairs, allowed) in cases {
            assert_eq!(origins().check_script(&headers(pairs)).is_ok(), *allowed, "{pairs:?}");
        }
    }

    #[test]
    fn page_of_another_origin_reads_no_stream() {
        let cases: &[(Pairs, bool)] = &[
            (&[], true),
            (&[("cookie", "a=b")], true),
            (&[("sec-fetch-site", "same-origin")], true),
            (&[("sec-fetch-site", "none")], true),
            (&[("referer", "https://id.example.org/sessions")], true),
            (&[("origin", "https://id.example.org")], true),
            (&[("origin", "https://app.example.org:8443"), ("sec-fetch-site", "same-site")], true),
            (&[("sec-fetch-site", "same-site")], false),
            (&[("sec-fetch-site", "cross-site")], false),
            (&[("sec-fetch-site", "same-site"), ("referer", "https://id.example.org/")], false),
            (&[("origin", "https://id.example.org"), ("sec-fetch-site", "same-site")], false),
            (&[("origin", "https://other.example.org")], false),
            (&[("origin", "null")], false),
            (&[("referer", "https://other.example.org/")], false),
        ];
        for (pairs, allowed) in cases {
            assert_eq!(origins().check_reader(&headers(pairs)).is_ok(), *allowed, "{pairs:?}");
        }
    }

    #[test]
    fn callback_is_resolved_as_a_browser_does_and_stays_on_trusted_sites() {
        for (url, resolved) in [
            ("/", "https://id.example.org/"),
            ("/sessions?done=1", "https://id.example.org/sessions?done=1"),
            ("/app#settings", "https://id.example.org/app#settings"),
            ("/a:b", "https://id.example.org/a:b"),
            ("/a,b", "https://id.example.org/a,b"),
            ("/a[0]", "https://id.example.org/a[0]"),
            ("/a;b=(c)!$'*", "https://id.example.org/a;b=(c)!$'*"),
            ("/x/../sessions", "https://id.example.org/sessions"),
            ("/x//y", "https://id.example.org/x//y"),
            ("/x?to=//evil.example&a=%2F%5C", "https://id.example.org/x?to=//evil.example&a=%2F%5C"),
            ("/caf\u{e9}", "https://id.example.org/caf%C3%A9"),
            ("https://id.example.org/x", "https://id.example.org/x"),
            ("HTTPS://ID.example.org:443/x", "https://id.example.org/x"),
            ("https://app.example.org:8443/", "https://app.example.org:8443/"),
        ] {
            let found = origins().resolve_callback(url).map(String::from);
            assert_eq!(found, Ok(resolved.to_owned()), "{url}");
        }
        for url in [
            "",
            "sessions",
            "?a",
            "#a",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/a\\b",
            "/%2fevil.example",
            "/%5Cevil.example",
            "/a/%2fevil.example",
            "/a%5cb",
            "/./%2Fevil.example",
            "/.//evil.example",
            "/..//evil.example",
            "/%2e//evil.example",
            "/%2E%2e//evil.example",
            "/x/../..//evil.example",
            "/x/..//evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "\t//evil.example",
            "/a\nb",
            "/a\0b",
            "https://evil.example/",
            "https:evil.example",
            "https:/evil.example",
            "http://id.example.org/",
            "https://id.example.org:8443/",
            "https://id.example.org.evil.example/",
            "https://id.example.org@evil.example/",
            "https://evil.example\\@id.example.org/",
            "https://evil.example#@id.example.org/",
            "blob:https://id.example.org/5b",
            "javascript:alert(1)",
            "data:text/html,x",
        ] {
            assert_eq!(origins().resolve_callback(url), Err(Code::InvalidCallbackUrl), "{url:?}");
        }
    }

    #[test]
    fn loopback_names_count_as_one_origin() {
        let origins = TrustedOrigins::new("http://127.0.0.1:3000", []).expect("an origin");
        assert!(origins.trusts("http://localhost:3000"));
        assert!(!origins.trusts("http://localhost:3001"));
        for text in
            ["", "example.org", "ftp://example.org", "https://example.org/path", "https://a@example.org"]
        {
            assert!(TrustedOrigins::new(text, []).is_err(), "{text:?} was taken");
        }
    }
}
