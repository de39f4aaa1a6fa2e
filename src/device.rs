//! The device that a person recognizes a session by.

use serde::{Deserialize, Serialize};

/// The kind of a device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum DeviceKind {
    /// A desktop or laptop computer.
    Desktop,
    /// A telephone.
    Phone,
    /// A tablet.
    Tablet,
    /// A television, or a box or stick behind one.
    Tv,
    /// A games console.
    Console,
    /// A virtual or mixed reality headset.
    Headset,
    /// A program without a person, such as a script or a crawler.
    Program,
    /// The kind is not known.
    #[default]
    Unknown,
}

/// A user agent in plain words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Device {
    /// The browser with its major version, as in `Firefox 145`; empty when it is not known.
    pub browser: String,
    /// The operating system, as in `macOS`; empty when it is not known.
    pub os: String,
    /// The kind of the device.
    pub kind: DeviceKind,
    /// What people call it, as in `Firefox on macOS` or `Safari on iPhone`: [`Device::short_description`], or
    /// `Unknown device` when nothing is known.
    pub label: String,
}

impl Device {
    /// The browser and system in one line, as far as they are known. The person's own name for the device is
    /// ignored.
    ///
    /// # Examples
    ///
    /// ```
    /// use multi_session::Device;
    ///
    /// let mut device = Device::default();
    /// assert_eq!(device.description(), "");
    /// device.browser = "Firefox 145".to_owned();
    /// assert_eq!(device.description(), "Firefox 145");
    /// device.os = "macOS".to_owned();
    /// assert_eq!(device.description(), "Firefox 145 on macOS");
    /// ```
    pub fn description(&self) -> String {
        match (self.browser.is_empty(), self.os.is_empty()) {
            (false, false) => [&self.browser, " on ", &self.os].concat(),
            (false, true) => self.browser.clone(),
            (true, _) => self.os.clone(),
        }
    }

    /// The same in everyday words: without versions, and with the device instead of its system (`iPhone` for
    /// iOS). A program on an unknown system keeps its version.
    ///
    /// # Examples
    ///
    /// ```
    /// use multi_session::Device;
    ///
    /// let mut device = Device::default();
    /// device.browser = "Firefox 145".to_owned();
    /// assert_eq!(device.short_description(), "Firefox 145");
    /// device.os = "macOS".to_owned();
    /// assert_eq!(device.short_description(), "Firefox on macOS");
    /// ```
    pub fn short_description(&self) -> String {
        let system = match (self.kind, &*self.os) {
            (_, "iPadOS") | (DeviceKind::Tablet, "iOS") => "iPad",
            (_, "iOS") => "iPhone",
            (_, os) => os,
        };
        match (without_version(&self.browser), system) {
            ("", system) => system.to_owned(),
            (_, "") => self.browser.clone(),
            (browser, system) => [browser, " on ", system].concat(),
        }
    }

    /// Whether both are the same browser on the same system, in any version, so that one may be an update of
    /// the other. `false` if neither browser nor system is known.
    #[cfg(feature = "engine")]
    pub(crate) fn is_same_browser(&self, other: &Self) -> bool {
        fn family(device: &Device) -> (&str, &str) {
            (without_version(&device.browser), without_version(&device.os))
        }
        family(self) != ("", "") && family(self) == family(other)
    }
}

/// `Firefox` for `Firefox 145`, and `Windows` for `Windows 11`.
fn without_version(name: &str) -> &str {
    match name.rsplit_once(' ') {
        Some((name, version)) if version.starts_with(|first: char| first.is_ascii_digit()) => name,
        _ => name,
    }
}

#[cfg(all(test, feature = "engine"))]
mod tests {
    use super::*;

    #[test]
    fn updated_browser_counts_as_the_same_browser() {
        let device = |browser: &str, os: &str| Device {
            browser: browser.to_owned(),
            os: os.to_owned(),
            ..Device::default()
        };
        let firefox = device("Firefox 145", "macOS");
        assert!(firefox.is_same_browser(&device("Firefox 147", "macOS")));
        assert!(device("Chrome 142", "Windows 10").is_same_browser(&device("Chrome 143", "Windows 11")));
        assert!(!firefox.is_same_browser(&device("Firefox 145", "Windows")), "another machine");
        assert!(!firefox.is_same_browser(&device("Chrome 145", "macOS")));
        assert!(device("okhttp 4", "").is_same_browser(&device("okhttp 5", "")));
        assert!(!device("", "").is_same_browser(&device("", "")), "everybody may say nothing");
    }
}
