//! The button of a form.

use leptos::prelude::*;

/// A submit button that shows a spinner and takes no second press while the act is under way.
#[component]
pub fn Submit(
    /// The classes.
    #[prop(default = "ms-button")]
    class: &'static str,
    /// Whether the act is under way.
    #[prop(optional, into)]
    pending: Signal<bool>,
    /// The accessible name, where the text alone does not say on what the button acts.
    #[prop(optional, into)]
    label: Option<String>,
    /// The id of what describes it further.
    #[prop(optional, into)]
    described_by: Option<String>,
    /// The button's own id.
    #[prop(optional, into)]
    id: Option<String>,
    /// Whether it has the focus when the page is loaded.
    #[prop(optional)]
    autofocus: bool,
    /// The text.
    children: Children,
) -> impl IntoView {
    // A button that is disabled loses the focus, and the keyboard's place on the page with it.
    let once = move |event: web_sys::MouseEvent| {
        if pending.get_untracked() {
            event.prevent_default();
        }
    };
    view! {
        <button
            class=class
            id=id
            type="submit"
            autofocus=autofocus
            aria-label=label
            aria-describedby=described_by
            aria-busy=move || pending.get().then_some("true")
            aria-disabled=move || pending.get().then_some("true")
            on:click=once
        >
            {children()}
        </button>
    }
}
