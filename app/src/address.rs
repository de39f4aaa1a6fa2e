//! The address of the page: which page it is, and what it asks for.
//!
//! Few pages need no router in the browser: links are links, and the server knows where everybody belongs. Plain pages
//! are not among them: only the server makes them.

use std::sync::atomic::{AtomicBool, Ordering};

use leptos::prelude::*;
use wasm_bindgen::JsValue;

use crate::Act;

#[cfg(feature = "ssr")]
use crate::{
    accounts::{FORGOT_PASSWORD, RESET_PASSWORD},
    history::{EXPORT, HISTORY},
    sessions::NOT_ME,
};

/// Where an act leads that changes who is signed in: the server sends everybody on, and tells there what was done.
macro_rules! start {
    ($done:literal) => {
        concat!("/?done=", $done)
    };
}
pub(crate) use start;

/// The pages there are.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub(crate) enum Page {
    /// `/`: nobody stays there.
    Start,
    /// `/sign-in`.
    SignIn,
    /// `/sign-up`.
    SignUp,
    /// `/sessions`.
    Sessions,
    /// `/change-password`.
    ChangePassword,
    /// Every other address.
    Missing,
}

/// Each page with its path.
const PAGES: [(&str, Page); 5] = [
    ("/", Page::Start),
    ("/sign-in", Page::SignIn),
    ("/sign-up", Page::SignUp),
    ("/sessions", Page::Sessions),
    ("/change-password", Page::ChangePassword),
];

/// The paths at which there are pages, for the server's routes.
#[cfg(feature = "ssr")]
pub fn page_paths() -> impl Iterator<Item = &'static str> {
    PAGES.iter().map(|(path, _)| *path)
}

/// Whether people sign in or up at a path.
#[cfg(feature = "ssr")]
pub fn signs_in(path: &str) -> bool {
    matches!(Page::of(path), Page::SignIn | Page::SignUp)
}

/// The documents that only the server makes.
#[cfg(feature = "ssr")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlainPage {
    /// Asks for the password before an act.
    Confirm,
    /// Asks what a device is called.
    Rename,
    /// Shows what happened to the account.
    History,
    /// The same as a file.
    HistoryExport,
    /// Asks whose password was forgotten.
    ForgotPassword,
    /// Asks for the new password.
    ResetPassword,
    /// Asks whether a sign-in was somebody else's.
    NotMe,
}

/// Each of them with its path.
#[cfg(feature = "ssr")]
const PLAIN_PAGES: [(&str, PlainPage); 7] = [
    ("/confirm", PlainPage::Confirm),
    ("/rename", PlainPage::Rename),
    (HISTORY, PlainPage::History),
    (EXPORT, PlainPage::HistoryExport),
    (FORGOT_PASSWORD, PlainPage::ForgotPassword),
    (RESET_PASSWORD, PlainPage::ResetPassword),
    (NOT_ME, PlainPage::NotMe),
];

/// Each of them with its path, for the server's routes.
#[cfg(feature = "ssr")]
pub fn plain_pages() -> impl Iterator<Item = (&'static str, PlainPage)> {
    PLAIN_PAGES.into_iter()
}

impl Page {
    /// The page at a path.
    pub(crate) fn of(path: &str) -> Self {
        PAGES.iter().find(|(at, _)| *at == path).map_or(Self::Missing, |(_, page)| *page)
    }

    /// What the browser's tab says.
    #[cfg(feature = "ssr")]
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Start => "Multi-session",
            Self::SignIn => "Sign in · Multi-session",
            Self::SignUp => "Create an account · Multi-session",
            Self::Sessions => "Your devices · Multi-session",
            Self::ChangePassword => "Change password · Multi-session",
            Self::Missing => "Page not found · Multi-session",
        }
    }
}

/// The questions of a page, all but one of which an address can ask.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub enum Question {
    /// Whether to sign out the other devices.
    Others,
    /// Whether to sign out everywhere.
    Everywhere,
    /// Who the person is; only an act asks it.
    StepUp,
}

impl Question {
    /// The address that asks it.
    pub const fn address(self) -> &'static str {
        match self {
            Self::Others => "/sessions?confirm=others",
            Self::Everywhere => "/sessions?confirm=everywhere",
            Self::StepUp => "/sessions",
        }
    }

    fn of(query: &str) -> Option<Self> {
        match value(query, "confirm")? {
            "others" => Some(Self::Others),
            "everywhere" => Some(Self::Everywhere),
            _ => None,
        }
    }
}

