//! Parses user agents into names of browsers and systems.
//!
//! ua-parser matches them with the expressions of uap-core, which its project keeps up to date.
//! `user_agent/uap-core.json` is a copy of them. Our own [`rules`] add what they lack: apps, televisions,
//! consoles and kinds of devices.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use ua_parser::{device, os, user_agent};

use crate::user_agent::hints::Hints;
use crate::{ClientHints, Device, DeviceKind};

mod hints;
mod rules;

/// The longest user agent that is stored, in bytes; the rest is cut off.
const MAXIMUM_LEN: usize = 512;
/// How many parsed user agents are cached. A history repeats the same few.
const REMEMBERED: usize = 1_000;

/// Truncates a user agent to the length that is stored, at a character boundary.
pub(crate) fn shortened(user_agent: &str) -> &str {
    // Only an import can contain a line feed. The text behind it would be read as client hints.
    let line = user_agent.lines().next().unwrap_or_default();
    &line[..line.floor_char_boundary(line.len().min(MAXIMUM_LEN))]
}

/// The user agent as it was sent, without the client hints that a store keeps with it.
pub(crate) fn as_sent(stored: &str) -> &str {
    stored.lines().next().unwrap_or_default()
}

/// Reads a user agent, or what a store keeps of a browser: a user agent and its client hints.
///
/// # Examples
///
/// ```
/// let device = multi_session::device_of(
///     "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:145.0) Gecko/20100101 Firefox/145.0",
/// );
/// assert_eq!(device.browser, "Firefox 145");
/// assert_eq!(device.label, "Firefox on macOS");
/// ```
pub fn device_of(user_agent: &str) -> Device {
    static KNOWN: LazyLock<Mutex<HashMap<String, Device>>> = LazyLock::new(Mutex::default);
    let (user_agent, hints) = ClientHints::split_from(user_agent);
    let stored = hints.joined_to(shortened(user_agent));
    let known = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(device) = known().get(&stored) {
        return device.clone();
    }
    let device = match Hints::of(&hints) {
        Some(hints) => hints.refined(read(&hints.completed(shortened(user_agent)))),
        None => read(shortened(user_agent)),
    };
    let mut known = known();
    // Clients choose their user agents, so the cache must stay small.
    if known.len() >= REMEMBERED {
        known.clear();
    }
    known.insert(stored, device.clone());
    device
}

/// Compiled expressions.
struct Parsers {
    browsers: user_agent::Extractor<'static>,
    systems: os::Extractor<'static>,
    kinds: device::Extractor<'static>,
}

/// Compiled once, when the first user agent is read. If an expression is invalid, which a test rules out, the
/// error is logged and every device is unknown. Pages still work.
static PARSERS: LazyLock<Option<Parsers>> = LazyLock::new(|| {
    let compiled = Parsers::compile();
    compiled
        .inspect_err(|error| tracing::error!(%error, "the user agent expressions could not be loaded"))
        .ok()
});

impl Parsers {
    fn compile() -> Result<Self, Box<dyn std::error::Error>> {
        let core: ua_parser::Regexes<'static> =
            serde_json::from_str(include_str!("user_agent/uap-core.json"))?;
        let parsers = |rules: &'static [(&'static str, &'static str)]| {
            rules.iter().map(|&(regex, name)| user_agent::Parser {
                regex: regex.into(),
                family_replacement: (!name.is_empty()).then(|| name.into()),
                ..Default::default()
            })
        };
        let systems = rules::SYSTEMS.iter().map(|&(regex, name)| os::Parser {
            regex: regex.into(),
            os_replacement: Some(name.into()),
            ..Default::default()
        });
        let kinds = rules::KINDS.iter().map(|&(regex, kind)| device::Parser {
            regex: regex.into(),
            device_replacement: Some(kind.into()),
            ..Default::default()
        });
        Ok(Self {
            browsers: user_agent::Builder::new()
                .push_all(
                    parsers(rules::BROWSERS)
                        .chain(core.user_agent_parsers)
                        .chain(parsers(rules::OTHER_BROWSERS)),
                )?
                .build()?,
            systems: os::Builder::new().push_all(systems.chain(core.os_parsers))?.build()?,
            kinds: device::Builder::new().push_all(kinds)?.build()?,
        })
    }
}

