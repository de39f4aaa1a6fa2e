//! The notice: a word that one page leaves for the next, such as that a session was revoked.
//!
//! Anybody can write an address, so what `?done=` says is shown only to a browser that brings the same word in this
//! cookie. The cookie opens nothing.

use cookie::Cookie;
use http::HeaderMap;
use http::header::COOKIE;

use super::CookieNames;

/// How long a page may take to show it.
const MINUTES: i64 = 10;

impl CookieNames {
    /// What all our names begin with.
    fn common(&self) -> &str {
        self.active.strip_suffix("session_token").unwrap_or(&self.active)
    }

    fn notice(&self) -> String {
        [self.common(), "notice"].concat()
    }

    /// The notice that a request brings.
    pub(in crate::http) fn read_notice(&self, headers: &HeaderMap) -> Option<String> {
        let start = [self.notice().as_str(), "="].concat();
        let found = pairs(headers).find_map(|pair| pair.strip_prefix(start.as_bytes()))?;
        let text = std::str::from_utf8(found).ok()?;
        (!text.is_empty() && is_value(text)).then(|| text.to_owned())
    }

    /// Whether a request brings any cookie of ours.
    pub(in crate::http) fn has_any(&self, headers: &HeaderMap) -> bool {
        pairs(headers).any(|pair| pair.starts_with(self.common().as_bytes()))
    }

    /// The cookie of a notice; that of an empty one takes it back.
    ///
    /// `is_brief` is for what is told on the next page; else it stays while the browser's window is open.
    pub(in crate::http) fn notice_cookie(&self, notice: &str, is_brief: bool) -> Cookie<'static> {
        let value = if is_value(notice) { notice } else { "" };
        let mut cookie = self.plain(self.notice(), value.to_owned());
        if value.is_empty() {
            cookie.set_max_age(cookie::time::Duration::ZERO);
        } else if is_brief {
            cookie.set_max_age(cookie::time::Duration::minutes(MINUTES));
        }
        cookie
    }
}

/// The cookies of a request, as they were sent.
fn pairs(headers: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    let all = headers.get_all(COOKIE).iter().flat_map(|value| value.as_bytes().split(|byte| *byte == b';'));
    all.map(<[u8]>::trim_ascii)
}

/// Whether a cookie can carry it as it is: it may be the name and the address of a form that was refused.
fn is_value(text: &str) -> bool {
    text.len() <= 1_024 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.&=".contains(&b))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn sent(cookies: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, HeaderValue::from_bytes(cookies.as_bytes()).expect("a header"));
        headers
    }

    #[test]
    fn notice_comes_back_as_it_was_sent() {
        for secure in [false, true] {
            let names = CookieNames::new("multi-session", secure).expect("a prefix");
            let cookie = names.notice_cookie("revoked&undo=s-1_a", true);
            let headers = sent(&format!("city=Zürich; {}={}; a=b", cookie.name(), cookie.value()));
            assert_eq!(names.read_notice(&headers).as_deref(), Some("revoked&undo=s-1_a"));
            assert!(names.has_any(&headers));
            assert_eq!(cookie.http_only(), Some(true));
            assert!(cookie.max_age().is_some_and(|age| age.whole_minutes() == 10));
            assert!(names.notice_cookie("kept", false).max_age().is_none());
        }
    }

    #[test]
    fn other_cookies_and_other_values_are_no_notice() {
        let names = CookieNames::new("multi-session", true).expect("a prefix");
        for cookies in [
            "",
            "multi-session.notice=x",
            "%5F%5FHost-multi-session.notice=x",
            "a=__Host-multi-session.notice=x",
        ] {
            assert_eq!(names.read_notice(&sent(cookies)), None, "{cookies}");
            assert!(!names.has_any(&sent(cookies)), "{cookies}");
        }
        for value in ["", "a b", "a,b", "\"x\"", "%2e", "é"] {
            assert_eq!(names.read_notice(&sent(&format!("__Host-multi-session.notice={value}"))), None);
        }
        assert_eq!(names.notice_cookie("a;b", true).value(), "");
        assert!(names.has_any(&sent("__Host-multi-session.device=x")));
    }
}
