//! The outcome of an act, told in one place of every page.

use std::time::Duration;

use leptos::prelude::*;
#[cfg(feature = "ssr")]
use multi_session::Code;

#[cfg(feature = "ssr")]
use crate::sessions::words;
use crate::{
    AppError,
    act::SessionForm,
    address::{Page, forget_query, here, use_address, value},
    hooks::{effect, focus_element, keep_focus},
    sessions::use_list_device_sessions,
    ui::{Icon, IconName, piece::IntoPiece},
};

/// How long good news stays.
const STAY: Duration = Duration::from_secs(6);
/// How long what can be undone stays: as long as it can.
const UNDO: Duration = Duration::from_secs(10);

/// One outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Notice {
    text: String,
    good: bool,
    /// The session whose revocation can be undone; empty where nothing can.
    undo: String,
}

/// That a session of this browser was ended elsewhere; the server gives it to the page whose address asks for it.
#[cfg(feature = "ssr")]
#[derive(Clone, Debug)]
pub struct SignedOutElsewhere {
    /// How it ended.
    pub ending: multi_session::Ending,
    /// The account that the browser acts as now, if it still held one.
    pub now_using: Option<String>,
    /// The present moment.
    pub now: multi_session::Timestamp,
}

/// The one notice that pages show now.
#[derive(Clone, Copy)]
pub(crate) struct Notices(RwSignal<Option<Notice>>);

impl Notices {
    /// Tells that an act succeeded.
    pub(crate) fn succeeded(self, text: String) {
        self.revoked(text, String::new());
    }

    /// Tells news from elsewhere, unless they would take away what can be undone.
    pub(crate) fn tell(self, text: String) {
        if self.0.with_untracked(|notice| notice.as_ref().is_none_or(|notice| notice.undo.is_empty())) {
            self.succeeded(text);
        }
    }

    /// Tells that an act succeeded, and which session's revocation can be undone; empty where nothing can.
    pub(crate) fn revoked(self, text: String, undo: String) {
        self.0.set(Some(Notice { text, good: true, undo }));
    }

    /// Tells that an act failed.
    pub(crate) fn failed(self, error: &AppError) {
        self.0.set(Some(Notice { text: error.to_string(), good: false, undo: String::new() }));
    }
}

/// Gives the notices of the page.
pub(crate) fn use_notices() -> Notices {
    expect_context()
}

/// The refusal of a form that shows it itself.
#[derive(Clone)]
struct Refusal(AppError);

/// Gives why the form of this page was refused, if a form's redirect says so.
pub(crate) fn use_refusal() -> Option<AppError> {
    use_context().map(|Refusal(error)| error)
}

/// Starts the notices with what a form's redirect has put into the address.
pub(crate) fn provide_notices() {
    let (_, query) = here();
    // Only the server can read the error in the address; its code and sentence travel with the page.
    let error = SharedValue::new_str(|| {
        #[cfg(feature = "ssr")]
        let error =
            form_error(&query).map_or_else(String::new, |error| [error.code, error.message].join(" "));
        #[cfg(not(feature = "ssr"))]
        let error = String::new();
        error
    });
    // The words of what was done, too, after a sign that says whether it is good and what can be undone: the browser's
    // half has none of them.
    let told = SharedValue::new_str(|| {
        #[cfg(feature = "ssr")]
        let told = {
            let ended = use_context::<SignedOutElsewhere>().and_then(words::signed_out_elsewhere);
            let told = ended.map(|text| Notice { text, good: false, undo: String::new() });
            told.or_else(|| told_by(&query)).map_or_else(String::new, |told| {
                [if told.good { "+" } else { "-" }, &told.undo, " ", &told.text].concat()
            })
        };
        #[cfg(not(feature = "ssr"))]
        let told = String::new();
        told
    });
    let told = told.into_inner();
    let mut first = told.split_once(' ').map(|(sign, text)| Notice {
        text: text.to_owned(),
        good: sign.starts_with('+'),
        undo: sign.get(1..).unwrap_or_default().to_owned(),
    });
    if let Some((code, message)) = error.into_inner().split_once(' ') {
        let error = AppError { code: code.to_owned(), message: message.to_owned(), proofs: Vec::new() };
        let path = value(&query, "__path").unwrap_or_default();
        if is_own(use_address().page, path) {
            provide_context(Refusal(error));
        } else {
            first = Some(Notice { text: error.message, good: false, undo: String::new() });
        }
    }
    provide_context(Notices(RwSignal::new(first)));
}

