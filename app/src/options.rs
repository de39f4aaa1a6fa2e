//! Options of an application that mounts the pages: their paths, and what they show.

use std::fmt;

use leptos::prelude::*;
use leptos_router::{PartialPathMatch, PathSegment, PossibleRouteMatch};
use multi_session::{DeviceSession, SessionId};

use crate::accounts::paths::CHANGE_PASSWORD;
#[cfg(feature = "ssr")]
use crate::accounts::paths::{CHOOSE_DEVICE, FORGOT_PASSWORD, RESET_PASSWORD, SIGN_UP};

/// A part of the pages that an application can leave out. Its server functions still answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Feature {
    /// The account's history, and the links to it.
    History,
    /// Names that people give to their devices.
    Rename,
    /// "This wasn't me": signing everybody else out after somebody else's sign-in.
    Report,
    /// The other accounts of this browser, below the list.
    Switcher,
}

/// The paths of the pages, and what they show.
///
/// # Examples
///
/// ```
/// use multi_session_leptos::MultiSessionOptions;
///
/// let options = MultiSessionOptions::at("/login", "/account/devices");
/// assert_eq!(options.sign_in_path(), "/login");
/// assert_eq!(options.history_path().to_string(), "/account/devices/history");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct MultiSessionOptions {
    sign_in: &'static str,
    devices: &'static str,
    under: &'static str,
    events: &'static str,
    step_up: Option<&'static str>,
    brand: &'static str,
    logo: Option<fn() -> AnyView>,
    logo_image: Option<&'static str>,
    stylesheet: Option<&'static str>,
    row: Option<fn(&DeviceSession) -> AnyView>,
    has_passwords: bool,
    is_hidden: [bool; 4],
}

impl Default for MultiSessionOptions {
    /// The pages of our own site: `/sign-in`, `/sessions`, `/history` and so on.
    fn default() -> Self {
        Self::SITE
    }
}

impl MultiSessionOptions {
    /// The pages of our own site: `/sign-in`, `/sessions`, `/history` and so on.
    pub const SITE: Self = Self {
        sign_in: "/sign-in",
        devices: "/sessions",
        under: "",
        events: "/api/auth/multi-session/events",
        step_up: None,
        brand: "Multi-session",
        logo: None,
        logo_image: None,
        stylesheet: None,
        row: None,
        has_passwords: true,
        is_hidden: [false; 4],
    };

    /// The pages of an application with its own sign-in page at `sign_in`. The list of devices is at
    /// `devices`, and the other pages are below it, such as `/account/devices/history`. Nothing links to our
    /// password forms.
    ///
    /// # Panics
    ///
    /// If a path does not begin with `/`, ends with one, or has a query.
    #[must_use]
    pub const fn at(sign_in: &'static str, devices: &'static str) -> Self {
        assert!(is_path(sign_in) && is_path(devices), "a page's path is as in \"/login\", without a query");
        Self { sign_in, devices, under: devices, has_passwords: false, ..Self::SITE }
    }

    /// Sets the path of the application's step-up page, for people without a password. Its query has `act`
    /// and `session_id`: pass both to `multi_session_leptos::step_up` with the proof.
    ///
    /// # Panics
    ///
    /// If the path does not begin with `/`, ends with one, or has a query.
    #[must_use]
    pub const fn step_up(self, path: &'static str) -> Self {
        assert!(is_path(path), "a page's path is as in \"/verify\", without a query");
        Self { step_up: Some(path), ..self }
    }

    /// Sets the name in the header of our own site and in the titles of its pages.
    #[must_use]
    pub const fn brand(self, name: &'static str) -> Self {
        Self { brand: name, ..self }
    }

    /// Sets the view before the name in the header of our own site.
    #[must_use]
    pub const fn logo(self, view: fn() -> AnyView) -> Self {
        Self { logo: Some(view), ..self }
    }

    /// Sets the address of an image to show there instead.
    #[must_use]
    pub const fn logo_image(self, address: &'static str) -> Self {
        Self { logo_image: Some(address), ..self }
    }

    /// Sets the address of a style sheet that is loaded after ours on our own site, for example for other colours.
    #[must_use]
    pub const fn stylesheet(self, address: &'static str) -> Self {
        Self { stylesheet: Some(address), ..self }
    }

