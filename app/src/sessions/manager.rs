//! The list of devices, complete.

use leptos::prelude::*;
use multi_session::DeviceSession;

use crate::{
    Feature,
    sessions::{
        UseListDeviceSessionsReturn, bulk::Bulk, device_row::DeviceRow, new_device::NewDevice,
        other_account::OtherAccount, row_key::row_key, step_up::StepUp, use_list_device_sessions,
    },
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
        let user = user.get();
        let belongs = |row: &&DeviceSession| (user.as_ref() == Some(&row.user.id)) == own;
        sessions.rows.with(|rows| rows.iter().filter(belongs).cloned().collect::<Vec<_>>())
    };
    let failed = move || sessions.error.with(Option::is_some);
    let known = move || sessions.signed_in.get().is_some();
    let switches = sessions.options.has(Feature::Switcher);

    view! {
        <Show when=move || failed() && known()>
            <Stale />
        </Show>
        <Show when=move || !failed() || known()>
            <NewDevice />
            <section class="ms-section">
                <ul class="ms-card ms-devices" aria-label="Devices">
                    <For each=move || split(true) key=row_key let:row>
                        <DeviceRow row />
                    </For>
                </ul>
                <Show when=move || split(true).is_empty()>
                    <Empty />
                </Show>
            </section>
            <Bulk />
            <Show when=move || switches && !split(false).is_empty()>
                <section class="ms-section">
                    <h2 class="ms-section__title" id="others">
                        "Other accounts in this browser"
                    </h2>
                    <ul class="ms-card ms-devices" aria-labelledby="others">
                        <For each=move || split(false) key=row_key let:row>
                            <OtherAccount row />
                        </For>
                    </ul>
                </section>
            </Show>
            <StepUp />
        </Show>
        <Show when=move || failed() && !known()>
            <Failure />
        </Show>
    }
}

/// Says that the list is empty, which lasts as long as it takes to leave the page.
#[component]
fn Empty() -> impl IntoView {
    let sign_in = use_list_device_sessions().options.sign_in_path();
    view! {
        <div class="ms-card ms-blank">
            <Icon name=IconName::Unknown size=32 />
            <h2>"No devices"</h2>
            <p>"You are not signed in anywhere."</p>
            <a class="ms-button" href=sign_in>
                "Go to sign-in"
            </a>
        </div>
    }
}

/// Says above the list that it could not be brought up to date, and why, and tries again.
#[component]
fn Stale() -> impl IntoView {
    let sessions = use_list_device_sessions();
    view! {
        <p class="ms-message" role="alert">
            <Icon name=IconName::Alert size=18 />
            <span class="ms-message__more">
                "This list may be out of date. " {move || sessions.error.get().map(|error| error.message)}
            </span>
            <a href=sessions.options.devices_path() on:click=try_again(sessions)>
                "Try again"
            </a>
        </p>
    }
}

/// Says that the list could not be loaded, and why, and tries again.
#[component]
fn Failure() -> impl IntoView {
    let sessions = use_list_device_sessions();
    view! {
        <div class="ms-card ms-blank" role="alert">
            <Icon name=IconName::Alert size=32 />
            <h2>"Your devices could not be loaded"</h2>
            <p>{move || sessions.error.get().map(|error| error.message)}</p>
            <a class="ms-button" href=sessions.options.devices_path() on:click=try_again(sessions)>
                "Try again"
            </a>
        </div>
    }
}

fn try_again(sessions: UseListDeviceSessionsReturn) -> impl FnMut(web_sys::MouseEvent) {
    move |event| {
        event.prevent_default();
        sessions.refetch();
    }
}
