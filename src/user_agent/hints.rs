//! Reads the client hints of a browser.

use std::borrow::Cow;

use crate::{ClientHints, Device, DeviceKind};

/// The parsed hints of one browser.
pub(super) struct Hints<'a> {
    brands: Vec<(&'a str, &'a str)>,
    is_mobile: Option<bool>,
    platform: &'a str,
    platform_version: &'a str,
    model: &'a str,
    forms: Vec<&'a str>,
}

impl<'a> Hints<'a> {
    pub(super) fn of(hints: &'a ClientHints) -> Option<Self> {
        if hints.is_empty() {
            return None;
        }
        let [brands, mobile, platform, platform_version, model, forms] = hints.values();
        let brands: Vec<_> = strings(brands).collect();
        let string = |value| strings(value).next().unwrap_or_default();
        Some(Self {
            // Each brand has its version as a parameter.
            brands: brands.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect(),
            is_mobile: match mobile {
                "?1" => Some(true),
                "?0" => Some(false),
                _ => None,
            },
            platform: string(platform),
            platform_version: string(platform_version),
            model: string(model),
            forms: strings(forms).collect(),
        })
    }

    /// The user agent with the model that Chrome leaves out. Televisions are recognized by it.
    pub(super) fn completed<'b>(&self, user_agent: &'b str) -> Cow<'b, str> {
        if is_plain(self.model) {
            user_agent.replacen("; K)", &format!("; {})", self.model), 1).into()
        } else {
            user_agent.into()
        }
    }

    /// Improves `device`, which was read from the user agent, with what the hints say.
    pub(super) fn refined(&self, device: Device) -> Device {
        let brand = self.brand();
        let browser = brand.map_or(device.browser, |(name, version)| super::browser_name("", name, version));
        let kind = self.kind(device.kind);
        // The hints of a console or a television name the system that its browser runs on, not the device.
        let is_special = matches!(kind, DeviceKind::Console | DeviceKind::Tv | DeviceKind::Headset);
        let os = self.os().filter(|_| !is_special || device.os.is_empty()).unwrap_or(device.os);
        super::device(browser, os, kind)
    }

    /// The browser's brand. The list also has the engine's brand and a made-up one.
    fn brand(&self) -> Option<(&'a str, &'a str)> {
        let is_browser = |name: &str| {
            let is_invented =
                name.starts_with(|c: char| !c.is_ascii_alphanumeric()) || name.contains("Brand");
            !is_invented
                && is_plain(name)
                // For these, only the user agent tells which app they are part of.
                && !matches!(name, "Chromium" | "Android WebView" | "Microsoft Edge WebView2" | "Yowser")
        };
        let mut brands = self.brands.iter().copied().filter(|(name, _)| is_browser(name));
        let first = brands.next()?;
        // Some browsers also call themselves Chrome, for websites that look for it.
        if first.0 == "Google Chrome" { Some(brands.next().unwrap_or(first)) } else { Some(first) }
    }

    fn os(&self) -> Option<String> {
        let major: u32 = self.platform_version.split('.').next()?.parse().unwrap_or_default();
        let os = match (self.platform, major) {
            ("" | "Unknown", _) => return None,
            // The numbers are Microsoft's: 13 is the first release of Windows 11.
            ("Windows", 13..) => "Windows 11",
            ("Windows", 1..) => "Windows 10",
            ("Chromium OS", _) => "ChromeOS",
            (os, _) if is_plain(os) => super::os_name(os),
            _ => return None,
        };
        Some(os.to_owned())
    }

    fn kind(&self, read: DeviceKind) -> DeviceKind {
        let has = |form: &str| self.forms.contains(&form);
        let is_headless = self.brands.iter().any(|(name, _)| name.starts_with("Headless"));
        match read {
            _ if is_headless => DeviceKind::Program,
            _ if has("XR") => DeviceKind::Headset,
            DeviceKind::Program | DeviceKind::Tv | DeviceKind::Console | DeviceKind::Headset => read,
            _ if has("Tablet") => DeviceKind::Tablet,
            _ if has("Mobile") => DeviceKind::Phone,
            _ if has("Desktop") => DeviceKind::Desktop,
            DeviceKind::Tablet => read,
            _ if self.is_mobile == Some(true) => DeviceKind::Phone,
            _ if self.is_mobile == Some(false) && self.platform == "Android" => DeviceKind::Tablet,
            _ if self.is_mobile == Some(false) && !self.platform.is_empty() => DeviceKind::Desktop,
            _ => read,
        }
    }
}

/// Whether the text can be shown as a name.
fn is_plain(name: &str) -> bool {
    (1..=40).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b" -_.+()".contains(&b))
}

/// The strings of a structured field (RFC 9651). Escapes are kept as they are, because no name contains any.
fn strings(value: &str) -> impl Iterator<Item = &str> {
    let mut rest = value;
    std::iter::from_fn(move || {
        let (_, from) = rest.split_once('"')?;
        let mut escaped = false;
        let end = from.find(|c| {
            let is_end = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            is_end
        })?;
        rest = &from[end + 1..];
        Some(&from[..end])
    })
}
