//! The button of a form.

use leptos::prelude::*;

/// A submit button that shows a spinner and ignores presses while the action is running.
#[component]
pub fn Submit(
    /// The classes.
    #[prop(default = "ms-button")]
    class: &'static str,
    /// Whether the action is running.
    #[prop(optional, into)]
    pending: Signal<bool>,
    /// The accessible name, if the text does not say what the button acts on.
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
    // A disabled button would lose the focus, and with it the keyboard's position on the page.
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