    /// The same with the name and the logo that the server wrote into the document, for hydration.
    #[cfg(feature = "hydrate")]
    #[must_use]
    pub fn of_document(self) -> Self {
        let root = leptos::prelude::document().document_element();
        // The page needs it as long as it exists.
        let written = |name| {
            let value = root.as_ref().and_then(|root| root.get_attribute(name));
            value.map(|value| -> &'static str { value.leak() })
        };
        Self {
            brand: written("data-brand").unwrap_or(self.brand),
            logo_image: written("data-logo").or(self.logo_image),
            ..self
        }
    }

    /// Adds a view to the row of each device.
    ///
    /// # Examples
    ///
    /// ```
    /// use leptos::prelude::*;
    /// use multi_session_leptos::MultiSessionOptions;
    ///
    /// let options = MultiSessionOptions::default().row(|device| view! { <span>{device.id.to_string()}</span> }.into_any());
    /// ```
    #[must_use]
    pub const fn row(self, view: fn(&DeviceSession) -> AnyView) -> Self {
        Self { row: Some(view), ..self }
    }

    /// Leaves out a part of the pages. Nothing links to it, and its page answers 404.
    ///
    /// # Examples
    ///
    /// ```
    /// use multi_session_leptos::{Feature, MultiSessionOptions};
    ///
    /// let options = MultiSessionOptions::default().without(Feature::Rename).without(Feature::History);
    /// assert!(!options.has(Feature::Rename) && options.has(Feature::Report));
    /// ```
    #[must_use]
    pub const fn without(self, feature: Feature) -> Self {
        let mut is_hidden = self.is_hidden;
        is_hidden[feature as usize] = true;
        Self { is_hidden, ..self }
    }

    /// Whether a part of the pages shows.
    pub const fn has(&self, feature: Feature) -> bool {
        !self.is_hidden[feature as usize]
    }

    /// Whether our pages may link to the forms for passwords.
    pub(crate) const fn has_passwords(&self) -> bool {
        self.has_passwords
    }

    /// The application's page for people whose account has no password.
    pub(crate) const fn step_up_path(&self) -> Option<&'static str> {
        self.step_up
    }

    /// The name of our own site.
    pub const fn brand_name(&self) -> &'static str {
        self.brand
    }

    /// The logo before the name.
    pub(crate) fn logo_view(&self) -> Option<AnyView> {
        let image = |address| view! { <img src=address alt="" /> }.into_any();
        self.logo.map(|view| view()).or_else(|| self.logo_image.map(image))
    }

    /// The address of that image.
    #[cfg(feature = "ssr")]
    pub(crate) const fn logo_address(&self) -> Option<&'static str> {
        self.logo_image
    }

    /// The address of the style that comes after ours.
    pub const fn stylesheet_address(&self) -> Option<&'static str> {
        self.stylesheet
    }

    /// The application's own view in the row of a device.
    pub(crate) fn row_view(&self, device: &DeviceSession) -> Option<AnyView> {
        self.row.map(|view| view(device))
    }

    /// Sets the path of the event stream, for a REST API that is mounted under another path than `/api/auth`.
    #[must_use]
    pub const fn events(self, path: &'static str) -> Self {
        Self { events: path, ..self }
    }

    /// The path at which people sign in.
    pub const fn sign_in_path(&self) -> &'static str {
        self.sign_in
    }

    /// The path of the list of devices.
    pub const fn devices_path(&self) -> &'static str {
        self.devices
    }

    /// The same, for a route.
    pub(crate) const fn list_path(&self) -> PagePath {
        PagePath { under: "", name: self.devices, exists: true }
    }

    /// The path of the page that changes the password. An application with its own login does not have it.
    pub(crate) const fn password_path(&self) -> PagePath {
        PagePath { under: "", name: CHANGE_PASSWORD, exists: self.has_passwords }
    }

    /// The path of the event stream.
    pub(crate) const fn events_path(&self) -> &'static str {
        self.events
    }

    /// The path of the account's history.
    pub const fn history_path(&self) -> PagePath {
        self.below("/history", self.has(Feature::History))
    }

    /// The path of the history as a file.
    pub const fn export_path(&self) -> PagePath {
        self.below("/history/export", self.has(Feature::History))
    }

    /// The path of the step-up page.
    pub const fn confirm_path(&self) -> PagePath {
        self.below("/confirm", true)
    }

    /// The path of the page that names a device.
    pub const fn rename_path(&self) -> PagePath {
        self.below("/rename", self.has(Feature::Rename))
    }

    /// The path of the page "This wasn't me".
    pub const fn not_me_path(&self) -> PagePath {
        self.below("/not-me", self.has(Feature::Report))
    }

    const fn below(&self, name: &'static str, exists: bool) -> PagePath {
        PagePath { under: self.under, name, exists }
    }

    /// Whether a page of ours is for signed-in people only.
    pub(crate) fn needs_sign_in(&self, path: &str) -> bool {
        let pages = [self.password_path(), self.history_path(), self.confirm_path(), self.rename_path()];
        path == self.devices || pages.iter().any(|page| page.is(path))
    }

    /// Whether a page is one of ours. The sign-in page counts, even if it is the application's.
    #[cfg(feature = "ssr")]
    pub(crate) fn is_ours(&self, path: &str) -> bool {
        path == self.sign_in
            || path == self.devices
            || self.pages_below().iter().any(|page| page.is(path))
            || self.has_passwords
                && ["/", SIGN_UP, CHOOSE_DEVICE, CHANGE_PASSWORD, FORGOT_PASSWORD, RESET_PASSWORD]
                    .contains(&path)
    }

    #[cfg(feature = "ssr")]
    pub(crate) const fn pages_below(&self) -> [PagePath; 4] {
        [self.history_path(), self.rename_path(), self.confirm_path(), self.not_me_path()]
    }

    /// The start page of a person.
    pub const fn home(&self, signed_in: bool) -> &'static str {
        if signed_in { self.devices } else { self.sign_in }
    }

    /// The page after an action that changed who is signed in. It shows the notice `done`.
    pub(crate) fn start(&self, done: &str) -> String {
        format!("{}?done={done}", self.devices)
    }

    /// The address to leave for when the session was ended elsewhere. The server explains there how it ended.
    /// `None` for the application's own pages, which are reloaded and redirect themselves.
    pub(crate) fn ended(&self, path: &str, session_id: &SessionId) -> Option<String> {
        let leads_on = self.has_passwords || self.needs_sign_in(path);
        leads_on.then(|| format!("{}?ended={session_id}", self.devices))
    }
}

