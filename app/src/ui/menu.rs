//! A `<details>` that behaves like a menu button and also opens without JavaScript.

use leptos::{ev, html, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, Node};

/// Closes the menu. Browser only.
pub(crate) fn close_menu(node: NodeRef<html::Details>) {
    if let Some(details) = node.get_untracked() {
        details.set_open(false);
    }
}

/// Closes the menu on Escape, on a press outside, and when the focus leaves it.
pub(crate) fn close_like_a_menu(node: NodeRef<html::Details>) {
    let is_inside = move |target: Option<web_sys::EventTarget>| {
        let target = target.and_then(|target| target.dyn_into::<Node>().ok());
        node.get_untracked().is_some_and(|details| details.contains(target.as_ref()))
    };
    let is_open = move || node.get_untracked().is_some_and(|details| details.open());

    Effect::new(move |_| {
        let pressed = window_event_listener(ev::pointerdown, move |event| {
            if is_open() && !is_inside(event.target()) {
                close_menu(node);
            }
        });
        let moved = window_event_listener(ev::focusin, move |event| {
            if is_open() && !is_inside(event.target()) {
                close_menu(node);
            }
        });
        let keyed = window_event_listener(ev::keydown, move |event| {
            if event.key() == "Escape" && is_open() {
                close_menu(node);
                let summary = node
                    .get_untracked()
                    .and_then(|details| details.query_selector("summary").ok().flatten())
                    .and_then(|summary| summary.dyn_into::<HtmlElement>().ok());
                if let Some(summary) = summary {
                    // It fails only for elements that cannot have the focus.
                    let _ = summary.focus();
                }
            }
        });
        on_cleanup(move || {
            pressed.remove();
            moved.remove();
            keyed.remove();
        });
    });
}
