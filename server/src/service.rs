//! The branding of pages and mails: name, logo and accent colour.

use std::fmt;
use std::str::FromStr;

use url::Url;

/// A name of this length still fits into the header on a phone.
const LONGEST_NAME: usize = 40;

/// The backgrounds in `style/_tokens.scss` with the least contrast to text and controls.
const LIGHT: Color = Color([0xf3, 0xf4, 0xf7]);
const DARK: Color = Color([0x1b, 0x1e, 0x26]);
const WHITE: Color = Color([0xff; 3]);
const BLACK: Color = Color([0; 3]);

/// The minimum contrast of text (WCAG 2.2, 1.4.3) and of controls (1.4.11).
const TEXT: f64 = 4.5;
const CONTROL: f64 = 3.0;

/// Parses the service's name.
pub(crate) fn name(text: &str) -> Result<String, String> {
    let name = text.trim();
    let is_short = (1..=LONGEST_NAME).contains(&name.chars().count());
    // leptos_meta does not escape titles.
    if !is_short || name.chars().any(|c| c.is_control() || c == '<') {
        return Err(format!("a name has 1 to {LONGEST_NAME} printable characters, and no <"));
    }
    Ok(name.to_owned())
}

/// The address of an image: a path on this site, or an https URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logo {
    address: String,
    /// The image's origin if it is another site, for the Content-Security-Policy.
    origin: Option<String>,
}

impl Logo {
    /// The address.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The origin that the image is loaded from, if it is another site.
    pub(crate) fn origin(&self) -> Option<&str> {
        self.origin.as_deref()
    }
}

impl FromStr for Logo {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_path = text.starts_with('/') && !text.starts_with("//") && !text.contains(['\\', '"']);
        if is_path {
            return Ok(Self { address: text.to_owned(), origin: None });
        }
        let url = Url::parse(text).ok().filter(|url| url.scheme() == "https");
        let url = url.ok_or("a logo is as in /logo.svg, a file of the site's folder, or https://…")?;
        Ok(Self { address: url.to_string(), origin: Some(url.origin().ascii_serialization()) })
    }
}

/// A colour such as `#4150cf`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Color([u8; 3]);

impl FromStr for Color {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text
            .strip_prefix('#')
            .filter(|digits| digits.len() == 6 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        let number = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let [_, red, green, blue] = number.ok_or("a colour is as in #4150cf")?.to_be_bytes();
        Ok(Self([red, green, blue]))
    }
}

impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

impl Color {
    /// The relative luminance of WCAG 2.2.
    fn luminance(self) -> f64 {
        let linear = self.0.map(|part| {
            let part = f64::from(part) / 255.0;
            if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    }

    fn contrast(self, other: Self) -> f64 {
        let (own, other) = (self.luminance(), other.luminance());
        (own.max(other) + 0.05) / (own.min(other) + 0.05)
    }

    /// Mixes in another colour by so many hundredths.
    fn towards(self, other: Self, hundredths: u16) -> Self {
        let mix = |own: u8, other: u8| {
            let sum = u16::from(own) * (100 - hundredths) + u16::from(other) * hundredths;
            u8::try_from(sum / 100).unwrap_or(u8::MAX)
        };
        Self(std::array::from_fn(|at| mix(self.0[at], other.0[at])))
    }

    /// Mixes in as little of another colour as gives this contrast with all of `with`.
    fn until(self, other: Self, contrast: f64, with: &[Self]) -> Self {
        let is_enough = |color: &Self| with.iter().all(|with| color.contrast(*with) >= contrast);
        (0..=100).map(|hundredths| self.towards(other, hundredths)).find(is_enough).unwrap_or(other)
    }

    /// White or black, whichever has more contrast. One of them always has enough for text.
    fn ink(self) -> Self {
        if self.contrast(WHITE) >= TEXT { WHITE } else { BLACK }
    }
}

/// The colours derived from an accent for the light or the dark theme.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Accent {
    /// Buttons and selected items.
    pub(crate) accent: Color,
    /// Text on them.
    pub(crate) on_accent: Color,
    /// Under the pointer.
    strong: Color,
    /// Behind text in the accent colour.
    soft: Color,
    /// Text and the focus ring.
    ink: Color,
}

impl Accent {
    /// For the light theme.
    pub(crate) fn light(color: Color) -> Self {
        Self::of(color, LIGHT, BLACK, 10)
    }