/// Whether addresses can be built by appending to the path.
const fn is_path(path: &str) -> bool {
    let bytes = path.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if matches!(bytes[at], b'?' | b'#') {
            return false;
        }
        at += 1;
    }
    bytes.len() > 1 && bytes[0] == b'/' && bytes[bytes.len() - 1] != b'/'
}

/// The options that the application provided to its pages or for a request, or else the defaults.
pub(crate) fn use_options() -> MultiSessionOptions {
    use_context().or_else(of_request).unwrap_or_default()
}

/// The options of [`router`](fn@crate::router), for server functions, which render no page.
#[cfg(feature = "ssr")]
fn of_request() -> Option<MultiSessionOptions> {
    use_context::<http::request::Parts>()?.extensions.get().copied()
}

#[cfg(not(feature = "ssr"))]
fn of_request() -> Option<MultiSessionOptions> {
    None
}

/// The path of a page, for routes and addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PagePath {
    under: &'static str,
    name: &'static str,
    exists: bool,
}

impl PagePath {
    /// Whether it is the path of this page. A page that is left out has no path.
    pub(crate) fn is(self, path: &str) -> bool {
        self.exists && path.strip_prefix(self.under) == Some(self.name)
    }

    #[cfg(feature = "ssr")]
    pub(crate) const fn exists(&self) -> bool {
        self.exists
    }

    /// The address of the page for a session.
    pub(crate) fn of_session(self, id: &SessionId) -> String {
        format!("{self}?session_id={id}")
    }
}

impl fmt::Display for PagePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.under)?;
        f.write_str(self.name)
    }
}

/// The router's own segment types match one segment each and are static. These paths are known only at run
/// time.
impl PossibleRouteMatch for PagePath {
    fn optional(&self) -> bool {
        false
    }

    fn test<'a>(&self, path: &'a str) -> Option<PartialPathMatch<'a>> {
        let rest = path.strip_prefix(self.under)?.strip_prefix(self.name)?;
        let matched = &path[..path.len() - rest.len()];
        (self.exists && (rest.is_empty() || rest.starts_with('/')))
            .then(|| PartialPathMatch::new(rest, Vec::new(), matched))
    }

    fn generate_path(&self, path: &mut Vec<PathSegment>) {
        // The server has a route for each path. At the path of a page that is left out, the application may
        // have its own.
        let first = if self.exists { "" } else { "left-out" };
        let segments = [first, self.under, self.name].into_iter().flat_map(|part| part.split('/'));
        path.extend(segments.filter(|it| !it.is_empty()).map(|it| PathSegment::Static(it.into())));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn left_out_page_matches_no_path() {
        let options = MultiSessionOptions::default().without(Feature::History);
        assert!(options.history_path().test("/history").is_none());
        assert!(options.rename_path().test("/rename").is_some());
    }

    #[test]
    fn page_matches_its_whole_path_only() {
        let history = MultiSessionOptions::at("/login", "/account/devices").history_path();
        for (path, rest) in [
            ("/account/devices/history", Some("")),
            ("/account/devices/history/export", Some("/export")),
            ("/account/devices/historic", None),
            ("/history", None),
        ] {
            assert_eq!(history.test(path).map(|matched| matched.remaining()), rest, "{path}");
        }
    }
}
