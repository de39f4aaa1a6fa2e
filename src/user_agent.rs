//! User-agent text in a person's words.
//!
//! woothee reads it: of the kept parsers it was the one that needs no data file beside it (uaparser wants
//! 200 kB of expressions, compiled at start), and it named all of eighteen browsers of 2025 and 2026 right.
//! What it does not tell, tablets and plain programs, is told here.

use std::sync::LazyLock;

use woothee::parser::Parser;

use crate::{Device, DeviceKind};

static PARSER: LazyLock<Parser> = LazyLock::new(Parser::new);

/// The longest user agent that is stored, in bytes; the rest is cut off.
const MAXIMUM_LEN: usize = 512;

/// Cuts a user agent to what is stored, at a character's border.
pub(crate) fn shortened(user_agent: &str) -> &str {
    &user_agent[..user_agent.floor_char_boundary(user_agent.len().min(MAXIMUM_LEN))]
}

/// Reads a user agent.
///
/// # Examples
///
/// ```
/// let device = multi_session::device_of(
///     "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:145.0) Gecko/20100101 Firefox/145.0",
/// );
/// assert_eq!(device.label, "Firefox 145 on macOS");
/// ```
pub fn device_of(user_agent: &str) -> Device {
    let (browser, os, kind) = match PARSER.parse(user_agent) {
        Some(found) if matches!(found.category, "pc" | "smartphone" | "mobilephone") => {
            let kind = match found.category {
                "pc" => DeviceKind::Desktop,
                _ if is_tablet(user_agent) => DeviceKind::Tablet,
                _ => DeviceKind::Phone,
            };
            (with_major_version(browser_name(found.name), found.version), os_name(found.os).to_owned(), kind)
        }
        Some(found) if found.category == "crawler" => {
            (found.name.to_owned(), String::new(), DeviceKind::Program)
        }
        _ => program(user_agent),
    };
    let label = match (browser.is_empty(), os.is_empty()) {
        (false, false) => format!("{browser} on {os}"),
        (false, true) => browser.clone(),
        (true, false) => os.clone(),
        (true, true) => "Unknown device".to_owned(),
    };
    Device { browser, os, kind, label }
}

fn is_tablet(user_agent: &str) -> bool {
    // Android's tablets are told from its telephones by the missing word (Chrome's and Firefox's own advice).
    user_agent.contains("iPad") || (user_agent.contains("Android") && !user_agent.contains("Mobile"))
}

/// Reads `curl/8.5.0` and the like: a program names itself first.
fn program(user_agent: &str) -> (String, String, DeviceKind) {
    let product = user_agent.split_whitespace().next().unwrap_or_default();
    let (name, version) = product.split_once('/').unwrap_or((product, ""));
    let is_name = (1..=40).contains(&name.len())
        && name != "Mozilla"
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    if is_name {
        (with_major_version(name, version), String::new(), DeviceKind::Program)
    } else {
        (String::new(), String::new(), DeviceKind::Unknown)
    }
}

fn browser_name(name: &str) -> &str {
    match name {
        "SamsungBrowser" => "Samsung Internet",
        "UNKNOWN" => "",
        name => name,
    }
}

fn os_name(os: &str) -> &str {
    match os {
        "Mac OSX" => "macOS",
        "iPhone" | "iPod" | "iOS" => "iOS",
        "iPad" => "iPadOS",
        "UNKNOWN" => "",
        os if os.starts_with("Windows Phone") => "Windows Phone",
        // Windows 11 says "Windows NT 10.0" too, so no number is told.
        os if os.starts_with("Windows") => "Windows",
        os => os,
    }
}

fn with_major_version(name: &str, version: &str) -> String {
    let major = version.split('.').next().unwrap_or_default();
    if name.is_empty() || major.is_empty() || !major.bytes().all(|b| b.is_ascii_digit()) {
        name.to_owned()
    } else {
        format!("{name} {major}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_of_2025_and_2026_are_named_as_people_know_them() {
        use DeviceKind::{Desktop, Phone, Program, Tablet, Unknown};
        let cases = [
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:145.0) Gecko/20100101 Firefox/145.0",
                "Firefox 145 on macOS",
                Desktop,
            ),
            (
                "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0",
                "Firefox 144 on Linux",
                Desktop,
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
                "Chrome 142 on Windows",
                Desktop,
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
                "Edge 142 on Windows",
                Desktop,
            ),
            (
                "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
                "Chrome 142 on ChromeOS",
                Desktop,
            ),
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 OPR/125.0.0.0",
                "Opera 125 on Linux",
                Desktop,
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Safari/605.1.15",
                "Safari 26 on macOS",
                Desktop,
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1",
                "Safari 26 on iOS",
                Phone,
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/142.0.7444.77 Mobile/15E148 Safari/604.1",
                "Chrome 142 on iOS",
                Phone,
            ),
            (
                "Mozilla/5.0 (iPad; CPU OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
                "Safari 18 on iPadOS",
                Tablet,
            ),
            (
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36",
                "Chrome 142 on Android",
                Phone,
            ),
            (
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
                "Chrome 142 on Android",
                Tablet,
            ),
            (
                "Mozilla/5.0 (Linux; Android 14; SM-S918B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
                "Samsung Internet 28 on Android",
                Phone,
            ),
            (
                "Mozilla/5.0 (Android 15; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0",
                "Firefox 145 on Android",
                Phone,
            ),
            ("curl/8.5.0", "curl 8", Program),
            ("okhttp/4.12.0", "okhttp 4", Program),
            ("node", "node", Program),
            (
                "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
                "Googlebot",
                Program,
            ),
            ("", "Unknown device", Unknown),
            ("Mozilla/5.0", "Unknown device", Unknown),
            ("<script>alert(1)</script>", "Unknown device", Unknown),
        ];
        for (user_agent, label, kind) in cases {
            let device = device_of(user_agent);
            assert_eq!((device.label.as_str(), device.kind), (label, kind), "{user_agent}");
        }
    }
}
