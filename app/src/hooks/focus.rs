//! Moving the focus from code.

use leptos::prelude::document;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

/// Gives the focus to the page's content if what had it is gone. Browser only.
pub(crate) fn keep_focus() {
    if !is_focused() {
        focus_element("content");
    }
}

/// Whether something of the page has the focus. Browser only.
pub(crate) fn is_focused() -> bool {
    document().active_element().is_some_and(|element| element.tag_name() != "BODY")
}

/// Whether something has the focus that is neither the document nor the page's content as a whole. Browser only.
pub(crate) fn is_focused_within_content() -> bool {
    is_focused() && document().active_element().is_some_and(|element| element.id() != "content")
}

/// Focuses the element with this id; says whether there is one. Browser only.
pub(crate) fn focus_element(id: &str) -> bool {
    let element = document().get_element_by_id(id).and_then(|element| element.dyn_into::<HtmlElement>().ok());
    element.is_some_and(|element| element.focus().is_ok())
}
