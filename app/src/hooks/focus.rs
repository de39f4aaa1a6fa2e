//! Moving the focus from code.

use leptos::prelude::document;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

/// Moves the focus to the page's content if the focused element is gone. Browser only.
pub(crate) fn keep_focus() {
    if !is_focused() {
        focus_element("content");
    }
}

/// Whether an element of the page has the focus. Browser only.
pub(crate) fn is_focused() -> bool {
    document().active_element().is_some_and(|element| element.tag_name() != "BODY")
}

/// Whether an element inside of the page's content has the focus. Browser only.
pub(crate) fn is_focused_within_content() -> bool {
    is_focused() && document().active_element().is_some_and(|element| element.id() != "content")
}

/// Focuses the element with this id. Returns whether it exists. Browser only.
pub(crate) fn focus_element(id: &str) -> bool {
    let element = document().get_element_by_id(id).and_then(|element| element.dyn_into::<HtmlElement>().ok());
    element.is_some_and(|element| element.focus().is_ok())
}