fn read(user_agent: &str) -> Device {
    let Some(parsers) = &*PARSERS else { return device(String::new(), String::new(), DeviceKind::Unknown) };
    let kind = parsers.kinds.extract(user_agent);
    let kind = kind.as_ref().map_or("", |kind| &kind.device);
    let os =
        parsers.systems.extract(user_agent).map(|found| os_name(&found.os).to_owned()).unwrap_or_default();
    let browser = parsers.browsers.extract(user_agent).map(|found| {
        // The version of a crawler says nothing useful.
        let version = found.major.filter(|_| kind != "crawler").unwrap_or_default();
        browser_name(user_agent, &found.family, version)
    });
    // Unknown apps and programs name themselves first. Old telephones do as well, but with the name of the
    // telephone.
    let names_itself = kind.is_empty() || kind == "crawler" || !os.is_empty();
    let browser = browser
        .filter(|browser| !browser.is_empty())
        .or_else(|| program(user_agent).filter(|name| names_itself && !name.starts_with("Dalvik")))
        .unwrap_or_default();
    match kind {
        "desktop" => device(browser, os, DeviceKind::Desktop),
        "phone" => device(browser, os, DeviceKind::Phone),
        "tablet" => device(browser, os, DeviceKind::Tablet),
        "tv" => device(browser, os, DeviceKind::Tv),
        "console" => device(browser, os, DeviceKind::Console),
        "headset" => device(browser, os, DeviceKind::Headset),
        "program" => device(browser, os, DeviceKind::Program),
        // Crawlers claim a system only for websites that look for telephones.
        "crawler" => device(browser, String::new(), DeviceKind::Program),
        _ if browser.is_empty() => device(browser, os, DeviceKind::Unknown),
        _ => device(browser, os, DeviceKind::Program),
    }
}

fn device(browser: String, os: String, kind: DeviceKind) -> Device {
    let mut device = Device { browser, os, kind, label: String::new() };
    device.label = device.short_description();
    if device.label.is_empty() {
        "Unknown device".clone_into(&mut device.label);
    }
    device
}

/// Reads a program's own name, such as `curl/8.5.0`: programs name themselves first.
fn program(user_agent: &str) -> Option<String> {
    let is_name = |name: &str| {
        (1..=40).contains(&name.len())
            && name != "Mozilla"
            && name.bytes().any(|b| b.is_ascii_alphanumeric())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b" -_.".contains(&b))
    };
    let decoded = user_agent.replace("%20", " ");
    let first = decoded.split_whitespace().next()?;
    [&*decoded, first]
        .into_iter()
        .find_map(|text| {
            let (name, version) = text.split_once('/')?;
            is_name(name).then(|| with_major_version(name, version))
        })
        .or_else(|| is_name(first).then(|| first.to_owned()))
}

/// A browser's name in everyday words. Whether it runs on a telephone is clear from the system.
fn browser_name(user_agent: &str, family: &str, version: &str) -> String {
    let name = match family {
        // People know the app that a web view belongs to, not the web view.
        "Mobile Safari UI/WKWebView" => return product(user_agent, "like Gecko)").unwrap_or_default(),
        "Chrome Mobile WebView" => {
            return product(user_agent, "like Gecko)")
                .unwrap_or_else(|| with_major_version("Chrome", version));
        }
        "Chrome" | "Chrome Mobile" | "Safari" | "Mobile Safari" => {
            let own = family.strip_suffix(" Mobile").or(family.strip_prefix("Mobile ")).unwrap_or(family);
            return product(user_agent, " Safari/").unwrap_or_else(|| with_major_version(own, version));
        }
        // This is Android's version, not a browser's.
        "Android" => return String::new(),
        "CFNetwork" => return program(user_agent).unwrap_or_default(),
        "Chrome Mobile iOS" => "Chrome",
        "Google Chrome" => "Chrome",
        "Microsoft Edge" => "Edge",
        "HeadlessChrome" => "Headless Chrome",
        "HeadlessEdg" | "HeadlessEdge" => "Headless Edge",
        "YaBrowser" | "Yandex" => "Yandex Browser",
        "IE" | "IE Mobile" => "Internet Explorer",
        "Oculus Browser" | "OculusBrowser" => "Meta Quest Browser",
        "MiuiBrowser" => "Mi Browser",
        "WeChat Browser" => "WeChat",
        "Python aiohttp" => "aiohttp",
        "discord" => "Discord",
        "obsidian" => "Obsidian",
        "Code" => "VS Code",
        "Whale" => "Naver Whale",
        _ => family.strip_suffix(" Mobile").or_else(|| family.strip_suffix(" iOS")).unwrap_or(family),
    };
    with_major_version(name, version)
}

