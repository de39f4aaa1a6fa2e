//! Leaving the document. Actions that change who is signed in load a new document, so that no data of the
//! previous account stays in the page.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use leptos::{ev, prelude::*};
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate},
};
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, SubmitEvent};

/// Whether the page is leaving for another document. Only browsers set it.
static LEAVING: AtomicBool = AtomicBool::new(false);

/// Whether the page is leaving for another document. Browser only.
pub(crate) fn is_leaving() -> bool {
    LEAVING.load(Ordering::Relaxed)
}

/// Loads another document, even if the page is already leaving. Browser only.
pub(crate) fn go(to: &str) {
    LEAVING.store(true, Ordering::Relaxed);
    stay_if_stopped();
    // It fails only for an invalid address.
    let _ = window().location().assign(to);
}

/// Replaces the document in the browser's history, unless the page is already leaving: an event about an
/// action must not stop the navigation that the action started. Browser only.
pub(crate) fn replace(to: &str) {
    if !LEAVING.swap(true, Ordering::Relaxed) {
        stay_if_stopped();
        let _ = window().location().replace(to);
    }
}

/// Reloads the document, unless the page is already leaving. Browser only.
pub(crate) fn reload() {
    if !LEAVING.swap(true, Ordering::Relaxed) {
        stay_if_stopped();
        // Only a document that is not shown refuses.
        let _ = window().location().reload();
    }
}

/// Records that a form submitted by the browser leaves the page, because an event about its effect would stop
/// it. Browser only.
pub(crate) fn leave_by_forms() {
    Effect::new(move |_| {
        let posted = window_event_listener(ev::submit, |event| {
            if !event.default_prevented() && leads_away(&event) {
                LEAVING.store(true, Ordering::Relaxed);
                stay_if_stopped();
            }
        });
        on_cleanup(move || posted.remove());
    });
}

/// Whether the form replaces the document. Forms that close a dialog or open another window do not.
fn leads_away(event: &SubmitEvent) -> bool {
    let form = event.target().and_then(|form| form.dyn_into::<HtmlElement>().ok());
    let has = |name, wanted: fn(&str) -> bool| {
        form.as_ref().and_then(|form| form.get_attribute(name)).is_some_and(|value| wanted(&value))
    };
    !has("method", |method| method.eq_ignore_ascii_case("dialog"))
        && !has("target", |target| target != "_self")
}

/// The person may stop loading, and stay.
fn stay_if_stopped() {
    set_timeout(|| LEAVING.store(false, Ordering::Relaxed), Duration::from_secs(10));
}

/// Returns a function that removes these names from the address's query after they were handled.
pub(crate) fn forget_query(names: &'static [&'static str]) -> impl Fn() + Clone {
    let (location, navigate) = (use_location(), use_navigate());
    move || {
        let (path, mut query) = (location.pathname.get_untracked(), location.query.get_untracked());
        // `//host` would name another host.
        if path.starts_with("//") {
            return;
        }
        let removed = names.iter().filter(|name| query.remove(name).is_some()).count();
        if removed > 0 {
            let options = NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() };
            navigate(&(path + &query.to_query_string()), options);
        }
    }
}

/// Hides the page while it is in the browser's back/forward cache, and reloads it when it comes back, because
/// somebody may have signed out meanwhile. Browser only.
pub(crate) fn hide_while_away() {
    Effect::new(move |_| {
        let hide = window_event_listener(ev::pagehide, |event| {
            let root = document().document_element().filter(|_| event.persisted());
            if let Some(root) = root.and_then(|root| root.dyn_into::<HtmlElement>().ok()) {
                root.set_hidden(true);
            }
        });
        let show = window_event_listener(ev::pageshow, |event| {
            if event.persisted() {
                // Only a document that is not shown refuses.
                let _ = window().location().reload();
            }
        });
        on_cleanup(move || {
            hide.remove();
            show.remove();
        });
    });
}
