//! The notice: a message from one page to the next, such as that a session was revoked.
//!
//! Anybody can write an address, so the result in `?done=` is shown only if this cookie has the same text.
//! The cookie grants no access.

use cookie::Cookie;

use super::{CookieNames, is_notice};

/// How long the notice waits for a page to show it.
const MINUTES: i64 = 10;

impl CookieNames {
    fn notice(&self) -> String {
        [self.common(), "notice"].concat()
    }

    /// The cookie of a notice. An empty notice clears the cookie.
    ///
    /// With `is_brief` it is for the next page. Otherwise it stays until the browser window closes.
    pub(in crate::http) fn notice_cookie(&self, notice: &str, is_brief: bool) -> Cookie<'static> {
        let value = if is_notice(notice) { notice } else { "" };
        let mut cookie = self.plain(self.notice(), value.to_owned());
        if value.is_empty() {
            cookie.set_max_age(cookie::time::Duration::ZERO);
        } else if is_brief {
            cookie.set_max_age(cookie::time::Duration::minutes(MINUTES));
        }
        cookie
    }
}

#[cfg(test)]
mod tests {
    use http::header::COOKIE;
    use http::{HeaderMap, HeaderValue};

    use super::*;

    fn sent(cookies: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, HeaderValue::from_bytes(cookies.as_bytes()).expect("a header"));
        headers
    }

    #[test]
    fn notice_round_trips_through_its_cookie() {
        for secure in [false, true] {
            let names = CookieNames::new("multi-session", secure).expect("a prefix");
            let cookie = names.notice_cookie("revoked&undo=s-1_a", true);
            let headers = sent(&format!("city=Zürich; {}={}; a=b", cookie.name(), cookie.value()));
            let read = names.read(&headers);
            assert_eq!(read.notice.as_deref(), Some("revoked&undo=s-1_a"));
            assert!(read.any);
            assert_eq!(cookie.http_only(), Some(true));
            assert!(cookie.max_age().is_some_and(|age| age.whole_minutes() == 10));
            assert!(names.notice_cookie("kept", false).max_age().is_none());
        }
    }

    #[test]
    fn other_cookies_and_malformed_values_are_ignored() {
        let names = CookieNames::new("multi-session", true).expect("a prefix");
        for cookies in [
            "",
            "multi-session.notice=x",
            "%5F%5FHost-multi-session.notice=x",
            "a=__Host-multi-session.notice=x",
        ] {
            let read = names.read(&sent(cookies));
            assert_eq!((read.notice, read.any), (None, false), "{cookies}");
        }
        for value in ["", "a b", "a,b", "\"x\"", "%2e", "é"] {
            assert_eq!(names.read(&sent(&format!("__Host-multi-session.notice={value}"))).notice, None);
        }
        assert_eq!(names.notice_cookie("a;b", true).value(), "");
        assert!(names.read(&sent("__Host-multi-session.device=x")).any);
    }
}
