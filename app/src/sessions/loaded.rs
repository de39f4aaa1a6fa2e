//! What needs the list to be there.

use leptos::prelude::*;

use crate::sessions::use_list_device_sessions;

/// Waits for the list once; the server's page has all of it. Later answers change it in place.
#[component]
pub(crate) fn Loaded(
    /// What stands there then.
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