/// The first product behind `start` that is not one of the engine's own: an app with a web view, or an
/// unknown browser.
fn product(user_agent: &str, start: &str) -> Option<String> {
    const OF_ENGINES: &[&str] = &[
        "Android",
        "AppleWebKit",
        "BroPP",
        "Browser",
        "Build",
        "Chrome",
        "CrKey",
        "DeviceType",
        "Gecko",
        "HbbTV",
        "Language",
        "Mobile",
        "Model",
        "Mozilla",
        "NW",
        "NetType",
        "SA",
        "Safari",
        "SWV",
        "T7",
        "TV",
        "Version",
        "XWEB",
    ];
    let (_, products) = user_agent.split_once(start)?;
    products.split_whitespace().find_map(|product| {
        let (name, version) = product.split_once('/')?;
        let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic())
            && !OF_ENGINES.contains(&name)
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
        is_name.then(|| with_major_version(name, version))
    })
}

fn os_name(os: &str) -> &str {
    match os {
        "Mac OS X" => "macOS",
        "Chrome OS" => "ChromeOS",
        "BlackBerry OS" => "BlackBerry",
        "Chromecast Linux" | "Chromecast Android" | "Chromecast SmartSpeaker" => "Chromecast",
        // Only some browsers name the distribution, and only in some versions.
        "Ubuntu" | "Debian" | "Fedora" | "Red Hat" | "CentOS" | "SUSE" | "Mint" | "Linux Mint"
        | "Arch Linux" | "Gentoo" | "Slackware" | "Mandriva" | "Mageia" | "PCLinuxOS" | "VectorLinux"
        | "Puppy" => "Linux",
        "Other" => "",
        os if os.starts_with("Windows Phone") || os == "Windows Mobile" => os,
        // Windows 11 says "Windows NT 10.0" too, so the number is left out.
        os if os.starts_with("Windows") => "Windows",
        os => os,
    }
}

fn with_major_version(name: &str, version: &str) -> String {
    let major = version.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
    if name.is_empty() || major.is_empty() { name.to_owned() } else { format!("{name} {major}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_expression_compiles() {
        Parsers::compile().map(drop).expect("expressions that ua-parser takes");
    }

    #[test]
    fn current_browsers_have_their_familiar_names() {
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
            ("", "", Unknown),
            ("Mozilla/5.0", "", Unknown),
            ("<script>alert(1)</script>", "", Unknown),
        ];
        for (user_agent, label, kind) in cases {
            let device = device_of(user_agent);
            assert_eq!((device.description(), device.kind), (label.to_owned(), kind), "{user_agent}");
        }
    }

    #[test]
    fn label_uses_everyday_words() {
        for (user_agent, label) in [
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
                "Chrome on Windows",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1",
                "Safari on iPhone",
            ),
            (
                "Mozilla/5.0 (iPad; CPU OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
                "Safari on iPad",
            ),
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/60.5 Safari/605.1.15",
                "WebKitGTK on Linux",
            ),
            ("curl/8.5.0", "curl 8"),
            ("", "Unknown device"),
        ] {
            assert_eq!(device_of(user_agent).label, label, "{user_agent}");
        }
    }
}
