//! The outcome of an act, told in one place of every page.

use std::time::Duration;

use leptos::{prelude::*, server_fn::error::ServerFnUrlError};
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate, use_query_map},
    params::ParamsMap,
};
use multi_session::Code;

use crate::{
    AppError, accounts,
    hooks::{effect, focus_element},
    ui::{Icon, IconName, piece::IntoPiece},
};

/// How long good news stays.
const STAY: Duration = Duration::from_secs(6);

/// One outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Notice {
    text: String,
    good: bool,
}

/// The one notice that pages show now.
#[derive(Clone, Copy)]
pub(crate) struct Notices(RwSignal<Option<Notice>>);

impl Notices {
    /// Tells that an act succeeded.
    pub(crate) fn succeeded(self, text: String) {
        self.0.set(Some(Notice { text, good: true }));
    }

    /// Tells that an act failed.
    pub(crate) fn failed(self, error: &AppError) {
        self.0.set(Some(Notice { text: error.to_string(), good: false }));
    }
}

/// Gives the notices of the page.
pub(crate) fn use_notices() -> Notices {
    expect_context()
}

/// Starts the notices with what a form's redirect has put into the address.
pub(crate) fn provide_notices() {
    let first = use_query_map().with_untracked(notice_of_query);
    provide_context(Notices(RwSignal::new(first)));
}

fn notice_of_query(query: &ParamsMap) -> Option<Notice> {
    if let (Some(path), Some(error)) = (query.get_str("__path"), query.get_str("__err")) {
        // The forms of these two show their errors themselves.
        let elsewhere = accounts::is_entry(path);
        let text = trusted(ServerFnUrlError::<AppError>::decode_err(error)).message;
        return (!elsewhere).then_some(Notice { text, good: false });
    }
    let text = match query.get_str("done")? {
        "revoked" => "That session has ended.",
        "others" => "All other devices are signed out.",
        "everywhere" => "You are signed out everywhere.",
        "switched" => "You switched accounts.",
        "signed-in" => "You are signed in.",
        "signed-out" => "You are signed out.",
        _ => return None,
    };
    Some(Notice { text: text.to_owned(), good: true })
}

/// Takes an error that came with the address, which anybody can write: its code counts, its words do not.
pub(crate) fn trusted(error: AppError) -> AppError {
    let code = Code::ALL.iter().copied().find(|code| error.is(*code));
    code.unwrap_or(Code::Internal).into()
}

/// Shows the notice: always in the same place, good news for six seconds unless somebody is reading it.
#[component]
pub(crate) fn Toaster() -> impl IntoView {
    let notice = use_notices().0;
    let location = use_location();
    let navigate = use_navigate();
    let reading = RwSignal::new(false);

    let hide = move || {
        notice.set(None);
        reading.set(false);
        let asked =
            location.search.with_untracked(|query| query.contains("done=") || query.contains("__err="));
        if asked {
            let options = NavigateOptions { replace: true, scroll: false, ..Default::default() };
            navigate(&location.pathname.get_untracked(), options);
        }
    };
    let hide = StoredValue::new(hide);
    effect(move || {
        let leaves = notice.with(|notice| notice.as_ref().is_some_and(|notice| notice.good));
        if leaves && !reading.get() {
            let timeout = set_timeout_with_handle(move || hide.with_value(|hide| hide()), STAY);
            if let Ok(timeout) = timeout {
                on_cleanup(move || timeout.clear());
            }
        }
    });

    let dismiss = move |event: web_sys::MouseEvent| {
        event.prevent_default();
        hide.with_value(|hide| hide());
        focus_element("content");
    };
    let here = use_location().pathname;
    let toast = move |notice: Notice| {
        let (class, icon) =
            if notice.good { ("toast", IconName::Check) } else { ("toast toast--bad", IconName::Alert) };
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
                <a class="toast__close" href=here.get_untracked() aria-label="Dismiss" on:click=dismiss>
                    <Icon name=IconName::Cross size=18 />
                </a>
            </div>
        }
        .piece()
    };

    view! {
        <div class="toaster">
            <div role="status">{move || notice.get().filter(|notice| notice.good).map(toast)}</div>
            {move || {
                notice
                    .get()
                    .filter(|notice| !notice.good)
                    .map(|notice| view! { <div role="alert">{toast(notice)}</div> })
            }}
        </div>
    }
    .piece()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(pairs: &[(&'static str, &str)]) -> ParamsMap {
        pairs.iter().map(|(key, value)| (*key, (*value).to_owned())).collect()
    }

    fn notice(pairs: &[(&'static str, &str)]) -> Option<Notice> {
        notice_of_query(&query(pairs))
    }

    #[test]
    fn a_form_tells_what_was_done() {
        let text = |done| notice(&[("done", done)]).map(|notice| notice.text);
        assert_eq!(text("others").as_deref(), Some("All other devices are signed out."));
        assert_eq!(text("nonsense"), None);
        assert_eq!(notice(&[]), None);
    }

    #[test]
    fn an_error_in_the_address_speaks_with_our_words_only() {
        let forged = AppError {
            code: Code::InvalidSessionToken.as_str().to_owned(),
            message: "Call 0800 to get your account back".to_owned(),
        };
        assert_eq!(trusted(forged).message, Code::InvalidSessionToken.sentence());
        let unknown = AppError { code: "NONSENSE".to_owned(), message: "Call 0800".to_owned() };
        assert_eq!(trusted(unknown).message, Code::Internal.sentence());
    }

    #[test]
    fn an_error_that_cannot_be_read_is_an_error_all_the_same() {
        let notice = notice(&[("__path", "/fn/revoke"), ("__err", "%%%")]).expect("there is an error");
        assert!(!notice.good);
        assert_eq!(notice.text, Code::Internal.sentence());
    }
}