    fn dark(color: Color) -> Self {
        Self::of(color, DARK, WHITE, 20)
    }

    /// Moves the colour away from the background's, only as far as the contrast needs.
    fn of(color: Color, surface: Color, away: Color, share: u16) -> Self {
        let accent = color.until(away, CONTROL, &[surface]);
        let on_accent = accent.ink();
        let opposite = if on_accent == WHITE { BLACK } else { WHITE };
        let soft = surface.towards(accent, share);
        let ink = color.until(away, TEXT, &[surface, soft]);
        Self { accent, on_accent, strong: accent.towards(opposite, 18), soft, ink }
    }
}

/// CSS that overrides the accent in `style/_tokens.scss`.
pub(crate) fn style(color: Color) -> String {
    let (light, dark) = (Accent::light(color), Accent::dark(color));
    let values = [
        ("accent", light.accent, dark.accent),
        ("accent-strong", light.strong, dark.strong),
        ("accent-soft", light.soft, dark.soft),
        ("accent-ink", light.ink, dark.ink),
        ("on-accent", light.on_accent, dark.on_accent),
    ];
    let values = values.map(|(name, light, dark)| format!("--ms-{name}:light-dark({light},{dark});"));
    format!(":root{{{}}}", values.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_accent_has_enough_contrast_on_every_background() {
        let steps = [0, 51, 102, 153, 204, 255];
        let colors = steps.iter().flat_map(|red| steps.iter().map(move |green| (*red, *green)));
        for color in colors.flat_map(|(red, green)| steps.map(|blue| Color([red, green, blue]))) {
            for (accent, surfaces) in [
                (Accent::light(color), [WHITE, LIGHT]),
                (Accent::dark(color), [Color([0x0c, 0x0d, 0x11]), DARK]),
            ] {
                for button in [accent.accent, accent.strong] {
                    assert!(button.contrast(accent.on_accent) >= TEXT, "{color}: {accent:?}");
                }
                assert!(accent.ink.contrast(accent.soft) >= TEXT, "{color}: {accent:?}");
                for surface in surfaces {
                    assert!(accent.accent.contrast(surface) >= CONTROL, "{color}: {accent:?}");
                    assert!(accent.ink.contrast(surface) >= TEXT, "{color}: {accent:?}");
                }
            }
        }
    }

    #[test]
    fn readable_accent_is_not_changed() {
        let color: Color = "#3340b3".parse().expect("a colour");
        let style = style(color);
        assert!(style.starts_with(":root{--ms-accent:light-dark(#3340b3,#"), "{style}");
        assert!(style.contains("--ms-on-accent:light-dark(#ffffff,"), "{style}");
    }

    #[test]
    fn invalid_colours_logos_and_names_are_refused() {
        for text in ["4150cf", "#4150c", "#4150cg", "#4150cf0", "red", "", "#é50cf"] {
            assert!(text.parse::<Color>().is_err(), "{text}");
        }
        for text in
            ["logo.svg", "//evil.example/x", "http://example.org/x", "javascript:1", "/a\"b", "", "https://"]
        {
            assert!(text.parse::<Logo>().is_err(), "{text}");
        }
        let logo: Logo = "https://cdn.example.org/logo.svg".parse().expect("a logo");
        assert_eq!(logo.origin(), Some("https://cdn.example.org"));
        assert_eq!("/logo.svg".parse::<Logo>().expect("a logo").origin(), None);
        for text in ["", "  ", "a\nb", "</title>", &"x".repeat(41)] {
            assert!(name(text).is_err(), "{text}");
        }
        assert_eq!(name(" Ünïcödé & Co ").as_deref(), Ok("Ünïcödé & Co"));
    }
}