/// Whether the page has the form that posts to `path`, as it is written in a query, and shows its errors itself.
fn is_own(page: Page, path: &str) -> bool {
    match page {
        Page::SignIn => path.ends_with("sign-in"),
        Page::SignUp => path.ends_with("sign-up"),
        Page::ChangePassword => path.ends_with("change-password"),
        _ => false,
    }
}

/// What a query tells that is true: anybody can write an address, and people go back to one.
///
/// Who is signed in is seen. That anything else was done is believed only where the browser brings the notice that the
/// act has left with it.
#[cfg(feature = "ssr")]
fn told_by(query: &str) -> Option<Notice> {
    let request = crate::context::request();
    let signed_in = request.browser().ok().map(|browser| browser.active().is_some());
    let done = value(query, "done")?;
    let is_true = match done {
        "signed-in" => signed_in == Some(true),
        "signed-out" | "ended" => signed_in == Some(false),
        _ => is_told(&request, query),
    };
    if is_true {
        let undo = value(query, "undo").filter(|_| done == "revoked");
        let undo = undo.filter(|id| multi_session::SessionId::new(*id).is_ok());
        return of_done(done).map(|told| Notice { undo: undo.unwrap_or_default().to_owned(), ..told });
    }
    // A browser that has just signed in would have brought a cookie.
    let keeps_none = done == "signed-in" && signed_in == Some(false) && !request.has_cookies();
    keeps_none.then(|| Notice { text: NO_COOKIES.to_owned(), good: false, undo: String::new() })
}

/// What a browser without cookies is told at the address to which a sign-in leads; true whether it has signed in or not.
#[cfg(feature = "ssr")]
const NO_COOKIES: &str = "You are not signed in. If you have just signed in, your browser keeps no cookies for this \
                          site: allow them, then sign in again.";

/// Whether a request brings the notice that an act has left with what its address says was done.
#[cfg(feature = "ssr")]
pub fn is_told(request: &multi_session::http::SessionRequest, query: &str) -> bool {
    let undo = value(query, "undo").map_or_else(String::new, |id| ["&undo=", id].concat());
    let done = value(query, "done").map(|done| [done, &undo].concat());
    done.is_some() && request.notice() == done.as_deref()
}

/// The words of `?done=`.
#[cfg(feature = "ssr")]
pub(crate) fn of_done(done: &str) -> Option<Notice> {
    let text = match done {
        "revoked" => "That session has ended.",
        "undone" => words::UNDONE,
        "renamed" => "The device has its new name.",
        "others" => "All other devices are signed out.",
        "everywhere" => "You are signed out everywhere.",
        "password" => "Your password was changed.",
        "password-others" => "Your password was changed, and your other devices are signed out.",
        "switched" => "You switched accounts.",
        "signed-in" => "You are signed in.",
        "signed-out" => "You are signed out.",
        "ended" => Code::Unauthorized.sentence(),
        _ => return None,
    };
    Some(Notice { text: text.to_owned(), good: done != "ended", undo: String::new() })
}

/// An address with an error in its query, as a form's redirect puts it there.
#[cfg(feature = "ssr")]
pub(crate) fn with_error(address: &str, act: &str, error: &AppError) -> String {
    use leptos::server_fn::error::ServerFnUrlError;

    // The host is none of anybody's: only what follows it is taken.
    let url = ServerFnUrlError::new(act, error.clone()).to_url(&["http://localhost", address].concat());
    url.map_or_else(|_| address.to_owned(), |url| [url.path(), "?", url.query().unwrap_or_default()].concat())
}

/// The error that a form's redirect has put into a query.
#[cfg(feature = "ssr")]
pub(crate) fn form_error(query: &str) -> Option<AppError> {
    use leptos::server_fn::error::ServerFnUrlError;

    let (_, error) = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "__err")?;
    Some(trusted(ServerFnUrlError::<AppError>::decode_err(&error)))
}

/// Takes an error that came with the address, which anybody can write: its code counts, its words do not.
#[cfg(feature = "ssr")]
fn trusted(error: AppError) -> AppError {
    let code = Code::ALL.iter().copied().find(|code| error.is(*code));
    code.unwrap_or(Code::Internal).into()
}

