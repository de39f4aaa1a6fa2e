//! What shows while something holds.

use leptos::{children::ViewFn, prelude::*};

use crate::ui::Erase;

/// Leptos' `Show` for views of any kind: used directly, it makes code for each of them.
#[component]
pub fn ShowIf(
    /// Whether it shows.
    #[prop(into)]
    when: Signal<bool>,
    /// What shows otherwise.
    #[prop(optional, into)]
    fallback: ViewFn,
    /// What shows.
    children: ChildrenFn,
) -> impl IntoView {
    view! {
        <Show when=move || when.get() fallback>
            {children()}
        </Show>
    }
    .erased()
}
