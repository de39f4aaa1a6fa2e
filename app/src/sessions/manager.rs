//! The list of devices, complete.

use leptos::prelude::*;
use multi_session::DeviceSession;

use crate::{
    sessions::{
        UseListDeviceSessionsReturn, bulk::Bulk, device_row::DeviceRow, new_device::new_device,
        other_account::OtherAccount, rows, step_up::StepUp, use_list_device_sessions,
    },
    ui::{
        Icon, IconName,
        piece::{IntoPiece, when},
    },
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
    let others = move || {
        view! {
            <section class="section">
                <h2 class="section__title" id="others">
                    "Other accounts in this browser"
                </h2>
                <ul class="card devices" aria-labelledby="others">
                    {rows(move || split(false), |row| view! { <OtherAccount row /> }.piece())}
                </ul>
            </section>
        }
        .piece()
    };
    let devices = move || {
        view! {
            {new_device()}
            <section class="section">
                <ul class="card devices" aria-label="Devices">
                    {rows(move || split(true), |row| view! { <DeviceRow row /> }.piece())}
                </ul>
                {when(move || split(true).is_empty(), || view! { <Empty /> }.piece())}
            </section>
            <Bulk />
            {when(move || !split(false).is_empty(), others)}
            <StepUp />
        }
        .piece()
    };
    let failed = move || sessions.error.with(Option::is_some);
    let known = move || sessions.signed_in.get().is_some();

    view! {
        {when(move || failed() && known(), || view! { <Stale /> }.piece())}
        {when(move || !failed() || known(), devices)}
        {when(move || failed() && !known(), || view! { <Failure /> }.piece())}
    }
    .piece()
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
    .piece()
}

/// Says above the list that it could not be brought up to date, and why, and tries again.
#[component]
fn Stale() -> impl IntoView {
    let sessions = use_list_device_sessions();
    view! {
        <p class="message" role="alert">
            <Icon name=IconName::Alert size=18 />
            <span class="message__more">
                "This list may be out of date. " {move || sessions.error.get().map(|error| error.message)}
            </span>
            <a href="/sessions" on:click=try_again(sessions)>
                "Try again"
            </a>
        </p>
    }
    .piece()
}

/// Says that the list could not be loaded, and why, and tries again.
#[component]
fn Failure() -> impl IntoView {
    let sessions = use_list_device_sessions();
    view! {
        <div class="card blank" role="alert">
            <Icon name=IconName::Alert size=32 />
            <h2>"Your devices could not be loaded"</h2>
            <p>{move || sessions.error.get().map(|error| error.message)}</p>
            <a class="button" href="/sessions" on:click=try_again(sessions)>
                "Try again"
            </a>
        </div>
    }
    .piece()
}

fn try_again(sessions: UseListDeviceSessionsReturn) -> impl FnMut(web_sys::MouseEvent) {
    move |event| {
        event.prevent_default();
        sessions.refetch();
    }
}
