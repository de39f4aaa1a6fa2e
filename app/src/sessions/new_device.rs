//! The sign-in to think about, above the list.

use leptos::prelude::*;
use multi_session::DeviceSession;

use crate::{
    Feature,
    hooks::use_now,
    sessions::{row_key::row_key, use_list_device_sessions, words},
    ui::{Icon, IconName},
};

/// For a day, the latest sign-in from a browser that was never seen before: where it is, and what to do if it was
/// somebody else.
#[component]
pub(super) fn NewDevice() -> impl IntoView {
    let sessions = use_list_device_sessions();
    let now = use_now();
    let asks = sessions.options.has(Feature::Report);
    let latest = move || {
        let latest = sessions.rows.with(|rows| words::to_think_about(rows, now.get()).cloned());
        latest.filter(|_| asks).into_iter().collect::<Vec<_>>()
    };
    view! {
        <For each=latest key=row_key let:row>
            <Banner row />
        </For>
    }
}

#[component]
fn Banner(row: DeviceSession) -> impl IntoView {
    let name = ["New sign-in from ", &*row.device.label].concat();
    let title = name.clone();
    let from = [" · ", &*words::first_address(&row)].concat();
    let not_me = use_list_device_sessions().options.not_me_path().of_session(&row.id);
    view! {
        <section class="ms-card ms-news" aria-label=name>
            <Icon name=IconName::Alert size=22 />
            <p>
                <strong>{title}</strong>
                {from}
            </p>
            <a class="ms-button ms-button--danger" href=not_me>
                "This wasn't me"
            </a>
        </section>
    }
}
