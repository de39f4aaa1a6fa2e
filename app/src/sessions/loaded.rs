//! Waits for the list.

use leptos::prelude::*;

use crate::sessions::use_list_device_sessions;

/// Shows its children once the list has been loaded. Later answers change the list in place.
#[component]
pub(crate) fn Loaded(
    /// The content.
    children: Children,
) -> impl IntoView {
    let sessions = use_list_device_sessions();
    view! {
        <Transition>
            {Suspend::new(async move {
                sessions.list.await.ok();
                children()
            })}
        </Transition>
    }
}
