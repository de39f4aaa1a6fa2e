//! Rows of the list, each with its place in the page.

use std::hash::Hash;

use leptos::prelude::*;

use crate::ui::Erase;
use multi_session::DeviceSession;

/// One view for each of some rows of the list. `For` makes code for each list that it is used for; this is one.
#[component]
pub(crate) fn Rows(
    /// The rows.
    #[prop(into)]
    of: Signal<Vec<DeviceSession>>,
    /// The view of a row.
    row: fn(DeviceSession) -> AnyView,
) -> impl IntoView {
    view! { <For each=move || of.get() key=key children=row /> }.erased()
}

/// What `<For>` knows a row by: it is made anew where what it shows has changed.
fn key(row: &DeviceSession) -> impl Eq + Hash + use<> {
    (row.id.clone(), row.is_current, row.device.label.clone(), row.user_agent.clone(), row.user.name.clone())
}