/// Shows the notice: always in the same place, good news for six seconds unless somebody is reading it.
#[component]
pub(crate) fn Toaster() -> impl IntoView {
    let notice = use_notices().0;
    let undo_revoke = use_list_device_sessions().undo_revoke;
    let reading = RwSignal::new(false);

    let hide = move || {
        notice.set(None);
        reading.set(false);
        let (_, query) = here();
        if ["done", "ended", "__err"].iter().any(|name| value(&query, name).is_some()) {
            forget_query();
        }
    };
    let after = |time, run: Box<dyn FnOnce()>| {
        if let Ok(timeout) = set_timeout_with_handle(run, time) {
            on_cleanup(move || timeout.clear());
        }
    };
    effect(move || {
        // Another notice is read anew, though the pointer or the focus was on the one before: it may be gone with it.
        notice.track();
        if reading.get_untracked() {
            reading.set(false);
            request_animation_frame(keep_focus);
        }
    });
    effect(move || {
        // What can be undone goes when it cannot any more, whether somebody is reading it or not.
        match notice.with(|notice| notice.as_ref().map(|notice| (notice.good, notice.undo.is_empty()))) {
            Some((true, true)) if !reading.get() => after(STAY, Box::new(hide)),
            Some((_, false)) => after(UNDO, Box::new(hide)),
            _ => {}
        }
    });

    let dismiss = move |event: web_sys::MouseEvent| {
        event.prevent_default();
        hide();
        focus_element("content");
    };
    let (path, _) = here();
    // `//host` would lead there.
    let path = StoredValue::new(if path.starts_with("//") { "/".to_owned() } else { path });
    let toast = move |notice: Notice| {
        let (class, icon) =
            if notice.good { ("toast", IconName::Check) } else { ("toast toast--bad", IconName::Alert) };
        let undo = (!notice.undo.is_empty()).then(|| {
            view! {
                <SessionForm
                    act=undo_revoke
                    session_id=notice.undo.clone()
                    class="toast__act"
                    pending=undo_revoke.pending()
                    label=String::new()
                    described_by=String::new()
                    text="Undo".piece()
                />
            }
            .piece()
        });
        view! {
            <div
                class=class
                on:mouseenter=move |_| reading.set(true)
                on:mouseleave=move |_| reading.set(false)
                on:focusin=move |_| reading.set(true)
                on:focusout=move |_| reading.set(false)
            >
                <Icon name=icon />
                <p class="toast__text">{notice.text}</p>
                {undo}
                <a class="toast__close" href=path.get_value() aria-label="Dismiss" on:click=dismiss>
                    <Icon name=IconName::Cross size=18 />
                </a>
            </div>
        }
        .piece()
    };

    view! {
        <div role="status">{move || notice.get().filter(|notice| notice.good).map(toast)}</div>
        {move || {
            notice
                .get()
                .filter(|notice| !notice.good)
                .map(|notice| view! { <div role="alert">{toast(notice)}</div> })
        }}
    }
    .piece()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "ssr")]
    #[test]
    fn a_form_tells_what_was_done() {
        let text = |done| of_done(done).map(|notice| notice.text);
        assert_eq!(text("others").as_deref(), Some("All other devices are signed out."));
        assert_eq!(text("nonsense"), None);
    }

    #[test]
    fn a_page_shows_the_errors_of_its_own_form_only() {
        assert!(is_own(Page::SignIn, "%2Ffn%2Fsign-in"));
        assert!(is_own(Page::SignUp, "/fn/sign-up"));
        assert!(!is_own(Page::SignIn, "%2Ffn%2Fset-active"));
        assert!(!is_own(Page::Sessions, "%2Ffn%2Frevoke"));
    }

    #[cfg(feature = "ssr")]
    #[test]
    fn an_error_in_the_address_speaks_with_our_words_only() {
        let forged = AppError {
            code: Code::InvalidSessionToken.as_str().to_owned(),
            message: "Call 0800 to get your account back".to_owned(),
            proofs: Vec::new(),
        };
        assert_eq!(trusted(forged).message, Code::InvalidSessionToken.sentence());
        let unknown =
            AppError { code: "NONSENSE".to_owned(), message: "Call 0800".to_owned(), proofs: Vec::new() };
        assert_eq!(trusted(unknown).message, Code::Internal.sentence());
    }

    #[cfg(feature = "ssr")]
    #[test]
    fn an_error_that_cannot_be_read_is_an_error_all_the_same() {
        let error = form_error("__path=%2Ffn%2Frevoke&__err=%25%25%25").expect("there is an error");
        assert_eq!(error.message, Code::Internal.sentence());
        assert_eq!(form_error("done=others"), None);
    }
}
