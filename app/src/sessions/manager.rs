//! The list of devices, complete.

use leptos::prelude::*;
use multi_session::DeviceSession;

use crate::{
    sessions::{bulk::Bulk, device_row::DeviceRow, other_account::OtherAccount, use_list_device_sessions},
    ui::{Icon, IconName},
};

/// Every session of the signed-in person, and the other accounts of this browser, each with what can be done to it.
///
/// Stands inside a `Suspense` that awaits the list; see [`use_list_device_sessions`].
#[component]
pub fn SessionsManager() -> impl IntoView {
    let sessions = use_list_device_sessions();
    let user = Memo::new(move |_| sessions.current().map(|row| row.user.id));
    let split = move |own: bool| {
        sessions.rows.with(|rows| {
            rows.iter()
                .filter(|row| user.with(|user| (*user == Some(row.user.id.clone())) == own))
                .cloned()
                .collect::<Vec<_>>()
        })
    };
    let key = |row: &DeviceSession| row.id.clone();

    view! {
        <Show when=move || sessions.error.with(Option::is_none) fallback=Failure>
            <section class="section">
                <ul class="card devices" aria-label="Devices">
                    <For each=move || split(true) key children=|row| view! { <DeviceRow row /> } />
                </ul>
                <Show when=move || split(true).is_empty()>
                    <Empty />
                </Show>
            </section>
            <Bulk />
            <Show when=move || !split(false).is_empty()>
                <section class="section">
                    <h2 class="section__title" id="others">"Other accounts in this browser"</h2>
                    <ul class="card devices" aria-labelledby="others">
                        <For each=move || split(false) key children=|row| view! { <OtherAccount row /> } />
                    </ul>
                </section>
            </Show>
        </Show>
    }
    .into_any()
}

/// Says that the list is empty, which lasts as long as it takes to leave the page.
#[component]
fn Empty() -> impl IntoView {
    view! {
        <div class="card blank">
            <Icon name=IconName::Unknown size=32 />
            <h2>"No devices"</h2>
            <p>"You are not signed in anywhere."</p>
            <a class="button" href="/sign-in">
                "Go to sign-in"
            </a>
        </div>
    }
    .into_any()
}

/// Says that the list could not be loaded, and why, and tries again.
#[component]
fn Failure() -> impl IntoView {
    let sessions = use_list_device_sessions();
    let again = move |event: web_sys::MouseEvent| {
        event.prevent_default();
        sessions.refetch();
    };
    view! {
        <div class="card blank" role="alert">
            <Icon name=IconName::Alert size=32 />
            <h2>"Your devices could not be loaded"</h2>
            <p>{move || sessions.error.get().map(|error| error.message)}</p>
            <a class="button" href="/sessions" on:click=again>
                "Try again"
            </a>
        </div>
    }
    .into_any()
}