/// The address of the page, in every component's context.
#[derive(Clone, Copy)]
pub(crate) struct Address {
    /// Which page it is.
    pub(crate) page: Page,
    /// Whether the page is asked to add an account to those the browser holds.
    pub(crate) adding: bool,
    /// The question that is open.
    pub(crate) question: RwSignal<Option<Question>>,
    /// What goes on once the person has proved who they are, each with its form.
    pub(crate) waiting: StoredValue<Vec<(Act, String)>>,
}

/// Gives the address of the page.
pub(crate) fn use_address() -> Address {
    expect_context()
}

/// Reads the address that [`use_address`] gives.
pub(crate) fn provide_address() -> Address {
    let (path, query) = here();
    let question = RwSignal::new(Question::of(&query));
    let address = Address {
        page: Page::of(&path),
        adding: value(&query, "add").is_some(),
        question,
        waiting: StoredValue::new(Vec::new()),
    };
    provide_context(address);
    crate::hooks::effect(move || {
        let back =
            window_event_listener(leptos::ev::popstate, move |_| question.set(Question::of(&here().1)));
        on_cleanup(move || back.remove());
    });
    address
}

/// The path and the query of the page.
#[cfg(feature = "ssr")]
pub(crate) fn here() -> (String, String) {
    let parts = use_context::<http::request::Parts>();
    parts.map_or_else(Default::default, |parts| {
        (parts.uri.path().to_owned(), parts.uri.query().unwrap_or_default().to_owned())
    })
}

/// The path and the query of the page.
#[cfg(not(feature = "ssr"))]
pub(crate) fn here() -> (String, String) {
    let location = window().location();
    let query = location.search().unwrap_or_default();
    (location.pathname().unwrap_or_default(), query.trim_start_matches('?').to_owned())
}

/// The value of a name in a query, as it is written there: ours are plain words.
pub fn value<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    query.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (key == name).then_some(value)
    })
}

/// The page that asks who it is before an act on other sessions: a server function's path, and the session's id or
/// nothing.
pub(crate) fn confirm(act: &str, session_id: &str) -> String {
    ["/confirm?act=", act, "&session_id=", session_id].concat()
}

/// Whether the page is on its way to another one already.
static LEAVING: AtomicBool = AtomicBool::new(false);

/// Goes to another page, wherever the page is on its way to. Browser only.
pub(crate) fn go(to: &str) {
    LEAVING.store(true, Ordering::Relaxed);
    // Only an address that cannot be parsed is refused.
    let _ = window().location().assign(to);
}

/// Goes to another page, which takes this one's place in the history, unless the page is on its way already: what an
/// act leads to is not to be lost to the news of what it has done, and several may tell the same. Browser only.
pub(crate) fn replace(to: &str) {
    if LEAVING.swap(true, Ordering::Relaxed) {
        return;
    }
    let _ = window().location().replace(to);
}

/// Writes what the page shows now into the address, as a new place in the history. Browser only.
pub(crate) fn write(address: &str) {
    if let Ok(history) = window().history() {
        // The browser refuses a hundred a minute, which no person does.
        let _ = history.push_state_with_url(&JsValue::NULL, "", Some(address));
    }
}

/// Takes the query out of the address: what it asked for is done. Browser only.
pub(crate) fn forget_query() {
    let (path, query) = here();
    if let Ok(history) = window().history()
        && !query.is_empty()
    {
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&path));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_has_values() {
        assert_eq!(value("add=1&confirm=others", "confirm"), Some("others"));
        assert_eq!(value("add", "add"), Some(""));
        assert_eq!(value("adding=1", "add"), None);
        assert_eq!(value("", "add"), None);
    }

    #[test]
    fn an_address_opens_its_question() {
        for question in [Question::Others, Question::Everywhere] {
            let (path, query) = question.address().split_once('?').expect("a query");
            assert_eq!(Page::of(path), Page::Sessions);
            assert_eq!(Question::of(query), Some(question));
        }
        assert_eq!(Question::of("confirm=nonsense"), None);
    }

    #[test]
    fn every_other_path_is_missing() {
        assert_eq!(Page::of("/sessions/"), Page::Missing);
        assert_eq!(Page::of("/nowhere"), Page::Missing);
    }
}
