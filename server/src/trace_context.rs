//! Reads the trace of a request from the header `traceparent` (W3C Trace Context, level 1).

use http::{HeaderMap, HeaderName};

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The length of `00-<32 digits>-<16 digits>-<2 digits>`.
const LEN: usize = 55;

/// The trace id, 32 hexadecimal digits. `None` unless there is exactly one valid header.
pub(crate) fn trace_id(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(TRACEPARENT).iter();
    let value = values.next().filter(|_| values.next().is_none())?;
    parse(value.to_str().ok()?)
}

fn parse(text: &str) -> Option<&str> {
    let fields = text.get(..LEN)?;
    // Later versions may have more fields.
    let rest = &text[LEN..];
    let mut fields = fields.split('-');
    let version = fields.next().filter(|version| is_hex(version, 2) && *version != "ff")?;
    let trace = fields.next().filter(|trace| is_hex(trace, 32) && has_digit(trace))?;
    fields.next().filter(|parent| is_hex(parent, 16) && has_digit(parent))?;
    fields.next().filter(|flags| is_hex(flags, 2))?;
    let is_whole = rest.is_empty() || (version != "00" && rest.starts_with('-'));
    is_whole.then_some(trace)
}

fn is_hex(text: &str, len: usize) -> bool {
    text.len() == len && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// An id of only zeros is invalid.
fn has_digit(text: &str) -> bool {
    text.bytes().any(|b| b != b'0')
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    const ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

    #[test]
    fn trace_id_is_read_from_a_valid_header() {
        for (text, expected) in [
            ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", Some(ID)),
            ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00", Some(ID)),
            ("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what-comes", Some(ID)),
            ("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", Some(ID)),
            ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more", None),
            ("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01more", None),
            ("ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", None),
            ("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01", None),
            ("00-00000000000000000000000000000000-00f067aa0ba902b7-01", None),
            ("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", None),
            ("00-4bf92f3577b34da6a3ce929d0e0e473-000f067aa0ba902b7-01", None),
            ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0x", None),
            ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7", None),
            ("00 4bf92f3577b34da6a3ce929d0e0e4736 00f067aa0ba902b7 01", None),
            ("ada@example.org", None),
            ("", None),
        ] {
            assert_eq!(parse(text), expected, "{text}");
        }
    }

    #[test]
    fn repeated_or_unreadable_header_is_ignored() {
        let valid = HeaderValue::from_static("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
        let mut headers = HeaderMap::new();
        assert_eq!(trace_id(&headers), None);
        headers.insert(TRACEPARENT, valid.clone());
        assert_eq!(trace_id(&headers), Some(ID));
        headers.append(TRACEPARENT, valid);
        assert_eq!(trace_id(&headers), None);
        headers.insert(TRACEPARENT, HeaderValue::from_bytes(&[0xff; LEN]).expect("a value"));
        assert_eq!(trace_id(&headers), None);
    }
}
